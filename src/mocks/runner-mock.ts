/**
 * `createRunnerMock`: joins clock, world, engine, agents and journal into one mock. It owns their life: start, reset,
 * snapshot, close. Every mock stands alone; nothing is shared between two of them.
 */
import {
  createClock,
  initialClockState,
  type ClockControl,
  type ClockMove,
  type ClockOptions,
  type ClockState,
  type Instant,
} from '../clock.js'
import { createIdSource, createRandom, type IdSourceState } from '../id-source.js'
import { KitError } from '../errors.js'
import { AgentHost } from './agents/agent-host.js'
import type { Agents } from './agents/agents.js'
import type { SavedCrew } from './agents/saved-crew.js'
import { unwatched, type Conduct, type WatchConduct, type WatchingConduct } from './conduct/conduct.js'
import { createEngine, type CheckReply, type FaultGate, type Handle, type Observation } from './engine/engine.js'
import type { Exchange, Reply } from './engine/exchange.js'
import { createEventBus, type EventName, type EventOf, type RequestEvent, type Unstamped } from './events.js'
import { FaultInjector, type Faults } from './faults/faults.js'
import type { FaultEntry } from './faults/fault.js'
import { createFaultGround } from './faults/ground.js'
import { fetchThrough } from './fetch.js'
import type { Given } from './given/form.js'
import { createGiven } from './given/given.js'
import { createAuthenticate, type Authenticate, type AuthMode } from './identity.js'
import { createJournal, type Journal } from './journal.js'
import { resolvers } from './resolvers/all.js'
import { playScenario, type ScenarioName } from './scenarios/scenario.js'
import { checkSettings, resolveSettings, type SettingProblem, type Settings } from './settings.js'
import { loadWorld, saveWorld, type SavedWorld } from './world/snapshot.js'
import { perhaps } from './world/words.js'
import { World } from './world/world.js'

/** How to make a mock. */
export interface RunnerMockOptions {
  /** Decides ids, keys and dice: same seed and same calls at the same times, same answers. Default 1. */
  seed?: number
  /** Limits and time spans that differ from the defaults of the spec. Default: none. */
  settings?: Partial<Settings>
  /** How callers are identified. Default `open`: nobody is refused. */
  auth?: AuthMode
  /** The world to start with. Default `empty`. */
  scenario?: ScenarioName
  /** Where virtual time starts. Default: real time. */
  now?: Instant
  /** Start with time standing still. Default false. */
  frozen?: boolean
  /** Requests that the journal holds. Default 1000. */
  journalSize?: number
  /** Faults and presets from the moment at which the scenario's world is complete. Default: none. */
  faults?: FaultEntry | readonly FaultEntry[]
  /**
   * Looks at each answer before it goes out and throws when it breaks the spec: pass `checkReply` of
   * `opik-runner-kit/node` where size does not matter. Default: none.
   */
  checkReply?: CheckReply
  /** Grades the clients: pass `watchConduct` of `opik-runner-kit/conduct`. Default: nobody is watched. */
  conduct?: WatchConduct
}

/**
 * A snapshot of a mock: plain JSON. It holds the keys of open pairing sessions and of simulated runners, so treat it as
 * a secret.
 */
export interface Snapshot {
  version: 1
  clock: ClockState
  ids: IdSourceState
  random: number
  settings: Settings
  world: SavedWorld
  /** The simulated runners, absent when there have been none. */
  crew?: SavedCrew
}

/** A simulated backend of the local-runner API. */
export interface RunnerMock {
  /** Answers a Fetch request. Rejects with the signal's reason when the caller hangs up. */
  fetch(request: Request): Promise<Response>
  /** Answers a request given as plain data; a promise only where the answer must wait. */
  handle(exchange: Exchange): Reply | Promise<Reply>
  /** The mock's time. */
  readonly clock: ClockControl
  /** Scripted agents. */
  readonly agents: Agents
  /** Builders for the state that a test starts from. */
  readonly given: Given
  /** The latest requests. */
  readonly journal: Journal
  /** Troubles on the way between clients and the mock. They are no part of a snapshot. */
  readonly faults: Faults
  /** How well the runners that call this mock keep their side of the contract. */
  readonly conduct: Conduct
  /** The settings as they are now. */
  readonly settings: Readonly<Settings>
  /** Resolves when the scenario's world is complete; until then requests wait. */
  readonly ready: Promise<void>
  /** Calls `listener` for each event of a name, `*` for all. Returns a function that stops it. */
  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void
  /** Changes settings; all of them or, when one is wrong, none. Returns what is wrong. */
  changeSettings(changes: object): SettingProblem[]
  /** Runs the reaper now. Returns how many runners it looked at. */
  reap(): number
  /** Reads the state without copying it: `read` must change nothing, and keep nothing of it. For adapters. */
  inspect<Result>(read: (world: World) => Result): Result
  /** Copies state, clock and id source into plain data. */
  snapshot(): Snapshot
  /**
   * Returns to a snapshot, of this mock or another one. Callers that wait get what they would get at the end of their
   * wait. Simulated runners stop, and those of the snapshot go on from where they stood; `ready` tells when, and
   * requests wait for it. Faults stay, their dice start over, and requests that they hold up get no answer.
   */
  restore(snapshot: Snapshot): void
  /** Back to the initial scenario, settings, clock and faults; journal and agents' runs are forgotten. Resolves when ready. */
  reset(): Promise<void>
  /** Sends waiting callers away, stops timers and agents. The mock answers nothing sensible afterwards. */
  close(): Promise<void>
}

/**
 * Creates a mock of Opik's local-runner API: all operations of the spec, stateful, with time as an input.
 *
 * It holds one timer, which keeps no process alive unless somebody waits for an answer; `close` releases everything.
 *
 * @throws KitError `settings/invalid` or `clock/instant` for options that cannot be used.
 * @example
 * const mock = createRunnerMock({ seed: 7, settings: { heartbeat_ttl_seconds: 15 } })
 * const response = await mock.fetch(new Request('http://localhost/api/is-alive/ping'))
 */
export function createRunnerMock(options: RunnerMockOptions = {}): RunnerMock {
  return new Mock(options)
}

class Mock implements RunnerMock {
  readonly clock
  readonly journal
  readonly faults: FaultInjector
  readonly agents: AgentHost
  readonly given: Given
  readonly conduct: WatchingConduct
  readonly settings: Settings
  ready: Promise<void>
  private isReady = false
  /** Counts the worlds of this mock. */
  private generation = 0
  private world: World
  private readonly answer: Handle
  /** Answers what the mock's owner sets up, which no fault may meet. */
  private readonly undisturbed: Handle
  private readonly events
  private readonly ids
  private readonly random
  private readonly options: RunnerMockOptions
  private readonly initialSettings: Settings
  /** Simulated runners that are about to go on. */
  private resuming: SavedCrew | undefined

  constructor(options: RunnerMockOptions) {
    this.options = options
    this.initialSettings = resolveSettings(options.settings)
    this.settings = { ...this.initialSettings }
    this.clock = createClock({ ...clockOptions(options), onMove: (move) => this.onMove(move) })
    this.events = createEventBus(() => this.clock.iso())
    this.ids = createIdSource(options.seed ?? DEFAULT_SEED)
    this.random = createRandom(options.seed ?? DEFAULT_SEED)
    this.journal = createJournal(options.journalSize ?? DEFAULT_JOURNAL_SIZE, () => this.clock.now())
    this.agents = new AgentHost({
      handle: (exchange) => this.answer(exchange),
      clock: this.clock,
      random: this.random,
      newId: () => this.newId(),
      longestPollMs: (operation) =>
        1000 *
        (operation === 'nextJob'
          ? this.settings.next_job_poll_timeout_seconds
          : this.settings.bridge_poll_timeout_seconds),
    })
    this.world = this.createWorld()
    const authenticate = createAuthenticate(options.auth ?? 'open')
    this.faults = this.createFaults(authenticate)
    this.conduct = this.createConduct(authenticate)
    this.answer = this.conduct.watch(this.createEngine(authenticate, this.faults))
    this.undisturbed = this.createEngine(authenticate, undefined)
    this.given = this.createGiven(this.undisturbed)
    this.ready = this.prepare(this.play())
  }

  handle(exchange: Exchange): Reply | Promise<Reply> {
    return this.isReady ? this.answer(exchange) : this.ready.then(() => this.answer(exchange))
  }

  fetch(request: Request): Promise<Response> {
    return fetchThrough((exchange) => this.handle(exchange), request)
  }

  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void {
    return this.events.on(name, listener)
  }

  changeSettings(changes: object): SettingProblem[] {
    const problems = checkSettings(changes)
    if (problems.length > 0) return problems
    Object.assign(this.settings, changes)
    this.world.rearm()
    return []
  }

  reap(): number {
    return this.world.reaper.run()
  }

  inspect<Result>(read: (world: World) => Result): Result {
    return read(this.world)
  }

  snapshot(): Snapshot {
    return {
      version: 1,
      clock: this.clock.save(),
      ids: this.ids.save(),
      random: this.random.save(),
      settings: { ...this.settings },
      world: saveWorld(this.world),
      ...perhaps('crew', this.resuming ?? this.agents.save()),
    }
  }

  restore(snapshot: Snapshot): void {
    const problems = checkSettings(snapshot.settings)
    if (problems.length > 0) {
      throw new KitError('snapshot/unusable', {
        failed: 'This snapshot cannot be restored.',
        value: problems.map((problem) => problem.name).join(', '),
        fix: 'Use a snapshot that this version of the package has made.',
      })
    }
    this.begin(snapshot.clock, snapshot.settings)
    this.ids.load(snapshot.ids)
    this.random.load(snapshot.random)
    loadWorld(this.world, snapshot.world)
    this.events.tell({ type: 'reset', cause: 'restore' })
    this.resuming = structuredClone(snapshot.crew)
    this.ready = this.prepare(this.resuming && this.agents.resume(this.resuming))
  }

  async reset(): Promise<void> {
    const { seed = DEFAULT_SEED } = this.options
    this.faults.stop()
    this.begin(initialClockState(clockOptions(this.options)), this.initialSettings)
    this.ids.load(createIdSource(seed).save())
    this.random.load(seed)
    this.journal.clear()
    this.events.tell({ type: 'reset', cause: 'reset' })
    this.ready = this.prepare(this.play())
    await this.ready
  }

  async close(): Promise<void> {
    // A scenario that is still being played would start runners that nobody stops.
    await this.ready.catch(() => undefined)
    this.faults.stop()
    this.world.dissolve()
    await this.agents.stop()
    this.clock.close()
    this.events.close()
  }

  /** An empty world at a moment, with nobody waiting and nothing simulated. */
  private begin(clock: ClockState, settings: Settings): void {
    this.generation++
    this.resuming = undefined
    this.faults.rewind()
    this.world.dissolve()
    void this.agents.stop()
    this.conduct.clear()
    this.clock.load(clock)
    Object.assign(this.settings, settings)
    this.world = this.createWorld()
  }

  private createWorld(): World {
    return new World({ clock: this.clock, ids: this.ids, settings: this.settings, events: this.events })
  }

  private createGiven(handle: Handle): Given {
    return createGiven({ handle, world: () => this.world, random: this.random })
  }

  private createFaults(authenticate: Authenticate): FaultInjector {
    const { clock, events } = this
    const { seed = DEFAULT_SEED, faults = [] } = this.options
    const ground = createFaultGround({ clock, seed, authenticate, world: () => this.world, events })
    return new FaultInjector(ground, faults)
  }

  private createConduct(authenticate: Authenticate): WatchingConduct {
    const { clock, settings } = this
    const start = this.options.conduct
    if (start === undefined) return unwatched
    return start({
      ...{ clock, settings, authenticate },
      findRunner: (caller, id) => this.world.runners.find(caller, id)?.wire,
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
      resolvers,
      checkReply: this.options.checkReply,
      stopwatch: () => clock.stopwatch(),
      observe(observation) {
        const entry = journal.record(observation)
        if (events.areRequestsHeard) events.tell(toRequestEvent(observation, entry))
      },
    })
  }

  /** Plays the scenario; undefined when there is nothing to play. */
  private play(): Promise<void> | undefined {
    const { scenario = 'empty' } = this.options
    if (scenario === 'empty') return undefined
    const { generation } = this
    // A world that comes after this one is not for this play, which can still be going on.
    const given = this.createGiven((exchange) => {
      if (generation === this.generation) return this.undisturbed(exchange)
      throw new Error('The mock was reset or restored before its scenario was complete.')
    })
    return playScenario(scenario, { given, agents: this.agents })
  }

  /** Lets requests wait until the world is complete: this one or, when it is replaced meanwhile, the next one. */
  private async prepare(work: Promise<void> | undefined): Promise<void> {
    const { generation } = this
    this.isReady = work === undefined
    try {
      if (work !== undefined) await this.clock.during(work)
    } catch (error) {
      if (generation === this.generation) throw error
    }
    if (generation !== this.generation) return this.ready
    this.isReady = true
    this.resuming = undefined
    this.faults.start()
  }

  private onMove({ action, from, to }: ClockMove): void {
    if (to < from) this.world.rearm()
    if (this.events.isHeard) this.events.tell({ type: 'clock', action, from: toIso(from), to: toIso(to) })
  }

  private newId(): string {
    return this.ids.next(this.clock.now())
  }
}

function toRequestEvent(observation: Observation, entry: number): Unstamped<RequestEvent> {
  const { exchange, path, operation, reply, durationMs } = observation
  const { status, faults } = reply
  return {
    type: 'request',
    entry,
    method: exchange.method,
    path,
    operation,
    status,
    duration_ms: durationMs,
    ...perhaps('faults', faults?.struck),
  }
}

function toIso(epoch: number): string {
  return new Date(epoch).toISOString()
}

const DEFAULT_SEED = 1
const DEFAULT_JOURNAL_SIZE = 1000

function clockOptions({ now, frozen }: RunnerMockOptions): ClockOptions {
  return { ...perhaps('start', now), ...perhaps('frozen', frozen) }
}
