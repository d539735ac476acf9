/** The traces that jobs and SDKs have left: a list, and one with the tree of its spans as a waterfall beside it. */
import { signal } from '@preact/signals'
import type { TraceList, TraceView, TraceDetail } from '../../../generated/kit-schema.js'
import { textOf, memberOf } from '../../../kernel/json-value.js'
import { shareText, duration } from '../../model/labels.js'
import { chosenProject, choiceOf, narrow, projectChoice, type Filter, ALL } from '../../model/list-filters.js'
import { useWatched, type Watched } from '../../model/live.js'
import { go, hrefOf, route } from '../../model/route.js'
import { projects } from '../../model/world-state.js'
import { Filters } from '../../parts/field.js'
import { TableList, type Column, VirtualList } from '../../parts/virtual-list.js'
import { DetailPane, OtherFields, Value } from './detail-parts.js'
import { Cut, DurationText, Status, Moment, Id, NamedValues } from '../../parts/values.js'
import { useState } from 'preact/hooks'
import { virtualNow } from '../../model/time.js'
import { readView, type EventView } from '../../model/admin-api.js'

export function TracesPage() {
  const { trace } = route.value
  return (
    <div class="split" data-depth={trace === undefined ? 0 : 1}>
      <Traces key={chosenProject.value} project={chosenProject.value} />
      {trace !== undefined && <TracePane key={trace} id={trace} />}
    </div>
  )
}

function Traces({ project }: { project: string }) {
  const { value } = useWatched<TraceList>(project, {
    read: () => readView(project === ALL ? '/traces' : `/traces?project=${project}`, 'total', 'traces'),
    isAbout: isAboutTraces,
  })
  const traces = value?.traces ?? []
  const shown = narrow(traces, filter)
  return (
    <section class="column" aria-label="Traces">
      <header class="column-head">
        <h2>
          Traces <span class="count">{shareText(shown.length, value?.total ?? 0)}</span>
        </h2>
      </header>
      <Filters of={filter} />
      <TableList
        kind="trace-row"
        columns={columns}
        items={shown}
        keyOf={({ id }) => id}
        rowHeight={40}
        narrowRowHeight={62}
        label="Traces"
        current={route.value.trace}
        onMove={({ id }, how) => go({ page: 'traces', trace: id }, how)}
        empty={
          traces.length > 0 ? (
            <p>No trace passes these filters.</p>
          ) : (
            value !== undefined && <p>No job has left a trace.</p>
          )
        }
      />
    </section>
  )
}

const stateIn = ({ end_time: end, has_error: isFailed }: TraceView) => stateOf(end !== undefined, isFailed)

const filter: Filter<TraceView> = {
  label: 'Search traces',
  search: signal(''),
  text: ({ id, name = '', thread_id: thread = '' }) => `${name} ${id} ${thread}`,
  choices: [
    choiceOf('Status', ['running', 'completed', 'failed'], stateIn),
    projectChoice(({ project_id: project }) => project),
  ],
}

const columns: readonly Column<TraceView>[] = [
  ['Status', (trace) => <Status state={stateIn(trace)} />],
  ['Name', ({ name = 'trace' }) => <Cut kind="cut name" text={name} />],
  ['Project', ({ project_id: id }) => <Cut text={projects.value.get(id)?.name ?? '–'} />],
  ['Spans', ({ span_count: count }) => count.toLocaleString('en'), 'when'],
  ['Started', ({ start_time: start }) => <Moment at={start} />, 'when'],
  ['Took', ({ start_time: start, end_time: end }) => <DurationText from={start} to={end} />, 'when'],
]

function TracePane({ id }: { id: string }) {
  const { value, isGone } = useTrace(id)
  const { trace, job_id: job, runner_id: runner } = value ?? {}
  const state = trace && stateOf(trace['end_time'] !== undefined, trace['error_info'] !== undefined)
  const origin = job !== undefined && runner !== undefined && (
    <p class="from-job">
      <a href={hrefOf({ page: 'world', runner, job })}>Job that produced this trace</a>
    </p>
  )
  return (
    <DetailPane kind="Trace" title={textOf(trace?.['name'])} id={id} state={state} isGone={isGone} actions={origin}>
      {value !== undefined && <TraceBody detail={value} />}
    </DetailPane>
  )
}

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
          ['Started', <Moment at={new Date(root.start).toISOString()} />],
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
  ...['parent_span_id', 'model', 'provider', 'source'],
  ...['created_at', 'created_by', 'last_updated_at', 'last_updated_by'],
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
function isAboutTraces(event: EventView): boolean {
  return event.type === 'request' && event.method !== 'GET' && /^\/v1\/private\/(traces|spans)\b/.test(event.path)
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
function stateOf(isOver: boolean, isFailed: boolean): 'running' | 'completed' | 'failed' {
  return isFailed ? 'failed' : isOver ? 'completed' : 'running'
}
