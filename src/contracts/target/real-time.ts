/** Real time for the checks: a stopwatch and waits that hold the process until they are over. Built on the one clock. */
import { createClock } from '../../kernel/clock.js'

/** Measures and waits in real milliseconds. */
export interface RealTime {
  /** A monotonic reading, for durations only. */
  stopwatch(): number
  /** Milliseconds since 1970. */
  now(): number
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** The promise's value, or `late` when it takes longer than `ms`; rejects as the promise does. */
  within<Value, Late>(promise: Promise<Value>, ms: number, late: Late): Promise<Value | Late>
}

/** Of a clock, what waits. */
export interface Timers {
  now(): number
  schedule(due: number, fire: () => void, options?: { hold?: boolean }): { cancel(): void }
}

/**
 * Milliseconds since 1970, with what a clock cuts off: two recorders of one machine must agree on which call came first.
 * It waits until the clock moves on, which takes a millisecond.
 */
export function exactNow({ now, stopwatch }: Pick<RealTime, 'now' | 'stopwatch'>): number {
  const [shown, began] = [now(), stopwatch()]
  // A clock that has been stopped shows the same for ever.
  while (now() === shown && stopwatch() - began < LONGEST_TICK_MS);
  return now()
}

const LONGEST_TICK_MS = 5
const SLICE_MS = 1000

/**
 * Fires after `ms` in which this process has run. A machine that is busy with others may let it stand still for longer
 * than an answer may take, and the answer, which is there by then, would come too late: of such a stretch one second counts.
 * @returns what calls it off
 */
export function afterRunning(clock: Timers, ms: number, fire: () => void): () => void {
  let left = ms
  const wait = (): { cancel(): void } => {
    const slice = Math.min(left, SLICE_MS)
    const onSlice = (): void => {
      left -= slice
      if (left > 0) timer = wait()
      else fire()
    }
    // An app that never answers holds the process by nothing of its own.
    return clock.schedule(clock.now() + slice, onSlice, { hold: true })
  }
  let timer = wait()
  return () => timer.cancel()
}

/** Creates a view of real time; it holds nothing while nobody waits. */
export function createRealTime(): RealTime {
  const clock = createClock()
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve()
        return
      }
      const timer = clock.schedule(clock.now() + ms, () => settle(), { hold: true })
      const settle = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        timer.cancel()
        settle()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  return {
    stopwatch: () => clock.stopwatch(),
    now: () => clock.now(),
    sleep,
    within: (promise, ms, late) =>
      new Promise((resolve, reject) => {
        const timer = clock.schedule(clock.now() + ms, () => resolve(late), { hold: true })
        promise.then(resolve, reject).finally(() => timer.cancel())
      }),
  }
}
