/** The web app's part while a client is graded: gives agents jobs, one of which is cancelled. */
import { createCall, type CallAnswer } from '../../mocks/agents/call-api.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import type { RequestEvent } from '../../mocks/world/events.js'
import type { RegisteredAgent } from '../../kernel/types.js'
import { pauseFor } from '../../kernel/real-time.js'

const MAX_AGENTS = 5
/** Looks at whether a job was taken, 50 ms apart. */
const MAX_LOOKS = 20
/** Looks at whether the first jobs have ended. */
const MAX_WAITS = 60

/**
 * Gives work to each runner as soon as it has agents: a job for each of the first five, and one more for the slowest of
 * them, which is cancelled once it has been taken, or after a second: a fast one would have ended by then.
 * @returns gives one more job to each runner that has agents
 */
export function giveJobs(mock: RunnerMock, signal: AbortSignal): () => void {
  onReady(mock, signal, ({ projectId, agents }) => void give(mock, projectId, agents, signal))
  return () => {
    for (const { projectId, agents } of readyRunners(mock)) {
      const [agent] = agents
      if (agent !== undefined) void createJob(mock, projectId, agent, signal)
    }
  }
}

export function listen(
  mock: RunnerMock,
  signal: AbortSignal,
  hear: (request: Pick<RequestEvent, 'operation' | 'status'>) => void,
): void {
  signal.addEventListener('abort', mock.on('request', hear), { once: true })
}

/** Tells of each runner once, as soon as it takes work. */
export function onReady(mock: RunnerMock, signal: AbortSignal, begin: (runner: ReadyRunner) => void): void {
  const begun = new Set<string>()
  listen(mock, signal, ({ operation, status }) => {
    if ((operation !== 'registerAgents' && operation !== 'heartbeat') || status >= 300) return
    for (const runner of readyRunners(mock)) {
      if (!begun.has(runner.id)) begin(runner)
      begun.add(runner.id)
    }
  })
}

type ReadyRunner = ReturnType<typeof readyRunners>[number]

/** Runners that take work: they have agents, or say that they take commands. */
function readyRunners(mock: RunnerMock) {
  return mock.inspect(({ runners }) =>
    [...runners.values()].flatMap(({ id, projectId, agents, capabilities, isGone, wire: { type } }) => {
      const isReady = type === 'endpoint' ? agents.size > 0 : capabilities.includes('bridge')
      return isReady && !isGone ? [{ id, projectId, type, agents: [...agents.values()] }] : []
    }),
  )
}

async function createJob(mock: RunnerMock, project_id: string, agent: RegisteredAgent, signal: AbortSignal) {
  const call = createCall((exchange) => mock.handle(exchange))
  const { name: agent_name, params = [] } = agent
  const inputs = Object.fromEntries(params.map(({ name, type }) => [name, sampleOf(type)]))
  const body = { agent_name, project_id, inputs }
  return (await retryUntilAnswered(async () => call('createJob', { body }), signal)).createdId
}

async function give(
  mock: RunnerMock,
  projectId: string,
  agents: readonly RegisteredAgent[],
  signal: AbortSignal,
): Promise<void> {
  const jobs = new Map<string, RegisteredAgent>()
  for (const agent of agents.slice(0, MAX_AGENTS)) jobs.set(await createJob(mock, projectId, agent, signal), agent)
  const slowest = await slowestOf(mock, jobs, signal)
  if (slowest === undefined) return
  const taken = new Set<string>()
  const stopListening = mock.on('job.running', ({ resource }) => taken.add(resource.id))
  const jobId = await createJob(mock, projectId, slowest, signal)
  if (jobId === '') return
  for (let tries = 0; tries < MAX_LOOKS && !taken.has(jobId) && !signal.aborted; tries++) await pauseFor(50, signal)
  stopListening()
  const call = createCall((exchange) => mock.handle(exchange))
  await retryUntilAnswered(async () => call('cancelJob', { path: { jobId } }), signal)
}

/** A call that meets trouble is repeated, as a user clicks again. An answer of status 0 has met trouble alone. */
async function retryUntilAnswered(attempt: () => Promise<CallAnswer>, signal: AbortSignal): Promise<CallAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await attempt().catch(() => LOST)
    const isTrouble = answer.status === 0 || answer.status === 429 || answer.status >= 500
    if (!isTrouble || tries === MAX_TRIES || signal.aborted) return answer
    await pauseFor(500, signal)
  }
}

const LOST: CallAnswer = { status: 0, headers: {}, body: undefined, createdId: '' }
const MAX_TRIES = 20

/** The agent whose job has run for longest, once all have ended or for as long as that is awaited. */
async function slowestOf(
  mock: RunnerMock,
  jobs: ReadonlyMap<string, RegisteredAgent>,
  signal: AbortSignal,
): Promise<RegisteredAgent | undefined> {
  const runtimes = (): { agent: RegisteredAgent; ms: number; hasEnded: boolean }[] =>
    mock.inspect((world) =>
      [...jobs].map(([id, agent]) => {
        const { started_at: from = '', completed_at: to } = world.jobs.get(id)?.wire ?? {}
        const end = to === undefined ? mock.clock.now() : Date.parse(to)
        return { agent, ms: end - Date.parse(from) || 0, hasEnded: to !== undefined }
      }),
    )
  for (let tries = 0; tries < MAX_WAITS && !runtimes().every(({ hasEnded }) => hasEnded) && !signal.aborted; tries++)
    await pauseFor(50, signal)
  return runtimes().toSorted((a, b) => b.ms - a.ms)[0]?.agent
}

function sampleOf(type: string): unknown {
  if (type === 'boolean') return true
  return type === 'integer' || type === 'float' || type === 'number' ? 1 : 'sample'
}
