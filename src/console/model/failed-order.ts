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

export type OrderEvent = ReturnType<typeof readEvent>[number]
type FailedOrder = ReturnType<typeof readFailedOrder>

export const failedOrder = signal<FailedOrder>(undefined)

export const lanes = ['test', 'client', 'mock'] as const
export type OrderLane = (typeof lanes)[number]

export function readFailedOrder(file: string, value: unknown) {
  const failure = memberOf(value, 'failure')
  const [kind, message] = [textAt(failure, 'kind'), textAt(failure, 'message')]
  const events = objectsAt(value, 'events').flatMap(readEvent)
  if (kind === '' || events.length === 0) return undefined
  // The report of a run is none for `--replay`.
  const isReplayable = memberOf(value, 'explore_run') === 1
  return { file, kind, message, isReplayable, departures: objectsAt(value, 'departures').length, events }
}

function readEvent(event: JsonObject) {
  const { at, call } = event
  const kind = textAt(event, 'kind')
  if (!isKind(kind) || typeof at !== 'number') return []
  const [text, insteadOf] = [textAt(event, 'text'), textAt(event, 'insteadOf')]
  return [{ kind, at, text, call: typeof call === 'number' ? call : undefined, insteadOf }]
}

function isKind(kind: string): kind is OrderEventKind {
  return Object.hasOwn(ways, kind)
}
