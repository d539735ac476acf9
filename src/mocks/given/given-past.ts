/**
 * What a builder says of the past of what it makes: under which id it was made, and when it came to its state. No client
 * can say that, so it is put into the records; deadlines count from there.
 */
import type { IdSource } from '../../kernel/id-source.js'

/** Which job or command it is, and when it came to its state. Times are virtual milliseconds. */
export interface WorkPast {
  /** A UUID of version 7, in lower case. Default: a new one. */
  id?: string
  /** How long before now it was created. Default: `waited_ms` and `for_ms`. */
  ago_ms?: number
  /** How long after that it was handed out, or ended in the queue. Default 0. */
  waited_ms?: number
  /** How long after that it ended. Default 0. */
  for_ms?: number
  /** Of what has ended: whether a runner ever got it. Default true. */
  handed_out?: boolean
}

/**
 * Does something under which ids are drawn, before anything is awaited, and lets the first of them be these.
 * @param drawn the ids in the order in which they are drawn; undefined for one that is drawn as ever
 */
export function withIds<Result>(ids: IdSource, drawn: readonly (string | undefined)[], work: () => Result): Result {
  const { next } = ids
  const left = [...drawn]
  ids.next = (now) => left.shift() ?? next(now)
  try {
    return work()
  } finally {
    ids.next = next
  }
}

/** The moments of a past, as epoch milliseconds. */
export interface Moments {
  readonly created: number
  readonly handedOut: number
  readonly ended: number
}

/** When what was made just now was made; undefined when its maker says nothing of the past. */
export function momentsOf({ ago_ms, waited_ms, for_ms }: WorkPast, now: number): Moments | undefined {
  if (ago_ms === undefined && waited_ms === undefined && for_ms === undefined) return undefined
  const [waited, took] = [waited_ms ?? 0, for_ms ?? 0]
  const created = now - (ago_ms ?? waited + took)
  return { created, handedOut: Math.min(created + waited, now), ended: Math.min(created + waited + took, now) }
}

/** Writes moments into those of the fields that are there. */
export function backdate<Resource extends object>(
  resource: Resource,
  moments: Partial<Record<keyof Resource, number>>,
): void {
  const written = Object.entries<number | undefined>(moments).filter(([name]) => Object.hasOwn(resource, name))
  Object.assign(resource, Object.fromEntries(written.map(([name, at = 0]) => [name, new Date(at).toISOString()])))
}
