/** One job: what went in, what came out, its log as it grows, and how it got where it is. */
import { signal } from '@preact/signals'
import type { EventView, JobDetail } from '../../../kernel/admin-views.js'
import { sharedPart } from '../../../kernel/carry.js'
import { act, curlOf, readAdmin } from '../../model/admin-api.js'
import { callOf, type Owner } from '../../model/calls.js'
import type { Call } from '../../model/to-curl.js'
import { jobFixture, toFixtureCode, toFixtureJson } from '../../model/fixture-code.js'
import { show } from '../../model/overlay.js'
import { inferJobSteps } from '../../model/paths/path-to-state.js'
import { hasMembers } from '../../model/body-shape.js'
import { useSteps } from '../../model/paths/reached-steps.js'
import { useWatched } from '../../model/requests/watched-requests.js'
import { useTrace } from '../../model/requests/traces.js'
import { duration, shortId } from '../../model/labels.js'
import { hrefOf } from '../../model/route.js'
import { copy } from '../../parts/copy.js'
import { Json } from '../../parts/json.js'
import { Menu } from '../../parts/menu.js'
import { TimeAgo, DurationText } from '../../parts/moment.js'
import { PathDiagram } from '../../parts/path-diagram.js'
import { Tabs } from '../../parts/tabs.js'
import { DetailHead, Fact, Facts, OtherFields, RunnerFact } from './detail-parts.js'
import { Exchanges } from './exchanges.js'
import { Logs } from './logs.js'
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
          <button
            type="button"
            class="button small"
            onClick={() => void act('Cancel job', callOf('cancelJob', owner, { jobId: job.id }))}
          >
            Cancel job
          </button>
          <button type="button" class="button small" onClick={() => show({ name: 'report-job', job: job.id })}>
            Report result…
          </button>
        </>
      )}
      <button
        type="button"
        class="button small"
        onClick={() => show({ name: 'new-job', runner: job.runner_id, agent: job.agent_name })}
      >
        New one
      </button>
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

function creationOf(job: JobDetail['job'], owner: Owner): Call {
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
