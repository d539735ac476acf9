/**
 * What every part of the world works with: time, ids, settings, the place to say what happened, and where it may do
 * otherwise than the rules say.
 */
import type { Clock } from '../../kernel/clock.js'
import type { IdSource } from '../../kernel/id-source.js'
import type { QuirkId } from '../../generated/quirks.js'
import type { LackedList } from '../../generated/versions.js'
import { applyRule, type MachineName, type Rule } from '../../lifecycle/table.js'
import type { Settings } from '../base/settings.js'
import type { EventBus, EventTimer, TransitionName, TransitionSubject } from './events.js'
import type { RunnerRecord } from './records.js'

/** Handed to each store of the world. */
export interface Parts {
  readonly clock: Clock
  readonly ids: IdSource
  /** Read at the moment it matters; the values may change at any time. */
  readonly settings: Settings
  readonly events: EventBus
  /** Where this world does otherwise than the rules say; asked at each point. */
  readonly deviations: WorldDeviations
  /** Called for every change of what a snapshot holds of the world. */
  readonly touch: () => void
}

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

/** Notes a move and reports it to listeners; builds nothing without listeners or a move. */
export function announce(
  { events, touch }: Parts,
  machine: MachineName,
  rule: Rule,
  from: string,
  subject: () => TransitionSubject,
): void {
  touch()
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

/** Where a server does otherwise than the rules say, but for what it does with requests, which is in `engine/deviations.ts`. */
export interface WorldDeviations {
  /** The ids of its quirks (`x-quirks`). What they concern asks for them (`hasQuirk`), unless a point here is theirs. */
  quirks?: ReadonlySet<string>
  /** Hears of a runner that is gone; one that was not purged may come back. */
  noteGone?: (runner: RunnerRecord, isPurged: boolean) => void
  /** Whether this is a server of an older version of Opik than that; it is the newest when this is absent. */
  isBefore?: (version: string) => boolean
  /** What lists cannot be asked for, by the name of their collection. */
  lists?: Readonly<Record<string, LackedList>>
}

export function hasQuirk({ deviations }: Pick<Parts, 'deviations'>, quirk: QuirkId): boolean {
  return deviations.quirks?.has(quirk) === true
}
