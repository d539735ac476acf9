/** The journal, live: a list with filters, one exchange beside it, and how well the clients behave. */
import { useEffect } from 'preact/hooks'
import type { ConductReport, JournalDetail, RequestEvent, RunnerConduct } from '../../../generated/kit-schema.js'
import { act, adminCall, NDJSON, curlOf, readView } from '../../model/admin-api.js'
import { offerFile } from '../../model/platform.js'
import { go, route, hrefOf } from '../../model/route.js'
import { duration, shareText, shortPath, clockTime, many } from '../../model/labels.js'
import { CheckField, Filters } from '../../parts/field.js'
import { Tabs } from '../../parts/tabs.js'
import { TableList, type Column } from '../../parts/virtual-list.js'
import { Button, CopyButton } from '../../parts/button.js'
import { HttpStatus, Moment, Mark, NamedValues } from '../../parts/values.js'
import { computed, signal } from '@preact/signals'
import { operationIds } from '../../../kernel/operation.js'
import { ALL, choiceOf, narrow, type Filter } from '../../model/list-filters.js'
import { createHistory, useWatched } from '../../model/live.js'
import type { VNode } from 'preact'
import { runners, work, world } from '../../model/world-state.js'
import { DetailPane, Value } from '../world/detail-parts.js'

export function RequestsPage() {
  useEffect(history.follow, [])
  const { request } = route.value
  return (
    <div class="split" data-depth={request === undefined ? 0 : 1}>
      <section class="column" aria-label="Requests">
        <Tabs
          name="requests"
          label="Requests"
          tabs={[
            { id: 'journal', label: 'Journal', count: knownRequests.value.length, panel: <Journal /> },
            { id: 'conduct', label: 'Conduct of clients', panel: <Conduct /> },
          ]}
        />
      </section>
      {request !== undefined && <RequestPane key={request} id={request} />}
    </div>
  )
}

function Journal() {
  const shown = shownRequests.value
  const clear = async (): Promise<void> => {
    const { isOk } = await act('Clear the journal', adminCall('DELETE /requests'))
    if (isOk) history.events.value = []
  }
  const save = async (): Promise<void> => {
    const { body } = await act('Save a recording', adminCall('GET /requests?format=recording'))
    if (typeof body === 'string') offerFile('traffic.ndjson', body, NDJSON)
  }
  return (
    <>
      <Filters of={filter}>
        <CheckField label="Heartbeats and polls" value={!isQuiet.value} onChange={(isOn) => (isQuiet.value = !isOn)} />
        <Button icon="save" words="Save a recording" onClick={() => void save()} />
        <Button words="Clear" onClick={() => void clear()} />
        <span class="faint">{shareText(shown.length, knownRequests.value.length)}</span>
      </Filters>
      <TableList
        kind="request-row"
        columns={columns}
        items={shown}
        keyOf={({ entry }) => String(entry)}
        rowHeight={34}
        narrowRowHeight={54}
        label="Requests"
        current={route.value.request}
        onMove={({ entry }, how) => go({ page: 'requests', request: String(entry) }, how)}
        empty={<p>No request passes these filters.</p>}
      />
    </>
  )
}

const columns: readonly Column<RequestEvent>[] = [
  ['Time', ({ at }) => <Moment at={at} words={clockTime(Date.parse(at), 'milliseconds')} />, 'number faint'],
  [
    'Status',
    ({ status, faults }) => [
      <HttpStatus status={status} />,
      faults !== undefined && (
        <span class="tag fault" title={`Faults: ${faults.join(', ')}`}>
          fault
        </span>
      ),
    ],
    'status-cell',
  ],
  [
    'Operation',
    ({ operation }) => (
      <span class={operation === undefined ? 'cut unmatched' : 'cut name'}>{operation ?? 'no operation'}</span>
    ),
  ],
  [
    'Path',
    ({ method, path, operation }) => (
      <span class="cut path" title={path}>
        <b>{method}</b> {operation === undefined ? path : shortPath(path)}
      </span>
    ),
  ],
  ['Took', ({ duration_ms: took }) => duration(took), 'when'],
]

const history = createHistory('type=request,reset', 5000, {
  // With a reset the journal is emptied; it outlives a snapshot that is restored.
  isStart: (event) => event.type === 'reset' && event.cause === 'reset',
  isAbout: ({ type }) => type === 'request',
})

/** Newest last. */
const knownRequests = computed(() => history.events.value.filter((event) => event.type === 'request'))

/** Whether heartbeats and polls are left out: they are most of the requests. */
const isQuiet = signal(true)

const operation = choiceOf<RequestEvent>('Operation', operationIds, (row) => row.operation ?? '')

const filter: Filter<RequestEvent> = {
  label: 'Search requests',
  search: signal(''),
  text: ({ method, path, operation: id = '', status }) => `${method} ${path} ${id} ${status}`,
  choices: [
    operation,
    choiceOf(
      'Outcome',
      [
        ['2', '2xx'],
        ['4', '4xx'],
        ['broken', '5xx and lost'],
        ['faulty', 'Met a fault'],
        ['unmatched', 'No operation'],
      ],
      outcomesOf,
    ),
  ],
}

function outcomesOf({ status, operation: id, faults }: RequestEvent): string[] {
  const outcome = status === 0 || status >= 500 ? 'broken' : String(Math.floor(status / 100))
  return [outcome, faults === undefined ? '' : 'faulty', id === undefined ? 'unmatched' : '']
}

/** Operations that a living runner calls all the time. */
const ROUTINE: ReadonlySet<string> = new Set(['heartbeat', 'nextJob', 'nextBridgeCommands'])

/** The newest first. */
const shownRequests = computed<readonly RequestEvent[]>(() => {
  const isHidden = isQuiet.value && operation.chosen.value === ALL ? isRoutine : () => false
  return narrow(knownRequests.value, filter)
    .filter((row) => !isHidden(row))
    .reverse()
})

/** A successful call of a runner that has nothing to tell. */
function isRoutine({ operation: id, status, faults }: RequestEvent): boolean {
  return id !== undefined && ROUTINE.has(id) && status === 200 && faults === undefined
}

function Conduct() {
  const { value, isGone } = useWatched<ConductReport>('conduct', {
    read: () => readView('/conduct', 'runners'),
    isAbout: (event) => event.type === 'request',
  })
  if (value === undefined && isGone) {
    return (
      <div class="empty">
        <p>Nobody is watched.</p>
        <p class="faint">
          Start the server with <code>serve --conduct</code> to have its clients graded.
        </p>
      </div>
    )
  }
  if (value === undefined) return null
  if (value.runners.length === 0) return <div class="empty">No runner has called yet.</div>
  return (
    <div class="scroll padded">
      {value.runners.map((runner) => (
        <RunnerVerdicts key={runner.runner_id} runner={runner} />
      ))}
    </div>
  )
}

const order = ['broken', 'kept', 'not exercised']

function RunnerVerdicts({ runner: { name, type, runner_id: id, calls, verdicts } }: { runner: RunnerConduct }) {
  const sorted = verdicts.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
  const broken = verdicts.filter(({ outcome }) => outcome === 'broken').length
  return (
    <article class="card conduct">
      <header>
        <strong>{name ?? 'unknown runner'}</strong>
        <span class="tag">{type ?? id}</span>
        <span class="faint">{many(calls, 'call')}</span>
        <span class={broken === 0 ? 'push good' : 'push bad'}>
          {broken === 0 ? 'nothing broken' : `${broken} of ${verdicts.length} rules broken`}
        </span>
      </header>
      <ul>
        {sorted.map((verdict) => (
          <Verdict key={verdict.rule} verdict={verdict} />
        ))}
      </ul>
    </article>
  )
}

function Verdict({ verdict }: { verdict: RunnerConduct['verdicts'][number] }) {
  const { rule, title, severity, outcome, evidence } = verdict
  return (
    <li class={`verdict ${outcome.replace(' ', '-')}`}>
      <Mark words={outcome} icon={outcome === 'kept' ? 'check' : outcome === 'broken' ? 'close' : undefined} />
      <div>
        <span>{title}</span> <code class="faint">{rule}</code>
        {severity === 'should' && <span class="faint"> · should</span>}
        {evidence.map(({ at, operation, note }, index) => (
          <p key={index} class="evidence">
            <span class="number">{clockTime(Date.parse(at), 'milliseconds')}</span> {operation}: {note}
          </p>
        ))}
      </div>
    </li>
  )
}

function RequestPane({ id }: { id: string }) {
  const { value: entry, isGone } = useWatched<JournalDetail>(id, {
    read: () => readView(`/requests/${id}`, 'id', 'method', 'path', 'request', 'response'),
  })
  if (entry === undefined) return <DetailPane kind="Exchange" isGone={isGone} />
  return (
    <DetailPane
      kind="Exchange"
      title={entry.operation ?? 'No operation'}
      state={<HttpStatus status={entry.status} />}
      isGone={isGone}
      actions={<Exchange entry={entry} />}
    >
      <div class="scroll padded">
        {entry.near_miss !== undefined && <NearMiss nearest={entry.near_miss} />}
        <Message title="Request" message={entry.request} />
        <Message title="Response" message={entry.response} />
      </div>
    </DetailPane>
  )
}

function Exchange({ entry }: { entry: JournalDetail }) {
  const { method, path, query, at, duration_ms, matched_rule, faults } = entry
  return (
    <>
      <p class="exchange-line">
        <code>
          <b>{method}</b> {path}
          {query === undefined ? '' : `?${query}`}
        </code>
        <CopyButton text={() => curlOf(replayOf(entry))} label="curl" title="Copy as curl" />
      </p>
      <NamedValues
        kind="facts"
        of={[
          ['Answered', clockTime(Date.parse(at), 'milliseconds')],
          ['Took', duration(duration_ms)],
          ['Decided by', matched_rule ?? 'nothing'],
          ['Faults', faults?.join(', ')],
          ['About', subjectOf(path)],
        ]}
      />
    </>
  )
}

function subjectOf(path: string): VNode | undefined {
  const ids = path.match(/[0-9a-f-]{36}/g) ?? []
  const job = ids.map((id) => work.job.value.get(id)).find((each) => each !== undefined)
  const runner = runners.value.get(job?.runner_id ?? ids[0] ?? '')
  if (runner === undefined) return undefined
  return (
    <a href={hrefOf({ page: 'world', runner: runner.id, ...(job === undefined ? {} : { job: job.id }) })}>
      {job === undefined ? runner.name : `job ${job.name} of ${runner.name}`}
    </a>
  )
}

/** As it was sent, but for secrets, which are blacked out. */
function replayOf({ method, path, query, request }: JournalDetail) {
  const kept = ['authorization', 'comet-workspace']
  const headers = Object.entries(request.headers).filter(([name]) => kept.includes(name))
  return {
    method,
    path: `${world.value?.api_path ?? ''}${path}${query === undefined ? '' : `?${query}`}`,
    headers: Object.fromEntries(headers),
    ...(request.body === undefined ? {} : { body: request.body }),
  }
}

function NearMiss({ nearest }: { nearest: NonNullable<JournalDetail['near_miss']> }) {
  const { operation, method, path, differences } = nearest
  return (
    <div class="near-miss" role="note">
      <strong>No operation matches. The nearest is {operation}:</strong>
      <code>
        <b>{method}</b> {path}
      </code>
      <ul>
        {differences.map((difference) => (
          <li key={difference}>{difference}</li>
        ))}
      </ul>
    </div>
  )
}

function Message({ title, message: { headers, body } }: { title: string; message: JournalDetail['request'] }) {
  const names = Object.entries(headers)
  return (
    <>
      <Value title={title} value={body} label={`${title.toLowerCase()} body`} none="No body." />
      {names.length > 0 && (
        <details class="headers">
          <summary>{names.length} headers</summary>
          <NamedValues of={names} />
        </details>
      )}
    </>
  )
}
