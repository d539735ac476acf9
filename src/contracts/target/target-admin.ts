/** Reads and moves a target's time, and reads its settings, through the admin API that our server has. */
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { AdminOptions as form } from '../../generated/kit-node.js'
import { settings as limits } from '../../lifecycle/table.js'
import { excerpt } from '../../report/shown-exchange.js'
import { parseJson } from '../../kernel/json-text.js'
import type { TargetClock } from './target.js'
import { createTransport } from './transport.js'
import { objectOf, textAt } from '../../kernel/json-value.js'

/** The first look; a target that is down is told within five seconds. */
const LOOK_MS = 3000
const READ_MS = 10_000
/** A move fires all that falls due on the way, which may be much. */
const MOVE_MS = 60_000
export interface AdminOptions {
  /** Sent in `x-admin-token`, for servers that want one. Default: none. */
  token?: string | undefined
}

/**
 * A clock on `POST <admin>/clock/advance` and `GET <admin>/clock`. It holds no connection for long.
 *
 * @param url of the admin API, such as `http://localhost:5173/__admin`
 * @throws KitError `admin/url` for an invalid URL; `admin/answer` from its methods, when the admin API does not answer
 *   as it should.
 */
export function adminClock(url: string, options: AdminOptions = {}): TargetClock {
  const { ask } = openAdmin(url, options, 'adminClock')
  return {
    advance: async (seconds) => readNow(await ask('POST', '/clock/advance', MOVE_MS, { seconds })),
    now: async () => readNow(await ask('GET', '/clock', READ_MS)),
  }
}

/** The limits that a target declares at `GET <admin>/settings`; the other settings that it shows there are left out. */
export async function readAdminLimits(url: string, options: AdminOptions = {}): Promise<Record<string, unknown>> {
  const { ask, close } = openAdmin(url, options, 'readAdminLimits')
  const settings = await ask('GET', '/settings', LOOK_MS).finally(close)
  return Object.fromEntries(Object.entries(objectOf(settings)).filter(([name]) => Object.hasOwn(limits, name)))
}

function openAdmin(admin: string, options: AdminOptions, caller: string) {
  expectForm(form, options, caller)
  if (!URL.canParse(admin) || !/^https?:/i.test(admin)) {
    throw new KitError('admin/url', {
      failed: 'The admin API must be an http or https URL.',
      value: admin,
      fix: 'For example http://localhost:5173/__admin.',
    })
  }
  const { token } = options
  const transport = createTransport()
  const ask = async (method: string, path: string, ms: number, body?: object) => {
    const url = `${admin.replace(/\/+$/, '')}${path}`
    const headers = {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { 'x-admin-token': token }),
    }
    const outcome = await transport.send({ method, url, headers, body: body && JSON.stringify(body) }, ms).outcome
    const parsed = outcome.kind === 'answer' && outcome.status === 200 ? parseJson(outcome.text) : undefined
    if (parsed !== undefined) return parsed
    const value =
      outcome.kind === 'failure' ? outcome.message : `status ${outcome.status} with ${excerpt(outcome.text)}`
    throw new KitError('admin/answer', {
      failed: `The admin API does not answer ${method} ${url}.`,
      value,
      fix: 'Give the URL of the admin API, for example http://localhost:5173/__admin, or leave --admin out.',
    })
  }
  return { ask, close: () => transport.close() }
}

function readNow(answer: unknown): number {
  const epoch = Date.parse(textAt(answer, 'now'))
  if (Number.isFinite(epoch)) return epoch
  throw new KitError('admin/answer', {
    failed: 'The admin API must answer the clock with {"now": <ISO-8601>}.',
    value: JSON.stringify(answer),
    fix: 'Check the URL given with --admin.',
  })
}
