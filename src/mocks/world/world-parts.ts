/**
 * What every part of the world works with: time, ids, settings, the place to say what happened, and where it may do
 * otherwise than the rules say.
 */
import type { Clock } from '../../kernel/clock.js'
import type { IdSource } from '../../kernel/id-source.js'
import type { LackedList } from '../../generated/versions.js'
import { applyRule, type MachineName, type Rule } from '../../lifecycle/table.js'
import type { BridgeCommand } from '../../kernel/types.js'
import type { Settings } from '../base/settings.js'
import type { WaitingLine } from '../base/waiting-line.js'
import type { EventBus, EventTimer, TransitionName, TransitionSubject } from './events.js'
import type { Entry } from './item-store.js'
import type { JobRecord, RunnerRecord } from './records.js'

/** Handed to each store of the world. */
export interface Parts {
  readonly clock: Clock
  readonly ids: IdSource
  /** Read at the moment it matters; the values may change at any time. */
  readonly settings: Settings
  readonly events: EventBus
  /** Where this world does otherwise than the rules say; asked at each point. */
  readonly deviations: WorldDeviations
  /** Called for every change of a record that is no move of the lifecycle. */
  readonly touch: ChangeMark
}

/**
 * Hears of a change that no event tells of: all of a runner, what its heartbeats change, a job or its log, or an entry
 * of a collection.
 * @param place the entry's workspace or owner, or how many lines the log had before
 * @param collection the entry's
 */
export type ChangeMark = (
  kind: 'runner' | 'beat' | 'job' | 'log' | 'entry',
  id: string,
  place?: string | number,
  collection?: string,
) => void

/** A new id for something made now. */
export function newId({ clock, ids }: Parts): string {
  return ids.next(clock.now())
}

/** Makes a move: writes what its rule allows into the resource as it looks on the wire. */
export function move<Resource extends object>(
  { clock }: Parts,
  rule: Rule,
  resource: Resource,
  values?: Partial<Resource>,
): void {
  applyRule(rule, resource, clock.iso(), values, STATUS_FIELD in resource ? STATUS_FIELD : undefined)
}

const STATUS_FIELD = 'status'

/** Reports a move to listeners; builds nothing without listeners or a move. */
export function announce(
  { events }: Parts,
  machine: MachineName,
  rule: Rule,
  from: string,
  subject: () => TransitionSubject,
): void {
  if (!events.isHeard || rule.to === null) return
  const to = rule.to
  events.transition({ type: transitionName(machine, to), machine, trigger: rule.on, from, to, resource: subject() })
}

/** Tells listeners of a timer that moved nothing, such as the end of a wait. */
export function announceTimer({ events }: Parts, name: EventTimer, subject: () => TransitionSubject): void {
  if (events.isHeard) events.tell({ type: 'timer', name, resource: subject() })
}

function transitionName(machine: MachineName, to: string): TransitionName {
  const name = `${machine}.${to === 'none' ? 'gone' : to}`
  if (isTransitionName(name, machine)) return name
  throw new Error(`${to} is no state of ${machine}.`)
}

/** The rule tables name only states of their own machine, which the generator has checked. */
function isTransitionName(name: string, machine: MachineName): name is TransitionName {
  return name.startsWith(`${machine}.`)
}

/**
 * The points at which a world may do otherwise than the rules say. It asks at each of them and knows neither who deviates
 * nor why; a point that is absent means the rules. Those of requests are in `engine/deviations.ts`.
 */
export interface WorldDeviations {
  /** Whether a value is over a limit on payloads. */
  isLargerThan?: (value: unknown, limit: number) => boolean
  /** A caller who hangs up is not noticed: it waits on, and what it is given is lost. */
  ignoresHangUps?: boolean
  /** A poll of a runner that goes away waits on until its time is up. */
  pollsOutliveRunners?: boolean

  /** Hears of a runner that is gone; one that was not purged may come back. */
  noteGone?: (runner: RunnerRecord, isPurged: boolean) => void
  /** A runner that comes back stays known as dead since its first death. */
  remembersFirstDeath?: boolean
  /** Whether the reaper looks at a runner's commands. */
  reapsCommandsOf?: (runner: RunnerRecord) => boolean

  /** Whether what ends or disappears while it is pending keeps its place in the queue, by this quirk. */
  staysInQueue?: (quirk: string) => boolean
  /** Makes a job that was ended in the queue run. */
  restart?: (job: JobRecord, now: string) => void
  /** Whether a job that has ended expires. */
  expires?: (job: JobRecord) => boolean
  /** The total of an unfiltered list. */
  totalOf?: (runner: RunnerRecord, existing: number) => number

  /** Whether this is a server of an older version of Opik than that; it is the newest when this is absent. */
  isBefore?: (version: string) => boolean
  /** What lists cannot be asked for, by the name of their collection. */
  lists?: Readonly<Record<string, LackedList>>

  /** An environment may point to a mask as to a version. */
  takesMasksForVersions?: boolean
  /** Averages of scores over time are null for 0, and those of projects mix in what was scored in other projects. */
  mixesScores?: boolean
  /** Of threads whose ids differ in case alone one has an id of the server. */
  foldsThreadIds?: boolean
  /** The spans of a trace that is deleted stay. */
  keepsSpans?: boolean
  /** Whether a list that is filtered by these fields leaves an entry out that its total counts. */
  hidesRow?: (collection: string, fields: readonly string[], viewed: Entry) => boolean
  /** A negative timeout of threads is kept, as if it had no sign of its own in 32 bits. */
  keepsNegativeTimeouts?: boolean
  /** A version of a prompt whose id is taken gets another one. */
  replacesTakenIds?: boolean
  /** A version without a change description says `null` where its prompt shows it. */
  saysNullDescription?: boolean
  /** A redirect finds a trace whatever workspace it names. */
  redirectsToAnyWorkspace?: boolean

  /** What a wait answers when its time is up, decided when it begins. */
  rememberForWait?: (command: BridgeCommand) => BridgeCommand
  /** Wakes those who wait for a command. */
  wake?: <News>(readers: WaitingLine<News>, news: News) => void
}
