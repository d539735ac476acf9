/** The target's time as bounds: what its clock showed when it was last read, and what has passed since by our stopwatch. */
import type { RealTime } from '../../target/real-time.js'
import type { Moment } from '../rules/model-world.js'

/** Tells when something happens. */
export interface TargetTime {
  /** Reads the target's clock again; needed whenever its time was moved. */
  read(): Promise<void>
  /** Starts a moment; the returned function ends it. */
  begin(): () => Moment
}

/** Clocks tell whole milliseconds. */
const WHOLE_MS = 1

/** Creates a timepiece on a clock; without one, time is what our stopwatch shows. */
export function createTargetTime(time: RealTime, readClock: (() => Promise<number>) | undefined): TargetTime {
  let shown = 0
  let asked = time.stopwatch()
  let told = asked
  return {
    async read() {
      if (readClock === undefined) return
      asked = time.stopwatch()
      shown = await readClock()
      told = time.stopwatch()
    },
    begin() {
      const from = shown + (time.stopwatch() - told)
      return () => ({ from, to: shown + (time.stopwatch() - asked) + WHOLE_MS })
    },
  }
}
