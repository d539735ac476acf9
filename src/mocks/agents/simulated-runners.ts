// The simulated runners of a mock, while they live: endpoint runners with the jobs that they execute, and all others.
// It is loaded with the first runner: a page that only mounts handlers does not carry it.
import { StartableRunner as Startable, StartChoice } from '../../generated/kit-later.js'
import { expectForm } from '../../kernel/validate-options.js'
import { type Random, createRandom } from '../../kernel/id-source.js'
import { fromBase64, toBase64 } from '../../kernel/pairing.js'
import type { Agent, AgentMap, LocalRunnerJob } from '../../kernel/types.js'
import type { Handle } from '../engine/engine.js'
import { dropped, type ApiRequest, type EngineAnswer } from '../base/exchange.js'
import { createIdentity, DEFAULT_WORKSPACE } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import {
  type RunnerAgent,
  type StartableRunner,
  type PollTimes,
  type SavedCaller,
  type SavedPairing,
  type SavedWork,
  type SavedExecution,
  startSimulation,
  type LiveRunner,
  type SimulatedRunner,
  type SimulationParts,
  type RunningSimulation,
} from './simulated-runner.js'
import type {
  StartOptions,
  SavedAgent,
  SavedCommands,
  SavedCrew,
  SavedJobs,
  SavedSimulation,
} from '../../generated/kit-schema.js'
import { createCall, unexpected, type AgentCall } from './call-api.js'
import type { PairedRunner } from './paired-runner.js'
import { presented, type RegisteredScript, toHandler } from './agent-script.js'
import { isObject, memberOf, textAt } from '../../kernel/json-value.js'
import type { AgentHandler } from './agent.js'
import { JobRun } from './job-execution.js'

export interface SimulatedRunnersParts extends Omit<SimulationParts, 'call'> {
  handle: Handle
  random: Random
  definitions: ReadonlyMap<string, RegisteredScript>
  nameOfProject: (id: string, workspace?: string) => string | undefined
}

interface Presence {
  readonly runner: LiveRunner
  readonly as: SavedCaller
}

/** A server without runners may get them while it runs: a runner goes on asking. */
const SWITCHED_OFF = 501

export class SimulatedRunners {
  private readonly presences = new Set<Presence>()
  /** Agents that are more than data, by their runners' ids: a restore starts them again. */
  private readonly agents = new Map<string, RunnerAgent>()
  private readonly parts: SimulatedRunnersParts
  /** Counts the times at which all were stopped. */
  private generation = 0

  constructor(parts: SimulatedRunnersParts) {
    this.parts = parts
  }

  async start(runner: StartableRunner, how: StartOptions | RunnerAgent): Promise<SimulatedRunner> {
    expectForm(Startable, runner, 'mock.agents.start')
    expectForm(StartChoice, how, 'mock.agents.start')
    const { as = {} } = runner
    const { call } = this.partsFor(as)
    if ('startOn' in how) return this.begin(runner, as, how)
    const path = { runnerId: runner.id }
    const beat = await call('heartbeat', { path, body: {} })
    if (beat.status !== 200 && beat.status !== SWITCHED_OFF) throw unexpected('heartbeat', beat)
    if (how.takesWork === false) return this.begin(runner, as, { kind: 'heartbeat' })
    const known = agentsIn((await call('getRunner', { path })).body)
    const names = [...(how.agents ?? Object.keys(known))]
    const registered = await this.announce(call, runner, { names, known })
    if (registered.status !== 204 && registered.status !== SWITCHED_OFF) throw unexpected('registerAgents', registered)
    const projectName = this.parts.nameOfProject(runner.projectId, as.workspace) ?? ''
    const work = { kind: 'endpoint' as const, projectName, names, known, supervised: how.supervised ?? false }
    return this.begin(runner, as, { ...work, ...NOTHING_DONE })
  }

  /** Starts one that was stopped from the beginning, except that its agents are known. */
  async revive(id: string): Promise<SimulatedRunner | undefined> {
    const known = [...this.presences].findLast(({ runner }) => runner.runner.id === id)
    if (known === undefined || known.runner.isAlive) return known?.runner
    const { as } = known
    const { runner } = known.runner
    const { work } = known.runner.save()
    this.presences.delete(known)
    if (work.kind === 'heartbeat') return this.begin(runner, as, work)
    const agent = this.agents.get(id)
    if (work.kind === 'connect') return agent && this.begin(runner, as, agent)
    const { call } = this.partsFor(as)
    await call('heartbeat', { path: { runnerId: id }, body: {} })
    await this.announce(call, runner, work)
    return this.begin(runner, as, { ...work, ...NOTHING_DONE })
  }

  alive(): SimulatedRunner[] {
    return [...this.presences].map(({ runner }) => runner).filter(({ isAlive }) => isAlive)
  }

  /** Tells clients what has become of an agent. */
  renew(name: string): void {
    for (const { runner, as } of this.presences) {
      const { work } = runner.save()
      if (runner.isAlive && work.kind === 'endpoint' && work.names.includes(name))
        void this.announce(this.partsFor(as).call, runner.runner, work)
    }
  }

  /** Stops every simulated runner. Requests that they have not sent by now are dropped. */
  async stop(): Promise<void> {
    this.generation++
    const stopped = [...this.presences].map(({ runner }) => runner.stop())
    this.presences.clear()
    await Promise.all(stopped)
  }

  save(): SavedCrew {
    const agents = [...this.parts.definitions.values()].filter(isData)
    const runners = [...this.presences].flatMap(({ runner, as }) =>
      runner.isAlive ? [{ runner: toSaved(runner.runner), as, ...runner.save() }] : [],
    )
    return structuredClone({ agents, runners })
  }

  /** Lets saved runners go on, those that only an earlier mock could start aside. */
  async resume({ runners }: SavedCrew): Promise<void> {
    const { generation } = this
    const needsAgent = runners.some(({ work, runner }) => work.kind === 'connect' && !this.agents.has(runner.id))
    const connect = needsAgent ? await this.parts.clock.during(import('./connect-agent.js')) : undefined
    if (generation !== this.generation) return
    for (const saved of structuredClone(runners)) {
      const { work, as } = saved
      const runner = toPaired(saved.runner)
      const agent = work.kind === 'connect' ? (this.agents.get(runner.id) ?? connect?.resumeConnectAgent(work)) : work
      if (agent !== undefined) this.begin(runner, as, agent, saved)
    }
  }

  /** @param saved where it stood in an earlier life */
  private begin(
    runner: PairedRunner,
    as: SavedCaller,
    how: Exclude<SavedWork, SavedCommands> | RunnerAgent,
    saved?: SavedSimulation,
  ): SimulatedRunner {
    const { random, definitions } = this.parts
    const parts = this.partsFor(as)
    this.sweep()
    const live =
      'startOn' in how
        ? how.startOn(runner, parts, saved)
        : how.kind === 'heartbeat'
          ? startIdle(runner, parts, saved?.rhythm, how.flaps)
          : startEndpointRunner(runner, { ...parts, random, definitions }, how, saved?.rhythm)
    this.presences.add({ runner: live, as })
    if ('startOn' in how) this.remember(runner.id, how)
    return live
  }

  private sweep(): void {
    const ended = [...this.presences].filter(({ runner }) => !runner.isAlive)
    for (const presence of ended.slice(0, -MAX_REMEMBERED)) this.presences.delete(presence)
  }

  private remember(id: string, agent: RunnerAgent): void {
    this.agents.delete(id)
    this.agents.set(id, agent)
    const [oldest] = this.agents.keys()
    if (this.agents.size > MAX_REMEMBERED && oldest !== undefined) this.agents.delete(oldest)
  }

  /** A client for runners of now: once all were stopped it reaches nothing any more. */
  private partsFor(as: SavedCaller): SimulationParts {
    const { generation } = this
    const { clock, newId, longestPollMs, handle } = this.parts
    const { workspace = DEFAULT_WORKSPACE, user } = as
    const actor = user === undefined ? undefined : createIdentity(workspace, user)
    const ask = (exchange: ApiRequest): EngineAnswer => (generation === this.generation ? handle(exchange) : dropped())
    return { call: createCall(ask, as, actor), clock, newId, longestPollMs }
  }

  /** Registers the whole set, as the SDKs do it each time. */
  private announce(call: AgentCall, { id }: PairedRunner, { names, known }: Pick<SavedJobs, 'names' | 'known'>) {
    const agents = names.map((name) => {
      const agent = this.parts.definitions.get(name)
      return [name, agent === undefined ? (known[name] ?? presented({})) : presented(agent)] as const
    })
    return call('registerAgents', { path: { runnerId: id }, body: Object.fromEntries(agents) })
  }
}

const NOTHING_DONE = { counts: {}, jobs: [] }

/** Started agents that are known for a later restore, and runners that have ended and can be revived. */
const MAX_REMEMBERED = 100

function isData(definition: RegisteredScript): definition is SavedAgent {
  return typeof definition.agent === 'object'
}

function toSaved({ id, sessionId, projectId, type, name, activationKey, bridgeKey }: PairedRunner): SavedPairing {
  const keys = { activationKey: toBase64(activationKey) || undefined, bridgeKey: toBase64(bridgeKey) || undefined }
  return { id, sessionId, projectId, type, name, ...omitUndefined(keys) }
}

function toPaired({ sessionId = '', activationKey = '', bridgeKey = '', ...runner }: SavedPairing): PairedRunner {
  return { ...runner, sessionId, activationKey: toBytes(activationKey), bridgeKey: toBytes(bridgeKey) }
}

function toBytes(base64: string): Uint8Array {
  return fromBase64(base64) ?? new Uint8Array()
}

function agentsIn(runner: unknown): AgentMap {
  const agents = memberOf(runner, 'agents')
  if (!Array.isArray(agents)) return {}
  return Object.fromEntries(agents.map((agent: Agent) => [textAt(agent, 'name'), agent]))
}

function startIdle(runner: PairedRunner, parts: SimulationParts, rhythm?: PollTimes, flaps = false): LiveRunner {
  const save = () => ({ kind: 'heartbeat' as const, ...omitUndefined({ flaps: flaps || undefined }) })
  return startSimulation(runner, parts, { capabilities: [], flaps, save }, rhythm)
}

export const flapping: RunnerAgent = {
  startOn: (runner, parts, saved) => startIdle(runner, parts, saved?.rhythm, true),
}

type EndpointRunnerParts = SimulationParts & Pick<SimulatedRunnersParts, 'random' | 'definitions'>

/** @param work what it presents, and where it stood in an earlier life */
function startEndpointRunner(
  runner: PairedRunner,
  parts: EndpointRunnerParts,
  work: SavedJobs,
  rhythm?: PollTimes,
): LiveRunner {
  const running = new Map<string, JobRun>()
  const counts = new Map(Object.entries(work.counts))
  const { projectName } = work
  const execute = async (execution: SavedExecution, life: RunningSimulation): Promise<void> => {
    const { id, agent_name: name } = execution.job
    const run = new JobRun(execution, handlerOf(name, execution, parts), { ...parts, ...life, projectName })
    running.set(id, run)
    await run.go()
    running.delete(id)
  }
  const take = (job: LocalRunnerJob, life: RunningSimulation): void => {
    const count = (counts.get(job.agent_name) ?? 0) + 1
    counts.set(job.agent_name, count)
    const { clock, newId } = parts
    void execute({ job, count, traceId: newId(), startedAt: clock.now(), sleeps: [], spans: [], lines: 0 }, life)
  }
  return startSimulation(
    runner,
    parts,
    {
      ...(work.supervised === true
        ? SUPERVISED
        : { capabilities: [], cancel: (jobId) => running.get(jobId)?.cancel() }),
      polling: {
        operation: 'nextJob',
        take(body, life) {
          if (isJob(body) && life.isNew(body.id)) take(body, life)
          return isJob(body)
        },
      },
      resume(life) {
        for (const job of work.jobs) {
          // Version 0.1 kept no spans.
          void execute({ ...job, sleeps: [...job.sleeps], spans: [...(job.spans ?? [])] }, life)
        }
      },
      save() {
        const jobs = [...running.values()].map((run) => run.execution)
        return { ...work, counts: Object.fromEntries(counts), jobs }
      },
    },
    rhythm,
  )
}

/** What both processes declare; a job that runs is not aborted by its cancellation, even where that is heard of. */
const SUPERVISED = { supervisor: ['jobs'], capabilities: ['jobs', 'bridge'] }

/** Dice that were thrown in an earlier life fall the same once more. */
function handlerOf(
  name: string,
  execution: SavedExecution,
  { definitions, random }: EndpointRunnerParts,
): AgentHandler | undefined {
  // Looked up for each job, so that agents can be added and replaced while the runner lives.
  const agent = definitions.get(name)?.agent
  if (typeof agent !== 'object') return agent
  if (execution.dice !== undefined) {
    const dice = createRandom(0)
    dice.load(execution.dice)
    return toHandler(agent, dice)
  }
  return (context) => {
    execution.dice = random.save()
    return toHandler(agent, random)(context)
  }
}

function isJob(body: unknown): body is LocalRunnerJob {
  return isObject(body) && 'agent_name' in body && 'id' in body
}
