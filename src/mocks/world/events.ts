/**
 * What happens in a mock, as typed events: every transition of the lifecycle, every request, every timer that had an
 * effect, every fault, every move of the clock and every change of settings. An event is built only when somebody
 * listens, so an unwatched mock pays one comparison for each.
 */
import type {
  ClockMoveView,
  FaultLifeName,
  FaultLifeView,
  FaultView,
  RequestView,
  ResetView,
  SettingsView,
  TimerView,
  TransitionView,
} from '../../kernel/admin-views.js'
import { machines, type MachineName, type StateOf, type TriggerOf } from '../../kernel/lifecycle.js'
import type { OperationId } from '../../kernel/operation.js'
import type { FaultEffect, InjectedFault } from '../base/fault.js'
import type { ProfileName } from '../base/profile.js'
import type { Settings } from '../base/settings.js'

export type {
  ClockMoveView as ClockEvent,
  FaultLifeName,
  SubjectView as TransitionSubject,
} from '../../kernel/admin-views.js'

/** A state in an event's name; the resource that is `none` for its caller is `gone` here. */
type EventState<M extends MachineName> = StateOf<M> extends infer S ? (S extends 'none' ? 'gone' : S) : never

/** Names of transition events: `job.completed`, `runner.disconnected`, `bridgeCommand.timed_out`, ... */
export type TransitionName = { [M in MachineName]: `${M}.${EventState<M> & string}` }[MachineName]

/** A resource moved from one state to another. */
export interface TransitionEvent extends TransitionView {
  readonly type: TransitionName
}

/** A request was answered. */
export interface RequestEvent extends RequestView {
  /** undefined when no operation matched. */
  readonly operation: OperationId | undefined
}

type TimersOf<M extends MachineName> = TriggerOf<M> extends infer T ? (T extends `timer.${infer N}` ? N : never) : never

/** Timers of the lifecycle by their names there, the reaper, and the ends of waits. */
export type TimerName =
  | { [M in MachineName]: TimersOf<M> }[MachineName]
  | 'reaper'
  | 'next_job_poll'
  | 'bridge_poll'
  | 'command_wait'

/** A timer fired and had an effect. */
export interface TimerEvent extends TimerView {
  readonly name: TimerName
}

/** A fault struck a request. */
export interface FaultEvent extends FaultView {
  readonly effect: FaultEffect
  readonly operation: OperationId | undefined
}

/** A fault was injected, was cleared, or had struck as often as it may and the last request that it met was answered. */
export interface FaultLifeEvent extends FaultLifeView {
  readonly details: InjectedFault
}

/** Settings were changed, by anything but a reset or a restore. */
export interface SettingsEvent extends SettingsView {
  readonly settings: Readonly<Settings>
  readonly profile: ProfileName
}

/** The world was replaced: what a listener knew of it is void, after a `reset` its faults included. */
export interface ResetEvent extends ResetView {
  readonly cause: 'reset' | 'restore'
  readonly id: number
  readonly at: string
}

/** An event of any kind. */
export type MockEvent =
  | TransitionEvent
  | RequestEvent
  | TimerEvent
  | FaultEvent
  | FaultLifeEvent
  | ClockMoveView
  | SettingsEvent
  | ResetEvent

/** The names that `on` takes; `*` hears everything. */
export type EventName = MockEvent['type'] | '*'

/** The event that a name stands for. */
export type EventOf<Name extends EventName> = Name extends '*'
  ? MockEvent
  : Name extends TransitionName
    ? TransitionEvent
    : Name extends FaultLifeName
      ? FaultLifeEvent
      : Extract<MockEvent, { type: Name }>

/** An event before it has its number and time. */
export type Unstamped<E extends MockEvent> = E extends MockEvent ? Omit<E, 'id' | 'at'> : never

/** Every type of event, in the order of the lifecycle. */
export const eventTypes: readonly string[] = [
  ...Object.entries(machines).flatMap(([name, { states }]) =>
    Object.keys(states).map((state) => `${name}.${state === 'none' ? 'gone' : state}`),
  ),
  ...['request', 'timer', 'fault', 'fault.injected', 'fault.cleared', 'fault.exhausted', 'clock', 'settings', 'reset'],
]

/** Whether a text names a type of events. */
export function isEventName(name: string): name is EventName {
  return eventTypes.includes(name)
}

/** Where the parts of a mock say what happened, and users listen. */
export interface EventBus {
  /** Whether anybody would hear an event now; ask before building one. */
  readonly isHeard: boolean
  /** The same for requests, of which there are many more than of anything else. */
  readonly areRequestsHeard: boolean
  /** Calls `listener` for every later event of that name. Returns a function that stops it. */
  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void
  /** Tells of a move; of the timer behind it as well, when there is one. */
  transition(event: Unstamped<TransitionEvent>): void
  /** Tells of anything else. */
  tell(event: Unstamped<Exclude<MockEvent, TransitionEvent>>): void
  /** Forgets all listeners. */
  close(): void
}

interface Listener {
  name: EventName
  hear: (event: MockEvent) => void
}

/** Creates a bus; `iso` gives the time of each event. A listener that throws is the listener's bug and surfaces. */
export function createEventBus(iso: () => string): EventBus {
  const listeners = new Set<Listener>()
  /** Who hears which type, found when the first event of it is told. */
  const heardBy = new Map<string, readonly Listener[]>()
  let count = 0
  let ofRequests = 0
  const publish = (stamped: MockEvent): void => {
    let hearers = heardBy.get(stamped.type)
    if (hearers === undefined) {
      hearers = [...listeners].filter(({ name }) => name === '*' || name === stamped.type)
      heardBy.set(stamped.type, hearers)
    }
    // One that an earlier one has just stopped hears nothing any more.
    for (const listener of hearers) if (listeners.has(listener)) listener.hear(stamped)
  }
  const tell = (event: Unstamped<MockEvent>): void => {
    if (listeners.size > 0) publish({ id: ++count, at: iso(), ...event })
  }
  return {
    get isHeard() {
      return listeners.size > 0
    },
    get areRequestsHeard() {
      return ofRequests > 0
    },
    on(name, listener) {
      const entry = { name, hear: (event: MockEvent) => isNamed(event, name) && listener(event) }
      const share = name === '*' || name === 'request' ? 1 : 0
      listeners.add(entry)
      heardBy.clear()
      ofRequests += share
      return () => {
        if (!listeners.delete(entry)) return
        heardBy.clear()
        ofRequests -= share
      }
    },
    transition(event) {
      if (listeners.size === 0) return
      const { type, machine, trigger, from, to, resource } = event
      const timer = trigger.startsWith(TIMER) ? trigger.slice(TIMER.length) : ''
      if (isTimerName(timer)) tell({ type: 'timer', name: timer, resource })
      // Member by member, since there are many of these and a spread takes several times as long.
      publish({ id: ++count, at: iso(), type, machine, trigger, from, to, resource })
    },
    tell,
    close() {
      listeners.clear()
      heardBy.clear()
      ofRequests = 0
    },
  }
}

const TIMER = 'timer.'
const lifecycleTimers: ReadonlySet<string> = new Set(
  Object.values(machines).flatMap(({ rules }) =>
    rules.map(({ on }) => (on.startsWith(TIMER) ? on.slice(TIMER.length) : '')),
  ),
)

function isTimerName(name: string): name is TimerName {
  return name !== '' && lifecycleTimers.has(name)
}

function isNamed<Name extends EventName>(event: MockEvent, name: Name): event is EventOf<Name> & MockEvent {
  return name === '*' || event.type === name
}
