/** Runs a test once against a mock that holds its answers, and judges how the run has ended. */
import { toMilliseconds, type Duration } from '../kernel/clock.js'
import { messageOf } from '../kernel/errors.js'
import { canonicalJson } from '../kernel/json-value.js'
import type { ExploreOptions as Options } from '../generated/kit-schema.js'
import type { RunnerMock, RunnerMockOptions } from '../mocks/mock/runner-mock.js'
import type { ExploreProgress, OrderFailure, OrderRun } from './explore-orders.js'
import { Gate, RunTrouble, type Surroundings } from './gate.js'
import type { HeldMock, JudgedSide } from './held-mock.js'
import { PlannedRun, type OrderPlan } from './search.js'

export const START = '2026-01-01T00:00:00.000Z'

/** What a test gets in each run. */
export interface ExploreContext {
  /** A mock of its own, whose time stands still until the search lets it pass. Its answers to clients are held. */
  readonly mock: RunnerMock
  /**
   * Something that a user does. In the natural order it happens when everything before it has come to rest; the search may
   * let it happen earlier. Resolves as `act` does: steps that are awaited keep their order.
   * @param name what it is, for the story
   */
  readonly run: <Result>(name: string, act: () => Result | Promise<Result>) => Promise<Result>
  /** Resolves when no answer is held and no timer is due within 100 ms. */
  readonly settled: () => Promise<void>
  /** Resolves when so much of the mock's time has passed. */
  readonly sleep: (duration: Duration) => Promise<void>
}

/** How a test is explored. */
export interface ExploreOptions<Result = unknown> extends Omit<Options, 'sameEnd' | 'mock' | 'onProgress'> {
  /** What has to be the same at the end of every order, as JSON; `result` is what the test returned. Default: nothing. */
  sameEnd?: (end: { mock: RunnerMock; result: Result }) => unknown
  /** The mock that each run begins with. Default: an empty one, at the same moment. */
  mock?: RunnerMockOptions
  /** Called before each run. Default: nothing is. */
  onProgress?: (progress: ExploreProgress) => void
}

export interface HeldRun<Result> {
  readonly plan: OrderPlan
  readonly held: HeldMock
  readonly surroundings: Surroundings
  /** Filled while it runs. */
  readonly unhandled: readonly unknown[]
  readonly options: Pick<ExploreOptions, 'drops' | 'rules'> & {
    sameEnd?: ExploreOptions<Result>['sameEnd'] | undefined
  }
}

export async function runHeld<Result>(
  test: (context: ExploreContext) => Result | Promise<Result>,
  { plan, held, surroundings, unhandled, options }: HeldRun<Result>,
): Promise<OrderRun> {
  const { mock, clock } = held
  const run = new PlannedRun(plan, options.drops)
  const gate = new Gate(run, surroundings)
  held.holdAt(gate)
  const testing = new Promise<Result>((begin) =>
    begin(
      test({
        mock,
        run: (name, act) => gate.step(name, act),
        settled: () => gate.settled(),
        sleep: (duration) => gate.sleep(() => clock.sleep(toMilliseconds(duration))),
      }),
    ),
  )
  const ended = testing.then(
    (result) => ({ result }),
    (error: unknown) => ({ failure: failureOf(error instanceof RunTrouble ? error.kind : 'test', error) }),
  )
  const trouble = await gate.drive(testing).catch((error: unknown) => {
    if (error instanceof RunTrouble) return failureOf(error.kind, error)
    throw error
  })
  const outcome = trouble === undefined ? await ended : { failure: trouble }
  const [error] = unhandled
  const failure =
    unhandled.length > 0
      ? failureOf('error', error)
      : 'failure' in outcome
        ? outcome.failure
        : brokenRule(held, options.rules)
  const end =
    failure === undefined && 'result' in outcome && options.sameEnd !== undefined
      ? canonicalJson((await options.sameEnd({ mock, result: outcome.result })) ?? null)
      : undefined
  return { choices: run.choices, events: gate.events, isComplete: run.isComplete, failure, end }
}

function brokenRule(held: HeldMock, side: JudgedSide = 'both'): OrderFailure | undefined {
  const [verdict] = held.broken(side)
  if (verdict === undefined) return undefined
  const { rule, side: by, expected, actual } = verdict
  return { kind: 'rule', message: `${rule}, by the ${by}: expected ${expected}, got ${actual}`, cause: verdict }
}

function failureOf(kind: OrderFailure['kind'], error: unknown): OrderFailure {
  return { kind, message: messageOf(error), cause: error }
}
