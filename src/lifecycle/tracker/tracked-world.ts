/**
 * What is known of a server from outside: sessions, runners, jobs and commands as calls and answers tell of them. Plain data:
 * copies of a world share its records, which are changed through `edit`.
 */
import type { Agent, RunnerType } from '../../kernel/types.js'
import type { JsonObject } from '../../kernel/json-value.js'
import type { QuirkId } from '../../generated/quirks.js'
import type { TimerLimits } from '../timers.js'
import type { WorkMachine } from '../roles.js'
import type { TimeRange } from './time-range.js'

/** An opened pairing session. */
export interface TrackedSession {
  id: string
  runnerId: string
  workspace: string
  projectId: string
  type: RunnerType
  ttlMs: number
  opened: TimeRange
  isActivated: boolean
  /** Who has activated it, those included who were refused only because it was activated already. */
  activators: readonly string[]
}

/** The jobs or the commands of a runner. */
export interface WorkLine {
  /** Ids in the order of creation. */
  readonly ids: readonly string[]
  /** What waits, oldest first, and what has ended or expired while it waited. */
  readonly queue: readonly string[]
  /** Ids of ended work in the queue that a poll may have taken out of the way. */
  readonly takenPerhaps: readonly string[]
}

/** A runner that was activated, whether it is still there or not. */
export interface TrackedRunner {
  id: string
  owner: string
  /** Further owners. */
  sharers: readonly string[]
  projectId: string
  type: RunnerType
  name: string
  agents: Readonly<Record<string, Agent>>
  capabilities: readonly string[]
  checklist: JsonObject | undefined
  activated: TimeRange
  /** Milliseconds since 1970, once an answer has told it. */
  connectedAt: number | undefined
  isGone: boolean
  /** Whether it is gone for its long silence: then nothing of it is left. */
  isPurged: boolean
  /** The last accepted heartbeat. */
  beat: TimeRange
  /** The earliest time at which it may have been dead for the first time. */
  firstDeath: number | undefined
  job: WorkLine
  bridgeCommand: WorkLine
  /** Jobs cancelled since the last heartbeat; `isCertain` if they were surely running. */
  unannounced: readonly Readonly<{ id: string; isCertain: boolean }>[]
  accepted: Readonly<{ all: number; writes: number; refusedWrites: number }>
}

/** What a field may hold, as far as requests and answers tell. */
export interface ExpectedValue {
  readonly values: readonly unknown[]
  readonly mayBeAbsent: boolean
  readonly mayBeAnyText: boolean
}

/** One thing that a job or command may be; more than one where time or an overlap hides which. */
export interface WorkState {
  readonly status: string
  /** What rules have written, by field. */
  readonly fields: Readonly<Record<string, ExpectedValue>>
  /** When it ended; undefined while it has not. */
  readonly ended: TimeRange | undefined
  /** When it had ended before it was handed out all the same. */
  readonly endedBefore: TimeRange | undefined
  /** Whether it was cancelled after it had been handed out. */
  readonly wasCutOff: boolean
}

/** A job or a bridge command. */
export interface TrackedWork {
  machine: WorkMachine
  id: string
  runnerId: string
  created: TimeRange
  /** What was asked for and never changes, as it is shown. */
  request: JsonObject
  timeoutMs: number
  /** When it was handed out. */
  started: TimeRange | undefined
  /** Times that answers have told, by field, in milliseconds since 1970. */
  times: Readonly<Record<string, number>>
  /** Never empty. */
  states: readonly WorkState[]
  logs: readonly JsonObject[]
  /** Its time after its end is over; a lost runner takes its work along without this. */
  isGone: boolean
  /** Whether it is there no rule says. */
  mayBeGone: boolean
}

/** What a world holds, each by its id. */
interface Records {
  sessions: TrackedSession
  /** In the order of activation. */
  runners: TrackedRunner
  work: TrackedWork
}
type RecordMaps = { [Name in keyof Records]: Map<string, Records[Name]> }

/** Everything that is known. */
export interface TrackedWorld extends RecordMaps {
  limits: TimerLimits
  /** Workspace of each caller. */
  workspaces: Readonly<Partial<Record<string, string>>>
  /** Projects by their id, with the workspace that each belongs to. */
  projects: Map<string, string>
  /** Ids of earlier sequences, which a server may still show when it fails to forget them. */
  earlier: Set<string>
  /** Whether others may have runners in the same projects. */
  isShared: boolean
  /** Whether the server has a quirk, for those of which a rule had to know: in each world so or so. */
  assumed: ReadonlyMap<QuirkId, boolean>
  /** Quirks without which an answer would not have been right. */
  excused: ReadonlySet<QuirkId>
  /** Records, and maps of them, that no other world shares: they alone may be changed in place. */
  fresh: Set<object> | undefined
}

/** A world without anything in it. */
export function createWorld(
  start: Pick<TrackedWorld, 'limits' | 'workspaces' | 'projects' | 'isShared' | 'earlier'>,
): TrackedWorld {
  return {
    ...start,
    ...{ sessions: new Map(), runners: new Map(), work: new Map() },
    ...{ assumed: new Map(), excused: new Set(), fresh: undefined },
  }
}

/** A copy that can go its own way. It shares its records, and the maps of them, with the world until they are changed. */
export function copyWorld(world: TrackedWorld): TrackedWorld {
  return { ...world, fresh: undefined }
}

/** The records of a kind, to add or remove some: most calls do so to none, and none to all. */
export function ownRecords<Name extends keyof Records>(world: TrackedWorld, name: Name): Map<string, Records[Name]> {
  const maps: RecordMaps = world
  const fresh = (world.fresh ??= new Set())
  if (fresh.has(maps[name])) return maps[name]
  const copy = new Map<string, Records[Name]>(maps[name])
  Reflect.set(world, name, copy)
  fresh.add(copy)
  return copy
}

/** A session, runner, job or command that may be changed. */
export function edit<Name extends keyof Records>(
  world: TrackedWorld,
  name: Name,
  id: string,
): Records[Name] | undefined {
  const maps: RecordMaps = world
  const entry = maps[name].get(id)
  if (entry === undefined || world.fresh?.has(entry) === true) return entry
  const copy = { ...entry }
  ownRecords(world, name).set(id, copy)
  world.fresh?.add(copy)
  return copy
}

export const EMPTY_LINE: WorkLine = { ids: [], queue: [], takenPerhaps: [] }

/** A runner as its activation leaves it. */
export function createRunner(
  birth: Pick<TrackedRunner, 'id' | 'owner' | 'projectId' | 'type' | 'name' | 'activated'>,
): TrackedRunner {
  return {
    ...birth,
    ...{ sharers: [], agents: {}, capabilities: ['jobs'], checklist: undefined },
    ...{ connectedAt: undefined, isGone: false, isPurged: false, beat: birth.activated, firstDeath: undefined },
    ...{ job: EMPTY_LINE, bridgeCommand: EMPTY_LINE, unannounced: [] },
    accepted: { all: 0, writes: 0, refusedWrites: 0 },
  }
}

/** The runner if it is there and the caller's own. */
export function findOwnRunner(world: TrackedWorld, caller: string, id: string): TrackedRunner | undefined {
  const runner = world.runners.get(id)
  return runner === undefined || runner.isGone || !isOwner(runner, caller) ? undefined : runner
}

function isOwner({ owner, sharers }: TrackedRunner, caller: string): boolean {
  return owner === caller || sharers.includes(caller)
}

/** The job or command if it is there, on a runner of the caller, and on the runner that is named, if one is. */
export function findOwnWork(
  world: TrackedWorld,
  caller: string,
  machine: WorkMachine,
  { id, runnerId }: { id: string; runnerId?: string | undefined },
): TrackedWork | undefined {
  const work = world.work.get(id)
  if (work?.machine !== machine || work.isGone || (runnerId !== undefined && work.runnerId !== runnerId))
    return undefined
  return findOwnRunner(world, caller, work.runnerId) === undefined ? undefined : work
}

/** The runner in a slot: of each user, project and type there is one at most. */
export function findInSlot(
  world: TrackedWorld,
  owner: string,
  projectId: string,
  type: RunnerType,
): TrackedRunner | undefined {
  for (const each of world.runners.values())
    if (!each.isGone && isOwner(each, owner) && each.projectId === projectId && each.type === type) return each
  return undefined
}

/** Whether the world has nothing under an id. */
export function isNewId({ runners, sessions, work }: TrackedWorld, id: string): boolean {
  if (id === '' || runners.has(id) || sessions.has(id) || work.has(id)) return false
  for (const { runnerId } of sessions.values()) if (runnerId === id) return false
  return true
}
