/** The web app's part while a client is graded: some work for each agent, and one job that is cancelled. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createCall, type CallAnswer } from '../mocks/agents/api-call.js'
import type { RunnerMock } from '../mocks/mock/runner-mock.js'
import type { RegisteredAgent } from '../kernel/types.js'

/** Agents that get a job. */
const MOST_AGENTS = 5
/** Tries of a call that a fault has met. */
const MOST_TRIES = 20

/**
 * Gives work to a runner as soon as it has agents: a job for each of the first five, and one more for the first, which
 * is cancelled once it has been taken, or after a second. Returns a function that stops it.
 */
export function giveJobs(mock: RunnerMock, runner: { id: string; projectId: string }): () => void {
  const stopping = new AbortController()
  const begin = (): void => {
    const { agents } = mock.snapshot().world.runners.find(({ id }) => id === runner.id) ?? { agents: [] }
    if (agents.length === 0) return
    stopListening()
    void give(mock, runner.projectId, agents, stopping.signal)
  }
  const stopListening = mock.on('request', ({ operation, status }) => {
    if (operation === 'registerAgents' && status === 204) begin()
  })
  return () => {
    stopListening()
    stopping.abort()
  }
}

async function give(
  mock: RunnerMock,
  projectId: string,
  agents: readonly RegisteredAgent[],
  signal: AbortSignal,
): Promise<void> {
  const call = createCall((exchange) => mock.handle(exchange))
  const create = async (agent: RegisteredAgent): Promise<string> => {
    const body = { agent_name: agent.name, project_id: projectId, inputs: inputsFor(agent) }
    return (await insist(() => call('createJob', { body }), signal)).createdId
  }
  for (const agent of agents.slice(0, MOST_AGENTS)) await create(agent)
  const [first] = agents
  if (first === undefined) return
  const taken = new Set<string>()
  const stopListening = mock.on('job.running', ({ resource }) => taken.add(resource.id))
  const jobId = await create(first)
  if (jobId === '') return
  for (let tries = 0; tries < MOST_TRIES && !taken.has(jobId) && !signal.aborted; tries++) await pause(50, signal)
  stopListening()
  await insist(() => call('cancelJob', { path: { jobId } }), signal)
}

/** Our own calls meet the faults too; a user would click again. */
async function insist(attempt: () => Promise<CallAnswer>, signal: AbortSignal): Promise<CallAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await attempt().catch(() => LOST)
    const isTrouble = answer.status === 0 || answer.status === 429 || answer.status >= 500
    if (!isTrouble || tries === MOST_TRIES || signal.aborted) return answer
    await pause(500, signal)
  }
}

const LOST: CallAnswer = { status: 0, headers: {}, body: undefined, createdId: '' }

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** A value for each parameter, by its type. */
function inputsFor({ params = [] }: RegisteredAgent): Record<string, unknown> {
  return Object.fromEntries(params.map(({ name, type }) => [name, sampleOf(type)]))
}

function sampleOf(type: string): unknown {
  if (type === 'boolean') return true
  return type === 'integer' || type === 'float' || type === 'number' ? 1 : 'sample'
}
