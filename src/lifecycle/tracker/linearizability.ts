/**
 * Calls that overlap must be answered as if they had come one after another, in some order. This keeps every state that such an
 * order can have led to, and goes forward with time: an effect happens at any point between the begin and the end of its call,
 * and not later than something that it explains.
 */
import { Mismatch, quirksOf } from './mismatch.js'
import type { TrackedWorld } from './tracked-world.js'

/** Something that a call does at one moment between its begin and its end. */
export interface Effect {
  /** Whether it may have had no effect at all. */
  readonly isOptional?: boolean
  /** Whether it may have happened several times; only for what is optional. */
  readonly isRepeatable?: boolean
  /** Whether it happens at the very end of its call, as the answer of a wait does. */
  readonly isLate?: boolean
  /** Whether it only looks: where it is right and shows nothing new, no order needs it any later. */
  readonly isLook?: boolean
  /** The worlds that one may become, which stays as it is itself; undefined for no other; or why it cannot happen. */
  apply(world: TrackedWorld): readonly TrackedWorld[] | Mismatch | undefined
}

/** What an end showed; a mismatch where no order explains it. `too-large`: more states than are worth looking at. */
type OrderOutcome = 'right' | 'too-large' | Mismatch

interface State {
  world: TrackedWorld
  /** The effects of unfinished calls that have happened. */
  done: ReadonlySet<Effect>
  /** What has happened last. */
  last?: Effect
}

/** States that are looked at for one end. */
const MAX_STATES = 400
const NONE: ReadonlySet<Effect> = new Set()

/** A history that grows. */
export class LinearizabilityChecker<Of extends Effect> {
  private states: readonly State[] = []
  private readonly open = new Set<Of>()

  /** From now on it is one of these; what is under way may still happen to it. */
  become(worlds: readonly TrackedWorld[]): void {
    this.states = worlds.map((world) => ({ world, done: NONE }))
  }

  /** The effects of unfinished calls, in the order in which they began. */
  get underWay(): ReadonlySet<Of> {
    return this.open
  }

  get isKnown(): boolean {
    return this.states.length > 0
  }

  /** Every world that may be by now, the plainest first; empty when nothing is known. */
  get worlds(): readonly TrackedWorld[] {
    return this.states.map(({ world }) => world)
  }

  begin(effect: Of): void {
    this.open.add(effect)
  }

  /** Has something happened by now. After a failure, and when there are too many states, all stay as they were. */
  end(effect: Of): OrderOutcome {
    const reached = reach(this.states, effect, this.open)
    this.open.delete(effect)
    if (reached === 'too-large') return reached
    const outcome = effect.isOptional === true ? [...this.states, ...reached.states] : reached.states
    if (outcome.length === 0) return reached.failure ?? 'too-large'
    const left = outcome.map((state) => without(state, effect))
    this.states = left.length < 2 ? left : distinct(plainestFirst(left), this.open)
    return 'right'
  }
}

/** The states after the effect, which others under way may have come before; and what stood in the way of those that went furthest. */
function reach(
  all: readonly State[],
  effect: Effect,
  open: ReadonlySet<Effect>,
): { readonly states: readonly State[]; readonly failure: Mismatch | undefined } | 'too-large' {
  const reached = all.filter(({ done }) => done.has(effect))
  const left = all.filter(({ done }) => !done.has(effect))
  // With nothing else under way there is one step to take, and nothing to meet twice.
  const seen = open.size > 1 ? new Set<string>() : undefined
  const isUnseen = (state: State): boolean => {
    const key = keyOf(state, open)
    if (seen?.has(key) === true) return false
    seen?.add(key)
    return true
  }
  let failure: Mismatch | undefined
  let furthest = -1
  for (let at = 0; at < left.length; at++) {
    const state = left[at]
    if (state === undefined || at >= MAX_STATES) return 'too-large'
    const { steps, mismatch } = stepsFrom(state, effect, open)
    if (state.done.size > furthest && mismatch !== undefined) {
      furthest = state.done.size
      failure = mismatch
    }
    for (const next of steps) {
      if (next.done.has(effect) || next.last === effect) reached.push(next)
      else if (seen === undefined || isUnseen(next)) left.push(next)
    }
  }
  return { states: reached, failure }
}

/** What can come next; and what is wrong with the target if it cannot, or else with the first that cannot. */
function stepsFrom({ world, done }: State, target: Effect, open: ReadonlySet<Effect>) {
  let mismatch: Mismatch | undefined
  const steps: { effect: Effect; worlds: readonly TrackedWorld[] }[] = []
  const seen = new Set(done)
  for (const each of open) {
    if (done.has(each) || (each.isLate === true && each !== target)) continue
    const worlds = each.apply(world) ?? [world]
    if (worlds instanceof Mismatch) mismatch = each === target ? worlds : (mismatch ?? worlds)
    else if (each.isLook === true && worlds.every((next) => isSameWorld(world, next))) seen.add(each)
    else steps.push({ effect: each, worlds })
  }
  const taken = seen.has(target)
    ? [{ world, done: seen, last: target }]
    : steps.flatMap(({ effect, worlds }) => {
        const further = effect.isRepeatable === true ? seen : new Set([...seen, effect])
        return worlds.map((next): State => ({ world: next, done: further, last: effect }))
      })
  return { steps: taken, mismatch }
}

function without(state: State, effect: Effect): State {
  if (!state.done.has(effect)) return state
  return { ...state, done: state.done.size === 1 ? NONE : new Set([...state.done].filter((each) => each !== effect)) }
}

function distinct(states: readonly State[], open: ReadonlySet<Effect>): readonly State[] {
  const byKey = new Map<string, State>()
  for (const state of states) {
    const key = keyOf(state, open)
    if (!byKey.has(key)) byKey.set(key, state)
  }
  return [...byKey.values()]
}

function plainestFirst(states: readonly State[]): readonly State[] {
  return states.toSorted((one, other) => quirksOf(one.world).size - quirksOf(other.world).size)
}

/** Equal for states from which the same can follow. */
function keyOf({ world, done }: State, open: ReadonlySet<Effect>): string {
  const { sessions, runners, work, assumed } = world
  let key = ''
  let place = 0
  for (const each of open) {
    if (done.has(each)) key += `${place},`
    place++
  }
  for (const map of [sessions, runners, work]) {
    key += ';'
    for (const record of map.values()) key += recordKeyOf(record)
  }
  for (const [id, isSo] of assumed) key += `${id}${isSo}`
  return key
}

/** Whether nothing has become of a world. */
function isSameWorld(world: TrackedWorld, next: TrackedWorld): boolean {
  const { sessions, runners, work, assumed, excused } = world
  return (
    assumed === next.assumed &&
    excused === next.excused &&
    isSameRecords(sessions, next.sessions) &&
    isSameRecords(runners, next.runners) &&
    isSameRecords(work, next.work)
  )
}

function isSameRecords(one: ReadonlyMap<string, object>, other: ReadonlyMap<string, object>): boolean {
  if (one === other) return true
  if (one.size !== other.size) return false
  for (const [id, record] of one) {
    const next = other.get(id)
    if (next === undefined || (next !== record && !isSameRecord(record, next))) return false
  }
  return true
}

/** Records of one kind have the same fields in the same order. */
function isSameRecord(one: object, other: object): boolean {
  const values = Object.values(other)
  const differs = Object.values(one).some((value, at) => value !== values[at])
  return !differs || recordKeyOf(one) === recordKeyOf(other)
}

/** Records are not changed any more once their world is a state. */
const recordKeys = new WeakMap<object, string>()

function recordKeyOf(record: object): string {
  const known = recordKeys.get(record)
  if (known !== undefined) return known
  const key = JSON.stringify(record)
  recordKeys.set(record, key)
  return key
}
