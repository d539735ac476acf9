/** The options of verify, and the file of failures that are known. */
import { BaselineFile as form } from '../../generated/kit-node.js'
import type { ServerName } from '../../generated/kit-schema.js'
import { expectForm } from '../../kernel/validate-options.js'
import { type Check, currentId } from '../check/check.js'
import type { SuiteName } from '../suites/requirements.js'
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
