/**
 * Lets fast-check search for an input that the target answers wrongly: so many random ones, and once there is one,
 * smaller ones, a fixed number of them, so that what comes out hangs on no machine's speed. It is loaded when it is first
 * needed.
 */
import { SequenceInterrupted } from '../../../lifecycle/tracker/mismatch.js'
import type * as FastCheck from 'fast-check'
import type { Context } from '../../check/context.js'
import { NotRun } from '../../target/expectation.js'
import type { RealTime } from '../../target/transport.js'

export type Fc = typeof FastCheck

export interface SequenceSearch<Input, Failure> {
  arbitrary(fc: Fc): FastCheck.Arbitrary<Input>
  /** Seconds that an input lets pass where time cannot be moved; as many inputs are tried as there is time for. */
  secondsEach?: number
  /** Whether smaller inputs should not be tried for a failure. */
  isHopeless(failure: Failure): boolean
  /** Plays an input; undefined when all was right. `isShrinking` once a failure is known. */
  play(input: Input, fc: Fc, isShrinking: boolean): Promise<Failure | undefined>
}

export interface Found<Input, Failure> {
  input: Input
  failure: Failure
  path: string
}

/** Smaller inputs that are tried once one has failed. */
const ATTEMPTS_AT_SHRINKING = 300

/** Only targets that are far away take longer; several times what a busy machine needs. */
const SECONDS_PER_RUN = 5
const LEAST_SECONDS = 60
const SECONDS_FOR_SHRINKING = 60

/** Seconds of real time after which no further input is tried, for so many, the search for smaller ones included. */
export function secondsFor(runs: number): number {
  return secondsForRuns(runs) + SECONDS_FOR_SHRINKING
}

function secondsForRuns(runs: number): number {
  return Math.max(LEAST_SECONDS, SECONDS_PER_RUN * runs)
}

/** Searches; undefined when nothing was found. What depends on the seed depends on it alone. */
export async function explore<Input, Failure>(
  context: Context,
  time: RealTime,
  search: SequenceSearch<Input, Failure>,
): Promise<Found<Input, Failure> | undefined> {
  const fc: Fc = await import('fast-check')
  let best: { input: Input; failure: Failure } | undefined
  /** What ends the search without a verdict. */
  let fatal: Error | undefined
  const { secondsEach = 0 } = search
  const ownSeconds = secondsEach > 0 ? context.time.mostSeconds : 0
  let deadline = time.stopwatch() + 1000 * (secondsForRuns(context.runs) + ownSeconds)
  let tried = 0
  /** Further inputs that may be tried. */
  let left = Infinity
  /** Whether the target answers an input rightly; anything is accepted once the search is over. */
  const accepts = async (input: Input): Promise<boolean> => {
    const isLate = tried > 0 && (left === 0 || time.stopwatch() > deadline)
    if (isLate || fatal !== undefined || context.signal.aborted) return true
    tried++
    left--
    try {
      const failure = await search.play(input, fc, best !== undefined)
      if (failure === undefined) return true
      const isHopeless = search.isHopeless(failure)
      if (best !== undefined && isHopeless) {
        // What was found tells more than a target that keeps us waiting, and others like it would, too.
        left = 0
        return true
      }
      if (best === undefined) {
        left = isHopeless ? 0 : ATTEMPTS_AT_SHRINKING
        deadline = time.stopwatch() + 1000 * SECONDS_FOR_SHRINKING
      }
      best = { input, failure }
      return false
    } catch (error) {
      // What has been found is not lost because smaller inputs cannot be tried any more.
      if (best === undefined) fatal = toFatal(error)
      else left = 0
      return true
    }
  }
  const { path } = context
  const replay =
    path === undefined ? { numRuns: runsFor(context, secondsEach) } : { path, numRuns: 1, endOnFailure: true }
  const property = fc.asyncProperty(search.arbitrary(fc), accepts)
  const details = await fc.check(property, { seed: context.random.below(2 ** 31), ...replay })
  const outcome = { best, fatal }
  if (outcome.fatal !== undefined) throw outcome.fatal
  return outcome.best && { ...outcome.best, path: details.counterexamplePath ?? path ?? '0' }
}

function runsFor({ runs, time }: Context, secondsEach: number): number {
  return secondsEach === 0 ? runs : Math.max(1, Math.min(runs, Math.floor(time.mostSeconds / secondsEach)))
}

function toFatal(error: unknown): Error {
  if (error instanceof SequenceInterrupted) return new NotRun(error.message)
  return error instanceof Error ? error : new Error(String(error))
}
