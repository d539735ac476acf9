/** One job: what went in, what came out, its log as it grows, and how it got where it is. */
import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { EventView, JobDetail } from '../../../kernel/admin-views.js'
import { sharedPart } from '../../../kernel/shared-fields.js'
import { act, curlOf, hasMembers, readAdmin } from '../../model/admin-api.js'
import { callOf, type Owner } from '../../model/calls.js'
import type { CurlCall } from '../../model/to-curl.js'
import { jobFixture, toFixtureCode, toFixtureJson } from '../../model/fixture-code.js'
import { show, hrefOf } from '../../model/route.js'
import { inferJobSteps, useSteps } from '../../model/requests/path-to-state.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { useTrace } from '../../model/requests/traces.js'
import { duration, shortId } from '../../model/labels.js'
import { Button } from '../../parts/button.js'
import { copy, Json, CopyButton } from '../../parts/copy.js'
import { Menu } from '../../parts/menu.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { PathDiagram } from '../../parts/state-diagram.js'
import { Tabs } from '../../parts/tabs.js'
import { DetailHead, Fact, Facts, OtherFields, RunnerFact, Exchanges } from './detail-parts.js'
import { TraceBody } from './trace-body.js'

const chosenTab = signal('overview')

/** The column. */
export function JobPane({ id }: { id: string }) {
  const { value, isGone } = useWatched<JobDetail>(id, {
    read: (previous) => readJob(id, previous),
    isAbout: isAbout(id),
    isEnd,
  })
  if (value === undefined) {
    return (
      <section class="column detail" aria-label="Job">
        <DetailHead title="Job" id={id} state={undefined} isGone={isGone} />
      </section>
    )
  }
  const { job, logs } = value
  return (
    <section class="column detail" aria-label="Job">
      <DetailHead title={job.agent_name} id={id} state={job.status} isGone={isGone}>
        <JobActions detail={value} />
      </DetailHead>
      <Tabs
        name="job"
        label="Job"
        tabs={[
          { id: 'overview', label: 'Overview' },
          { id: 'logs', label: 'Logs', count: logs.length },
          { id: 'trace', label: 'Trace' },
          { id: 'exchanges', label: 'Exchanges' },
        ]}
        chosen={chosenTab.value}
        onChoose={(tab) => (chosenTab.value = tab)}
      >
        {chosenTab.value === 'overview' && <Overview detail={value} isGone={isGone} />}
        {chosenTab.value === 'logs' && <Logs entries={logs} isLive={job.status === 'running'} />}
        {chosenTab.value === 'trace' && <JobTrace key={job.trace_id} job={job} />}
        {chosenTab.value === 'exchanges' && <Exchanges id={id} runnerId={job.runner_id} />}
      </Tabs>
    </section>
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

function JobActions({ detail: { job, workspace, user } }: { detail: JobDetail }) {
  const owner = { workspace, user }
  const isOpen = job.status === 'pending' || job.status === 'running'
  return (
    <div class="actions">
      {isOpen && (
        <>
          <Button
            words="Cancel job"
            onClick={() => void act('Cancel job', callOf('cancelJob', owner, { jobId: job.id }))}
          />
          <Button words="Report result…" onClick={() => show({ name: 'report-job', job: job.id })} />
        </>
      )}
      <Button
        words="Run again"
        onClick={() => show({ name: 'new-job', runner: job.runner_id, agent: job.agent_name })}
      />
      <Menu
        label="Copy"
        icon="copy"
        items={[
          { label: 'As curl', onChoose: () => void copy(curlOf(callOf('getJob', owner, { jobId: job.id }))) },
          { label: 'As curl that creates it', onChoose: () => void copy(curlOf(creationOf(job, owner))) },
          { label: 'As fixture, TypeScript', onChoose: () => void copy(toFixtureCode(jobFixture, job)) },
          { label: 'As fixture, JSON', onChoose: () => void copy(toFixtureJson(job)) },
        ]}
      />
    </div>
  )
}

function creationOf(job: JobDetail['job'], owner: Owner): CurlCall {
  const { project_id, agent_name } = job
  return callOf('createJob', owner, {}, { project_id, agent_name, ...sharedPart('CreateLocalRunnerJobRequest', job) })
}

function Overview({ detail: { job }, isGone }: { detail: JobDetail; isGone: boolean }) {
  const kept = useSteps('job', job.id)
  const steps = kept.length > 0 ? kept : inferJobSteps(job)
  return (
    <div class="scroll padded">
      {job.error !== undefined && (
        <>
          <h3>Error</h3>
          <pre class="error-text">{job.error}</pre>
        </>
      )}
      <PathDiagram machine="job" steps={steps} current={isGone ? 'none' : job.status} />
      <Facts>
        <Fact name="Created">
          <TimeAgo at={job.created_at} />
        </Fact>
        <Fact name="Waited">
          <DurationText from={job.created_at} to={job.started_at ?? job.completed_at} />
        </Fact>
        <Fact name="Ran">
          <DurationText from={job.started_at} to={job.completed_at} />
        </Fact>
        <Fact name="Timeout">{duration(job.timeout * 1000)}</Fact>
        <RunnerFact id={job.runner_id} open={{ job: job.id }} />
        {job.trace_id !== undefined && (
          <Fact name="Trace">
            <a href={hrefOf({ page: 'traces', trace: job.trace_id })}>{shortId(job.trace_id)}</a>
          </Fact>
        )}
      </Facts>
      {job.result !== undefined && (
        <>
          <h3>Result</h3>
          <Json value={job.result} label="result" />
        </>
      )}
      <h3>Inputs</h3>
      {job.inputs === undefined ? <p class="faint">None were given.</p> : <Json value={job.inputs} label="inputs" />}
      <OtherFields of={job} shown={SHOWN} />
    </div>
  )
}

const SHOWN = [
  ...['id', 'runner_id', 'project_id', 'agent_name', 'status', 'timeout', 'trace_id'],
  ...['inputs', 'result', 'error', 'created_at', 'started_at', 'completed_at'],
]

/** Reads what is new: of the log only the entries that are not known yet. */
async function readJob(id: string, previous: JobDetail | undefined): Promise<JobDetail | undefined> {
  const known = previous?.logs ?? []
  const { body } = await readAdmin(`/jobs/${id}?logs_from=${known.length}`)
  return isJobDetail(body) ? { ...body, logs_from: 0, logs: [...known, ...body.logs] } : undefined
}

function isAbout(id: string): (event: EventView) => boolean {
  return (event) => {
    if (event.type === 'request') return event.path.includes(id) && event.method !== 'GET'
    return 'machine' in event && event.resource.id === id
  }
}

/** It has expired, or its runner is gone. */
function isEnd(event: EventView, { job }: JobDetail): boolean {
  return 'machine' in event && event.to === 'none' && [job.id, job.runner_id].includes(event.resource.id)
}

function isJobDetail(value: unknown): value is JobDetail {
  return hasMembers(value, 'job', 'logs', 'logs_from')
}

/** The latest lines that are drawn. */
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
