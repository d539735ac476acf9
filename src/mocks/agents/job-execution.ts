/**
 * One job in the hands of a simulated runner: reports that it runs, streams its logs, computes the result and reports
 * that, with a trace, as the SDKs do it. Everything goes through the public API.
 */
import type { Clock } from '../../clock.js'
import type { LocalRunnerJob, LocalRunnerLogEntry } from '../../types.js'
import type { AgentDefinition } from './agent.js'
import type { Call } from './api.js'

/** What an execution needs of its runner. */
export interface ExecutionParts {
  call: Call
  clock: Clock
  newId: () => string
  projectName: string
  /** Aborts when the job is cancelled or the runner stops. */
  signal: AbortSignal
}

interface Outcome {
  status: 'completed' | 'failed'
  result?: unknown
  error?: string
}

/** Executes a job to its end. Never throws; a refused report means that the job is gone, and ends the execution. */
export async function executeJob(
  job: LocalRunnerJob,
  agent: AgentDefinition | undefined,
  parts: ExecutionParts,
): Promise<void> {
  const { call } = parts
  const path = { jobId: job.id }
  if (agent === undefined) {
    await call('reportJobResult', { path, body: { status: 'failed', error: `Unknown agent: ${job.agent_name}` } })
    return
  }
  const traceId = parts.newId()
  const startedAt = parts.clock.iso()
  await call('reportJobResult', { path, body: { status: 'running', trace_id: traceId } })
  const logs = createLogStream(call, job.id)
  const outcome = await runHandler(job, agent, parts, logs.write)
  await sendTrace(job, traceId, startedAt, outcome, parts)
  await logs.flush()
  await call('reportJobResult', { path, body: { ...outcome, trace_id: traceId } })
}

async function runHandler(
  job: LocalRunnerJob,
  agent: AgentDefinition,
  { clock, signal }: ExecutionParts,
  log: (text: string, stream?: 'stdout' | 'stderr') => void,
): Promise<Outcome> {
  const sleep = (ms: number): Promise<boolean> => clock.sleep(ms, signal)
  const finished = (async (): Promise<Outcome> => {
    try {
      return {
        status: 'completed',
        result: (await agent.handler({ inputs: job.inputs, job, log, sleep, signal })) ?? null,
      }
    } catch (error) {
      return { status: 'failed', error: describeError(error) }
    }
  })()
  if (job.timeout <= 0) return finished
  const giveUp = new AbortController()
  const timedOut = clock.sleep(job.timeout * 1000, giveUp.signal).then((passed): Outcome => ({
    status: 'failed',
    error: passed ? `Job timed out after ${job.timeout}s` : 'Job was given up',
  }))
  const outcome = await Promise.race([finished, timedOut])
  giveUp.abort()
  return outcome
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
}

/** Sends log lines in order while the agent runs; lines written within one turn share a call. */
function createLogStream(
  call: Call,
  jobId: string,
): { write: (text: string, stream?: 'stdout' | 'stderr') => void; flush: () => Promise<void> } {
  let waiting: LocalRunnerLogEntry[] = []
  let sending: Promise<void> = Promise.resolve()
  const send = async (): Promise<void> => {
    const body = waiting
    waiting = []
    if (body.length > 0) await call('appendJobLogs', { path: { jobId }, body })
  }
  return {
    write(text, stream = 'stdout') {
      if (text.trim() === '') return
      waiting.push({ stream, text })
      if (waiting.length === 1) sending = sending.then(send)
    },
    flush: () => sending,
  }
}

async function sendTrace(
  job: LocalRunnerJob,
  traceId: string,
  startedAt: string,
  outcome: Outcome,
  { call, clock, projectName }: ExecutionParts,
): Promise<void> {
  const ending =
    outcome.error === undefined
      ? { output: { result: outcome.result } }
      : {
          error_info: {
            exception_type: outcome.error.split(':', 1)[0] ?? 'Error',
            message: outcome.error,
            traceback: outcome.error,
          },
        }
  const trace = {
    id: traceId,
    project_name: projectName,
    name: job.agent_name,
    start_time: startedAt,
    end_time: clock.iso(),
    input: { inputs: job.inputs ?? null },
    source: 'sdk',
    ...ending,
  }
  await call('createTraces', { body: { traces: [trace] } })
}
