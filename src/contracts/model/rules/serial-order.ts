/**
 * Calls that overlap must be answered as if they had come one after another, in some order. This keeps every state that
 * such an order can have led to, and goes forward with time: a call takes effect at any point between its begin and its
 * end, and not later than something that it explains.
 */
import { accidentsOf, Mismatch } from './mismatch.js'
import { copyWorld, type World } from './model-world.js'

/** Something that took effect at one moment between its begin and its end. */
export interface Happening {
  /** In a few words. */
  readonly what: string
  /** Whether it may have had no effect at all. */
  readonly isOptional?: boolean
  /** Whether it may have taken effect several times; only for what is optional. */
  readonly isRepeatable?: boolean
  /** Whether it takes effect at its very end, as the answer of a wait does. */
  readonly isLate?: boolean
  /** The part of the same call that comes before this one. */
  readonly after?: Happening | undefined
  /** Changes a copy of the world, or tells what may become of it; what is wrong when it cannot be so. */
  apply(world: World): readonly World[] | Mismatch | undefined
}

/** What an end told. `too-large`: more states than are worth looking at. */
export type OrderOutcome = 'right' | 'too-large' | OrderFailure

/** Why no order explains what has happened. */
export interface OrderFailure {
  /** The longest order that explains its own answers, where it is kept. */
  order: readonly string[]
  /** What is wrong with each that could come next; the first is that of the plainest state. */
  problems: readonly { what: string; mismatch: Mismatch }[]
}

interface State {
  world: World
  /** Of what is under way, what has taken effect. */
  done: ReadonlySet<Happening>
  trail: readonly string[]
  /** What has taken effect last. */
  last?: Happening
}

/** Bounds and habits of a history. */
export interface OrderOptions {
  /** Most states that are looked at for one end. Default 20,000. */
  mostStates?: number
  /** Whether failures tell the order so far. Default false. */
  keepsTrail?: boolean
}

const MOST_STATES = 20_000

/** A history that grows. */
export class SerialOrder {
  private states: readonly State[]
  private readonly open = new Set<Happening>()
  private readonly mostStates: number
  private readonly keepsTrail: boolean

  constructor(worlds: readonly World[], { mostStates = MOST_STATES, keepsTrail = false }: OrderOptions = {}) {
    this.states = worlds.map((world) => ({ world, done: new Set(), trail: [] }))
    this.mostStates = mostStates
    this.keepsTrail = keepsTrail
  }

  /** Every world that may be by now, the plainest first. */
  get worlds(): readonly World[] {
    return this.states.map(({ world }) => world)
  }

  /** Whether nothing is under way. */
  get isQuiet(): boolean {
    return this.open.size === 0
  }

  /** What is under way. */
  get underWay(): Iterable<Happening> {
    return this.open
  }

  begin(happening: Happening): void {
    this.open.add(happening)
  }

  /** Has something taken effect by now. After a failure, and when there are too many states, all stay as they were. */
  end(happening: Happening): OrderOutcome {
    const search = new Search(this.open, this.mostStates, this.keepsTrail)
    const reached = search.reach(this.states, happening)
    this.open.delete(happening)
    if (reached === 'too-large') return reached
    const outcome = happening.isOptional === true ? [...this.states, ...reached] : reached
    if (outcome.length === 0) return search.failure
    this.states = plainestFirst(
      distinct(
        outcome.map((state) => without(state, happening)),
        this.open,
      ),
    )
    return 'right'
  }
}

class Search {
  failure: OrderFailure = { order: [], problems: [] }
  private furthest = -1
  private count = 0
  private readonly open: ReadonlySet<Happening>
  private readonly mostStates: number
  private readonly keepsTrail: boolean

  constructor(open: ReadonlySet<Happening>, mostStates: number, keepsTrail: boolean) {
    this.open = open
    this.mostStates = mostStates
    this.keepsTrail = keepsTrail
  }

  /** The states after the happening, which others under way may have come before. */
  reach(states: readonly State[], happening: Happening): readonly State[] | 'too-large' {
    const reached = states.filter(({ done }) => done.has(happening))
    const left = states.filter(({ done }) => !done.has(happening))
    const seen = new Set<string>()
    for (let state = left.shift(); state !== undefined; state = left.shift()) {
      if (++this.count > this.mostStates) return 'too-large'
      for (const next of this.stepsFrom(state, happening)) {
        if (next.done.has(happening) || next.last === happening) reached.push(next)
        else if (this.isUnseen(seen, next)) left.push(next)
      }
    }
    return reached
  }

  private isUnseen(seen: Set<string>, state: State): boolean {
    const key = keyOf(state, this.open)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  }

  private stepsFrom({ world, done, trail }: State, target: Happening): State[] {
    const problems: { what: string; mismatch: Mismatch }[] = []
    const steps: State[] = []
    for (const each of this.open) {
      const isBlocked = each.after !== undefined && this.open.has(each.after) && !done.has(each.after)
      if (isBlocked || done.has(each) || (each.isLate === true && each !== target)) continue
      const copy = copyWorld(world)
      const outcome = each.apply(copy) ?? [copy]
      if (outcome instanceof Mismatch) {
        problems.push({ what: each.what, mismatch: outcome })
        continue
      }
      const further = each.isRepeatable === true ? done : new Set([...done, each])
      const order = this.keepsTrail ? [...trail, each.what] : trail
      for (const next of outcome) steps.push({ world: next, done: further, trail: order, last: each })
    }
    const length = this.keepsTrail ? trail.length : done.size
    if (length > this.furthest && problems.length > 0) {
      this.furthest = length
      this.failure = { order: trail, problems }
    }
    return steps
  }
}

function without(state: State, happening: Happening): State {
  if (!state.done.has(happening)) return state
  return { ...state, done: new Set([...state.done].filter((each) => each !== happening)) }
}

function distinct(states: readonly State[], open: ReadonlySet<Happening>): readonly State[] {
  if (states.length < 2) return states
  const byKey = new Map<string, State>()
  for (const state of states) {
    const key = keyOf(state, open)
    if (!byKey.has(key)) byKey.set(key, state)
  }
  return [...byKey.values()]
}

function plainestFirst(states: readonly State[]): readonly State[] {
  if (states.length < 2) return states
  return states.toSorted((one, other) => accidentsOf(one.world).size - accidentsOf(other.world).size)
}

function keyOf({ world, done }: State, open: ReadonlySet<Happening>): string {
  const { sessions, runners, jobs, commands, assumed } = world
  const places = [...open].flatMap((each, at) => (done.has(each) ? [at] : []))
  const things = [sessions, runners, jobs, commands].map((map) => [...map.values()])
  return JSON.stringify([places, things, [...assumed]])
}
