// Timing of small things: the best of several stretches, each long enough to measure.
import { performance } from 'node:perf_hooks'

const STRETCHES = 7

/** Microseconds that one call takes, after warming up. `call` may return a promise. */
export async function microseconds(times, call) {
  for (let count = 0; count < times / 4; count++) await call()
  let best = Infinity
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const started = performance.now()
    for (let count = 0; count < times; count++) await call()
    best = Math.min(best, performance.now() - started)
  }
  return (best / times) * 1000
}

/** The same for calls that answer at once, without the cost of awaiting. */
export function microsecondsAtOnce(times, call) {
  for (let count = 0; count < times / 4; count++) call()
  let best = Infinity
  for (let stretch = 0; stretch < STRETCHES; stretch++) {
    const started = performance.now()
    for (let count = 0; count < times; count++) call()
    best = Math.min(best, performance.now() - started)
  }
  return (best / times) * 1000
}
