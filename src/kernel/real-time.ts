// Real time, whatever the clocks do. The platform's functions are captured when this module loads: fake timers that a test
// runner installs later neither stop it nor are disturbed by it, and those that were there first it follows.
import type { StopSignal } from './timer-queue.js'

export const realSetTimeout = globalThis.setTimeout.bind(globalThis)
export const realClearTimeout = globalThis.clearTimeout.bind(globalThis)

/** The real time of day, in milliseconds since 1970; for what outlives a clock. */
export const realTime = Date.now.bind(Date)

/** Calls `act` once, after so many real milliseconds, whatever the clocks do. Returns a function that calls it off. */
export function afterRealTime(ms: number, act: () => void): () => void {
  const timer = realSetTimeout(act, ms)
  return () => realClearTimeout(timer)
}

/** Resolves after so many real milliseconds, or when the signal aborts. */
export function pauseFor(ms: number, signal?: StopSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      signal?.removeEventListener('abort', end)
      callOff()
      resolve()
    }
    const callOff = afterRealTime(signal?.aborted === true ? 0 : ms, end)
    signal?.addEventListener('abort', end)
  })
}

export type RealClock = typeof realClock

/** Real time as a run of checks measures it. */
export const realClock = {
  now: realTime,
  /** A monotonic reading in milliseconds, for durations only. */
  stopwatch: performance.now.bind(performance),
  sleep: pauseFor,
  /** The promise's value, or `late` when it takes longer than `ms`; rejects as the promise does. */
  within: <Value, Late>(promise: Promise<Value>, ms: number, late: Late): Promise<Value | Late> =>
    new Promise((resolve, reject) => {
      const callOff = afterRealTime(ms, () => resolve(late))
      promise.then(resolve, reject).finally(callOff)
    }),
}
