/** The failures of an earlier run: with them as a baseline, only new ones fail a run. */
import { expectForm } from '../../kernel/form.js'
import { BaselineFile as form } from '../../generated/kit-node.js'

/**
 * Ids of the checks that failed in an earlier JSON report, or a plain list of ids.
 * @throws KitError `baseline/form` for anything else.
 */
export function parseBaseline(value: unknown): ReadonlySet<string> {
  expectForm(form, value, 'the baseline', 'baseline/form')
  const list: unknown = typeof value === 'object' && value !== null && 'results' in value ? value.results : value
  return new Set(Array.isArray(list) ? list.flatMap((entry: unknown) => readFailure(entry)) : [])
}

function readFailure(entry: unknown): string[] {
  if (typeof entry === 'string') return [entry]
  if (typeof entry !== 'object' || entry === null || !('id' in entry) || typeof entry.id !== 'string') return []
  const verdict: unknown = 'verdict' in entry ? entry.verdict : undefined
  const kind: unknown = typeof verdict === 'object' && verdict !== null && 'kind' in verdict ? verdict.kind : undefined
  return kind === 'failed' || kind === 'error' ? [entry.id] : []
}
