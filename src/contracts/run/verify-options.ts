/** The options of verify, and the file of failures that are known. */
import { BaselineFile as form } from '../../generated/kit-node.js'
import type { VerifyOptions as Described } from '../../generated/kit-schema.js'
import { expectForm } from '../../kernel/validate-options.js'
import { type Check, currentId } from '../check/check.js'
import type { VerifyListener } from '../check/report-model.js'
import type { RecordingOutput } from '../target/record-target.js'
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'

/** How to verify. */
export interface VerifyOptions extends Omit<Described, 'checks' | 'onEvent' | 'recording'> {
  /** The checks to choose from, all of which run unless others are named. Default: those of the suites. */
  readonly checks?: readonly Check[] | undefined
  /** Called with each event. Default: none. */
  readonly onEvent?: VerifyListener | undefined
  /** Takes a recording of the checks' requests and responses, line by line. Default: none. */
  readonly recording?: RecordingOutput | undefined
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
