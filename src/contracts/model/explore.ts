/**
 * Lets fast-check search for an input that the target answers wrongly: so many random ones, and once there is one,
 * smaller ones, as long as time allows. It is loaded when it is first needed.
 */
import type * as FastCheck from 'fast-check'
import type { Context } from '../context.js'
import { NotRun } from '../expectation.js'
import type { RealTime } from '../real-time.js'
import { Hindered } from './rules/mismatch.js'

/** fast-check's functions. */
export type Fc = typeof FastCheck

/** A search. */
export interface Search<Input, Failure> {
  arbitrary(fc: Fc): FastCheck.Arbitrary<Input>
  /** Whether smaller inputs should not be tried for a failure. */
  isHopeless(failure: Failure): boolean
  /** Plays an input; undefined when all was right. `isShrinking` once a failure is known. */
  play(input: Input, fc: Fc, isShrinking: boolean): Promise<Failure | undefined>
}

/** The smallest failing input that was found, and where it is. */
export interface Found<Input, Failure> {
  input: Input
  failure: Failure
  path: string
}

/** Runs that the budget of seconds is meant for. */
const USUAL_RUNS = 12
const SECONDS_FOR_USUAL_RUNS = 12
const SECONDS_FOR_SHRINKING = 20

/** Seconds of real time after which no further input is tried, for so many. */
export function secondsFor(runs: number): number {
  return SECONDS_FOR_USUAL_RUNS * Math.max(1, runs / USUAL_RUNS)
}

/** Searches; undefined when nothing was found. What depends on the seed depends on it alone. */
export async function explore<Input, Failure>(
  context: Context,
  time: RealTime,
  search: Search<Input, Failure>,
): Promise<Found<Input, Failure> | undefined> {
  const fc: Fc = await import('fast-check')
  const exploration = new Exploration(context, time, search, fc)
  const property = fc.asyncProperty(search.arbitrary(fc), (input) => exploration.accepts(input))
  const seed = context.random.below(2 ** 31)
  const { path } = context
  const replay = path === undefined ? { numRuns: context.runs } : { path, numRuns: 1, endOnFailure: true }
  const details = await fc.check(property, { seed, ...replay })
  if (exploration.fatal !== undefined) throw exploration.fatal
  const { best } = exploration
  return best === undefined ? undefined : { ...best, path: details.counterexamplePath ?? path ?? '0' }
}

class Exploration<Input, Failure> {
  best: { input: Input; failure: Failure } | undefined
  /** What ends the search without a verdict. */
  fatal: Error | undefined
  private readonly context: Context
  private readonly time: RealTime
  private readonly search: Search<Input, Failure>
  private readonly fc: Fc
  private deadline: number
  private tried = 0

  constructor(context: Context, time: RealTime, search: Search<Input, Failure>, fc: Fc) {
    this.context = context
    this.time = time
    this.search = search
    this.fc = fc
    this.deadline = time.stopwatch() + 1000 * secondsFor(context.runs)
  }

  /** Whether the target answers an input rightly; anything is accepted once the search is over. */
  async accepts(input: Input): Promise<boolean> {
    const isLate = this.tried > 0 && this.time.stopwatch() > this.deadline
    if (isLate || this.fatal !== undefined || this.context.signal.aborted) return true
    this.tried++
    try {
      const failure = await this.search.play(input, this.fc, this.best !== undefined)
      if (failure === undefined) return true
      this.best ??= this.startShrinking(input, failure)
      this.best = { input, failure }
      return false
    } catch (error) {
      this.fatal = toFatal(error)
      return true
    }
  }

  private startShrinking(input: Input, failure: Failure): { input: Input; failure: Failure } {
    const seconds = this.search.isHopeless(failure) ? 0 : SECONDS_FOR_SHRINKING
    this.deadline = this.time.stopwatch() + 1000 * seconds
    return { input, failure }
  }
}

function toFatal(error: unknown): Error {
  if (error instanceof Hindered) return new NotRun(error.message)
  return error instanceof Error ? error : new Error(String(error))
}
