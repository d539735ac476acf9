/**
 * One job in the hands of a simulated runner: reports that it runs, streams its logs, computes the result and reports
 * that, with a trace, as the SDKs do it. Everything goes through the public API.
 */
import type { Clock } from '../../clock.js'
import type { LocalRunnerJob, LocalRunnerLogEntry } from '../../types.js'
import type { AgentContext, AgentHandler } from './agent.js'
import type { Call } from './api.js'
import { ScriptedFailure } from './script.js'

/** What an execution needs of its runner. */
export interface ExecutionParts {
  call: Call
  clock: Clock
  newId: () => string
  projectName: string
  /** Which job of this agent on this runner it is, counted from 1. */
  count: number
  /** Aborts when the job is cancelled or the runner stops. Serves this job alone, as the next one does. */
  cancelled: AbortSignal
  /** Aborts when the runner stops; nothing is reported from then on. */
  stopped: AbortSignal
  /** Ends the runner. */
  die: () => void
}

interface Outcome {
  status: 'completed' | 'failed'
  result?: unknown
  error?: string
}

/** What became of the agent's work: an outcome to report, or none. */
interface Work {
  outcome: Outcome | undefined
  diesAfterwards: boolean
}

/** Executes a job to its end. Never throws; a refused report means that the job is gone, and ends the execution. */
export async function executeJob(
  job: LocalRunnerJob,
  handler: AgentHandler | undefined,
  parts: ExecutionParts,
): Promise<void> {
  const { call, stopped } = parts
  const path = { jobId: job.id }
  if (handler === undefined) {
    await call('reportJobResult', { path, body: { status: 'failed', error: `Unknown agent: ${job.agent_name}` } })
    return
  }
  const traceId = parts.newId()
  const startedAt = parts.clock.iso()
  await call('reportJobResult', { path, body: { status: 'running', trace_id: traceId } })
  const logs = createLogStream(call, job.id, stopped)
  const { outcome, diesAfterwards } = await runHandler(job, handler, parts, logs.write)
  if (outcome === undefined) return
  const reports = [
    () => sendTrace(job, traceId, startedAt, outcome, parts),
    () => logs.flush(),
    () => call('reportJobResult', { path, body: { ...outcome, trace_id: traceId } }),
  ]
  for (const report of reports) if (!stopped.aborted) await report()
  if (diesAfterwards) parts.die()
}

async function runHandler(
  job: LocalRunnerJob,
  handler: AgentHandler,
  parts: ExecutionParts,
  log: AgentContext['log'],
): Promise<Work> {
  const { clock, cancelled, stopped } = parts
  const finished = new AbortController()
  const abandoned = new AbortController()
  let diesAfterwards = false
  const context: AgentContext = {
    inputs: job.inputs,
    job,
    count: parts.count,
    log: (text, stream) => {
      if (!finished.signal.aborted) log(text, stream)
    },
    sleep: (ms, options) => clock.sleep(ms, options?.ignoreCancellation === true ? finished.signal : cancelled),
    signal: cancelled,
    abandon() {
      abandoned.abort()
      return new Promise(() => undefined)
    },
    die(when) {
      if (when === 'now') parts.die()
      else diesAfterwards = true
    },
  }
  const outcome = await Promise.race([
    compute(handler, context),
    jobTimeout(job, clock, finished.signal, abandoned.signal),
    aborted(abandoned.signal),
    aborted(stopped),
  ])
  finished.abort()
  return { outcome, diesAfterwards }
}

async function compute(handler: AgentHandler, context: AgentContext): Promise<Outcome> {
  try {
    return { status: 'completed', result: (await handler(context)) ?? null }
  } catch (error) {
    return { status: 'failed', error: describeError(error) }
  }
}

/** The SDKs give a job up by themselves when its timeout has passed; an abandoned one nobody watches. */
async function jobTimeout(
  { timeout }: LocalRunnerJob,
  clock: Clock,
  finished: AbortSignal,
  abandoned: AbortSignal,
): Promise<Outcome | undefined> {
  const passed = timeout > 0 && (await clock.sleep(timeout * 1000, finished))
  if (passed && !abandoned.aborted) return { status: 'failed', error: `Job timed out after ${timeout}s` }
  return aborted(abandoned)
}

/** Resolves, with nothing, when the signal aborts. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function describeError(error: unknown): string {
  if (error instanceof ScriptedFailure) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : `Error: ${String(error)}`
}

/** Sends log lines in order while the agent runs; lines written within one turn share a call. */
function createLogStream(
  call: Call,
  jobId: string,
  stopped: AbortSignal,
): { write: AgentContext['log']; flush: () => Promise<void> } {
  let waiting: LocalRunnerLogEntry[] = []
  let sending: Promise<void> = Promise.resolve()
  const send = async (): Promise<void> => {
    const body = waiting
    waiting = []
    if (body.length > 0 && !stopped.aborted) await call('appendJobLogs', { path: { jobId }, body })
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
