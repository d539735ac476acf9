/** `explore`: runs a test in this process in every order that HTTP and time allow. */
import { afterRealTime, pauseFor, type Clock } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import { resolveTurn } from '../kernel/timer-queue.js'
import { expectForm } from '../kernel/validate-options.js'
import { ExploreOptions as form } from '../generated/kit-later.js'
import { exploreOrThrow, type Exploration, type OrderRun } from './explore-orders.js'
import type { Surroundings } from './gate.js'
import { createHeldMock, runHeld, START, type ExploreContext, type ExploreOptions } from './run-held.js'
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

type Callback = (...args: unknown[]) => unknown

/** Timers of clients on the clock of a mock. */
type ClientTimers = ReturnType<typeof installClientTimers>

/**
 * Puts `setTimeout`, `setInterval`, `Date` and `AbortSignal.timeout` on a clock.
 * @param onError hears what a timer's callback throws
 */
function installClientTimers(clock: Clock, onError: (error: unknown) => void) {
  const active = new Map<number, () => void>()
  let count = 0
  const clear = (timer: unknown): void => active.get(Number(timer))?.()
  /** An object as in Node, and a number where one is needed. */
  const start = (isRepeated: boolean, callback: Callback, ms: unknown, args: readonly unknown[]): object => {
    const id = ++count
    const set = (): void => {
      clear(id)
      const timer = clock.schedule(clock.now() + Math.max(1, Number(ms) || 0), fire, { span: true })
      active.set(id, () => {
        timer.cancel()
        active.delete(id)
      })
    }
    const fire = (): void => {
      active.delete(id)
      if (isRepeated) set()
      clock.noteWake()
      try {
        callback(...args)
      } catch (error) {
        onError(error)
      }
    }
    set()
    const itself = (): object => handle
    const refresh = (): object => (set(), handle)
    const handle = { refresh, ref: itself, unref: itself, hasRef: () => true, close: () => clear(id) }
    return Object.assign(handle, { [Symbol.toPrimitive]: () => id })
  }
  const timeout = (ms: number): AbortSignal => {
    const end = new AbortController()
    start(false, () => end.abort(new DOMException('The operation timed out.', 'TimeoutError')), ms, [])
    return end.signal
  }
  const restore = replaceAll([
    [globalThis, 'setTimeout', (act: Callback, ms?: number, ...args: unknown[]) => start(false, act, ms, args)],
    [globalThis, 'setInterval', (act: Callback, ms?: number, ...args: unknown[]) => start(true, act, ms, args)],
    [globalThis, 'clearTimeout', clear],
    [globalThis, 'clearInterval', clear],
    [globalThis, 'Date', dateOn(clock)],
    [AbortSignal, 'timeout', timeout],
  ])
  return {
    isWaiting: (): boolean => active.size > 0,
    /** Puts back what was there, and calls the timers off. */
    restore(): void {
      restore()
      for (const callOff of active.values()) callOff()
    },
  }
}

function dateOn(clock: Clock): typeof Date {
  return new Proxy(Date, {
    construct(target, args: unknown[], made): object {
      const date: unknown = Reflect.construct(target, args.length === 0 ? [clock.now()] : args, made)
      return date instanceof target ? date : {}
    },
    apply: (target) => new target(clock.now()).toString(),
    get: (target, name): unknown => (name === 'now' ? () => clock.now() : Reflect.get(target, name)),
  })
}

/** Work outside of this thread that is under way. */
type PendingWork = ReturnType<typeof watchCryptography>

/** Sees the cryptography that is under way, which no turn of the loop shows. */
function watchCryptography() {
  const { subtle } = crypto
  const pending = new Set<Promise<unknown>>()
  const members = ['decrypt', 'deriveBits', 'digest', 'encrypt', 'exportKey', 'importKey', 'sign', 'verify'].map(
    (name) => {
      const method: unknown = Reflect.get(subtle, name)
      const watched = (...args: unknown[]): unknown => {
        const work: unknown = typeof method === 'function' ? Reflect.apply(method, subtle, args) : undefined
        const end = Promise.allSettled([work]).then(() => void pending.delete(end))
        pending.add(end)
        return work
      }
      return [subtle, name, watched] as const
    },
  )
  const restore = replaceAll(members)
  return {
    async done(): Promise<void> {
      while (pending.size > 0) await Promise.all(pending)
    },
    restore,
  }
}

/** Replaces members of objects. Returns a function that puts back what was there. */
function replaceAll(members: readonly (readonly [owner: object, name: string, value: unknown])[]): () => void {
  const before = members.map(([owner, name, value]) => {
    const own = Object.getOwnPropertyDescriptor(owner, name)
    Object.defineProperty(owner, name, {
      value,
      configurable: true,
      writable: true,
      enumerable: own?.enumerable ?? true,
    })
    return () =>
      void (own === undefined ? Reflect.deleteProperty(owner, name) : Object.defineProperty(owner, name, own))
  })
  return () => {
    for (const restore of before) restore()
  }
}

interface Emitter {
  listeners(name: string): Callback[]
  on(name: string, listener: Callback): void
  removeAllListeners(name: string): void
}

/**
 * Handles the errors that no code has handled, instead of the test runner.
 * @returns a function that ends it
 */
function hearUnhandled(onError: (error: unknown) => void): () => void {
  const host: unknown = Reflect.get(globalThis, 'process')
  if (!isEmitter(host)) return () => undefined
  const before = ['uncaughtException', 'unhandledRejection'].map((name) => [name, host.listeners(name)] as const)
  const listen = (name: string, listeners: readonly Callback[]): void => {
    host.removeAllListeners(name)
    for (const each of listeners) host.on(name, each)
  }
  for (const [name] of before) listen(name, [onError])
  return () => {
    for (const [name, listeners] of before) listen(name, listeners)
  }
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && 'removeAllListeners' in value && 'listeners' in value
}
