/** How traces go, and with them their spans and what was said of either. */
import type { KeptContext } from '../engine/collection-code.js'

/** @param project the one that they must be of; any where there is none */
export function removeTraces(ids: readonly string[], project: string | undefined, context: KeptContext): void {
  const { traces, spans, scores, comments } = context.world.collections
  const { caller, world } = context
  for (const each of ids) {
    const id = each.toLowerCase()
    const trace = traces.find(caller, id)
    if (project !== undefined && trace?.['project_id'] !== project.toLowerCase()) continue
    traces.delete(caller, id)
    const said = [...scores.list(caller, { entity_id: id }).entries, ...scores.list(caller, { trace_id: id }).entries]
    scores.deleteAll(
      caller,
      said.map((score) => String(score['score_id'])),
    )
    comments.deleteAll(
      caller,
      comments.list(caller, { entity_id: id }).entries.map((comment) => String(comment['id'])),
    )
    if (world.deviations.keepsSpans === true) continue
    const { entries } = spans.list(caller, { trace_id: id })
    spans.deleteAll(
      caller,
      entries.map((span) => String(span['id'])),
    )
  }
}
