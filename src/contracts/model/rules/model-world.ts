/**
 * What the model knows: plain data about sessions, runners, jobs and commands, as far as the rules and earlier answers
 * tell. It knows nothing of any server's code; the rules that change it are in the files named judge.
 */
import { isDeepStrictEqual } from 'node:util'
import type {
  Agent,
  BridgeCommandStatus,
  BridgeCommandType,
  LocalRunnerJobStatus,
  RunnerType,
} from '../../../kernel/types.js'
import type { Limits } from '../../target/target.js'
import type { AccidentId } from '../../check/seen-accidents.js'

/** What a field may hold. */
export interface Stored {
  /** Values that it may have. */
  values: readonly unknown[]
  /** Whether it may be left out. */
  mayBeAbsent: boolean
  /** Any text will do. */
  mayBeText: boolean
}

/** Left out. */
export const ABSENT: Stored = { values: [], mayBeAbsent: true, mayBeText: false }

/** A text that nobody promises the words of. */
export const SOME_TEXT: Stored = { values: [], mayBeAbsent: false, mayBeText: true }

/** Exactly this value; null counts as one. */
export function exactly(value: unknown): Stored {
  return { values: [value], mayBeAbsent: false, mayBeText: false }
}

/** A given value, or left out where none was given. */
export function given(value: unknown): Stored {
  return value === undefined ? ABSENT : exactly(value)
}

/** What was there before, or nothing: the rules do not say whether a later report without the field clears it. */
export function perhaps(before: Stored): Stored {
  return { ...before, mayBeAbsent: true }
}

/** Whether an object's field is as known. */
export function fits(stored: Stored, record: Readonly<Record<string, unknown>>, field: string): boolean {
  if (!Object.hasOwn(record, field)) return stored.mayBeAbsent
  const value = record[field]
  return (stored.mayBeText && typeof value === 'string') || stored.values.some((each) => isDeepStrictEqual(each, value))
}

/** What is known after the field was seen. */
export function seen(record: Readonly<Record<string, unknown>>, field: string): Stored {
  return Object.hasOwn(record, field) ? exactly(record[field]) : ABSENT
}

/** In words, for a report. */
export function describeStored({ values, mayBeAbsent, mayBeText }: Stored): string {
  const parts = [...values.map((value) => JSON.stringify(value)), ...(mayBeText ? ['some text'] : [])]
  return [...parts, ...(mayBeAbsent ? ['left out'] : [])].join(' or ')
}

/** When something happened, in milliseconds of the target's time: between these two, both included. */
export interface Moment {
  readonly from: number
  readonly to: number
}

/** An opened pairing session. */
export interface Session {
  id: string
  runnerId: string
  workspace: string
  projectId: string
  type: RunnerType
  ttlMs: number
  opened: Moment
  isActivated: boolean
  /** Who has activated it, refused ones included when only that it was activated already stood against them. */
  activators: readonly string[]
}

/** A runner that was activated, whether it is still there or not. */
export interface Runner {
  id: string
  owner: string
  /** Further owners. */
  sharers: readonly string[]
  projectId: string
  type: RunnerType
  name: string
  agents: Readonly<Record<string, Agent>>
  capabilities: readonly string[]
  checklist: Readonly<Record<string, unknown>> | undefined
  activated: Moment
  /** Milliseconds since 1970, once an answer has told it. */
  connectedAt: number | undefined
  isGone: boolean
  /** The last accepted heartbeat. */
  beat: Moment
  /** The earliest time at which it may have been dead for the first time. */
  firstDeath: number | undefined
  /** Ids in the order of creation. */
  jobs: readonly string[]
  /** Jobs that wait, oldest first, and those that were reported as ended while they did, which may still be in the way. */
  queue: readonly string[]
  /** Jobs cancelled since the last heartbeat; `isCertain` if they were surely running. */
  unannounced: readonly Readonly<{ id: string; isCertain: boolean }>[]
  commands: readonly string[]
  /** Commands that wait, oldest first, and those that have ended or expired while they did. */
  commandQueue: readonly string[]
  /** Of those that are over, the ones that a poll may have taken out of the way. */
  takenPerhaps: readonly string[]
  accepted: Readonly<{ all: number; writes: number; refusedWrites: number }>
}

/** One thing that a job may be. More than one only where time may have ended it unseen. */
export interface JobFace {
  status: LocalRunnerJobStatus
  result: Stored
  error: Stored
  traceId: string | undefined
  hasStarted: boolean
  /** When it ended; undefined while it has not. */
  ended: Moment | undefined
  /** When it had ended before it was handed out all the same. */
  endedBefore: Moment | undefined
  /** Whether it was cancelled while it ran. */
  wasCutOff: boolean
}

/** A job. */
export interface Job {
  id: string
  runnerId: string
  created: Moment
  createdAt: number | undefined
  /** What was asked for and never changes, as it is shown. */
  request: Record<string, unknown>
  timeoutMs: number
  /** When it was handed out. */
  started: Moment | undefined
  /** Milliseconds since 1970, once an answer has told it. */
  startedAt: number | undefined
  /** Never empty. */
  faces: readonly Readonly<JobFace>[]
  logs: readonly { stream: string; text: string }[]
  /** Its time after its end is over; a lost runner takes its jobs along without this. */
  isGone: boolean
  /** Its runner was lost and has come back: whether it is there again is nobody's rule. */
  mayBeGone: boolean
}

/** A bridge command. */
export interface Command {
  id: string
  runnerId: string
  type: BridgeCommandType
  args: unknown
  timeoutMs: number
  status: BridgeCommandStatus
  submitted: Moment
  submittedAt: number | undefined
  pickedUp: Moment | undefined
  /** Milliseconds since 1970, once an answer has told it. */
  pickedUpAt: number | undefined
  ended: Moment | undefined
  result: Stored
  error: Stored
  duration: Stored
  isGone: boolean
  /** Its runner was lost and has come back: whether it is there again is nobody's rule. */
  mayBeGone: boolean
}

/** Everything that the model knows. */
export interface World {
  limits: Limits
  /** Workspace of each identity. */
  workspaces: Readonly<Partial<Record<string, string>>>
  /** Projects by their id, with the workspace that each belongs to. */
  projects: Map<string, string>
  sessions: Map<string, Session>
  /** In the order of activation. */
  runners: Map<string, Runner>
  jobs: Map<string, Job>
  commands: Map<string, Command>
  /** Ids of earlier sequences, which a server may still show when it fails to forget them. */
  earlier: Set<string>
  /** Whether others may have runners in the same projects. */
  isShared: boolean
  /** Things of which the shown times are so close may stand in a list in either order. */
  tieMs: number
  /** Accidents of today's servers that are not accepted; without it all of them are. */
  refused: ReadonlySet<AccidentId>
  /** Whether the server has an accident, for those of which a rule had to know: in each world so or so. */
  assumed: Map<AccidentId, boolean>
  /** Accidents without which an answer would not have been right. */
  excused: Set<AccidentId>
  /** Accidents that are not accepted, and that may have happened; `later` if they need not have shown yet. */
  suspects: Map<AccidentId, 'now' | 'later'>
}

/** A world without anything in it. */
export function createWorld(
  start: Pick<World, 'limits' | 'workspaces' | 'projects' | 'isShared' | 'earlier'>,
  refused: World['refused'] = new Set(),
): World {
  return {
    ...start,
    sessions: new Map(),
    runners: new Map(),
    jobs: new Map(),
    commands: new Map(),
    tieMs: 0,
    refused,
    assumed: new Map(),
    excused: new Set(),
    suspects: new Map(),
  }
}

/** A copy that can go its own way. */
export function copyWorld(world: World): World {
  const { sessions, runners, jobs, commands, assumed, excused, suspects } = world
  return {
    ...world,
    ...{ sessions: copyEach(sessions), runners: copyEach(runners), jobs: copyEach(jobs), commands: copyEach(commands) },
    ...{ assumed: new Map(assumed), excused: new Set(excused), suspects: new Map(suspects) },
  }
}

/** What is in the things is never changed in place, only replaced, so that copies share it. */
function copyEach<Thing extends object>(things: ReadonlyMap<string, Thing>): Map<string, Thing> {
  const copies = new Map<string, Thing>()
  for (const [id, thing] of things) copies.set(id, { ...thing })
  return copies
}

/** A runner as its activation leaves it. */
export function createRunner(
  birth: Pick<Runner, 'id' | 'owner' | 'projectId' | 'type' | 'name' | 'activated'>,
): Runner {
  return {
    ...birth,
    ...{ sharers: [], agents: {}, capabilities: ['jobs'], checklist: undefined },
    ...{ connectedAt: undefined, isGone: false, beat: birth.activated, firstDeath: undefined },
    ...{ jobs: [], queue: [], unannounced: [], commands: [], commandQueue: [], takenPerhaps: [] },
    accepted: { all: 0, writes: 0, refusedWrites: 0 },
  }
}

/** The face of a new job. */
export const PENDING: Readonly<JobFace> = {
  status: 'pending',
  result: ABSENT,
  error: ABSENT,
  traceId: undefined,
  hasStarted: false,
  ended: undefined,
  endedBefore: undefined,
  wasCutOff: false,
}

/** The runner if it is there and the caller's own. */
export function ownRunner(world: World, identity: string, id: string): Runner | undefined {
  const runner = world.runners.get(id)
  return runner === undefined || runner.isGone || !isOwner(runner, identity) ? undefined : runner
}

function isOwner({ owner, sharers }: Runner, identity: string): boolean {
  return owner === identity || sharers.includes(identity)
}

/** The job if it is there and on a runner of the caller. */
export function ownJob(world: World, identity: string, id: string): Job | undefined {
  const job = world.jobs.get(id)
  return job === undefined || job.isGone || ownRunner(world, identity, job.runnerId) === undefined ? undefined : job
}

/** The command if it is there, on this runner, and the runner is the caller's. */
export function ownCommand(world: World, identity: string, runnerId: string, commandId: string): Command | undefined {
  const command = world.commands.get(commandId)
  if (command?.runnerId !== runnerId || command.isGone) return undefined
  return ownRunner(world, identity, runnerId) === undefined ? undefined : command
}

/** The runner in a slot: of each user, project and type there is one at most. */
export function inSlot(world: World, owner: string, projectId: string, type: RunnerType): Runner | undefined {
  return [...world.runners.values()].find(
    (each) => !each.isGone && isOwner(each, owner) && each.projectId === projectId && each.type === type,
  )
}
