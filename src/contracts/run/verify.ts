/** Runs checks against a target and returns a report, or against two of them and tells where they differ. */
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { VerifyOptions as form } from '../../generated/kit-node.js'
import { type Check, currentId } from '../check/check.js'
import type { Report } from '../check/report-model.js'
import { refusedQuirks } from '../check/seen-quirks.js'
import { checks as allChecks } from '../suites/all-checks.js'
import { requirementOf, type SuiteName, suiteNames, suiteOf, toPattern } from '../suites/requirements.js'
import { createAppTransport } from '../target/app-transport.js'
import { resolveTarget, type AppTarget, type Target } from '../target/target.js'
import { createTransport } from '../target/transport.js'
import type { VerifyOptions } from './verify-options.js'
import { VerifySession } from './verify-session.js'
import { compareReports, type Comparison } from '../check/comparison.js'

export type { VerifyOptions } from './verify-options.js'

/**
 * Verifies a target. It creates projects and runners there, and removes them; what it did not create it leaves alone.
 * With a `clock` on the target, time moves for everybody who uses it.
 *
 * Whatever answers is verified: what it lacks is part of the report.
 *
 * @throws KitError when nothing answers (`target/unreachable`), the credentials are refused (`target/refused`), the given
 *   project cannot be used (`target/projects`), for an unknown quirk (`quirks/unknown`), and for options that make
 *   no sense.
 * @example
 * import assert from 'node:assert/strict'
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { verify } from 'opik-runner-kit/contracts'
 * import { serve } from 'opik-runner-kit/node'
 *
 * const server = await serve(createRunnerMock(), { port: 0 })
 * const report = await verify({ url: server.url }, { areas: ['system'] })
 * assert.equal(report.exitCode, 0)
 * await server.close()
 */
export async function verify(target: Target | AppTarget, options: VerifyOptions = {}): Promise<Report> {
  const prepared = prepare(target, options)
  const { app } = prepared.target
  const transport = app === undefined ? createTransport() : await createAppTransport(app)
  try {
    return await new VerifySession({ ...prepared, options, transport }).run()
  } finally {
    transport.close()
  }
}

/** What a run is made of, or the error for a target or options that make no sense; asks the target for nothing. */
function prepare(target: Target | AppTarget, options: VerifyOptions) {
  expectForm(form, options, 'verify')
  const resolved = resolveTarget(target)
  const refused = refusedQuirks(options.strict === true, options.accept ?? [])
  const { suites, require, areas, only: ids } = options
  const checks = selectChecks(options.checks, { suites, require, areas, ids })
  const duplicate = findDuplicate(options.checks ?? allChecks)
  if (duplicate !== undefined) {
    throw new KitError('check/duplicate', { failed: 'Two checks share an id.', value: duplicate, fix: 'Rename one.' })
  }
  expectReplayable(options.path, checks)
  return { target: resolved, checks, refused }
}

/** How to compare: what `verify` takes, without what is about the outcome of a single run. */
export type CompareOptions = Omit<
  VerifyOptions,
  'bail' | 'require' | 'waivers' | 'baseline' | 'keepExchanges' | 'strict' | 'accept'
>

/**
 * Verifies two targets with the same seed and compares verdicts and answers, call by call. Ids, times, names of the run,
 * the targets' addresses and the words of errors are not compared. Both targets are used as `verify` uses one; `onEvent`
 * hears both runs.
 *
 * @param a the target that is held to be right, such as production, or a mock
 * @param b the other one
 * @returns what differs; `exitCode` is 1 when anything does, 2 when a run could not be finished
 * @throws KitError as `verify` does, for either target
 * @example
 * import assert from 'node:assert/strict'
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { compare } from 'opik-runner-kit/contracts'
 * import { serve } from 'opik-runner-kit/node'
 *
 * const spec = await serve(createRunnerMock(), { port: 0 })
 * const opik = await serve(createRunnerMock({ profile: 'opik' }), { port: 0 })
 * const { differing } = await compare({ url: spec.url }, { url: opik.url }, { only: ['quirks/null-agent'] })
 * assert.equal(differing[0]?.pairs[0]?.differences[0]?.b, '500')
 * await Promise.all([spec.close(), opik.close()])
 */
export async function compare(
  a: Target | AppTarget,
  b: Target | AppTarget,
  options: CompareOptions = {},
): Promise<Comparison> {
  const shared: VerifyOptions = { ...options, keepExchanges: true }
  // What makes the second run pointless is said before the first one begins.
  for (const target of [a, b]) prepare(target, shared)
  await verify(b, { checks: [], signal: options.signal, firstAnswerSeconds: options.firstAnswerSeconds })
  const first = await verify(a, shared)
  const second = await verify(b, { ...shared, seed: first.seed })
  const loose = (options.checks ?? allChecks).filter(({ race, needs }) => race || needs.clock !== undefined)
  return compareReports(first, second, new Set(loose.map(({ id }) => id)))
}

export interface Selection {
  suites?: readonly SuiteName[] | undefined
  require?: readonly SuiteName[] | undefined
  areas?: readonly string[] | undefined
  ids?: readonly string[] | undefined
}

/**
 * The chosen checks, of those given or of all suites. A server of runners need not have what lies around them, so the
 * neighbours are judged when they are asked for in any way.
 * @throws KitError `checks/unknown` for a suite, area or id that matches nothing, `checks/required` for a required suite
 *   that is not chosen, and `checks/none` where no check is in all that was chosen.
 */
export function selectChecks(given: readonly Check[] | undefined, selection: Selection): readonly Check[] {
  const { suites = [], require = [], ids = [] } = selection
  const areas = (selection.areas ?? []).map(currentId)
  const checks = given ?? allChecks
  const isAsked = given !== undefined || suites.length + areas.length + ids.length > 0
  const left = require.find((suite) => suites.length > 0 && !suites.includes(suite))
  if (left !== undefined) {
    throw new KitError('checks/required', {
      failed: 'A required suite is not among those chosen.',
      value: `${left} of ${suites.join(', ')}`,
      fix: 'Choose it as well, or leave it out of what is required.',
    })
  }
  for (const suite of [...suites, ...require]) {
    if (!checks.some((check) => suiteOf(check) === suite)) throw unknown('suite', suite, suiteNames)
  }
  for (const area of areas) {
    if (!checks.some((check) => check.area === area))
      throw unknown('area', area, [...new Set(checks.map((each) => each.area))])
  }
  const patterns = ids.map((id) => ({ id, pattern: toPattern(currentId(id)) }))
  for (const { id, pattern } of patterns) {
    if (!checks.some((check) => isNamed(check, pattern))) throw unknown('check', id, nearest(checks, id))
  }
  const chosen = checks.filter(
    (check) =>
      (isAsked || suiteOf(check) !== 'neighbours' || require.includes('neighbours')) &&
      (suites.length === 0 || suites.includes(suiteOf(check))) &&
      (areas.length === 0 || areas.includes(check.area)) &&
      (patterns.length === 0 || patterns.some(({ pattern }) => isNamed(check, pattern))),
  )
  if (chosen.length > 0 || checks.length === 0) return chosen
  throw new KitError('checks/none', {
    failed: 'No check is in all that was chosen.',
    value: [...suites, ...areas, ...ids].join(', '),
    fix: 'Choose by suites, areas or ids that have checks in common; verify --list tells them.',
  })
}

function isNamed(check: Check, pattern: RegExp): boolean {
  return pattern.test(check.id) || pattern.test(requirementOf(check) ?? '')
}

function nearest(checks: readonly Check[], id: string): string[] {
  const [area = ''] = id.split('/')
  return checks.filter((check) => check.area === area).map((check) => check.id)
}

const MAX_KNOWN = 40

function unknown(kind: 'suite' | 'area' | 'check', value: string, known: readonly string[]): KitError {
  const more = known.length > MAX_KNOWN ? ` and ${known.length - MAX_KNOWN} more, see verify --list` : ''
  return new KitError('checks/unknown', {
    failed: `There is no such ${kind}.`,
    value,
    fix: known.length === 0 ? 'See verify --list.' : `Known here: ${known.slice(0, MAX_KNOWN).join(', ')}${more}.`,
  })
}

/** The first check whose id another one has too; ids name waivers, so they must be unique. */
export function findDuplicate(checks: readonly Check[]): string | undefined {
  const seen = new Set<string>()
  for (const { id } of checks) {
    if (seen.has(id)) return id
    seen.add(id)
  }
  return undefined
}

/**
 * A path leads to one random sequence of one check.
 * @throws KitError `checks/path` for an invalid path, or when not exactly one check is chosen.
 */
export function expectReplayable(path: string | undefined, chosen: readonly Check[]): void {
  if (path === undefined || (chosen.length === 1 && /^\d+(:\d+)*$/.test(path))) return
  throw new KitError('checks/path', {
    failed: 'A path replays one random sequence of one check.',
    value: `${path}, with ${chosen.length} checks chosen`,
    fix: 'Give --check, --seed and --path as the failure names them, for example --check model/jobs --seed 7 --path 3:0:1.',
  })
}
