/**
 * What happens in a mock, as typed events: every transition of the lifecycle, every request, every timer that had an
 * effect, every fault, every move of the clock and every change of settings. An event is built only for listeners, so
 * an unwatched mock pays one comparison for each.
 */
import type { Event, FaultLifeEvent, Stamp, TimerEvent, TransitionEvent } from '../../generated/kit-schema.js'
import type { Clock } from '../../kernel/clock.js'
import { machines } from '../../lifecycle/table.js'
import { isTimerName } from '../../lifecycle/timers.js'

export type {
  ClockEvent,
  Event as MockEvent,
  FaultEvent,
  FaultLifeEvent,
  RequestEvent,
  ResetEvent,
  SettingsEvent,
  Subject as TransitionSubject,
  TimerEvent,
  TransitionEvent,
} from '../../generated/kit-schema.js'

/** Names of transition events: `job.completed`, `runner.disconnected`, `bridgeCommand.timed_out`, ... */
export type TransitionName = TransitionEvent['type']

/** Timers of the lifecycle by their names there, the reaper, and the ends of waits. */
export type EventTimer = TimerEvent['name']

/** What becomes of a fault; that it struck is the event `fault`. */
export type FaultLifeName = FaultLifeEvent['type']

/** The names that `on` takes; `*` hears everything. */
export type EventName = Event['type'] | '*'

/** The event that a name stands for. */
export type EventOf<Name extends EventName> = Name extends '*'
  ? Event
  : Name extends TransitionName
    ? TransitionEvent
    : Name extends FaultLifeName
      ? FaultLifeEvent
      : Extract<Event, { type: Name }>

/** An event before it has its number and time. */
export type Unstamped<E extends Event> = E extends Event ? Omit<E, keyof Stamp> : never

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
export type EventBus = ReturnType<typeof createEventBus>

interface Listener {
  name: EventName
  hear: (event: Event) => void
}

/**
 * Creates a bus; the clock gives the time of each event, and a move of it waits for what a listener has woken. A listener
 * that throws is the listener's bug and surfaces.
 */
export function createEventBus(clock: Pick<Clock, 'iso' | 'noteWake'>) {
  const listeners = new Set<Listener>()
  /** Who hears which type, found when the first event of it is told. */
  const heardBy = new Map<string, readonly Listener[]>()
  let count = 0
  let ofRequests = 0
  const publish = (stamped: Event): void => {
    let hearers = heardBy.get(stamped.type)
    if (hearers === undefined) {
      hearers = [...listeners].filter(({ name }) => name === '*' || name === stamped.type)
      heardBy.set(stamped.type, hearers)
    }
    if (hearers.length > 0) clock.noteWake()
    // One that an earlier one has just stopped hears nothing any more.
    for (const listener of hearers) if (listeners.has(listener)) listener.hear(stamped)
  }
  const tell = (event: Unstamped<Event>): void => {
    if (listeners.size > 0) publish({ id: ++count, at: clock.iso(), ...event })
  }
  return {
    /** Whether an event has a listener now; ask before building one. */
    get isHeard(): boolean {
      return listeners.size > 0
    },
    /** The same for requests, of which there are many more than of anything else. */
    get areRequestsHeard(): boolean {
      return ofRequests > 0
    },
    /** Calls `listener` for every later event of that name. Returns a function that stops it. */
    on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void {
      const entry = { name, hear: (event: Event) => isNamed(event, name) && listener(event) }
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
    /** Tells of a move; of the timer behind it as well, when there is one. */
    transition(event: Unstamped<TransitionEvent>): void {
      if (listeners.size === 0) return
      const { type, machine, trigger, from, to, resource } = event
      const timer = trigger.startsWith(TIMER) ? trigger.slice(TIMER.length) : ''
      if (isTimerName(timer)) tell({ type: 'timer', name: timer, resource })
      // Member by member, since there are many of these and a spread takes several times as long.
      publish({ id: ++count, at: clock.iso(), type, machine, trigger, from, to, resource })
    },
    /** Tells of anything else. */
    tell,
    close(): void {
      listeners.clear()
      heardBy.clear()
      ofRequests = 0
    },
  }
}

const TIMER = 'timer.'

function isNamed<Name extends EventName>(event: Event, name: Name): event is EventOf<Name> & Event {
  return name === '*' || event.type === name
}
