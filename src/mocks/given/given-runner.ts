/**
 * What the builders of `given` share: the runner that a test gets, the way to the mock, and what is said of the past.
 */
import type { IdSource, Random } from '../../kernel/id-source.js'
import type { Agent, CreateSessionRequest, RunnerType, AgentMap } from '../../kernel/types.js'
import { unexpected, type AgentCall, type Credentials } from '../agents/call-api.js'
import type { PairedRunner } from '../agents/pair-runner.js'
import type { Handle } from '../engine/engine.js'
import type { RecordingJournal } from '../engine/journal.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import type { StoredObject, RunnerRecord } from '../world/records.js'
import type { World } from '../world/world.js'
import { textAt } from '../../kernel/json-value.js'

/** A runner in a mock, with what its own process would know of it. */
export interface GivenRunner extends PairedRunner {
  /** Headers of its owner: add them to requests that speak for the runner or its user. */
  headers: Record<string, string>
  /** Whom it belongs to. */
  as: Credentials
}

/** Which runner to make. Any field of createPairingSession that the runner will show may stand here as well. */
export interface RunnerRequest extends Partial<Omit<CreateSessionRequest, 'activation_key' | 'ttl_seconds'>> {
  /** Default `endpoint`. */
  type?: RunnerType
  /** Shown to people. Default `given-runner`. */
  name?: string
  /** Agents to register: names, or names with what describes them. Default none. */
  agents?: readonly string[] | Readonly<Record<string, Agent>>
  /** A UUID of version 7, in lower case. Default: a new one. */
  id?: string
  /** Virtual milliseconds before now at which it was activated. Default 0. */
  ago_ms?: number
  /** Declared in a heartbeat. Default: `bridge` for a connect runner, none for an endpoint runner. */
  capabilities?: readonly string[]
  /** What it shows of its set-up, any JSON object. Default: none. */
  checklist?: StoredObject
  /** Id of its project. Default: the workspace's default project. */
  projectId?: string
  /** Its owner. Default: no key, workspace `default`. */
  as?: Credentials
}

/** A mock as builders see it. */
export interface GivenHost {
  /** Answers what the mock's owner sets up, which no fault may meet. */
  readonly undisturbed: Handle
  readonly world: World
  readonly ids: IdSource
  readonly random: Random
  /** Notified of changes that no client can make. */
  readonly journal: Pick<RecordingJournal, 'turn'>
}

/** The parts that the builders use. The world is read again each time, since a reset replaces it. */
export interface GivenParts extends Pick<GivenHost, 'ids' | 'random' | 'journal'> {
  handle: Handle
  world: () => World
}

/** What the builders of the single resources share. */
export interface GivenContext extends GivenParts {
  callAs: (as: Credentials | undefined) => AgentCall
  connect: (request: RunnerRequest) => Promise<GivenRunner>
  recordOf: (runner: GivenRunner) => RunnerRecord
}

/** Id of the caller's default project. */
export async function defaultProject(call: AgentCall): Promise<string> {
  const answer = await call('retrieveProject', { body: { name: DEFAULT_PROJECT } })
  const id = textAt(answer.body, 'id')
  if (id !== '') return id
  throw unexpected('retrieveProject', answer)
}

/** Whether an answer shows a resource, told by a member that it has. */
export function isShown<Shown extends object>(body: unknown, member: keyof Shown & string): body is Shown {
  return typeof body === 'object' && body !== null && member in body
}

/** Names alone become agents without parameters. */
export function toAgentMap(agents: readonly string[] | Readonly<Record<string, Agent>>): AgentMap {
  if (isNames(agents)) return Object.fromEntries(agents.map((name) => [name, {}]))
  return { ...agents }
}

/** Whether agents are named alone. */
export function isNames(agents: readonly string[] | Readonly<Record<string, Agent>>): agents is readonly string[] {
  return Array.isArray(agents)
}

/** Which job or command it is, and when it came to its state. Times are virtual milliseconds. */
export interface WorkPast {
  /** A UUID of version 7, in lower case. Default: a new one. */
  id?: string
  /** How long before now it was created. Default: `waited_ms` and `for_ms`. */
  ago_ms?: number
  /** How long after that it was handed out, or ended in the queue. Default 0. */
  waited_ms?: number
  /** How long after that it ended. Default 0. */
  for_ms?: number
  /** For an ended job: whether a runner ever got it. Default true. */
  handed_out?: boolean
}

/**
 * Does something under which ids are drawn, before anything is awaited, and lets the first of them be these.
 * @param drawn the ids in the order in which they are drawn; undefined for one that is drawn as ever
 */
export function withIds<Result>(ids: IdSource, drawn: readonly (string | undefined)[], work: () => Result): Result {
  const { next } = ids
  const left = [...drawn]
  ids.next = (now) => left.shift() ?? next(now)
  try {
    return work()
  } finally {
    ids.next = next
  }
}

/** The moments of a past, as epoch milliseconds. */
interface Moments {
  readonly created: number
  readonly handedOut: number
  readonly ended: number
}

/** When what was made just now was made; undefined when its maker says nothing of the past. */
export function momentsOf({ ago_ms, waited_ms, for_ms }: WorkPast, now: number): Moments | undefined {
  if (ago_ms === undefined && waited_ms === undefined && for_ms === undefined) return undefined
  const [waited, took] = [waited_ms ?? 0, for_ms ?? 0]
  const created = now - (ago_ms ?? waited + took)
  return { created, handedOut: Math.min(created + waited, now), ended: Math.min(created + waited + took, now) }
}

/** Writes moments into those of the fields that are there. */
export function backdate<Resource extends object>(
  resource: Resource,
  moments: Partial<Record<keyof Resource, number>>,
): void {
  const written = Object.entries<number | undefined>(moments).filter(([name]) => Object.hasOwn(resource, name))
  Object.assign(resource, Object.fromEntries(written.map(([name, at = 0]) => [name, new Date(at).toISOString()])))
}
