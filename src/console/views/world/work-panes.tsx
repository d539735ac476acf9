/** One job or one bridge command: what went in, what came out, the log as it grows, and how it got where it is. */
import { signal, type Signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { ComponentChildren } from 'preact'
import type { CommandDetail, JobDetail } from '../../../kernel/admin-views.js'
import { sharedPart } from '../../../kernel/shared-fields.js'
import { act, curlOf, readView } from '../../model/admin-api.js'
import { callOf } from '../../model/calls.js'
import { toFixtureCode, toFixtureJson, type FixtureBuilder } from '../../model/fixture-code.js'
import { show, hrefOf } from '../../model/route.js'
import { useSteps } from '../../model/requests/path-to-state.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { useTrace } from '../../model/requests/traces.js'
import { duration, shortId } from '../../model/labels.js'
import type { CurlCall } from '../../model/to-curl.js'
import { factsOf, runners } from '../../model/world-state.js'
import { Menu, type MenuItems } from '../../parts/menu.js'
import { PathDiagram } from '../../parts/state-diagram.js'
import { Tabs, type Tab } from '../../parts/tabs.js'
import { JobDialog, ReportCommandDialog, ReportJobDialog } from '../dialogs/work-dialogs.js'
import { DetailPane, Exchanges, OtherFields, Value } from './detail-parts.js'
import { TraceBody } from './trace-body.js'
import { Button, CopyButton, copy } from '../../parts/button.js'
import { DurationText, NamedValues, TimeAgo } from '../../parts/values.js'

const jobTab = signal('overview')
const commandTab = signal('overview')

export function JobPane({ id }: { id: string }) {
  const { value, isGone } = useWatched<JobDetail>(id, {
    read: (previous) => readJob(id, previous),
    isAbout: (event) => event.type === 'request' && event.path.includes(id) && event.method !== 'GET',
    resources: (detail) => [id, detail?.job.runner_id],
  })
  if (value === undefined) return <DetailPane {...{ kind: 'Job', id, isGone }} />
  const { job, logs } = value
  return (
    <WorkPane
      {...{ kind: 'Job', id, of: job, isGone, chosen: jobTab }}
      actions={<JobActions detail={value} />}
      tabs={[
        {
          ...{ id: 'logs', label: 'Logs', count: logs.length },
          panel: <Logs entries={logs} isLive={job.status === 'running'} />,
        },
        { id: 'trace', label: 'Trace', panel: <JobTrace key={job.trace_id} job={job} /> },
      ]}
    />
  )
}

export function CommandPane({ id }: { id: string }) {
  const { value, isGone } = useWatched<CommandDetail>(id, {
    read: () => readView(`/commands/${id}`, 'command', 'workspace'),
    resources: (detail) => [id, detail?.command.runner_id],
  })
  if (value === undefined) return <DetailPane {...{ kind: 'Command', id, isGone }} />
  const actions = <CommandActions detail={value} />
  return <WorkPane {...{ kind: 'Command', id, of: value.command, isGone, chosen: commandTab, tabs: [], actions }} />
}

type Item = JobDetail['job'] | CommandDetail['command']

/** The column of one job or command: an overview, its own tabs, and the exchanges about it. */
function WorkPane(props: {
  kind: string
  id: string
  of: Item
  isGone: boolean
  chosen: Signal<string>
  tabs: readonly Tab[]
  actions: ComponentChildren
}) {
  const { kind, id, of, isGone, chosen, tabs, actions } = props
  const overview = { id: 'overview', label: 'Overview', panel: <Overview {...{ id, of, isGone }} /> }
  const exchanges = { id: 'exchanges', label: 'Exchanges', panel: <Exchanges id={id} runnerId={of.runner_id} /> }
  return (
    <DetailPane {...{ kind, title: factsOf(of).name, id, state: of.status, isGone, actions }}>
      <Tabs name={kind.toLowerCase()} label={kind} chosen={chosen} tabs={[overview, ...tabs, exchanges]} />
    </DetailPane>
  )
}

/** Reads what is new: of the log only the entries that are not known yet. */
async function readJob(id: string, previous: JobDetail | undefined): Promise<JobDetail | undefined> {
  const known = previous?.logs ?? []
  const view = await readView<JobDetail>(`/jobs/${id}?logs_from=${known.length}`, 'job', 'logs', 'logs_from')
  return view && { ...view, logs_from: 0, logs: [...known, ...view.logs] }
}

function JobActions({ detail: { job, workspace, user } }: { detail: JobDetail }) {
  const owner = { workspace, user }
  const { id: jobId, status, runner_id: runnerId, agent_name, project_id } = job
  const creation = { project_id, agent_name, ...sharedPart('CreateLocalRunnerJobRequest', job) }
  return (
    <div class="actions">
      {(status === 'pending' || status === 'running') && (
        <>
          <Button words="Cancel job" onClick={() => void act('Cancel job', callOf('cancelJob', owner, { jobId }))} />
          <Button words="Report result…" onClick={() => show(<ReportJobDialog id={jobId} />)} />
        </>
      )}
      <Button words="Run again" onClick={() => show(<JobDialog runnerId={runnerId} agent={agent_name} />)} />
      <CopyMenu
        calls={{
          'As curl': callOf('getJob', owner, { jobId }),
          'As curl that creates it': callOf('createJob', owner, {}, creation),
        }}
        builder="job"
        resource={job}
      />
    </div>
  )
}

function CommandActions({ detail: { command, workspace, user } }: { detail: CommandDetail }) {
  const { command_id: commandId, runner_id: runnerId, status } = command
  const call = callOf('getBridgeCommand', { workspace, user }, { runnerId, commandId })
  return (
    <div class="actions">
      {(status === 'pending' || status === 'picked_up') && (
        <Button words="Report result…" onClick={() => show(<ReportCommandDialog id={commandId} />)} />
      )}
      <CopyMenu calls={{ 'As curl': call }} builder="command" resource={command} />
    </div>
  )
}

function CopyMenu(props: { calls: Readonly<Record<string, CurlCall>>; builder: FixtureBuilder; resource: object }) {
  const { calls, builder, resource } = props
  const copies = Object.entries(calls).map(([label, call]) => [label, () => void copy(curlOf(call))] as const)
  const items: MenuItems = {
    ...Object.fromEntries(copies),
    'As fixture, TypeScript': () => void copy(toFixtureCode(builder, resource)),
    'As fixture, JSON': () => void copy(toFixtureJson(resource)),
  }
  return <Menu label="Copy" icon="copy" items={items} />
}

/** What has a place of its own. */
const SHOWN = [
  ...['id', 'runner_id', 'project_id', 'agent_name', 'status', 'timeout', 'trace_id', 'inputs', 'result', 'error'],
  ...['created_at', 'started_at', 'completed_at', 'command_id', 'type', 'args', 'timeout_seconds'],
  ...['submitted_at', 'picked_up_at', 'duration_ms'],
]

function Overview({ id, of, isGone }: { id: string; of: Item; isGone: boolean }) {
  const work = factsOf(of)
  const steps = useSteps(id, work)
  const runner = runners.get(of.runner_id)
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
      <PathDiagram machine={isJob ? 'job' : 'bridgeCommand'} steps={steps} current={isGone ? 'none' : work.status} />
      <NamedValues
        kind="facts"
        of={[
          [isJob ? 'Created' : 'Sent', <TimeAgo at={work.made} />],
          ['Waited', <DurationText from={work.made} to={work.begun ?? work.ended} />],
          ['Ran', <DurationText from={work.begun} to={work.ended} />],
          ['Timeout', duration((isJob ? of.timeout : of.timeout_seconds) * 1000)],
          [
            'Runner',
            runner && <a href={hrefOf({ page: 'world', runner: runner.id, [work.kind]: id })}>{runner.name}</a>,
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

function JobTrace({ job: { trace_id: id, status } }: { job: JobDetail['job'] }) {
  if (id !== undefined) return <TraceOf id={id} />
  return (
    <div class="empty">
      {status === 'running' || status === 'pending' ? 'There is no trace yet.' : 'It has left no trace.'}
    </div>
  )
}

function TraceOf({ id }: { id: string }) {
  const { value, isGone } = useTrace(id)
  if (value !== undefined) return <TraceBody detail={value} />
  return isGone ? <div class="empty">It names a trace that nobody has sent.</div> : null
}

const MAX_LINES = 2000

/** A log that grows: it stays at its end while one looks at the end, and lets one read in peace above. */
function Logs({ entries, isLive }: { entries: JobDetail['logs']; isLive: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [entries.length])
  if (entries.length === 0)
    return <div class="empty">{isLive ? 'Nothing has been logged yet.' : 'Nothing was logged.'}</div>
  const hidden = Math.max(0, entries.length - MAX_LINES)
  return (
    <div class="code-box fill">
      <div
        ref={box}
        class="logs scroll"
        role="log"
        aria-label="Log"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24
        }}
      >
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
      <CopyButton text={() => entries.map(({ text }) => text).join('\n')} title="Copy log" />
    </div>
  )
}
