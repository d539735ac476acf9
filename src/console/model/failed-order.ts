/** An order that `explore` has found to fail, as its file tells it: the kept run, or the report `explore.json`. */
import { signal } from '@preact/signals'
import { memberOf, objectsAt, textAt, type JsonObject } from '../../kernel/json-value.js'

/** Who acts, who is acted on; null for what happens to all. */
export const ways = {
  step: ['test', 'client'],
  call: ['client', 'mock'],
  answer: ['mock', 'client'],
  drop: ['mock', 'client'],
  'hung-up': ['mock', 'client'],
  time: null,
  failure: null,
} as const

type OrderEventKind = keyof typeof ways

export interface OrderEvent {
  readonly kind: OrderEventKind
  /** Milliseconds since the run began. */
  readonly at: number
  readonly text: string
  readonly call: number | undefined
  /** Of a departure: what would have come in the natural order. */
  readonly insteadOf: string
}

export interface FailedOrder {
  readonly file: string
  readonly kind: string
  readonly message: string
  /** Whether the file is one for `--replay`. */
  readonly isReplayable: boolean
  readonly departures: number
  readonly events: readonly OrderEvent[]
}

export const failedOrder = signal<FailedOrder | undefined>(undefined)

export const lanes = ['test', 'client', 'mock'] as const
export type OrderLane = (typeof lanes)[number]

export function readFailedOrder(file: string, value: unknown): FailedOrder | undefined {
  const failure = memberOf(value, 'failure')
  const events = objectsAt(value, 'events').flatMap((each) => readEvent(each) ?? [])
  if (textAt(failure, 'kind') === '' || events.length === 0) return undefined
  return {
    file,
    kind: textAt(failure, 'kind'),
    message: textAt(failure, 'message'),
    isReplayable: memberOf(value, 'explore_run') === 1,
    departures: objectsAt(value, 'departures').length,
    events,
  }
}

function readEvent(event: JsonObject): OrderEvent | undefined {
  const { at, call } = event
  const kind = textAt(event, 'kind')
  if (!isKind(kind) || typeof at !== 'number') return undefined
  const [text, insteadOf] = [textAt(event, 'text'), textAt(event, 'insteadOf')]
  return { kind, at, text, call: typeof call === 'number' ? call : undefined, insteadOf }
}

function isKind(kind: string): kind is OrderEventKind {
  return Object.hasOwn(ways, kind)
}
