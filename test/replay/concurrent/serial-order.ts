// Finds a serial order of what happened to one thing: each event is what the model says, and none comes before one that
// had ended when it began. The effort is bounded.
import { Mismatch } from '../../../src/contracts/model/rules/mismatch.js'
import { copyWorld, type World } from '../../../src/contracts/model/rules/model-world.js'

/** Something that happened to a thing. */
export interface Happening {
  /** Of the exchange behind it. */
  id: number
  from: number
  /** Infinity for what may come later. */
  to: number
  /** Whether it may have had no effect at all. */
  isOptional?: boolean
  /** Changes the world, or tells what may become of it; what is wrong when it cannot be so. */
  apply(world: World): readonly World[] | Mismatch | undefined
}

/** What came of a search. */
export type Order = { kind: 'found' } | { kind: 'too-large' } | { kind: 'none'; problems: readonly string[] }

/** Most worlds that are looked at for one thing. */
const MOST_WORLDS = 4000

/** Looks for an order. */
export function findOrder(world: World, happenings: readonly Happening[]): Order {
  const search = new Search(happenings)
  if (search.extend(world, new Set())) return { kind: 'found' }
  return search.worlds > MOST_WORLDS ? { kind: 'too-large' } : { kind: 'none', problems: search.problems }
}

class Search {
  worlds = 0
  problems: readonly string[] = []
  private furthest = -1
  private readonly happenings: readonly Happening[]
  private readonly seen = new Set<string>()

  constructor(happenings: readonly Happening[]) {
    const isOptional = (each: Happening): number => (each.isOptional === true ? 1 : 0)
    this.happenings = happenings.toSorted((a, b) => isOptional(a) - isOptional(b) || a.to - b.to)
  }

  /** Whether what is left can follow. */
  extend(world: World, done: ReadonlySet<Happening>): boolean {
    const left = this.happenings.filter((each) => !done.has(each))
    const due = left.filter(({ isOptional }) => isOptional !== true)
    if (due.length === 0) return true
    if (this.isSeen(world, done)) return false
    const firstEnd = Math.min(...due.map(({ to }) => to))
    const reached = Math.max(0, ...[...done].map(({ from }) => from))
    const problems: string[] = []
    for (const each of left) {
      if (each.from > firstEnd || each.to < reached) continue
      const next = copyWorld(world)
      const outcome = each.apply(next) ?? [next]
      if (outcome instanceof Mismatch) problems.push(`#${each.id}: ${outcome.message}`)
      else if (outcome.some((one) => this.extend(one, new Set([...done, each])))) return true
    }
    if (done.size > this.furthest && problems.length > 0) {
      this.furthest = done.size
      this.problems = problems
    }
    return false
  }

  private isSeen(world: World, done: ReadonlySet<Happening>): boolean {
    if (++this.worlds > MOST_WORLDS) return true
    const { runners, jobs, commands, assumed } = world
    const places = this.happenings.flatMap((each, at) => (done.has(each) ? [at] : []))
    const key = JSON.stringify([
      places,
      [...runners.values()],
      [...jobs.values()],
      [...commands.values()],
      [...assumed],
    ])
    if (this.seen.has(key)) return true
    this.seen.add(key)
    return false
  }
}
