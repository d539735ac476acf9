/**
 * A simulated endpoint runner: keeps its heartbeat, takes jobs and executes them with scripted agents, until it is
 * stopped or learns that it is gone. It is a client like any other and holds no state of the server.
 */
import type { Clock } from '../../clock.js'
import type { LocalRunnerJob } from '../../types.js'
import type { AgentDefinition } from './agent.js'
import type { Call } from './api.js'
import { executeJob } from './job-execution.js'
import type { PairedRunner } from './pair.js'

/** What a simulated runner is made of. */
export interface EndpointRunnerParts {
  call: Call
  clock: Clock
  newId: () => string
  projectName: string
  /** Looked up for each job, so that agents can be added and replaced while the runner lives. */
  findAgent: (name: string) => AgentDefinition | undefined
}

/** A running simulation. */
export interface EndpointRunner {
  readonly runner: PairedRunner
  /** Stops heartbeat, polling and running agents, without a goodbye. Resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** Virtual milliseconds between two heartbeats, as the SDKs send them. */
const HEARTBEAT_MS = 5000
/** Virtual milliseconds between two polls that brought nothing. */
const IDLE_MS = 500

/** Starts a simulated runner that has been paired and whose agents are registered. */
export function startEndpointRunner(runner: PairedRunner, parts: EndpointRunnerParts): EndpointRunner {
  const stopping = new AbortController()
  const running = new Map<string, AbortController>()
  const stop = (): void => {
    stopping.abort()
    for (const job of running.values()) job.abort()
  }
  const loops = Promise.all([
    keepHeartbeat(runner, parts, stopping.signal, (jobId) => running.get(jobId)?.abort(), stop),
    takeJobs(runner, parts, stopping.signal, running),
  ])
  return {
    runner,
    async stop() {
      stop()
      await loops
    },
  }
}

async function keepHeartbeat(
  { id: runnerId }: PairedRunner,
  { call, clock }: EndpointRunnerParts,
  signal: AbortSignal,
  cancel: (jobId: string) => void,
  stop: () => void,
): Promise<void> {
  while (!signal.aborted) {
    const { status, body } = await call('heartbeat', { path: { runnerId }, body: {} })
    if (status === 410) {
      stop()
      return
    }
    for (const jobId of cancelledIn(body)) cancel(jobId)
    await clock.sleep(HEARTBEAT_MS, signal)
  }
}

function cancelledIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('cancelled_job_ids' in body)) return []
  const ids = body.cancelled_job_ids
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
}

async function takeJobs(
  { id: runnerId }: PairedRunner,
  parts: EndpointRunnerParts,
  signal: AbortSignal,
  running: Map<string, AbortController>,
): Promise<void> {
  const executions = new Set<Promise<void>>()
  while (!signal.aborted) {
    const { status, body } = await parts.call('nextJob', { path: { runnerId }, signal })
    if (status === 404) break
    if (isJob(body)) {
      const execution = execute(body, parts, running).finally(() => executions.delete(execution))
      executions.add(execution)
    } else {
      await parts.clock.sleep(IDLE_MS, signal)
    }
  }
  await Promise.all(executions)
}

/** Jobs run side by side, as in the SDKs. */
async function execute(
  job: LocalRunnerJob,
  parts: EndpointRunnerParts,
  running: Map<string, AbortController>,
): Promise<void> {
  const cancelling = new AbortController()
  running.set(job.id, cancelling)
  try {
    await executeJob(job, parts.findAgent(job.agent_name), { ...parts, signal: cancelling.signal })
  } finally {
    running.delete(job.id)
  }
}

function isJob(body: unknown): body is LocalRunnerJob {
  return typeof body === 'object' && body !== null && 'agent_name' in body && 'id' in body
}
