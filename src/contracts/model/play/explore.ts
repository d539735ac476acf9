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

export interface SequenceSearch<Input, Failure extends { readonly isSlow: boolean }> {
  /** Where inputs begin; a path leads to the same one only from the same seed. */
  seed: number
  arbitrary(fc: typeof FastCheck): FastCheck.Arbitrary<Input>
  /** Seconds that an input lets pass where time cannot be moved; as many inputs are tried as there is time for. */
  secondsEach?: number
  /**
   * Plays all of them side by side, where that saves time, before any is played by itself.
   * @param isOver whether no further one is to begin
   * @returns which one failed, the first of them, counted from 0; undefined when all was right
   */
  playAll?:
    | ((inputs: readonly Input[], isOver: () => boolean) => Promise<{ failure: Failure; at: number } | undefined>)
    | undefined
  /** Plays an input; undefined when all was right. `isShrinking` once a failure is known. */
  play(input: Input, isShrinking: boolean): Promise<Failure | undefined>
}

/** Requests of one sequence that wait at once, most of the time; for more there must happen to be room. */
export const WAITING_PER_SEQUENCE = 4

/** Smaller inputs that are tried once one has failed. */
const ATTEMPTS_AT_SHRINKING = 300

/** Only targets that are far away take longer; several times what a busy machine needs. */
const SECONDS_PER_RUN = 5
const LEAST_SECONDS = 60
const SECONDS_FOR_SHRINKING = 60

/** The seed of a search, to be drawn before anything else is: what is drawn between may differ from one run to the next. */
export function drawSeed({ random }: Context): number {
  return random.below(2 ** 31)
}

/** Seconds of real time after which no further input is tried, for so many, the search for smaller ones included. */
export function secondsFor(runs: number): number {
  return secondsForRuns(runs) + SECONDS_FOR_SHRINKING
}

function secondsForRuns(runs: number): number {
  return Math.max(LEAST_SECONDS, SECONDS_PER_RUN * runs)
}

/**
 * Searches; undefined when nothing was found. What depends on the seed depends on it alone. After a failure that keeps us
 * waiting no smaller input is tried.
 * @returns what fails in the smallest input, and its path
 */
export async function explore<Input, Failure extends { readonly isSlow: boolean }>(
  context: Context,
  time: RealTime,
  search: SequenceSearch<Input, Failure>,
): Promise<Found<Failure> | undefined> {
  const { runs, signal } = context
  if (context.path !== undefined || search.playAll === undefined) return searchFrom(context, time, search)
  const deadline = time.stopwatch() + 1000 * secondsForRuns(runs)
  const inputs = await inputsOf(search, runs)
  const wrong = await search.playAll(inputs, () => signal.aborted || time.stopwatch() > deadline)
  if (wrong === undefined) return undefined
  const known = { failure: wrong.failure, path: String(wrong.at) }
  return known.failure.isSlow ? known : searchFrom(context, time, search, known)
}

interface Found<Failure> {
  failure: Failure
  path: string
}

/** The inputs that a search would try one after the other. */
async function inputsOf<Input>(
  { arbitrary, seed }: Pick<SequenceSearch<Input, never>, 'arbitrary' | 'seed'>,
  runs: number,
) {
  const fc = await import('fast-check')
  const inputs: Input[] = []
  const collect = async (input: Input): Promise<boolean> => inputs.push(input) > 0
  await fc.check(fc.asyncProperty(arbitrary(fc), collect), { seed, numRuns: runs })
  return inputs
}

/** @param known what is known to fail, for which a smaller input is wanted */
async function searchFrom<Input, Failure extends { readonly isSlow: boolean }>(
  context: Context,
  time: RealTime,
  search: SequenceSearch<Input, Failure>,
  known?: Found<Failure>,
): Promise<Found<Failure> | undefined> {
  const fc = await import('fast-check')
  const { runs, signal, path = known?.path } = context
  const { seed, secondsEach = 0 } = search
  let best = known?.failure
  /** What ends the search without a verdict. */
  let fatal: Error | undefined
  let deadline = time.stopwatch() + 1000 * (secondsForRuns(runs) + (secondsEach > 0 ? context.time.mostSeconds : 0))
  /** Further inputs that may be tried, and whether none has been. */
  let left = known === undefined ? Infinity : ATTEMPTS_AT_SHRINKING
  let isFirst = true
  /** Whether the target answers an input rightly; anything is accepted once the search is over. */
  const accepts = async (input: Input): Promise<boolean> => {
    if (left <= 0 || signal.aborted || (!isFirst && time.stopwatch() > deadline)) return true
    isFirst = false
    left--
    const isShrinking = best !== undefined
    try {
      const failure = await search.play(input, isShrinking)
      if (failure === undefined) return true
      if (failure.isSlow) left = 0
      // What was found tells more than a target that keeps us waiting.
      if (failure.isSlow && isShrinking) return true
      if (!isShrinking) deadline = time.stopwatch() + 1000 * SECONDS_FOR_SHRINKING
      left = Math.min(left, ATTEMPTS_AT_SHRINKING)
      best = failure
      return false
    } catch (error) {
      // What has been found is not lost because smaller inputs cannot be tried any more.
      if (!isShrinking) fatal = toFatal(error)
      left = 0
      return true
    }
  }
  const replay =
    path === undefined
      ? { numRuns: runsFor(context, secondsEach) }
      : { path, numRuns: 1, endOnFailure: known === undefined }
  const property = fc.asyncProperty(search.arbitrary(fc), accepts)
  const details = await fc.check(property, { seed, ...replay })
  const outcome = { best, fatal }
  if (outcome.fatal !== undefined) throw outcome.fatal
  return outcome.best && { failure: outcome.best, path: details.counterexamplePath ?? path ?? '0' }
}

function runsFor({ runs, time }: Context, secondsEach: number): number {
  return secondsEach === 0 ? runs : Math.max(1, Math.min(runs, Math.floor(time.mostSeconds / secondsEach)))
}

/** What ends a play without a verdict on the target. */
export function toFatal(error: unknown): Error {
  if (error instanceof SequenceInterrupted) return new NotRun(error.message)
  return error instanceof Error ? error : new Error(String(error))
}
