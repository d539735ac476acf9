/** What a mock is to its users, and how they make one. Types alone; `createRunnerMock` makes it. */
import type { ClockControl, Instant } from '../../kernel/clock.js'
import type { Agents } from '../agents/agent-host.js'
import type { Conduct, WatchConduct } from '../conduct/watch-conduct-types.js'
import type { CheckReply } from '../engine/engine.js'
import type { ApiRequest, ApiResponse } from '../base/exchange.js'
import type { EventName, EventOf } from '../world/events.js'
import type * as kit from '../../generated/kit-schema.js'
import type { Faults } from '../engine/faults/faults.js'
import type { Pairing } from '../given/activate-session.js'
import type { Given } from '../given/given-builders.js'
import type { AuthMode } from '../base/identity.js'
import type { Journal } from '../engine/journal.js'
import type { Scenario, ScenarioName } from '../scenarios/scenario.js'
import type { ProfileName, SettingProblem, Settings } from '../base/settings.js'
import type { World } from '../world/world.js'

/** How to make a mock. */
export interface RunnerMockOptions extends Omit<
  kit.RunnerMockOptions,
  'settings' | 'auth' | 'now' | 'scenario' | 'scenarios' | 'snapshot' | 'checkReply' | 'conduct'
> {
  /** Limits and time spans that differ from the defaults of the spec. Default: none. */
  readonly settings?: Partial<Settings> | undefined
  /** How callers are identified. Default `open`: every caller is accepted. */
  readonly auth?: AuthMode | undefined
  /** The world to start with: a built-in one, one of `scenarios` by its name, or a scenario itself. Default `empty`. */
  readonly scenario?: ScenarioChoice | undefined
  /** Further scenarios by name, for `reset`. Default: none. */
  readonly scenarios?: Readonly<Record<string, Scenario>> | undefined
  /** A state to start with instead of the scenario's, such as another mock's. Default: none. */
  readonly snapshot?: Snapshot | undefined
  /** Where virtual time starts. Default: real time. */
  readonly now?: Instant | undefined
  /** Looks at each answer before it goes out: `checkReply` of `opik-runner-kit/node`. Default: none. */
  readonly checkReply?: CheckReply | undefined
  /** Grades the clients: pass `watchConduct` of `opik-runner-kit/conduct`. Default: no client is watched. */
  readonly conduct?: WatchConduct | undefined
}

/** A scenario by its name, or itself. */
export type ScenarioChoice = ScenarioName | (string & {}) | Scenario

/** How to reset a mock. */
export interface ResetOptions {
  /** The world to go to. Default: that of `createRunnerMock`. */
  scenario?: ScenarioChoice | undefined
}

/**
 * A snapshot of a mock: plain JSON. It holds the keys of open pairing sessions and of simulated runners, so treat it as
 * a secret.
 */
export interface Snapshot extends Omit<kit.Snapshot, 'saved_at' | 'settings'> {
  readonly settings: Settings
}

/** A simulated backend of the local-runner API. */
export interface RunnerMock {
  /**
   * A `fetch` that sends its requests to this mock only: hand it to any client that takes one. A path alone is one of
   * `http://localhost`. Rejects with the signal's reason when the caller hangs up, with a TypeError when a fault drops
   * the connection.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** Answers a request given as plain data; a promise only where the answer must wait. */
  handle(exchange: ApiRequest): ApiResponse | Promise<ApiResponse>
  /** The mock's time. */
  readonly clock: ClockControl
  /** Scripted agents. */
  readonly agents: Agents
  /** Builders for the state that a test starts from. */
  readonly given: Given
  /** Pairing, as a person does it on the web page. */
  readonly pairing: Pairing
  /** The latest requests. */
  readonly journal: Journal
  /** Troubles on the way between clients and the mock. They are no part of a snapshot. */
  readonly faults: Faults
  /** How well the runners that call this mock keep their side of the contract. */
  readonly conduct: Conduct
  /** The settings as they are now. */
  readonly settings: Readonly<Settings>
  /** How it behaves now; changed by `changeSettings({ profile })`. */
  readonly profile: ProfileName
  /** How callers are identified. */
  readonly auth: 'open' | 'local' | 'keys'
  /**
   * Resolves when the scenario's world is complete; until then requests wait. Rejects with a KitError for a scenario that
   * cannot be used, and so do requests.
   */
  readonly ready: Promise<void>
  /** Name of the scenario that the world comes from. */
  readonly scenario: string
  /** The scenarios that `reset` knows by name beside the built-in ones. */
  readonly scenarios: ReadonlyMap<string, Scenario>
  /** Calls `listener` for each event of a name, `*` for all. Returns a function that stops it. */
  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void
  /** Changes settings, and the profile; all of them or, when one is wrong, none. Returns what is wrong. */
  changeSettings(changes: object): SettingProblem[]
  /** Runs the reaper now. Returns how many runners it looked at. */
  reap(): number
  /** Reads the state without copying it: `read` must change nothing, and what it keeps goes on changing. For adapters. */
  inspect<Result>(read: (world: World) => Result): Result
  /** Copies state, clock and id source into plain data. */
  snapshot(): Snapshot
  /** Copies what a snapshot holds beside the world. For adapters that copy the world bit by bit. */
  frame(): Omit<Snapshot, 'world'>
  /**
   * Returns to a snapshot, of this mock or another one. Callers that wait get what they would get at the end of their
   * wait. Simulated runners stop, and those of the snapshot go on from where they stood; `ready` tells when, and
   * requests wait for it. Faults stay, their dice start over, and requests that they hold up get no answer.
   */
  restore(snapshot: Snapshot): void
  /**
   * Back to the initial scenario, settings, clock and faults, or to another scenario; journal and agents' runs are
   * forgotten. Resolves when ready. Rejects with a KitError for a scenario that cannot be used, and then nothing changes.
   */
  reset(options?: ResetOptions): Promise<void>
  /** Sends waiting callers away, stops timers and agents. The mock answers nothing sensible afterwards. */
  close(): Promise<void>
}
