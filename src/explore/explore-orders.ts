/**
 * Runs a test in one order after the other until one of them fails, finds the fewest departures that still fail, and says
 * what was found. How a test is run once is its caller's.
 */
import { createClock } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import type { ExploreOptions } from '../generated/kit-schema.js'
import { OrderSearch, shrink, type Choice, type Departure, type OrderPlan } from './search.js'
import { describeStory, renderSequence, type StoryEvent } from '../report/order-story.js'

/** Why an order counts as failed. */
export interface OrderFailure {
  /**
   * `test`: it threw, or the command failed. `error`: a client left an error unhandled. `rule`: a rule of the API was
   * broken. `end`: it ended otherwise than the natural order. `stuck`: it waits for something that never comes. `endless`:
   * it never comes to rest.
   */
  readonly kind: 'test' | 'error' | 'rule' | 'end' | 'stuck' | 'endless'
  readonly message: string
  readonly cause?: unknown
}

export interface OrderRun {
  readonly choices: readonly Choice[]
  readonly events: readonly StoryEvent[]
  readonly isComplete: boolean
  readonly failure?: OrderFailure | undefined
  /** What has to be the same at the end of every run; undefined for nothing. */
  readonly end?: string | undefined
}

/** How far a search has come. */
export interface ExploreProgress {
  readonly tried: number
  readonly orders: number
  /** Departures from the natural order in the latest run. */
  readonly departures: number
  readonly phase: 'search' | 'shrink'
}

/** Bounds as users give them, and how the search is followed and ended early. */
interface ExploreOrdersOptions extends Pick<
  ExploreOptions,
  'orders' | 'seconds' | 'seed' | 'departures' | 'swapReads' | 'replay'
> {
  readonly onProgress?: ((progress: ExploreProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A search that has found nothing. */
export interface Exploration {
  /** Orders that were run. */
  readonly orders: number
  /** Whether those were all orders within the bound on departures. */
  readonly isComplete: boolean
}

/** An order that fails. */
export interface OrderFinding extends Exploration {
  readonly failure: OrderFailure
  /** The fewest departures from the natural order that were seen to fail, for `replay`. None: the natural order fails. */
  readonly departures: readonly Departure[]
  readonly seed: number
  /** Whether the order failed when it was run again. */
  readonly isRepeatable: boolean
  readonly events: readonly StoryEvent[]
  /** What has happened, as numbered lines. */
  readonly story: readonly string[]
  /** What has happened, as a sequence diagram in SVG. */
  readonly svg: string
}

/** Thrown where an order fails. */
export class ExploreError extends Error {
  override readonly name = 'ExploreError'
  readonly finding: OrderFinding

  constructor(finding: OrderFinding) {
    super(describeFinding(finding), { cause: finding.failure.cause })
    this.finding = finding
  }
}

/** Of an order that passed when it was run again. */
export const NOT_REPEATABLE = 'It did not fail when this order was run again: something beside the order decides.'
/** Departures from the natural order in a run, at most, unless it is said otherwise. */
const DEFAULT_DEPARTURES = 4

function describeFinding({ failure, departures, orders, seed, isRepeatable, story }: OrderFinding): string {
  const { length } = departures
  const where =
    length === 0
      ? 'It fails in the natural order'
      : `It fails with ${length === 1 ? 'one departure' : `${length} departures`} from the natural order`
  const steady = isRepeatable ? '' : ` ${NOT_REPEATABLE}`
  return [
    `${where}${orders === 0 ? '' : ` (order ${orders}, seed ${seed})`}.${steady}`,
    `${failure.kind}: ${failure.message}`,
    story.join('\n'),
    `To repeat it: replay: ${JSON.stringify(departures)}`,
  ].join('\n\n')
}

/** @throws KitError `explore/replay` for departures that the test does not come to any more */
export async function exploreOrders(
  runOrder: (plan: OrderPlan) => Promise<OrderRun>,
  options: ExploreOrdersOptions,
): Promise<Exploration | OrderFinding> {
  const { orders = 200, seconds = 30, seed = 1, departures = DEFAULT_DEPARTURES } = options
  const { replay, signal, onProgress, swapReads } = options
  const search = new OrderSearch({ orders, departures, seed, swapReads })
  const real = createClock()
  const startedAt = real.stopwatch()
  const isOver = (): boolean => signal?.aborted === true || real.stopwatch() - startedAt >= seconds * 1000
  let natural: OrderRun | undefined
  const run = async (plan: OrderPlan): Promise<OrderRun> => {
    const made = await runOrder(plan)
    natural ??= plan.length === 0 ? made : undefined
    return withEnd(made, natural?.end)
  }
  const progress = (plan: OrderPlan, phase: ExploreProgress['phase']): void =>
    onProgress?.({ tried: search.tried, orders, departures: plan.length, phase })
  const found = async (plan: OrderPlan, failed: OrderRun, failure: OrderFailure): Promise<OrderFinding> => {
    let shortest = { failed, failure }
    const fails = async (shorter: OrderPlan): Promise<boolean> => {
      progress(shorter, 'shrink')
      const again = await run(shorter)
      if (again.failure?.kind !== failure.kind) return false
      shortest = { failed: again, failure: again.failure }
      return true
    }
    const least = signal?.aborted === true || replay !== undefined ? plan : await shrink(plan, fails)
    const isRepeatable = signal?.aborted === true || (await fails(least))
    return toFinding(least, shortest, { orders: search.tried, isComplete: search.isComplete, seed, isRepeatable })
  }
  if (replay !== undefined) {
    const first = await run([])
    const made = first.failure === undefined ? await run(replay) : first
    if (made.failure !== undefined) return found(made === first ? [] : replay, made, made.failure)
    if (!made.isComplete) {
      throw new KitError('explore/replay', {
        failed: 'The test does not come to the departures that are to be repeated.',
        value: JSON.stringify(replay),
        fix: 'Search anew: test or client have changed since.',
      })
    }
    return { orders: 1, isComplete: false }
  }
  for (let plan = search.next(); plan !== undefined; plan = isOver() ? undefined : search.next()) {
    progress(plan, 'search')
    const made = await run(plan)
    if (made.failure !== undefined && signal?.aborted !== true) return found(plan, made, made.failure)
    search.learn(plan, made.choices)
  }
  return { orders: search.tried, isComplete: search.isComplete }
}

/** @throws ExploreError for an order that fails; KitError as `exploreOrders` does */
export async function exploreOrThrow(
  runOrder: (plan: OrderPlan) => Promise<OrderRun>,
  options: ExploreOrdersOptions,
): Promise<Exploration> {
  const explored = await exploreOrders(runOrder, options)
  if (isFinding(explored)) throw new ExploreError(explored)
  return explored
}

export function isFinding(explored: Exploration | OrderFinding): explored is OrderFinding {
  return 'failure' in explored
}

/** An end that differs from the natural one is a failure. */
function withEnd(run: OrderRun, natural: string | undefined): OrderRun {
  const { failure, end } = run
  if (failure !== undefined || natural === undefined || end === undefined || end === natural) return run
  return { ...run, failure: { kind: 'end', message: `the end is ${end}, and in the natural order ${natural}` } }
}

function toFinding(
  departures: OrderPlan,
  { failed, failure }: { failed: OrderRun; failure: OrderFailure },
  facts: Pick<OrderFinding, 'orders' | 'isComplete' | 'seed' | 'isRepeatable'>,
): OrderFinding {
  const [line = ''] = failure.message.split('\n')
  const at = failed.events.at(-1)?.at ?? 0
  const events: StoryEvent[] = [...failed.events, { at, kind: 'failure', text: `${failure.kind}: ${line}` }]
  return { ...facts, failure, departures, events, story: describeStory(events), svg: renderSequence(events) }
}
