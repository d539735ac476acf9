/**
 * What is verified: a URL, credentials, the limits it declares and, if there is one, a way to move its time; and who calls
 * it. Options are resolved here once; everything else reads the resolved form.
 */
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { Settings as settingsForm } from '../../generated/kit-page.js'
import type { AppTarget as DescribedApp, Target as Described } from '../../generated/kit-schema.js'
import { AppTarget as appForm, Target as form } from '../../generated/kit-node.js'
import { isSettingName, settingDefaults, type SettingName } from '../../lifecycle/table.js'
import { APP_ORIGIN, type App } from './app-transport.js'

/** A server to verify. */
export interface Target extends Omit<Described, 'limits' | 'clock'> {
  /** Settings in which the target differs from the spec's defaults. Default: none. */
  readonly limits?: Partial<Limits> | undefined
  /** A way to move the target's time. Default: none; checks then wait for real, or are reported as not run. */
  readonly clock?: TargetClock | undefined
}

/** An app of this process to verify; it needs no start. */
export interface AppTarget extends Omit<Target, 'url'>, Pick<DescribedApp, 'url'> {
  /**
   * What `createServer` of node:http takes, a server that does not listen yet, an Express, Fastify or Hono app, an object
   * with `fetch`, or a fetch function of one parameter.
   */
  readonly app: App
}

export type { OtherIdentity } from '../../generated/kit-schema.js'

/** Moves a target's time. */
export interface TargetClock {
  /** Moves time forward; resolves with the new time (ms since 1970) once everything due has happened. */
  advance(seconds: number): Promise<number>
  /** The target's time, in milliseconds since 1970. */
  now(): Promise<number>
}

/** Every setting of the spec as a number. */
export type Limits = Readonly<Record<SettingName, number>>

/** A target with nothing left to default. */
export interface ResolvedTarget extends Target {
  readonly app?: App | undefined
  readonly limits: Limits
}

/**
 * Fills in what a target leaves out.
 * @throws KitError `target/url` for an invalid URL, `target/identity` for credentials that cannot be sent or that are
 *   given twice, `target/limits` for an unknown or impossible limit.
 */
export function resolveTarget(target: Target | AppTarget): ResolvedTarget {
  const isApp = Object.hasOwn(target, 'app')
  expectForm<unknown>(isApp ? appForm : form, target, 'the target')
  checkIdentities(target)
  const url = resolveUrl('app' in target ? APP_ORIGIN + (target.url ?? '') : target.url)
  return { ...target, url, limits: resolveLimits(target.limits ?? {}) }
}

/** The characters of a header: RFC 9110 allows more, and no key needs them. */
const HEADER_TEXT = /^[!-~]([ -~]*[!-~])?$/

function checkIdentities({ apiKey, workspace, other, colleagueApiKey, readerApiKey }: Omit<Target, 'url'>): void {
  const given = {
    ...{ 'API key': apiKey, workspace, 'colleague API key': colleagueApiKey, 'reader API key': readerApiKey },
    ...{ 'other API key': other?.apiKey, 'other workspace': other?.workspace },
  }
  for (const [name, text] of Object.entries(given)) {
    if (text === undefined || HEADER_TEXT.test(text)) continue
    throw new KitError('target/identity', {
      failed: `The ${name} cannot be sent in a header: it is empty, or holds spaces at an end or characters beyond ASCII.`,
      fix: 'Give it as the server issued it.',
    })
  }
  const isSameWorkspace = (other?.workspace ?? workspace ?? 'default') === (workspace ?? 'default')
  const isFirst = other !== undefined && isSameWorkspace && (other.apiKey ?? apiKey) === apiKey
  if (isFirst || (colleagueApiKey !== undefined && colleagueApiKey === apiKey)) {
    throw new KitError('target/identity', {
      failed: 'The second identity is the first one again.',
      fix: 'Give the API key of another user, or another workspace, or no second identity.',
    })
  }
  if (colleagueApiKey === undefined || other === undefined || !isSameWorkspace) return
  throw new KitError('target/identity', {
    failed: 'Two colleagues were given and no stranger: the other identity is of the same workspace.',
    fix: 'Give another workspace (--other-workspace, other.workspace), or one of the two keys alone.',
  })
}

function resolveUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed !== undefined && (parsed.username !== '' || parsed.password !== '')) {
    throw new KitError('target/url', {
      failed: 'The URL of the target holds a user or a password, which checks do not send.',
      fix: 'Leave them out; give --api-key for the header Authorization.',
    })
  }
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') {
    return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '')
  }
  throw new KitError('target/url', {
    failed: 'The target must be an http or https URL.',
    value: url,
    fix: 'Give the base of the API, for example http://localhost:5173/api.',
  })
}

/**
 * The spec's defaults with `given` over them.
 * @throws KitError `target/limits` for a name that is no setting or a value out of its range.
 */
export function resolveLimits(given: Readonly<Record<string, unknown>>): Limits {
  expectForm(settingsForm, given, 'the limits', 'target/limits')
  const limits: Record<SettingName, number> = settingDefaults()
  for (const [name, value] of Object.entries(given)) {
    if (isSettingName(name) && typeof value === 'number') limits[name] = value
  }
  return limits
}

/**
 * `main`: the target's own credentials. `colleague`: another user of the same workspace. `stranger`: a user of another
 * workspace. `reader`: a user of the workspace with fewer permissions. `other`: the colleague, else the stranger.
 * The last name sends no credentials.
 */
export type IdentityName = 'main' | 'other' | 'colleague' | 'reader' | 'stranger' | 'nobody'

/** A caller: its workspace, and the headers that say who calls. */
export interface Caller {
  readonly workspace: string
  readonly headers: Readonly<Record<string, string>>
}

export type Identities = Readonly<Partial<Record<IdentityName, Caller>>>

/** What says who calls. */
export type Credentials = Pick<Target, 'apiKey' | 'workspace'>

/** All callers of a target, by those that it has besides its own. */
export function identitiesOf(
  main: Credentials,
  others: Partial<Record<'colleague' | 'reader' | 'stranger', Credentials | undefined>> = {},
): Identities {
  const all = { main, ...others, other: others.colleague ?? others.stranger, nobody: {} }
  const known = Object.entries<Credentials | undefined>(all).flatMap(([name, credentials]) => {
    if (credentials === undefined) return []
    const { apiKey, workspace } = credentials
    const headers = {
      ...(apiKey !== undefined && { authorization: apiKey }),
      ...(workspace !== undefined && { 'comet-workspace': workspace }),
    }
    return [[name, { workspace: workspace ?? 'default', headers }] as const]
  })
  return Object.fromEntries(known)
}
