/** A trace with its spans as a waterfall that grows while it is looked at, and what the chosen one holds. */
import { useState } from 'preact/hooks'
import type { TraceDetail } from '../../../generated/kit-schema.js'
import { textOf } from '../../../kernel/json-value.js'
import { duration } from '../../model/labels.js'
import { virtualNow } from '../../model/time.js'
import { spendingOf, toRows, type WorkRow } from '../../model/requests/traces.js'
import { projects } from '../../model/world-state.js'
import { VirtualList } from '../../parts/virtual-list.js'
import { OtherFields, Value } from './detail-parts.js'
import { Cut, Id, NamedValues, TimeAgo } from '../../parts/values.js'

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
