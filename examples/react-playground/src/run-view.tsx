import type { LocalRunnerJob, LocalRunnerLogEntry } from 'opik-runner-kit'
import { hasEnded } from './api'
import { isGone, useCancelJob, useRun } from './queries'

export function RunView({ jobId }: { jobId: string }) {
  const { data: run, error } = useRun(jobId)
  if (isGone(error)) return <p role="alert">The runner is gone, and its jobs with it.</p>
  return (
    <>
      {error !== null && <p role="alert">The job cannot be read at the moment.</p>}
      {run !== undefined && (
        <>
          <JobHead job={run.job} />
          <Logs entries={run.logs} />
          <Outcome job={run.job} />
        </>
      )}
    </>
  )
}

function JobHead({ job }: { job: LocalRunnerJob }) {
  const cancel = useCancelJob(job.id)
  return (
    <div className="job-head">
      <strong>{job.agent_name}</strong>
      <span role="status" className="badge" data-state={job.status}>
        {job.status}
      </span>
      {!hasEnded(job) && (
        <button type="button" className="quiet" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </button>
      )}
    </div>
  )
}

function Logs({ entries }: { entries: LocalRunnerLogEntry[] }) {
  return (
    <>
      <h3 id="logs-title">Logs</h3>
      {/* Focusable, so that the keyboard can scroll it. */}
      <div role="log" aria-labelledby="logs-title" className="logs" tabIndex={0}>
        <ol>
          {entries.map(({ stream, text }, index) => (
            // Lines are only ever added, so their position identifies them.
            <li key={index} data-stream={stream}>
              {stream === 'stderr' && <span className="stream">stderr</span>}
              {text}
            </li>
          ))}
        </ol>
      </div>
    </>
  )
}

function Outcome({ job }: { job: LocalRunnerJob }) {
  if (job.status === 'failed') {
    return (
      <p role="alert" className="error">
        {job.error ?? 'The agent failed without a reason.'}
      </p>
    )
  }
  if (job.status !== 'completed') return null
  return (
    <>
      <h3 id="result-title">Result</h3>
      <pre aria-labelledby="result-title" className="code" tabIndex={0}>
        {JSON.stringify(job.result ?? null, null, 2)}
      </pre>
    </>
  )
}
