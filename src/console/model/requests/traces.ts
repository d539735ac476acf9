/** Traces as the console reads them: the list, one with its spans, and the spans in the order and depth of their tree. */
import type { TraceDetail, TraceList } from '../../../generated/kit-schema.js'
import type { EventView } from '../admin-api.js'
import { readView } from '../admin-api.js'
import { ALL } from '../list-filters.js'
import { useWatched, type Watched } from './watched-requests.js'
import { memberOf, textOf } from '../../../kernel/json-value.js'

/** Whether an event has perhaps changed a trace: it does not say which. */
export function isAboutTraces(event: EventView): boolean {
  return event.type === 'request' && event.method !== 'GET' && /^\/v1\/private\/(traces|spans)\b/.test(event.path)
}

export function readTraces(project: string): Promise<TraceList | undefined> {
  return readView(project === ALL ? '/traces' : `/traces?project=${project}`, 'total', 'traces')
}

/** One trace with its spans, read again whenever a trace or span was written. */
export function useTrace(id: string): Watched<TraceDetail> {
  const read = () => readView<TraceDetail>(`/traces/${encodeURIComponent(id)}`, 'trace', 'spans')
  return useWatched(id, { read, isAbout: isAboutTraces })
}

export type WorkRow = ReturnType<typeof toRow>

/** The trace, and below it each span under the one that it is part of, by their start. */
export function toRows({ trace, spans }: TraceDetail): WorkRow[] {
  const inner = new Map<string, WorkRow[]>()
  const ids = new Set(spans.map(({ id }) => String(id)))
  const root = toRow(trace, 'trace', Number.NaN)
  for (const span of spans) {
    const parent = String(span['parent_span_id'])
    const row = toRow(span, textOf(span['type']) || 'general', root.start)
    const place = ids.has(parent) && parent !== row.id ? parent : ''
    inner.set(place, [...(inner.get(place) ?? []), row])
  }
  const rows = [root]
  const add = (place: string, depth: number): void => {
    const those = inner.get(place)?.toSorted((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1)) ?? []
    inner.delete(place)
    for (const row of those) {
      rows.push({ ...row, depth })
      add(row.id, depth + 1)
    }
  }
  add('', 1)
  // Spans that lie in each other hang on nothing.
  for (const place of [...inner.keys()]) add(place, 1)
  return rows
}

function toRow(fields: Readonly<Record<string, unknown>>, type: string, otherwise: number) {
  const start = Date.parse(String(fields['start_time']))
  const end = Date.parse(String(fields['end_time']))
  return {
    id: String(fields['id']),
    name: textOf(fields['name']) || type,
    /** `trace`, or the type of the span. */
    type,
    /** How many it lies in. */
    depth: 0,
    // One of which only an update has come begins with the epoch.
    start: start > 0 || Number.isNaN(otherwise) ? start : otherwise,
    /** Absent while it goes on. */
    end: Number.isNaN(end) ? undefined : end,
    isFailed: fields['error_info'] !== undefined,
    fields,
  }
}

/** What the spans of a trace used: tokens and money; undefined for none. */
export function spendingOf({ spans }: TraceDetail): { tokens: number | undefined; cost: number | undefined } {
  const sum = (numbers: readonly unknown[]): number | undefined => {
    const known = numbers.filter((each) => typeof each === 'number')
    return known.length === 0 ? undefined : known.reduce((total, each) => total + each, 0)
  }
  return {
    tokens: sum(spans.map(({ usage }) => memberOf(usage, 'total_tokens'))),
    cost: sum(spans.map(({ total_estimated_cost: cost }) => cost)),
  }
}

/** The state of a trace or of a span, in the words of jobs. */
export function stateOf(isOver: boolean, isFailed: boolean): 'running' | 'completed' | 'failed' {
  return isFailed ? 'failed' : isOver ? 'completed' : 'running'
}
