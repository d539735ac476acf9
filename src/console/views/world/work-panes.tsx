/** One job or one bridge command: what went in, what came out, the log as it grows, and how it got where it is. */
import type { CommandDetail, History, JobDetail } from '../../../generated/kit-schema.js'
import { sharedPart } from '../../../kernel/shared-fields.js'
import { act, curlOf, readView } from '../../model/admin-api.js'
import { callOf, type Owner } from '../../model/calls.js'
import { toFixtureCode } from '../../model/fixture-code.js'
import { show, hrefOf } from '../../model/route.js'
import { useWatched } from '../../model/live.js'
import { useTrace, TraceBody } from './traces-page.js'
import { duration, shortId, plain, clockTime } from '../../model/labels.js'
import { runners, toItem, type WorkItem } from '../../model/world-state.js'
import { Menu, type MenuItems, Button, CopyButton, copy } from '../../parts/button.js'
import { Tabs, type Tab } from '../../parts/tabs.js'
import { JobDialog, ReportDialog } from '../dialogs/dialogs.js'
import { DetailPane, Exchanges, OtherFields, Value } from './detail-parts.js'
import { DurationText, NamedValues, Moment } from '../../parts/values.js'
import { narrowDiagrams, type Diagram } from '../../../generated/lifecycle-diagrams.js'
import { renderStateDiagram } from '../../../report/state-diagram.js'

type Item = JobDetail['job'] | CommandDetail['command']

interface WorkDetail extends Owner {
  readonly of: Item
  readonly work: WorkItem
  /** Of a job. */
  readonly logs: JobDetail['logs']
}

/** The column of one job or command: an overview, a job's log and trace, and the exchanges about it. */
export function WorkPane({ kind, id }: { kind: 'job' | 'command'; id: string }) {
  const { value, isGone } = useWatched<WorkDetail>(id, {
    read: (previous) => readWork(kind, id, previous?.logs ?? []),
    isAbout: (event) => event.type === 'request' && event.path.includes(id) && event.method !== 'GET',
    resources: (detail) => [id, detail?.of.runner_id],
  })
  const title = kind === 'job' ? 'Job' : 'Command'
  if (value === undefined) return <DetailPane kind={title} id={id} isGone={isGone} />
  const { of, work, logs } = value
  const own: Tab[] =
    'agent_name' in of
      ? [
          {
            ...{ id: 'logs', label: 'Logs', count: logs.length },
            panel: <Logs entries={logs} isLive={of.status === 'running'} />,
          },
          { id: 'trace', label: 'Trace', panel: <JobTrace key={of.trace_id} job={of} /> },
        ]
      : []
  const overview = { id: 'overview', label: 'Overview', panel: <Overview of={of} work={work} isGone={isGone} /> }
  const exchanges = { id: 'exchanges', label: 'Exchanges', panel: <Exchanges id={id} runnerId={of.runner_id} /> }
  const actions = <Actions detail={value} />
  return (
    <DetailPane kind={title} title={work.name} id={id} state={work.status} isGone={isGone} actions={actions}>
      <Tabs name={kind} label={title} tabs={[overview, ...own, exchanges]} />
    </DetailPane>
  )
}

/** @param known the log so far: only new entries are read */
async function readWork(kind: WorkItem['kind'], id: string, known: JobDetail['logs']) {
  if (kind === 'command') {
    const view = await readView<CommandDetail>(`/commands/${id}`, 'command', 'workspace')
    return view && { ...view, of: view.command, work: toItem(view.command, id), logs: [] }
  }
  const view = await readView<JobDetail>(`/jobs/${id}?logs_from=${known.length}`, 'job', 'logs', 'logs_from')
  return view && { ...view, of: view.job, work: toItem(view.job, id), logs: [...known, ...view.logs] }
}

function Actions({ detail }: { detail: WorkDetail }) {
  const { of, work } = detail
  const isJob = 'agent_name' in of
  const runner = runners.value.get(of.runner_id)
  const cancel = () => void act('Cancel job', callOf('cancelJob', detail, { jobId: work.id }))
  const report = () => show(<ReportDialog work={work} owner={detail} />)
  return (
    <div class="actions">
      {isJob && isOpen(of) && <Button words="Cancel job" onClick={cancel} />}
      {isOpen(of) && <Button words="Report result…" onClick={report} />}
      {isJob && runner && (
        <Button words="Run again" onClick={() => show(<JobDialog runner={runner} agent={of.agent_name} />)} />
      )}
      <Menu label="Copy" icon="copy" items={copiesOf(detail)} />
    </div>
  )
}

function isOpen({ status }: Item): boolean {
  return status === 'pending' || status === 'running' || status === 'picked_up'
}

function copiesOf(detail: WorkDetail): MenuItems {
  const { of, work } = detail
  const isJob = 'agent_name' in of
  const read = isJob
    ? callOf('getJob', detail, { jobId: work.id })
    : callOf('getBridgeCommand', detail, { runnerId: work.runner_id, commandId: work.id })
  return {
    'As curl': () => void copy(curlOf(read)),
    ...(isJob && {
      'As curl that creates it': () => void copy(curlOf(callOf('createJob', detail, {}, creationOf(of)))),
    }),
    'As fixture, TypeScript': () => void copy(toFixtureCode(work.kind, of)),
    'As fixture, JSON': () => void copy(`${JSON.stringify(of, null, 2)}\n`),
  }
}

function creationOf(job: JobDetail['job']): object {
  const { project_id, agent_name } = job
  return { project_id, agent_name, ...sharedPart('CreateLocalRunnerJobRequest', job) }
}

/** What has a place of its own. */
const SHOWN = [
  ...['id', 'runner_id', 'project_id', 'agent_name', 'status', 'timeout', 'trace_id', 'inputs', 'result', 'error'],
  ...['created_at', 'started_at', 'completed_at', 'command_id', 'type', 'args', 'timeout_seconds'],
  ...['submitted_at', 'picked_up_at', 'duration_ms'],
]

function Overview({ of, work, isGone }: { of: Item; work: WorkItem; isGone: boolean }) {
  const runner = runners.value.get(of.runner_id)
  const isJob = 'agent_name' in of
  const trace = isJob && of.trace_id !== undefined ? of.trace_id : undefined
  return (
    <div class="scroll padded">
      {typeof of.error === 'string' ? (
        <>
          <h3>Error</h3>
          <pre class="error-text">{of.error}</pre>
        </>
      ) : (
        <Value title="Error" value={of.error} />
      )}
      <PathDiagram work={work} isGone={isGone} />
      <NamedValues
        kind="facts"
        of={[
          [isJob ? 'Created' : 'Sent', <Moment at={work.made} />],
          ['Waited', <DurationText from={work.made} to={work.begun ?? work.ended} />],
          ['Ran', <DurationText from={work.begun} to={work.ended} />],
          ['Timeout', duration((isJob ? of.timeout : of.timeout_seconds) * 1000)],
          [
            'Runner',
            runner && <a href={hrefOf({ page: 'world', runner: runner.id, [work.kind]: work.id })}>{runner.name}</a>,
          ],
          ['Trace', trace && <a href={hrefOf({ page: 'traces', trace })}>{shortId(trace)}</a>],
        ]}
      />
      <Value title="Result" value={of.result} />
      {isJob ? (
        <Value title="Inputs" value={of.inputs} none="None were given." />
      ) : (
        <Value title="Arguments" value={of.args} />
      )}
      <OtherFields of={of} shown={SHOWN} />
    </div>
  )
}

function JobTrace({ job }: { job: JobDetail['job'] }) {
  if (job.trace_id !== undefined) return <TraceOf id={job.trace_id} />
  return <div class="empty">{isOpen(job) ? 'There is no trace yet.' : 'It has left no trace.'}</div>
}

function TraceOf({ id }: { id: string }) {
  const { value, isGone } = useTrace(id)
  if (value !== undefined) return <TraceBody detail={value} />
  return isGone ? <div class="empty">It names a trace that nobody has sent.</div> : null
}

const MAX_LINES = 2000

/** A log that grows; the style sheet keeps it at its end while one looks at the end. */
function Logs({ entries, isLive }: { entries: JobDetail['logs']; isLive: boolean }) {
  if (entries.length === 0)
    return <div class="empty">{isLive ? 'Nothing has been logged yet.' : 'Nothing was logged.'}</div>
  const hidden = Math.max(0, entries.length - MAX_LINES)
  return (
    <div class="code-box fill">
      <div class="logs scroll" role="log" aria-label="Log" tabIndex={0}>
        <div>
          {hidden > 0 && <p class="faint">{hidden} earlier lines</p>}
          {entries.slice(hidden).map(({ stream, text }, index) => (
            <div key={hidden + index} class={stream === 'stderr' ? 'line stderr' : 'line'}>
              <span class="line-number" aria-hidden="true">
                {hidden + index + 1}
              </span>
              <span class="visually-hidden">{stream}: </span>
              <span class="line-text">{text}</span>
            </div>
          ))}
          {isLive && <div class="cursor" aria-hidden="true" />}
        </div>
      </div>
      <CopyButton text={() => entries.map(({ text }) => text).join('\n')} title="Copy log" />
    </div>
  )
}

function PathDiagram({ work, isGone }: { work: WorkItem; isGone: boolean }) {
  const machine = machineOf[work.kind]
  const steps = useSteps(work)
  const current = isGone ? 'none' : work.status
  const reached = new Set([...steps.map(({ to }) => to), current])
  const drawing = renderStateDiagram(narrowDiagrams[machine], {
    id: 'path',
    title: `Lifecycle. ${steps.map(({ on, to, at }) => `${on} to ${wordOf(to)} at ${clockTime(at)}`).join(', ')}`,
    triggersOf: ({ from, to }) => {
      const isMade = steps.some((step) => step.from === from && step.to === to)
      return [{ tone: isMade ? 'passed' : 'not-seen', words: '' }]
    },
    kindsOf: ({ name, kind }) => {
      const isReached = kind === 'start' || reached.has(name)
      return `${isReached ? 'passed' : 'not-seen'}${kind !== 'start' && name === current ? ' current' : ''}`
    },
  })
  return (
    <div class="state-path">
      <div dangerouslySetInnerHTML={{ __html: drawing }} />
      <ol class="steps" aria-label="Steps">
        {steps.map(({ on, to, at }, index) => (
          <li key={index}>
            <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()}>
              {index === 0 ? clockTime(at, 'milliseconds') : `+${duration(at - (steps[index - 1]?.at ?? at))}`}
            </time>
            <span class="on">{on.replaceAll('timer.', '')}</span>
            <span class="to">{wordOf(to)}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function wordOf(state: string): string {
  return state === 'none' ? 'gone' : plain(state)
}

interface PathStep {
  readonly from: string
  readonly to: string
  /** The operation, timer or event; all that it may have been where only times are known. */
  readonly on: string
  /** Virtual milliseconds. */
  readonly at: number
}

const machineOf = { job: 'job', command: 'bridgeCommand' } as const

/** The steps of a job or command while they go on; by its times when its first events are not kept any more. */
function useSteps(work: WorkItem): readonly PathStep[] {
  const { kind, id } = work
  const machine = machineOf[kind]
  const { value = [] } = useWatched<readonly PathStep[]>(`${machine} ${id}`, {
    read: async () => {
      const history = await readView<History>(`/history?type=${machine}.*&about=${id}`, 'cursor', 'events')
      const steps = (history?.events ?? []).flatMap((event) =>
        'machine' in event && event.resource.id === id
          ? [{ from: event.from, to: event.to, on: event.trigger, at: Date.parse(event.at) }]
          : [],
      )
      return steps[0]?.from === 'none' ? steps : []
    },
    // Its end is a step as well.
    isAbout: (event) => 'machine' in event && event.resource.id === id,
  })
  return value.length > 0 ? value : stepsByTimes(work)
}

function stepsByTimes({ kind, status, made, begun, ended }: WorkItem): PathStep[] {
  const { moves }: Diagram = narrowDiagrams[machineOf[kind]]
  const busy = kind === 'job' ? 'running' : 'picked_up'
  const states = [['pending', made] as const, [busy, begun] as const, [status, ended] as const]
  const known = states.flatMap(([to, at]) => (at === undefined ? [] : [{ to, at: Date.parse(at) }]))
  return known.map(({ to, at }, place) => {
    const from = known[place - 1]?.to ?? 'none'
    const on = moves.find((move) => move.from === from && move.to === to)?.triggers.join(' or ') ?? ''
    return { from, to, on, at }
  })
}
