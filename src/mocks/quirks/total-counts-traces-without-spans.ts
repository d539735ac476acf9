/** A filter on what the spans of a trace come to counts traces without spans in the total, and leaves them out of the rows. */
import type { WorldDeviations } from '../world/world-parts.js'

const SUMS = /^(llm_span_count|total_estimated_cost|usage\..+)$/

export const hidesTraceWithoutSpans: NonNullable<WorldDeviations['hidesRow']> = (collection, fields, entry) =>
  collection === 'traces' && entry['span_count'] === 0 && fields.some((field) => SUMS.test(field))
