/**
 * What the world remembers of pairing sessions, runners, jobs and bridge commands. Each record keeps its resource as it
 * looks on the wire, changed only through the lifecycle's rules, next to what only the server knows.
 */
import type { Feeds } from '../../kernel/shared-fields.js'
import type { Timer } from '../../kernel/clock.js'
import { keepSpelling } from '../../kernel/json-text.js'
import type {
  BridgeCommand,
  BridgeCommandItem,
  LocalRunner,
  LocalRunnerJob,
  LocalRunnerLogEntry,
  RegisteredAgent,
  RunnerType,
} from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import { WaitingLine } from '../base/waiting-line.js'

/** What a runner has from the requests that made it. */
type RunnerFields = Omit<Feeds['CreateSessionRequest']['gives'], 'project_id' | 'type'> &
  Feeds['ActivateRequest']['gives']

/** A pairing session until its time is over. */
export interface SessionRecord {
  id: string
  runnerId: string
  workspace: string
  /** Who opened it. Snapshots of version 0.1 lack it. */
  user?: string | undefined
  projectId: string
  type: RunnerType
  activationKey: Uint8Array
  /** Virtual milliseconds. */
  expiresAt: number
  isActivated: boolean
  /** What the runner will have from the request besides. Default: nothing. */
  fields?: RunnerFields | undefined
}

/** What activation knows of a new runner. */
export interface NewRunner {
  id: string
  owner: Identity
  projectId: string
  name: string
  type: RunnerType
  /** What the requests for it gave besides. */
  fields: RunnerFields
}

/** The jobs or commands of a runner. */
export class WorkOfRunner<Work, Item> {
  /** Oldest first. */
  readonly pending = new Map<string, Work>()
  /** What is handed out and has not ended. */
  readonly inHand = new Set<Work>()
  readonly pollers = new WaitingLine<Delivery<Item>>()
  /** In order of creation, expired ones included until the next clean-up. */
  all: Work[] = []
  /** How many of `all` are expired. */
  expired = 0
  /** How many have ever expired. */
  everExpired = 0
  /** Of the time before the runner was gone: still read by their ids, and in no list. */
  unlisted = new Set<Work>()
}

class JobsOfRunner extends WorkOfRunner<JobRecord, LocalRunnerJob> {
  /** Cancelled while running and not yet announced to the runner. */
  cancelled: string[] = []
  /** The page that was shown last, frozen; undefined when a job has changed since. */
  view: RecordPage<LocalRunnerJob> | undefined = undefined
}

class CommandsOfRunner extends WorkOfRunner<CommandRecord, BridgeCommandItem> {
  /** Commands counted within the clock minute `minute`. */
  rate = { minute: 0, commands: 0, writes: 0 }
}

/** A runner that was activated and is not gone; as it begins it has no agents, jobs and commands. */
export class RunnerRecord {
  readonly id: string
  owner: Identity
  /** Owners of others whose it is as well; undefined for none. */
  sharers: ReadonlySet<string> | undefined = undefined
  /** The fields that activation sets, and what the requests for it gave. */
  readonly wire: { name: string; type: RunnerType; connected_at: string } & RunnerFields
  readonly projectId: string
  /** Counts activations, to tell the later one of two within a millisecond. */
  activation = 0
  /** Virtual milliseconds. */
  lastHeartbeat: number
  /** When its heartbeat lapses, by the time to live of its last beat; 0 before it is in its place. */
  aliveUntil = 0
  /** When the reaper first saw it dead; undefined while it lives. */
  deadSince: number | undefined = undefined
  /** When it is purged; undefined while it lives. */
  purgeAt: number | undefined = undefined
  lapseTimer: Timer | undefined = undefined
  agents = new Map<string, RegisteredAgent>()
  capabilities: readonly string[] = DEFAULT_CAPABILITIES
  checklist: StoredObject | undefined = undefined
  /** The runner as it was shown last, frozen; undefined when something in it has changed since. */
  view: LocalRunner | undefined = undefined
  isGone = false
  readonly jobs = new JobsOfRunner()
  readonly bridge = new CommandsOfRunner()

  constructor(
    { id, owner, projectId }: Pick<NewRunner, 'id' | 'owner' | 'projectId'>,
    wire: RunnerRecord['wire'],
    lastHeartbeat: number,
  ) {
    this.id = id
    this.owner = owner
    this.projectId = projectId
    this.wire = wire
    this.lastHeartbeat = lastHeartbeat
  }
}

const DEFAULT_CAPABILITIES: readonly string[] = ['jobs']

/** What is handed to a poller; `failed` takes it back when the answer could not be delivered. */
export interface Delivery<Item> {
  readonly items: readonly Item[]
  readonly failed: () => void
}

/** A job or command. */
export class WorkRecord<Wire extends LocalRunnerJob | BridgeCommand, Item> {
  readonly runner: RunnerRecord
  readonly wire: Wire
  /** When it was handed out, in virtual milliseconds; 0 before. */
  startedAt = 0
  /** The hand-out that may still be taken back; undefined once the runner has shown that it has it. */
  delivery: Delivery<Item> | undefined = undefined
  /** Whether it cannot be read any more. */
  isExpired = false

  constructor(runner: RunnerRecord, wire: Wire) {
    this.runner = runner
    this.wire = wire
  }
}

export class JobRecord extends WorkRecord<LocalRunnerJob, LocalRunnerJob> {
  logs: LocalRunnerLogEntry[] = []
}

export class CommandRecord extends WorkRecord<BridgeCommand, BridgeCommandItem> {
  /** Ends an unfinished command. */
  lifetimeTimer: Timer | undefined = undefined
  /** Callers of getBridgeCommand that wait for its end, or hear that it is gone. */
  readonly readers = new WaitingLine<'ended' | 'gone'>()
}

/** Records by their ids, in the order in which they were made. */
export class RecordStore<Kept> {
  protected readonly byId = new Map<string, Kept>()

  /** All that can still be read, whosever they are. */
  values(): Iterable<Kept> {
    return this.byId.values()
  }

  /** That of any owner. */
  get(id: string): Kept | undefined {
    return this.byId.get(id)
  }
}

/** A JSON object. Built without a prototype when merged, so that no key of a caller can reach one. */
export interface StoredObject {
  [key: string]: unknown
}

export interface RecordPage<Item> {
  page: number
  /** The size that was asked for, or the number of entries: the API's resources differ in this. */
  size: number
  total: number
  content: Item[]
}

/** Fields of requests that hold any JSON and are stored as they are. */
const STORED = ['inputs', 'result', 'args', 'error']

/** Lets stored JSON come back with its numbers as they were written, where it is a number itself. */
export function keepNumbers<Wire extends object>(wire: Wire, request: object): Wire {
  keepSpelling(wire, request, STORED)
  return wire
}
