/** `explore`: runs a test in this process in every order that HTTP and time allow. */
import { afterRealTime, pauseFor, type Clock } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import { resolveTurn } from '../kernel/timer-queue.js'
import { expectForm } from '../kernel/validate-options.js'
import { ExploreOptions as form } from '../generated/kit-later.js'
import {
  hearUnhandled,
  installClientTimers,
  watchCryptography,
  type ClientTimers,
  type PendingWork,
} from './client-timers.js'
import { exploreOrThrow, type Exploration, type OrderRun } from './explore-orders.js'
import type { Surroundings } from './gate.js'
import { createHeldMock } from './held-mock.js'
import { runHeld, START, type ExploreContext, type ExploreOptions } from './run-held.js'
import type { OrderPlan } from './search.js'

/**
 * Runs a test again and again, each time in another order of answers, timers and users' steps, until it fails or all
 * orders within the bounds were tried. Globals for time are replaced while it runs, so one exploration runs at a time.
 * @returns how many orders were tried
 * @throws ExploreError for an order that fails, shrunk, with its story; KitError `options/invalid`, `explore/nested` for
 *   one exploration inside another, `explore/replay` for an order that the test does not come to any more
 * @example
 * import { explore } from 'opik-runner-kit/explore'
 *
 * const { orders } = await explore(async ({ mock, run, settled }) => {
 *   const shown: string[] = []
 *   const load = async () => {
 *     const answer = await mock.fetch('http://localhost/api/v1/private/projects')
 *     shown.push(String(answer.status))
 *   }
 *   await Promise.all([run('open', load), run('reload', load)])
 *   await settled()
 *   if (shown.length !== 2) throw new Error('an answer is missing')
 * })
 */
export async function explore<Result>(
  test: (context: ExploreContext) => Result | Promise<Result>,
  options: ExploreOptions<Result> = {},
): Promise<Exploration> {
  expectForm({ instance: 'function' }, test, 'explore')
  expectForm(form, options, 'explore')
  if (Reflect.get(globalThis, RUNNING) === true) {
    throw new KitError('explore/nested', {
      failed: 'An exploration is under way in this process.',
      fix: 'Await it before the next one begins.',
    })
  }
  Reflect.set(globalThis, RUNNING, true)
  const work = watchCryptography()
  try {
    return await exploreOrThrow((plan) => runOnce(test, plan, options, work), options)
  } finally {
    work.restore()
    Reflect.deleteProperty(globalThis, RUNNING)
  }
}

const RUNNING = Symbol.for('opik-runner-kit/explore')

async function runOnce<Result>(
  test: (context: ExploreContext) => Result | Promise<Result>,
  plan: OrderPlan,
  options: ExploreOptions<Result>,
  work: PendingWork,
): Promise<OrderRun> {
  const held = createHeldMock({ now: START, frozen: true, ...options.mock })
  const { clock } = held
  const unhandled: unknown[] = []
  const onError = (error: unknown): void => void unhandled.push(error)
  const stopHearing = hearUnhandled(onError)
  const timers = options.timers === false ? undefined : installClientTimers(clock, onError)
  try {
    await held.mock.ready
    const surroundings = turnsOf(clock, work, options.quietMs ?? 0, timers)
    return await runHeld(test, { plan, held, surroundings, unhandled, options })
  } finally {
    timers?.restore()
    stopHearing()
    await held.mock.close()
  }
}

const turnOfTheLoop = resolveTurn((act, ms) => afterRealTime(ms, act))

/** Turns of the loop without a call after which this process is at rest. */
const TURNS = 10

/** A process whose time is the mock's. */
function turnsOf(clock: Clock, work: PendingWork, quietMs: number, timers: ClientTimers | undefined): Surroundings {
  return {
    async rest() {
      for (let turn = 0; turn < TURNS; turn++) await turnOfTheLoop?.().then(() => work.done())
      // What the mock does outside of turns of the loop, such as loading code, is waited for.
      await clock.advance({})
      if (quietMs > 0) await pauseFor(quietMs)
    },
    now: () => clock.now(),
    nextTimer: () => clock.nextDue(),
    passTo: (time) => clock.set(time),
    patienceMs: 1000,
    isWaiting: () => timers?.isWaiting() === true,
  }
}
