/** The options of verify: which checks run, and which failures of an earlier run are known. */
import { BaselineFile as form } from '../../generated/kit-node.js'
import type { ServerName } from '../../generated/kit-schema.js'
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { type Check, currentId } from '../check/check.js'
import { checks as allChecks } from '../suites/all-checks.js'
import { requirementOf, type SuiteName, suiteNames, suiteOf, toPattern } from '../suites/requirements.js'
import type { VerifyListener, Waiver } from '../check/report-model.js'
import type { RecordingOutput } from '../target/record-target.js'
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'

/** How to verify. */
export interface VerifyOptions {
  /** The checks to choose from, all of which run unless others are named. Default: those of the suites. */
  checks?: readonly Check[] | undefined
  /** Suites to run. Default: all but `neighbours`, unless `areas` or `only` are given. */
  suites?: readonly SuiteName[] | undefined
  /** Areas to run. Default: all. */
  areas?: readonly string[] | undefined
  /** Ids of checks or of requirements to run; `*` stands for any text. Default: all. */
  only?: readonly string[] | undefined
  /** Judge by what this version of Opik has. Default: any version; what is newer may be missing, and is told. */
  server?: ServerName | undefined
  /** Decides random data; the same seed repeats them. Default: taken from the time, and reported. */
  seed?: number | undefined
  /** Random sequences that the model-based checks try. Default: 8. */
  runs?: number | undefined
  /** Replays the one random sequence of a chosen model-based check that a failure named, with its seed. Default: none. */
  path?: string | undefined
  /** Checks that run at once. Default: 12. */
  concurrency?: number | undefined
  /**
   * Longest real waiting in all, in seconds, where no clock can be moved. Default: 40; for a target that declares spans of
   * its own what the checks need to see them end, up to four minutes.
   */
  maxWaitSeconds?: number | undefined
  /**
   * Most requests that wait at the target at once, over all checks: each waiting poll holds a connection of the server,
   * and others use it too. One counts from sending to its answer or, after hanging up, to the end of its longest wait.
   * Default: 30.
   */
  maxWaiting?: number | undefined
  /** Seconds that the target may take for its first answer. Default: 2. */
  firstAnswerSeconds?: number | undefined
  /**
   * Refuse the quirks of today's servers, races that go well only alone, and waivers that are not needed or over.
   * Default: false.
   */
  strict?: boolean | undefined
  /** Ids of quirks that are accepted under `strict`. Default: none. */
  accept?: readonly string[] | undefined
  /** Suites of which every `must` has to run: the run fails when one does not, and the report says what it needs. Default: none. */
  require?: readonly SuiteName[] | undefined
  /** End the run at the first failure, or after so many; checks under way are stopped and clean up. Default: false. */
  bail?: boolean | number | undefined
  /** Accepted failures. Default: none. */
  waivers?: readonly Waiver[] | undefined
  /** Ids that failed before and may fail again. Default: none. */
  baseline?: ReadonlySet<string> | undefined
  /** Report the exchanges of checks that pass, too. Default: false. */
  keepExchanges?: boolean | undefined
  /** Ends the run; checks under way clean up first. Default: none. */
  signal?: AbortSignal | undefined
  /** Called with each event. Default: none. */
  onEvent?: VerifyListener | undefined
  /** Takes a recording of the checks' requests and responses, line by line. Default: none. */
  recording?: RecordingOutput | undefined
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
  const areas = (selection.areas ?? []).map((area) => (area === 'accidents' ? 'quirks' : area))
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

/**
 * Ids of the checks that failed in an earlier JSON report, or a plain list of ids.
 * @throws KitError `baseline/form` for anything else.
 */
export function parseBaseline(value: unknown): ReadonlySet<string> {
  expectForm(form, value, 'the baseline', 'baseline/form')
  return new Set(listOf(memberOf(value, 'results') ?? value).flatMap(readFailure))
}

function readFailure(entry: unknown): string[] {
  if (typeof entry === 'string') return [currentId(entry)]
  const kind = memberOf(memberOf(entry, 'verdict'), 'kind')
  return kind === 'failed' || kind === 'error' ? [currentId(textAt(entry, 'id'))] : []
}
