/** The failures of an earlier run: with them as a baseline, only new ones fail a run. */
import { KitError } from '../errors.js'

/**
 * Ids of the checks that failed in an earlier JSON report, or a plain list of ids.
 * @throws KitError `baseline/form` for anything else.
 */
export function parseBaseline(value: unknown): ReadonlySet<string> {
  const list: unknown = typeof value === 'object' && value !== null && 'results' in value ? value.results : value
  if (!Array.isArray(list)) throw badBaseline()
  return new Set(list.flatMap((entry: unknown) => readFailure(entry)))
}

function readFailure(entry: unknown): string[] {
  if (typeof entry === 'string') return [entry]
  if (typeof entry !== 'object' || entry === null || !('id' in entry) || typeof entry.id !== 'string')
    throw badBaseline()
  const verdict: unknown = 'verdict' in entry ? entry.verdict : undefined
  const kind: unknown = typeof verdict === 'object' && verdict !== null && 'kind' in verdict ? verdict.kind : undefined
  return kind === 'failed' || kind === 'error' ? [entry.id] : []
}

function badBaseline(): KitError {
  return new KitError('baseline/form', {
    failed: 'A baseline must be the JSON report of an earlier run, or a list of check ids.',
    fix: 'Make one with verify --reporter json --out DIR.',
  })
}
