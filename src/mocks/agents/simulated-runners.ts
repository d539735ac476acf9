// The simulated runners of a mock, while they live: starts them, tells clients about their agents, stops them all, and
// saves and resumes them with a snapshot. It is loaded with the first runner: a page that only mounts handlers does not
// carry it.
import { StartableRunner as Startable, StartChoice } from '../../generated/kit-later.js'
import { expectForm } from '../../kernel/validate-options.js'
import type { Random } from '../../kernel/id-source.js'
import { fromBase64, toBase64 } from '../../kernel/pairing.js'
import type { Agent, AgentMap } from '../../kernel/types.js'
import type { Handle } from '../engine/engine.js'
import type { ApiRequest, EngineAnswer } from '../base/exchange.js'
import { createIdentity, DEFAULT_WORKSPACE } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { RunnerAgent, StartableRunner, StartOptions } from './agents.js'
import { createDirectCall, unexpected, type CallAnswer, type DirectCall } from './call-api.js'
import { startEndpointRunner, type EndpointRunnerParts } from './endpoint-runner.js'
import type { PairedRunner } from './pair-runner.js'
import type { SavedAgent, SavedCaller, SavedCrew, SavedPairing, PollTimes } from './saved-runners.js'
import type { RegisteredScript } from './agent-script.js'
import { startSimulation, type LiveRunner, type SimulatedRunner, type SimulationParts } from './simulated-runner.js'
import { memberOf, textAt } from '../../kernel/json-value.js'

export interface SimulatedRunnersParts extends Omit<SimulationParts, 'call'> {
  handle: Handle
  random: Random
  definitions: ReadonlyMap<string, RegisteredScript>
  nameOfProject: (id: string, workspace?: string) => string | undefined
}

interface Presence {
  readonly runner: LiveRunner
  readonly as: SavedCaller
  /** Presents agents that change when they are registered again. */
  readonly announce?: (name: string) => void
}

type Presented = Pick<EndpointRunnerParts, 'projectName' | 'names' | 'known' | 'supervised'>

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
    const parts = this.partsFor(as)
    const { call } = parts
    if ('startOn' in how) return this.keep(how.startOn(runner, parts), as, how)
    const path = { runnerId: runner.id }
    const beat = await call('heartbeat', { path, body: {} })
    if (beat.status !== 200 && beat.status !== SWITCHED_OFF) throw unexpected('heartbeat', beat)
    if (how.takesWork === false) return this.keep(startIdle(runner, parts), as)
    const known = agentsIn((await call('getRunner', { path })).body)
    const names = how.agents ?? Object.keys(known)
    const registered = await this.announce(call, runner, names, known)
    if (registered.status !== 204 && registered.status !== SWITCHED_OFF) throw unexpected('registerAgents', registered)
    const projectName = this.parts.nameOfProject(runner.projectId, as.workspace) ?? ''
    return this.startEndpoint(runner, as, { projectName, names, known, supervised: how.supervised ?? false })
  }

  /** Starts one that was stopped from the beginning, except that its agents are known. */
  async revive(id: string): Promise<SimulatedRunner | undefined> {
    const known = [...this.presences].findLast(({ runner }) => runner.runner.id === id)
    if (known === undefined || known.runner.isAlive) return known?.runner
    const { as } = known
    const { runner } = known.runner
    const { work } = known.runner.save()
    this.presences.delete(known)
    const parts = this.partsFor(as)
    if (work.kind === 'heartbeat') return this.keep(startIdle(runner, parts), as)
    if (work.kind === 'endpoint') {
      await parts.call('heartbeat', { path: { runnerId: id }, body: {} })
      await this.announce(parts.call, runner, work.names, work.known)
      return this.startEndpoint(runner, as, work)
    }
    const agent = this.agents.get(id)
    return agent && this.keep(agent.startOn(runner, parts), as, agent)
  }

  alive(): SimulatedRunner[] {
    return [...this.presences].map(({ runner }) => runner).filter(({ isAlive }) => isAlive)
  }

  /** Tells clients what has become of an agent. */
  renew(name: string): void {
    for (const { runner, announce } of this.presences) if (runner.isAlive) announce?.(name)
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
      const { work, as, rhythm } = saved
      const runner = toPaired(saved.runner)
      if (work.kind === 'heartbeat') this.keep(startIdle(runner, this.partsFor(as), rhythm, work.flaps), as)
      if (work.kind === 'endpoint') this.startEndpoint(runner, as, work, { rhythm, work })
      if (work.kind !== 'connect') continue
      const revived = work.files === undefined ? undefined : connect?.resumeConnectAgent(work)
      const agent = this.agents.get(runner.id) ?? revived
      if (agent !== undefined) this.keep(agent.startOn(runner, this.partsFor(as), saved), as, agent)
    }
  }

  private startEndpoint(
    runner: PairedRunner,
    as: SavedCaller,
    { projectName, names, known, supervised = false }: Presented,
    saved?: Parameters<typeof startEndpointRunner>[2],
  ): SimulatedRunner {
    const { random, definitions } = this.parts
    const parts = { ...this.partsFor(as), projectName, names, known, random, supervised }
    const live = startEndpointRunner(runner, { ...parts, findAgent: (name) => definitions.get(name) }, saved)
    const announce = (name: string): void => {
      if (names.includes(name)) void this.announce(parts.call, runner, names, known)
    }
    this.sweep()
    this.presences.add({ runner: live, as, announce })
    return live
  }

  private keep(runner: LiveRunner, as: SavedCaller, agent?: RunnerAgent): SimulatedRunner {
    this.sweep()
    this.presences.add({ runner, as })
    if (agent !== undefined) this.remember(runner.runner.id, agent)
    return runner
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
  private callAs(as: SavedCaller): DirectCall {
    const { generation } = this
    const { workspace = DEFAULT_WORKSPACE, user } = as
    const actor = user === undefined ? undefined : createIdentity(workspace, user)
    const handle = (exchange: ApiRequest): EngineAnswer =>
      generation === this.generation
        ? this.parts.handle(exchange)
        : { status: 0, headers: {}, body: '', connection: 'drop' }
    return createDirectCall(handle, as, actor)
  }

  private partsFor(as: SavedCaller): SimulationParts {
    const { clock, newId, longestPollMs } = this.parts
    return { call: this.callAs(as), clock, newId, longestPollMs }
  }

  /** Registers the whole set, as the SDKs do it each time. */
  private async announce(
    call: DirectCall,
    { id }: PairedRunner,
    names: readonly string[],
    known: AgentMap,
  ): Promise<CallAnswer> {
    const body = Object.fromEntries(names.map((name) => [name, this.describe(name, known)]))
    return call('registerAgents', { path: { runnerId: id }, body })
  }

  private describe(name: string, known: AgentMap): Agent {
    const agent = this.parts.definitions.get(name)
    if (agent === undefined) return known[name] ?? { language: 'typescript', params: [], timeout: 0 }
    return {
      ...omitUndefined({ description: agent.description }),
      language: 'typescript',
      params: [...(agent.params ?? [])],
      timeout: agent.timeout ?? 0,
    }
  }
}

/** Started agents that are known for a later restore, and runners that have ended and can be revived. */
const MAX_REMEMBERED = 100

function isData(definition: RegisteredScript): definition is SavedAgent {
  return typeof definition.agent === 'object'
}

function toSaved({ id, sessionId, projectId, type, name, activationKey, bridgeKey }: PairedRunner): SavedPairing {
  const keys = omitUndefined({ activationKey: toText(activationKey), bridgeKey: toText(bridgeKey) })
  return { id, sessionId, projectId, type, name, ...keys }
}

function toText(key: Uint8Array): string | undefined {
  return key.length === 0 ? undefined : toBase64(key)
}

function toPaired({ sessionId = '', activationKey = '', bridgeKey = '', ...runner }: SavedPairing): PairedRunner {
  return { ...runner, sessionId, activationKey: toBytes(activationKey), bridgeKey: toBytes(bridgeKey) }
}

function toBytes(base64: string): Uint8Array {
  return fromBase64(base64) ?? new Uint8Array(32)
}

function agentsIn(runner: unknown): AgentMap {
  const agents = memberOf(runner, 'agents')
  if (!Array.isArray(agents)) return {}
  return Object.fromEntries(agents.map((agent: Agent) => [textAt(agent, 'name'), agent]))
}

function startIdle(
  runner: PairedRunner,
  parts: SimulationParts,
  rhythm?: PollTimes,
  flaps: boolean = false,
): LiveRunner {
  const save = () => ({ kind: 'heartbeat' as const, ...omitUndefined({ flaps: flaps || undefined }) })
  return startSimulation(runner, parts, { capabilities: [], flaps, save }, rhythm)
}

export const flapping: RunnerAgent = {
  startOn: (runner, parts, saved) => startIdle(runner, parts, saved?.rhythm, true),
}
