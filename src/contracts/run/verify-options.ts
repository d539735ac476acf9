/** The options of verify and what they choose, and the file of failures that are known. */
import { BaselineFile as baselineForm, VerifyOptions as form } from '../../generated/kit-node.js'
import type { VerifyOptions as Described } from '../../generated/kit-schema.js'
import { KitError } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { type Check, currentId } from '../check/check.js'
import type { VerifyListener } from '../check/report-model.js'
import { refusedQuirks, type QuirkId } from '../check/seen-quirks.js'
import { checks as allChecks } from '../suites/all-checks.js'
import { selectChecks } from '../suites/requirements.js'
import type { RecordingOutput } from '../target/record-target.js'
import { resolveTarget, type AppTarget, type Target } from '../target/target.js'
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

/** What a run is made of, or the error for a target or options that make no sense; asks the target for nothing. */
export function prepare(target: Target | AppTarget, options: VerifyOptions) {
  expectForm(form, options, 'verify')
  const { strict = false, accept, suites, require, areas, only: ids, path } = options
  const resolved = resolveTarget(target)
  const refused: ReadonlySet<QuirkId> = strict || accept !== undefined ? refusedQuirks(strict, accept ?? []) : new Set()
  const checks = selectChecks(options.checks, { suites, require, areas, ids })
  const all = options.checks ?? allChecks
  const known = new Set(all.map(({ id }) => id))
  if (known.size < all.length) {
    const value = String(all.find(({ id }) => !known.delete(id))?.id)
    throw new KitError('check/duplicate', { failed: 'Two checks share an id.', value, fix: 'Rename one.' })
  }
  if (path !== undefined && checks.length !== 1) {
    throw new KitError('checks/path', {
      failed: 'A path replays one random sequence of one check.',
      value: `${path}, with ${checks.length} checks chosen`,
      fix: 'Give --check, --seed and --path as the failure names them, for example --check model/jobs --seed 7 --path 3:0:1.',
    })
  }
  return { target: resolved, checks, refused }
}

/**
 * Ids of the checks that failed in an earlier JSON report, or a plain list of ids.
 * @throws KitError `baseline/form` for anything else.
 */
export function parseBaseline(value: unknown): ReadonlySet<string> {
  expectForm(baselineForm, value, 'the baseline', 'baseline/form')
  return new Set(listOf(memberOf(value, 'results') ?? value).flatMap(readFailure))
}

function readFailure(entry: unknown): string[] {
  if (typeof entry === 'string') return [currentId(entry)]
  const kind = memberOf(memberOf(entry, 'verdict'), 'kind')
  return kind === 'failed' || kind === 'error' ? [currentId(textAt(entry, 'id'))] : []
}
