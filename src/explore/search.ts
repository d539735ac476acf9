/**
 * Which orders are tried, and in which sequence. Pure: it is told what was possible in a run, and answers with the next
 * plan. A plan says where a run departs from the natural order; everything else in it happens in the natural order.
 */
import type { Departures } from '../generated/kit-schema.js'
import { createRandom } from '../kernel/id-source.js'

/** What is known of a call whose answer is ready. */
export interface CallFacts {
  /** What the call is about: the ids in its path, or the path itself. */
  readonly resource: string
  readonly isRead: boolean
  /** Request and answer: two calls that agree in both can change places unnoticed. */
  readonly content: string
}

export interface Possibility {
  /** Names it in every run, such as `answer createJob #2`. */
  readonly key: string
  readonly kind: 'answer' | 'step' | 'time' | 'drop'
  /** Of an answer. */
  readonly call?: CallFacts | undefined
  /** Of time: whether it passes before a user acts. */
  readonly isSoon?: boolean | undefined
  /** Whether a run takes longer by it: it is tried late. */
  readonly isCostly?: boolean | undefined
}

export type OrderPlan = Departures

/** One place at which a run leaves the natural order: what happens, over what would have happened. */
export type Departure = Departures[number]

/** What was possible at one moment, in the natural order, and what was taken. */
export interface Choice {
  readonly options: readonly Possibility[]
  readonly taken: Possibility
  readonly departs: boolean
}

export class PlannedRun {
  readonly choices: Choice[] = []
  private readonly plan: OrderPlan
  private readonly canDrop: boolean
  private readonly overtaken = new Set<string>()
  private done = 0

  /** @param canDrop whether the connection of an answer may break instead of the answer */
  constructor(plan: OrderPlan, canDrop = false) {
    this.plan = plan
    this.canDrop = canDrop
  }

  /** Whether every departure of the plan was made: a test that has changed may not get there. */
  get isComplete(): boolean {
    return this.done === this.plan.length
  }

  /** Decides what happens next. What a departure overtakes is slow from then on: it comes after what users do. */
  choose(possible: readonly Possibility[]): Choice {
    const rank = (each: Possibility): number => (this.overtaken.has(each.key) ? SLOW : rankOf(each))
    const options = possible.toSorted((a, b) => rank(a) - rank(b))
    const [natural] = options
    if (natural === undefined) throw new Error('There is nothing to choose from.')
    if (this.canDrop && natural.kind === 'answer') options.push({ key: `drop ${natural.key}`, kind: 'drop' })
    const next = this.plan[this.done]
    const picked = next?.over === natural.key ? options.find(({ key }) => key === next.pick) : undefined
    if (picked !== undefined) {
      this.done++
      const before = picked.kind === 'drop' ? [] : options.slice(0, options.indexOf(picked))
      for (const each of before) this.overtaken.add(each.key)
    }
    const choice = { options, taken: picked ?? natural, departs: picked !== undefined }
    this.choices.push(choice)
    return choice
  }
}

const SLOW = 3

/** The natural order: answers as they are ready, time that is about to pass, users, slow answers, time. */
function rankOf({ kind, isSoon }: Possibility): number {
  if (kind === 'answer') return 0
  if (kind === 'time') return isSoon === true ? 1 : 4
  return 2
}

export interface SearchOptions {
  /** Runs at most. */
  readonly orders: number
  /** Departures from the natural order in a run at most. */
  readonly departures: number
  /** Decides which orders are tried where there are too many for all of them. */
  readonly seed: number
  /** Whether answers to reads of different resources change places, too. */
  readonly swapReads?: boolean | undefined
}

/**
 * Walks through plans: first the natural order, then every plan with one departure, then those with two. Where more plans
 * of a length are known than runs are left, chance decides.
 */
export class OrderSearch {
  private readonly options: SearchOptions
  private readonly random: ReturnType<typeof createRandom>
  /** Plans that were not tried, by the number of their departures. */
  private readonly open: OrderPlan[][] = [[[]]]
  private readonly seen = new Set<string>()
  tried = 0

  constructor(options: SearchOptions) {
    this.options = options
    this.random = createRandom(options.seed)
  }

  /** Whether every order within the bound was tried. */
  get isComplete(): boolean {
    return this.open.every(({ length }) => length === 0)
  }

  /** The next plan; undefined when all were tried, or enough of them. */
  next(): OrderPlan | undefined {
    const left = this.options.orders - this.tried
    const levels = this.open.filter(({ length }) => length > 0)
    const [lowest] = levels
    if (left <= 0 || lowest === undefined) return undefined
    this.tried++
    if (lowest.length <= left) return lowest.shift()
    const level = levels[this.random.below(levels.length)] ?? lowest
    return level.splice(this.random.below(level.length), 1)[0]
  }

  /** Learns what was possible in the run of a plan: each alternative after its last departure makes a further plan. */
  learn(plan: OrderPlan, choices: readonly Choice[]): void {
    const order = choices.map(({ taken }) => taken.key).join('\n')
    if (this.seen.has(order)) return
    this.seen.add(order)
    if (plan.length >= this.options.departures) return
    for (const { options } of choices.slice(choices.findLastIndex(({ departs }) => departs) + 1)) {
      for (const pick of alternativesIn(options, this.options.swapReads)) {
        const place = plan.length + (pick.isCostly === true ? 2 : 1)
        const level = (this.open[place] ??= [])
        if (level.length >= MAX_OPEN) return
        level.push([...plan, { pick: pick.key, over: options[0]?.key ?? '' }])
      }
    }
  }
}

/** Plans that are kept of one length. */
const MAX_OPEN = 100_000

/** What can happen instead of the first, as far as the order can matter to a client. */
function alternativesIn(options: readonly Possibility[], swapReads = false): readonly Possibility[] {
  return options.filter((pick, at) => options.slice(0, at).some((other) => !areIndependent(pick, other, swapReads)))
}

/** Whether nothing can depend on the order of two. */
export function areIndependent({ call: one }: Possibility, { call: other }: Possibility, swapReads = false): boolean {
  if (one === undefined || other === undefined) return false
  const areApart = !swapReads && one.isRead && other.isRead && one.resource !== other.resource
  return areApart || one.content === other.content
}

/** Leaves out departures as long as the run still fails. */
export async function shrink(plan: OrderPlan, fails: (shorter: OrderPlan) => Promise<boolean>): Promise<OrderPlan> {
  for (const left of plan.keys()) {
    const shorter = plan.filter((_, at) => at !== left)
    if (await fails(shorter)) return shrink(shorter, fails)
  }
  return plan
}
