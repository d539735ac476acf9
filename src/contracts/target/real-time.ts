/** Real time, as a run and its recorders measure it. */
import { afterRealTime, createClock, type Clock, type StopSignal } from '../../kernel/clock.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'

export interface RealTime {
  /** A monotonic reading, for durations only. */
  stopwatch(): number
  /** Milliseconds since 1970. */
  now(): number
  sleep(ms: number, signal?: StopSignal): Promise<void>
  /** The promise's value, or `late` when it takes longer than `ms`; rejects as the promise does. */
  within<Value, Late>(promise: Promise<Value>, ms: number, late: Late): Promise<Value | Late>
}

/** Of a clock, what waits. */
export interface Timers extends Pick<Clock, 'now'> {
  schedule(due: number, fire: () => void, options?: { hold?: boolean }): { cancel(): void }
}

/**
 * Milliseconds since 1970, with what a clock cuts off: two recorders of one machine must agree on which call came first.
 * It waits until the clock moves on, which takes a millisecond.
 */
export function exactNow({ now, stopwatch }: Pick<RealTime, 'now' | 'stopwatch'>): number {
  const [shown, began] = [now(), stopwatch()]
  // A clock that has been stopped shows the same for ever.
  while (now() === shown && stopwatch() - began < MAX_TICK_MS);
  return now()
}

const MAX_TICK_MS = 5

/** The zero of a recording, which is now: what the clock shows, in milliseconds since 1970, and the nanoseconds since then. */
export function startTime(time: Pick<RealTime, 'now' | 'stopwatch'> = createRealTime()) {
  const zero = exactNow(time)
  const began = time.stopwatch()
  return { zero, now: (): number => Math.round((time.stopwatch() - began) * NS_PER_MS) }
}

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

/** Creates a view of real time; it holds nothing while no call waits. */
export function createRealTime(): RealTime {
  const clock = createClock()
  return {
    stopwatch: () => clock.stopwatch(),
    now: () => clock.now(),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          signal?.removeEventListener('abort', end)
          callOff()
          resolve()
        }
        const callOff = afterRealTime(signal?.aborted === true ? 0 : ms, end)
        signal?.addEventListener('abort', end)
      }),
    within: (promise, ms, late) =>
      new Promise((resolve, reject) => {
        const callOff = afterRealTime(ms, () => resolve(late))
        promise.then(resolve, reject).finally(callOff)
      }),
  }
}
