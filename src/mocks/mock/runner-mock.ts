// `createRunnerMock`: joins clock, world, engine, agents and journal into one mock. It owns their life: start, reset,
// snapshot, close. Every mock stands alone; nothing is shared between two of them.
import { createClock, initialClockState } from '../../kernel/clock.js'
import { toIso, type ClockMove, type ClockOptions, type ClockState } from '../../kernel/instant.js'
import { createIdSource, createRandom } from '../../kernel/id-source.js'
import { expectForm, expectKnown } from '../../kernel/validate-options.js'
import {
  ResetOptions as ResetForm,
  RunnerMockOptions as RunnerMockForm,
  SnapshotOutline,
} from '../../generated/kit-page.js'
import { AgentHost } from '../agents/agent-host.js'
import type { SavedCrew } from '../../generated/kit-schema.js'
import { unwatched, type WatchingConduct } from '../conduct/watch-conduct-types.js'
import { readBody } from '../engine/body.js'
import type { Deviations } from '../engine/deviations.js'
import { createEngine, type FaultGate, type Handle } from '../engine/engine.js'
import { toRequestEvent } from '../engine/journal-entry.js'
import type { ApiRequest, EngineAnswer } from '../base/exchange.js'
import { createEventBus, eventTypes, type EventName, type EventOf } from '../world/events.js'
import { FaultInjector } from '../engine/faults/faults.js'
import { fetchThrough } from './fetch.js'
import type { Pairing } from '../given/activate-session.js'
import type { Given } from '../given/given-builders.js'
import { createGiven } from '../given/given.js'
import { createAuthenticate, type Authenticate } from '../base/identity.js'
import { RecordingJournal } from '../engine/journal.js'
import type { ResetOptions, RunnerMock, RunnerMockOptions, ScenarioChoice, Snapshot } from './mock-types.js'
import { directory } from '../resolvers/all-resolvers.js'
import type { ScenarioHost } from '../scenarios/play-scenario.js'
import { scenarioNames, type Scenario } from '../scenarios/scenario.js'
import {
  isProfileName,
  checkSettings,
  resolveSettings,
  type ProfileName,
  type SettingProblem,
  type Settings,
} from '../base/settings.js'
import { loadWorld, saveWorld } from '../world/snapshot.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { World } from '../world/world.js'

export type * from './mock-types.js'

/**
 * Creates a mock of Opik's local-runner API: all operations of the spec, stateful, with time as an input.
 *
 * It holds one timer, which keeps no process alive unless a call waits for an answer; `close` releases everything.
 *
 * @throws KitError `options/invalid`, `settings/invalid`, `clock/instant`, `faults/invalid`, `scenario/unknown` or
 *   `snapshot/unusable` for options that cannot be used, misspelt ones included. An unusable scenario makes `ready` reject.
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 *
 * const mock = createRunnerMock({ seed: 7, settings: { heartbeat_ttl_seconds: 15 } })
 * const response = await mock.fetch('http://localhost/api/is-alive/ping')
 * await mock.close()
 */
export function createRunnerMock(options: RunnerMockOptions = {}): RunnerMock {
  expectForm(RunnerMockForm, options, 'createRunnerMock')
  return new Mock(options)
}

class Mock implements RunnerMock, ScenarioHost {
  readonly clock
  readonly journal
  readonly faults: FaultInjector
  readonly agents: AgentHost
  readonly given: Given
  readonly conduct: WatchingConduct
  readonly settings: Settings
  readonly auth: RunnerMock['auth']
  ready: Promise<void>
  scenario: string
  readonly scenarios: Map<string, Scenario>
  /** What the profile does otherwise; always the same object. */
  private readonly deviations: Deviations = {}
  profile: ProfileName = 'spec'
  private isReady = false
  /** What requests wait for now. */
  private work: Promise<unknown> | undefined
  generation = 0
  world: World
  private readonly answer: Handle
  readonly undisturbed: Handle
  private readonly events
  readonly ids
  readonly random
  readonly options: RunnerMockOptions
  private readonly initialSettings: Settings
  /** Simulated runners that are about to go on. */
  private resuming: SavedCrew | undefined

  constructor(options: RunnerMockOptions) {
    this.options = options
    const { auth = 'open', seed = DEFAULT_SEED, faults = [] } = options
    this.auth = typeof auth === 'string' ? auth : 'keys'
    const authenticate = createAuthenticate(auth)
    this.initialSettings = resolveSettings(options.settings)
    this.settings = { ...this.initialSettings }
    this.clock = createClock({ ...clockOptions(options), onMove: (move) => this.onMove(move) })
    this.events = createEventBus(this.clock)
    this.ids = createIdSource(seed)
    this.random = createRandom(seed)
    const { settings } = this
    this.journal = new RecordingJournal(options.journalSize ?? DEFAULT_JOURNAL_SIZE, {
      directory,
      settings,
      authenticate,
    })
    this.agents = new AgentHost({
      handle: (exchange) => this.answer(exchange),
      clock: this.clock,
      random: this.random,
      newId: () => this.ids.next(this.clock.now()),
      nameOfProject: (...asked) => this.world.nameOfProject(...asked),
      longestPollMs: (operation) =>
        1000 *
        (operation === 'nextJob'
          ? this.settings.next_job_poll_timeout_seconds
          : this.settings.bridge_poll_timeout_seconds),
    })
    this.world = this.createWorld()
    this.faults = new FaultInjector(
      { clock: this.clock, seed, authenticate, world: () => this.world, events: this.events },
      faults,
    )
    this.conduct = this.createConduct(authenticate)
    this.answer = this.conduct.watch(this.createEngine(authenticate, this.faults))
    this.undisturbed = this.conduct.watch(this.createEngine(authenticate, undefined), true)
    this.given = createGiven(this)
    this.scenarios = new Map(Object.entries(options.scenarios ?? {}))
    this.scenario = this.choose(options.scenario)
    this.ready = Promise.resolve()
    if (options.snapshot === undefined) this.prepare(this.turnTo(options.profile), this.play())
    else {
      this.restore(options.snapshot)
      this.prepare(
        this.work,
        import('./snapshot-links.js').then((links) => links.expectSnapshot(options.snapshot)),
      )
    }
  }

  // Its `length` is one, as that of any fetch.
  readonly fetch: RunnerMock['fetch'] = (input, ...[init]) =>
    fetchThrough((exchange) => this.handle(exchange), input, undefined, init)

  readonly pairing: Pairing = {
    activate: async (...asked) => (await import('../given/activate-session.js')).activateSession(this, ...asked),
  }

  handle(exchange: ApiRequest): EngineAnswer {
    return this.isReady ? this.answer(exchange) : this.ready.then(() => this.answer(exchange))
  }

  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void {
    expectKnown(name, ['*', ...eventTypes], 'mock.on')
    expectForm({ instance: 'function' }, listener, 'mock.on')
    return this.events.on(name, listener)
  }

  changeSettings(changes: object): SettingProblem[] {
    const { profile = this.profile, ...others }: { profile?: unknown } = changes
    const problems = checkSettings(changes)
    if (problems.length > 0 || !isProfileName(profile)) return problems
    Object.assign(this.settings, omitUndefined(others))
    if (profile !== this.profile) this.prepare(this.turnTo(profile), this.work)
    if (this.events.isHeard) this.events.tell({ type: 'settings', settings: { ...this.settings }, profile })
    return []
  }

  reap(): number {
    return this.world.reaper.run()
  }

  inspect<Result>(read: (world: World) => Result): Result {
    return read(this.world)
  }

  snapshot(): Snapshot {
    return { ...this.frame(), world: saveWorld(this.world) }
  }

  frame(): Omit<Snapshot, 'world'> {
    return {
      version: 1,
      clock: this.clock.save(),
      ids: this.ids.save(),
      random: this.random.save(),
      settings: { ...this.settings },
      ...omitUndefined({
        profile: this.profile === 'spec' ? undefined : this.profile,
        crew: this.resuming ?? this.agents.save(),
      }),
      scenario: this.scenario,
    }
  }

  restore(snapshot: Snapshot): void {
    expectForm(SnapshotOutline, snapshot, 'mock.restore', 'snapshot/unusable')
    this.begin(snapshot.clock, snapshot.settings)
    this.ids.load(snapshot.ids)
    this.random.load(snapshot.random)
    loadWorld(this.world, snapshot.world)
    this.scenario = snapshot.scenario ?? this.scenario
    this.events.tell({ type: 'reset', cause: 'restore' })
    const { generation } = this
    const crew = (this.resuming = structuredClone(snapshot.crew))
    const revived =
      crew && import('../scenarios/play-scenario.js').then(({ resumeRunners }) => resumeRunners(crew, this, generation))
    this.prepare(this.turnTo(snapshot.profile ?? this.options.profile), revived)
  }

  async reset(options: ResetOptions = {}): Promise<void> {
    expectForm(ResetForm, options, 'mock.reset')
    const { scenario = this.options.scenario } = options
    const { seed = DEFAULT_SEED } = this.options
    // What was not played before is tried on an empty mock first: nothing changes when it turns out to be wrong.
    if (scenario !== undefined && scenario !== this.options.scenario) {
      const { tryScenario } = await import('../scenarios/play-scenario.js')
      await tryScenario(scenario, this, (options) => new Mock(options))
    }
    this.faults.stop()
    this.begin(initialClockState(clockOptions(this.options)), this.initialSettings)
    this.scenario = this.choose(scenario)
    this.ids.load(createIdSource(seed).save())
    this.random.load(seed)
    this.journal.clear()
    this.events.tell({ type: 'reset', cause: 'reset' })
    this.prepare(this.turnTo(this.options.profile), this.play())
    await this.ready
  }

  async close(): Promise<void> {
    // A scenario that is still being played would start runners after the stop.
    await this.ready.catch(() => undefined)
    this.faults.stop()
    this.world.dissolve()
    await this.agents.stop()
    this.clock.close()
    this.events.close()
  }

  /** An empty world at a moment, without waiting calls and simulated runners. */
  private begin(clock: ClockState, settings: Settings): void {
    this.generation++
    this.resuming = undefined
    this.faults.rewind()
    this.journal.turn()
    this.world.dissolve()
    void this.agents.stop()
    this.conduct.clear()
    this.clock.load(clock)
    // Others may lack it altogether.
    for (const name of Object.keys(this.settings)) Reflect.deleteProperty(this.settings, name)
    Object.assign(this.settings, settings)
    this.world = this.createWorld()
  }

  private createWorld(): World {
    const { clock, ids, settings, events, deviations } = this
    return new World({ clock, ids, settings, events, deviations })
  }

  private createConduct(authenticate: Authenticate): WatchingConduct {
    const { clock, settings } = this
    const start = this.options.conduct
    if (start === undefined) return unwatched
    return start({
      ...{ clock, settings, authenticate },
      findRunner: (caller, id) => this.world.runners.find(caller, id)?.wire,
      readBody: (id, exchange) => readBody(directory.planOf(id), exchange),
      runnerOfJob: (caller, id) => this.world.jobs.find(caller, id)?.runner.id,
    })
  }

  private createEngine(authenticate: Authenticate, faults: FaultGate | undefined): Handle {
    const { journal, events, clock } = this
    const currentWorld = (): World => this.world
    return createEngine({
      get world() {
        return currentWorld()
      },
      authenticate,
      faults,
      directory,
      // What the owner sets up is no request of a client.
      deviations: faults === undefined ? {} : this.deviations,
      checkReply: this.options.checkReply,
      stopwatch: () => clock.stopwatch(),
      observe(request, reply) {
        journal.record(request, reply, faults ? undefined : true)
        if (events.areRequestsHeard) events.tell(toRequestEvent(request))
      },
    })
  }

  /** The name of a scenario, which is known by it from now on. */
  private choose(scenario: ScenarioChoice = 'empty'): string {
    if (typeof scenario === 'string') {
      const known = [...scenarioNames, ...this.scenarios.keys()]
      expectKnown(scenario, known, 'createRunnerMock as its scenario', 'scenario/unknown')
      return scenario
    }
    const { name = 'custom' } = scenario
    this.scenarios.set(name, scenario)
    return name
  }

  /** Takes another profile; a promise while its code is being loaded, until which the one before is in force. */
  private turnTo(profile: ProfileName = 'spec'): Promise<void> | undefined {
    if (profile === this.profile) return undefined
    this.profile = profile
    if (profile === 'spec') {
      this.deviate({})
      return undefined
    }
    return import('../quirks/choose-profile.js').then(({ deviationsOf }) => {
      // Another one may have been asked for meanwhile.
      if (this.profile === profile) this.deviate(deviationsOf(profile, this.settings))
    })
  }

  private deviate(deviations: Deviations): void {
    for (const point of Object.keys(this.deviations)) Reflect.deleteProperty(this.deviations, point)
    Object.assign(this.deviations, deviations)
  }

  /** Plays the scenario; undefined when there is nothing to play. */
  private play(): Promise<void> | undefined {
    const { generation, scenario } = this
    if (scenario === 'empty' && !this.scenarios.has(scenario)) return undefined
    return import('../scenarios/play-scenario.js').then(({ loadScenario }) => loadScenario(this, generation))
  }

  /** Lets requests wait until the world is complete: this one or, when it is replaced meanwhile, the next one. */
  private prepare(...works: readonly (Promise<unknown> | undefined)[]): void {
    const pending = works.filter((work) => work !== undefined)
    this.isReady = pending.length === 0
    this.work = this.isReady ? undefined : Promise.all(pending)
    this.ready = this.waitFor(this.work)
    // Each request that waits gets the error.
    this.ready.catch(() => undefined)
  }

  private async waitFor(work: Promise<unknown> | undefined): Promise<void> {
    const { generation } = this
    try {
      if (work !== undefined) await this.clock.during(work)
    } catch (error) {
      if (generation === this.generation) throw error
    }
    if (generation !== this.generation || work !== this.work) return this.ready
    this.work = undefined
    this.isReady = true
    this.resuming = undefined
    this.faults.start()
  }

  private onMove({ action, from, to }: ClockMove): void {
    if (to < from) this.world.rearm()
    if (!this.events.isHeard) return
    const { speed } = this.clock
    this.events.tell({ type: 'clock', action, speed, from: toIso(from), to: toIso(to) })
  }
}

const DEFAULT_SEED = 1
const DEFAULT_JOURNAL_SIZE = 1000

function clockOptions({ now, frozen }: RunnerMockOptions): ClockOptions {
  return omitUndefined({ start: now, frozen })
}
