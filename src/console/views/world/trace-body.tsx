/** A trace with the tree of its spans as a waterfall that grows while it is open, and what the chosen one holds. */
import { useState } from 'preact/hooks'
import type { TraceDetail, TraceList } from '../../../generated/kit-schema.js'
import { textOf, memberOf } from '../../../kernel/json-value.js'
import { duration } from '../../model/labels.js'
import { virtualNow } from '../../model/time.js'
import { projects } from '../../model/world-state.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { OtherFields, Value } from './detail-parts.js'
import { Cut, Id, NamedValues, TimeAgo } from '../../parts/values.js'
import { readView, type EventView } from '../../model/admin-api.js'
import { ALL } from '../../model/list-filters.js'
import { useWatched, type Watched } from '../../model/live.js'

export function TraceBody({ detail }: { detail: TraceDetail }) {
  const [chosen, choose] = useState<string | undefined>(undefined)
  const rows = toRows(detail)
  const [root] = rows
  const open = rows.find(({ id }) => id === chosen) ?? root
  if (root === undefined || open === undefined) return null
  const { tokens, cost } = spendingOf(detail)
  const { project_id: project, thread_id: thread } = detail.trace
  return (
    <div class="scroll trace-body">
      <NamedValues
        kind="facts"
        of={[
          ['Started', <TimeAgo at={new Date(root.start).toISOString()} />],
          ['Took', <Took row={root} />],
          ['Spans', <span class="number">{detail.spans.length}</span>],
          ['Tokens', tokens === undefined ? undefined : <span class="number">{tokens.toLocaleString('en')}</span>],
          ['Cost', cost === undefined ? undefined : <span class="number">{money(cost)}</span>],
          ['Project', projects.value.get(String(project))?.name ?? '–'],
          ['Thread', textOf(thread)],
        ]}
      />
      <Waterfall rows={rows} current={open.id} onChoose={choose} />
      <Chosen row={open} />
    </div>
  )
}

function Waterfall(props: { rows: readonly WorkRow[]; current: string; onChoose: (id: string) => void }) {
  const { rows, current, onChoose } = props
  const isOver = rows.every(({ end }) => end !== undefined)
  const start = Math.min(...rows.map((row) => row.start))
  const end = Math.max(start + 1, ...rows.map((row) => row.end ?? row.start), isOver ? 0 : virtualNow())
  return (
    <div class="waterfall">
      <div class="work-row item-head" aria-hidden="true">
        <span>Span</span>
        <span class="axis">
          <span>0</span>
          <span>{duration((end - start) / 2)}</span>
          <span>{duration(end - start)}</span>
        </span>
        <span>Took</span>
      </div>
      <div class="rows" style={{ '--rows': rows.length }}>
        <VirtualList
          items={rows}
          keyOf={({ id }) => id}
          rowHeight={32}
          narrowRowHeight={46}
          label="Spans"
          current={current}
          onMove={({ id }) => onChoose(id)}
          empty={null}
        >
          {(row) => <Row row={row} start={start} length={end - start} />}
        </VirtualList>
      </div>
      <p class="faint span-legend" aria-label="Colours">
        {[...new Set(rows.map(({ type }) => type))].map((type) => (
          <span key={type}>
            <span class={`work-mark ${type}`} aria-hidden="true" /> {type}
          </span>
        ))}
      </p>
    </div>
  )
}

function Row({ row, start, length }: { row: WorkRow; start: number; length: number }) {
  const end = row.end ?? Math.max(row.start, start + length)
  const left = (100 * (row.start - start)) / length
  const kind = `${row.type}${row.end === undefined ? ' open' : ''}${row.isFailed ? ' failed' : ''}`
  return (
    <div class="work-row">
      <span class="work-name" style={{ paddingLeft: `${Math.min(row.depth, 8) * 14}px` }}>
        <span class={`work-mark ${row.type}`} aria-hidden="true" />
        <Cut text={row.name} />
        <span class="visually-hidden">
          , {row.type}
          {row.isFailed ? ', failed' : ''}
          {row.end === undefined ? ', running' : ''}
        </span>
      </span>
      <span class="lane" aria-hidden="true">
        <span
          class={`work-bar ${kind}`}
          style={{ left: `${Math.min(left, 100)}%`, width: `${Math.max((100 * (end - row.start)) / length, 0)}%` }}
        />
      </span>
      <span class={row.isFailed ? 'when bad' : 'when'}>
        <Took row={row} />
      </span>
    </div>
  )
}

function Took({ row: { start, end } }: { row: WorkRow }) {
  return <span class="number">{duration((end ?? virtualNow()) - start)}</span>
}

/** What has places of its own above, or is the same in each. */
const SHOWN = [
  ...['id', 'name', 'type', 'input', 'output', 'error_info', 'start_time', 'end_time', 'project_id', 'trace_id'],
  ...[
    'parent_span_id',
    'model',
    'provider',
    'created_at',
    'created_by',
    'last_updated_at',
    'last_updated_by',
    'source',
  ],
]

function Chosen({ row: { id, name, type, fields } }: { row: WorkRow }) {
  const { error_info: error, input, output, model, provider } = fields
  return (
    <section class="chosen" aria-label="Chosen span">
      <div class="title-row">
        <h3>{name}</h3>
        <span class="tag">{type}</span>
        {typeof model === 'string' && (
          <span class="faint">
            {model}
            {typeof provider === 'string' && ` of ${provider}`}
          </span>
        )}
        <span class="push">
          <Id id={id} />
        </span>
      </div>
      <Value title="Error" value={error} />
      <Value title="Input" value={input} none="None was given." />
      <Value title="Output" value={output} none="None as yet." />
      <OtherFields of={fields} shown={SHOWN} />
    </section>
  )
}

/** Fractions of a cent count. */
function money(cost: number): string {
  return `$${cost.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`
}

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

type WorkRow = ReturnType<typeof toRow>

/** The trace, and below it each span under the one that it is part of, by their start. */
function toRows({ trace, spans }: TraceDetail): WorkRow[] {
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
function spendingOf({ spans }: TraceDetail): { tokens: number | undefined; cost: number | undefined } {
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
