/** Jobs for the agents of a client that is graded, one of which is cancelled; and which runners take work. */
import { createCall } from '../../mocks/agents/call-api.js'
import { givenRunnerOf, type GivenRunner } from '../../mocks/given/given-runner.js'
import type { RunnerMock } from '../../mocks/mock/runner-mock.js'
import type { RequestEvent } from '../../mocks/world/events.js'
import type { RegisteredAgent } from '../../kernel/types.js'
import { pauseFor } from '../../kernel/real-time.js'
import type { ConductRunFile } from '../../generated/kit-schema.js'

const MAX_AGENTS = 5
/** Looks at whether a job was taken, 50 ms apart. */
const MAX_LOOKS = 20
/** Looks at whether the first jobs have ended. */
const MAX_WAITS = 60
/** A cancellation that meets trouble is repeated, as a user clicks again. */
const MAX_TRIES = 20

/**
 * Gives work to each runner as soon as it has agents: a job for each of the first five, and one more for the slowest of
 * them, which is cancelled once it has been taken, or after a second: a fast one would have ended by then.
 */
export function giveJobs(mock: RunnerMock, signal: AbortSignal): WorkGiver {
  onReady(mock, signal, (ready) => void give(mock, ready, signal))
  return {
    verdicts: () => ({}),
    more() {
      for (const { runner, agents } of readyRunners(mock)) {
        for (const agent of agents.slice(0, 1)) void createJob(mock, runner, agent)
      }
    },
  }
}

/** What keeps the runners of a client at work. */
export interface WorkGiver {
  /** Verdicts that the recording of the calls does not show, by the ids of the runners. */
  readonly verdicts: () => ConductRunFile['verdicts']
  /** Gives each runner some more. */
  readonly more: () => void
}

export function listen(
  mock: RunnerMock,
  signal: AbortSignal,
  hear: (request: Pick<RequestEvent, 'operation' | 'status'>) => void,
): void {
  signal.addEventListener('abort', mock.on('request', hear), { once: true })
}

/** Tells of each runner once, as soon as it takes work. */
export function onReady(mock: RunnerMock, signal: AbortSignal, begin: (ready: ReadyRunner) => void): void {
  const begun = new Set<string>()
  listen(mock, signal, ({ operation, status }) => {
    if ((operation !== 'registerAgents' && operation !== 'heartbeat') || status >= 300) return
    for (const ready of readyRunners(mock)) {
      if (!begun.has(ready.runner.id)) begin(ready)
      begun.add(ready.runner.id)
    }
  })
}

type ReadyRunner = ReturnType<typeof readyRunners>[number]

/** Runners that take work: they have agents, or say that they take commands. */
function readyRunners(mock: RunnerMock) {
  return mock.inspect(({ runners }) =>
    [...runners.values()].flatMap((record) => {
      const { agents, capabilities, isGone, wire } = record
      const isReady = wire.type === 'endpoint' ? agents.size > 0 : capabilities.includes('bridge')
      return isReady && !isGone ? [{ runner: givenRunnerOf(record), agents: [...agents.values()] }] : []
    }),
  )
}

/** Set up, not called: a fault must not make one job into two. Returns its id; '' when the runner is gone. */
function createJob(mock: RunnerMock, runner: GivenRunner, { name: agent_name, params = [] }: RegisteredAgent) {
  const inputs = Object.fromEntries(params.map(({ name, type }) => [name, sampleOf(type)]))
  const made = mock.given.job({ runner, agent_name, inputs })
  return made.then(
    ({ id }) => id,
    () => '',
  )
}

async function give(mock: RunnerMock, { runner, agents }: ReadyRunner, signal: AbortSignal): Promise<void> {
  const jobs = new Map<string, RegisteredAgent>()
  for (const agent of agents.slice(0, MAX_AGENTS)) jobs.set(await createJob(mock, runner, agent), agent)
  const slowest = await slowestOf(mock, jobs, signal)
  if (slowest === undefined) return
  const jobId = await createJob(mock, runner, slowest)
  if (jobId === '') return
  const isTaken = (): boolean => mock.inspect((world) => world.jobs.get(jobId)?.wire.started_at !== undefined)
  for (let looks = 0; looks < MAX_LOOKS && !isTaken() && !signal.aborted; looks++) await pauseFor(50, signal)
  const call = createCall((exchange) => mock.handle(exchange))
  for (let tries = 0; tries < MAX_TRIES && !signal.aborted; tries++) {
    const { status } = await call('cancelJob', { path: { jobId } })
    if (status !== 0 && status !== 429 && status < 500) return
    await pauseFor(500, signal)
  }
}

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
