/** The traces that jobs and SDKs have left: a list that follows what comes, and one with its spans beside it. */
import { signal } from '@preact/signals'
import type { TraceList, TraceView } from '../../../generated/kit-schema.js'
import { textOf } from '../../../kernel/json-value.js'
import { shareText } from '../../model/labels.js'
import { chosenProject, choiceOf, narrow, projectChoice, type Filter } from '../../model/list-filters.js'
import { useWatched } from '../../model/live.js'
import { go, hrefOf, route } from '../../model/route.js'
import { isAboutTraces, readTraces, stateOf, useTrace, TraceBody } from './trace-body.js'
import { projects } from '../../model/world-state.js'
import { Filters } from '../../parts/field.js'
import { TableList, type Column } from '../../parts/virtual-list.js'
import { DetailPane } from './detail-parts.js'
import { Cut, DurationText, Status, TimeAgo } from '../../parts/values.js'

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
    read: () => readTraces(project),
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
  ['Started', ({ start_time: start }) => <TimeAgo at={start} />, 'when'],
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
