// Projects that checks fill with traces and spans, and how they read those back.
import type { Context } from './context.js'
import { START_TIME } from './scenes.js'
import { idsOf } from './check-steps.js'

export const END_TIME = '2026-07-14T09:30:06.618Z'
export const ERROR = { exception_type: 'RangeError', message: 'no', traceback: 'at answer (agent.ts:12)' }

interface SpanFields {
  /** The place of its trace. Default: the first. */
  of?: number
  [field: string]: unknown
}

/** A project of its own with traces, and with spans: each of the first trace, or of the one that it names by its place. */
export async function tracedProject(
  context: Context,
  traces: readonly object[] = [],
  spans: readonly SpanFields[] = [],
) {
  const { id: project_id, name: project_name } = await context.newProject()
  const whole = (fields: object) => ({ id: context.random.uuid(), project_name, start_time: START_TIME, ...fields })
  const made = traces.map(whole)
  const ids = idsOf(made)
  const own = spans.map(({ of = 0, ...fields }) => ({ trace_id: ids[of] ?? context.random.uuid(), ...whole(fields) }))
  if (made.length > 0) await context.expectCall(204, 'createTraces', { body: { traces: made } })
  if (own.length > 0) await context.expectCall(204, 'createSpans', { body: { spans: own } })
  const spanIds = idsOf(own)
  return { project_id, project_name, ids, trace_id: ids[0] ?? '', spanIds, span_id: spanIds[0] ?? '' }
}

/**
 * A time that lies so many milliseconds from that of the ids of a check: by these, not by the times of traces, intervals are
 * bound.
 */
export function momentOf(context: Context, ms: number): string {
  return new Date(Number.parseInt(context.random.uuid().replaceAll('-', '').slice(0, 12), 16) + ms).toISOString()
}

/** From an hour ago to an hour ahead. */
export function thisHour(context: Context) {
  return { interval_start: momentOf(context, -3_600_000), interval_end: momentOf(context, 3_600_000) }
}

export const readTrace = (context: Context, id: string) => context.expectCall(200, 'getTraceById', { path: { id } })
export const readSpan = (context: Context, id: string) => context.expectCall(200, 'getSpanById', { path: { id } })

/** Filters or sorting as a query takes them. */
export const asQuery = (...values: readonly object[]): string => JSON.stringify(values)
