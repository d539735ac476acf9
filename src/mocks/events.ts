/**
 * What happens in a mock, as typed events: every transition of the lifecycle, every request, timer, fault and move of
 * the clock. An event is built only when somebody listens, so an unwatched mock pays one comparison for each.
 */
import type { MachineName, StateOf } from '../lifecycle.js'

/** A state in an event's name; the resource that is `none` for its caller is `gone` here. */
type EventState<M extends MachineName> = StateOf<M> extends infer S ? (S extends 'none' ? 'gone' : S) : never

/** Names of transition events: `job.completed`, `runner.disconnected`, `bridgeCommand.timed_out`, ... */
export type TransitionName = { [M in MachineName]: `${M}.${EventState<M> & string}` }[MachineName]

interface Stamped {
  /** Counts up by one for each event that was built. */
  readonly id: number
  /** Virtual time, ISO-8601. */
  readonly at: string
}

/** A resource moved from one state to another. */
export interface TransitionEvent extends Stamped {
  readonly type: TransitionName
  readonly machine: MachineName
  /** The operation, timer or event that caused the move. */
  readonly trigger: string
  readonly from: string
  readonly to: string
  readonly resource: TransitionSubject
}

/** Which resource moved, and where it belongs. */
export interface TransitionSubject {
  readonly id: string
  readonly workspace: string
  readonly user?: string
  readonly project_id?: string
  readonly runner_id?: string
}

/** A request was answered. */
export interface RequestEvent extends Stamped {
  readonly type: 'request'
  readonly method: string
  readonly path: string
  /** undefined when no operation matched. */
  readonly operation: string | undefined
  readonly status: number
  readonly duration_ms: number
}

/** The reaper ran. */
export interface TimerEvent extends Stamped {
  readonly type: 'timer'
  readonly name: 'reaper'
  readonly examined: number
}

/** An event of any kind. */
export type MockEvent = TransitionEvent | RequestEvent | TimerEvent

/** The names that `on` takes; `*` hears everything. */
export type EventName = MockEvent['type'] | '*'

/** The event that a name stands for. */
export type EventOf<Name extends EventName> = Name extends '*'
  ? MockEvent
  : Name extends TransitionName
    ? TransitionEvent
    : Extract<MockEvent, { type: Name }>

/** An event before it has its number and time. */
export type Unstamped<E extends MockEvent> = Omit<E, keyof Stamped>

/** Where the parts of a mock say what happened, and users listen. */
export interface EventBus {
  /** Whether anybody would hear an event now; ask before building one. */
  readonly isHeard: boolean
  /** Calls `listener` for every later event of that name. Returns a function that stops it. */
  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void
  transition(event: Unstamped<TransitionEvent>): void
  request(event: Unstamped<RequestEvent>): void
  timer(event: Unstamped<TimerEvent>): void
  /** Forgets all listeners. */
  close(): void
}

/** Creates a bus; `iso` gives the time of each event. A listener that throws is the listener's bug and surfaces. */
export function createEventBus(iso: () => string): EventBus {
  const listeners = new Set<{ name: EventName; hear: (event: MockEvent) => void }>()
  let count = 0
  const publish = (event: Unstamped<TransitionEvent> | Unstamped<RequestEvent> | Unstamped<TimerEvent>): void => {
    if (listeners.size === 0) return
    const stamped: MockEvent = { id: ++count, at: iso(), ...event }
    for (const { name, hear } of listeners) if (name === '*' || name === stamped.type) hear(stamped)
  }
  return {
    get isHeard() {
      return listeners.size > 0
    },
    on(name, listener) {
      const entry = { name, hear: (event: MockEvent) => isNamed(event, name) && listener(event) }
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    transition: publish,
    request: publish,
    timer: publish,
    close: () => listeners.clear(),
  }
}

function isNamed<Name extends EventName>(event: MockEvent, name: Name): event is EventOf<Name> & MockEvent {
  return name === '*' || event.type === name
}
