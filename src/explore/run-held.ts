/** Runs a test once against a mock whose clients wait at a gate for their answers, and judges how the run has ended. */
import { toMilliseconds, type Duration } from '../kernel/clock.js'
import { messageOf } from '../kernel/errors.js'
import { canonicalJson } from '../kernel/json-value.js'
import type { ExploreOptions as Options } from '../generated/kit-schema.js'
import { type RunnerMock, type RunnerMockOptions, createRunnerMock } from '../mocks/mock/runner-mock.js'
import type { ExploreProgress, OrderFailure, OrderRun } from './explore-orders.js'
import { Gate, RunTrouble, type Surroundings } from './gate.js'
import { PlannedRun, type OrderPlan } from './search.js'
import { NS_PER_MS, recordInMemory } from '../kernel/recording/recorder.js'
import { judge } from '../contracts/watch/judge-recording.js'
import type { ApiRequest } from '../mocks/base/exchange.js'
import { unwatched, type ConductContext, type WatchConduct } from '../mocks/conduct/watch-conduct-types.js'
import { recordable, watchedHandle, type WatchedCall } from '../mocks/conduct/watched-handle.js'
import type { Handle } from '../mocks/engine/engine.js'

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

interface HeldRun<Result> {
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
        : held.brokenRule(options.rules)
  const end =
    failure === undefined && 'result' in outcome && options.sameEnd !== undefined
      ? canonicalJson((await options.sameEnd({ mock, result: outcome.result })) ?? null)
      : undefined
  return { choices: run.choices, events: gate.events, isComplete: run.isComplete, failure, end }
}

function failureOf(kind: OrderFailure['kind'], error: unknown): OrderFailure {
  return { kind, message: messageOf(error), cause: error }
}

/** Whose rules are judged. */
export type JudgedSide = NonNullable<ExploreOptions['rules']>

export type HeldMock = ReturnType<typeof createHeldMock>

export function createHeldMock(options: RunnerMockOptions) {
  let gate: Gate | undefined
  let heard: ReturnType<typeof recordTraffic> | undefined
  const fromClients = new WeakSet<ApiRequest>()
  const conduct: WatchConduct = (context) => {
    const traffic = (heard = recordTraffic(context))
    const inner = options.conduct?.(context) ?? unwatched
    return {
      ...inner,
      watch(answer, isOwners) {
        const graded = inner.watch(answer, isOwners)
        const held: Handle = (exchange) =>
          gate !== undefined && fromClients.has(exchange) ? gate.pass(exchange, graded) : graded(exchange)
        return isOwners === true ? graded : watchedHandle(held, (exchange) => traffic.begin(exchange))
      },
    }
  }
  const mock = createRunnerMock({ ...options, conduct })
  if (heard === undefined) throw new Error('A mock starts its conduct when it is made.')
  const { clock, recording } = heard
  const handle = mock.handle.bind(mock)
  mock.handle = (exchange) => {
    fromClients.add(exchange)
    return handle(exchange)
  }
  return {
    mock,
    clock,
    /** From now on the answers to clients wait there. Simulated agents are no clients. */
    holdAt: (chosen: Gate) => void (gate = chosen),
    /** The first rule of one side or of both that is broken. */
    brokenRule(side: JudgedSide = 'both'): OrderFailure | undefined {
      if (side === 'none') return undefined
      const sides = side === 'both' ? (['server', 'client'] as const) : [side]
      const { verdicts } = judge(recording(), { sides, ended: true })
      const verdict = verdicts.find(({ severity }) => severity === 'must')
      if (verdict === undefined) return undefined
      const { rule, side: by, expected, actual } = verdict
      return { kind: 'rule', message: `${rule}, by the ${by}: expected ${expected}, got ${actual}`, cause: verdict }
    },
  }
}

/** Notes what is asked of a mock, by its clock. */
function recordTraffic(context: ConductContext) {
  const { clock, settings } = context
  const zero = clock.now()
  const header = { format: 'opik-runner-recording/1', settings, base_path: '' } as const
  const { recorder, recording } = recordInMemory(header, { now: () => (clock.now() - zero) * NS_PER_MS })
  return {
    clock,
    /** undefined for a caller who is refused, and for what is no call of the API. */
    begin(exchange: ApiRequest): WatchedCall | undefined {
      const request = recordable(exchange, context.authenticate)
      return request && recorder.begin(request)
    },
    recording,
  }
}
