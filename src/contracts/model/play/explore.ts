/**
 * Searches for a sequence that the target answers wrongly: among so many random ones of fast-check, which is loaded when it is
 * first needed; and once there is one, among shorter ones, a fixed number of them, so that what comes out hangs on no
 * machine's speed.
 */
import { SequenceInterrupted } from '../../../lifecycle/tracker/mismatch.js'
import type { Context } from '../../check/context.js'
import { NotRun } from '../../target/expectation.js'
import type { RealTime } from '../../target/real-time.js'
import { type SequenceForm, sequencesOf } from '../steps/sequences-arbitrary.js'
import type { Intent, SequenceFailure } from '../steps/step.js'

type Intents = readonly Intent[]

type PlayAll = (
  sequenceAt: (at: number) => Intents | undefined,
) => Promise<{ failure: SequenceFailure; at: number } | undefined>

export interface SequenceSearch {
  /** Where sequences begin; a path leads to the same one only from the same seed. */
  seed: number
  form: SequenceForm
  /** Seconds that a sequence lets pass where time cannot be moved; as many are tried as there is time for. */
  secondsEach?: number
  /**
   * Plays all of them side by side, where that saves time, before any is played by itself.
   * @param sequenceAt the sequence of a number, counted from 0; undefined when none is to begin any more
   * @returns which one failed, the first of them; undefined when all was right
   */
  playAll?:
    | ((
        sequenceAt: (at: number) => Intents | undefined,
      ) => Promise<{ failure: SequenceFailure; at: number } | undefined>)
    | undefined
  /** Plays a sequence; undefined when all was right. `isShrinking` once a failure is known. */
  play: (sequence: Intents, isShrinking: boolean) => Promise<SequenceFailure | undefined>
}

/** Requests of one sequence that wait at once, most of the time; for more there must happen to be room. */
export const WAITING_PER_SEQUENCE = 4

/** Shorter sequences that are tried once one has failed. */
const ATTEMPTS_AT_SHRINKING = 300

/** Only targets that are far away take longer; several times what a busy machine needs. */
const SECONDS_PER_RUN = 5
const LEAST_SECONDS = 60
const SECONDS_FOR_SHRINKING = 60

/** The seed of a search, to be drawn before anything else is: what is drawn between may differ from one run to the next. */
export function drawSeed({ random }: Context): number {
  return random.below(2 ** 31)
}

/** Seconds of real time after which nothing further is tried, for so many sequences, the search for shorter ones included. */
export function secondsFor(runs: number): number {
  return secondsForRuns(runs) + SECONDS_FOR_SHRINKING
}

function secondsForRuns(runs: number): number {
  return Math.max(LEAST_SECONDS, SECONDS_PER_RUN * runs)
}

/** A sequence that may fail, and how the search has come to it. */
interface Candidate {
  sequence: Intents
  /** Its number, and which of the shorter ones it was each time. */
  path: string
  /** Steps that the next shorter ones lack. */
  size: number
}

interface Found {
  failure: SequenceFailure
  path: string
}

/**
 * Searches; undefined when nothing was found. What depends on the seed depends on it alone. After a failure that keeps us
 * waiting no shorter sequence is tried.
 * @returns what fails in the shortest sequence, and its path
 */
export async function explore(context: Context, time: RealTime, search: SequenceSearch): Promise<Found | undefined> {
  const { seed, form, secondsEach = 0, playAll, play } = search
  const { path, signal } = context
  const fc = await import('fast-check')
  const arbitrary = sequencesOf(fc, form)
  const candidateAt = (at: number): Candidate => {
    const [sequence = []] = fc.sample(arbitrary, { seed, path: String(at), numRuns: 1 })
    return { sequence, path: String(at), size: sequence.length >> 1 }
  }
  const isOverAfter = (seconds: number): (() => boolean) => {
    const deadline = time.stopwatch() + 1000 * seconds
    return () => signal.aborted || time.stopwatch() > deadline
  }
  const runs = runsFor(context, secondsEach)
  const isOver = isOverAfter(secondsForRuns(runs) + (secondsEach > 0 ? context.time.mostSeconds : 0))
  const sequenceAt = (at: number): Intents | undefined =>
    at >= runs || (at > 0 && isOver()) ? undefined : candidateAt(at).sequence
  try {
    if (path !== undefined) {
      const failure = await play(follow(path, candidateAt).sequence, false)
      return failure && { failure, path }
    }
    const wrong = await (playAll ?? oneByOne(play))(sequenceAt)
    if (wrong === undefined) return undefined
    const found = { failure: wrong.failure, path: String(wrong.at) }
    if (found.failure.isSlow) return found
    const first = candidateAt(wrong.at)
    // What has failed beside others is played by itself.
    const shorter = playAll === undefined ? shorterThan(first) : [first][Symbol.iterator]()
    return await shrink(found, shorter, { play, isOver: isOverAfter(SECONDS_FOR_SHRINKING) })
  } catch (error) {
    throw toFatal(error)
  }
}

function oneByOne(play: SequenceSearch['play']): PlayAll {
  return async (sequenceAt) => {
    for (let at = 0; ; at++) {
      const sequence = sequenceAt(at)
      const failure = sequence && (await play(sequence, false))
      if (sequence === undefined || failure !== undefined) return failure && { failure, at }
    }
  }
}

/** The candidate to which a path leads. */
function follow(path: string, candidateAt: (at: number) => Candidate): Candidate {
  const [first = 0, ...choices] = path.split(':').map(Number)
  return choices.reduce((from, choice) => [...shorterThan(from)][choice] ?? from, candidateAt(first))
}

/** Goes on to whatever fails first among shorter ones, until none of them does. */
async function shrink(
  found: Found,
  candidates: Iterator<Candidate>,
  { play, isOver }: Pick<SequenceSearch, 'play'> & { isOver: () => boolean },
): Promise<Found> {
  let best = found
  for (let left = ATTEMPTS_AT_SHRINKING; left > 0 && !isOver(); left--) {
    const next = candidates.next()
    if (next.done === true) break
    const candidate = next.value
    // What has been found is not lost because shorter sequences cannot be tried any more.
    const failure = await play(candidate.sequence, true).catch(() => 'none' as const)
    // What was found tells more than a target that keeps us waiting.
    if (failure === 'none' || failure?.isSlow === true) break
    if (failure === undefined) continue
    best = { failure, path: candidate.path }
    candidates = shorterThan(candidate)
  }
  return best
}

function* shorterThan({ sequence, path, size }: Candidate): Generator<Candidate> {
  let at = 0
  for (const [shorter, next] of shorten(sequence, size))
    yield { sequence: shorter, path: `${path}:${at++}`, size: next }
}

/** Without a stretch, the last ones first; then with plainer steps, all at once or one; each with where to go on. */
function* shorten(sequence: Intents, most: number): Generator<[Intents, number]> {
  for (let size = most; size > 0; size >>= 1) {
    for (let from = sequence.length - size; from > -size; from -= size)
      yield [sequence.toSpliced(Math.max(0, from), Math.min(size, size + from)), size]
  }
  const plain = { which: 0, form: 0 }
  if (sequence.some(({ which, form }) => which + form > 0)) yield [sequence.map((step) => ({ ...step, ...plain })), 0]
  for (const [at, step] of sequence.entries()) {
    for (const field of ['who', 'which', 'form'] as const)
      for (const number of [0, 1]) if (number < step[field]) yield [sequence.with(at, { ...step, [field]: number }), 0]
  }
}

function runsFor({ runs, time }: Context, secondsEach: number): number {
  return secondsEach === 0 ? runs : Math.max(1, Math.min(runs, Math.floor(time.mostSeconds / secondsEach)))
}

/** What ends a play without a verdict on the target. */
export function toFatal(error: unknown): Error {
  if (error instanceof SequenceInterrupted) return new NotRun(error.message)
  return error instanceof Error ? error : new Error(String(error))
}
