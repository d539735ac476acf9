/**
 * Runs random sequences of calls against a target and the model side by side, and renders the shortest one that
 * fails.
 */
import { pointerOfOperation } from '../../../kernel/all-operations.js'
import { SequenceInterrupted } from '../../../lifecycle/tracker/mismatch.js'
import type { Context } from '../../check/context.js'
import { Violation } from '../../target/expectation.js'
import { type SequenceProfile, profiles } from '../steps/sequences-arbitrary.js'
import { allSteps, type Intent, type SequenceFailure } from '../steps/step.js'
import { renderScript } from '../steps/written-steps.js'
import { drawSeed, explore, toFatal, WAITING_PER_SEQUENCE } from './explore.js'
import { type PlaySetup, preparePlay, recordSteps } from './play-setup.js'
import { playSequence, type Sequence } from './sequence.js'

/** Random sequences and stories that are played side by side where time is moved: it waits for the slowest alone. */
const SIDE_BY_SIDE = 6

/**
 * Plays the context's number of random sequences, or the one that its path leads to.
 * @throws Violation with the shortest failing sequence as a script.
 */
export async function runSequences(context: Context, name: SequenceProfile): Promise<void> {
  const hasClock = name === 'time'
  const seed = drawSeed(context)
  const setup = await preparePlay(context, hasClock)
  const stories: readonly Play[] = hasClock || name === 'everything' ? await storyPlays(setup, hasClock) : []
  // In one project the runners of one sequence would take the places of another's.
  const isMoved = hasClock && setup.mostSeconds === Infinity && context.path === undefined && !setup.start.isShared
  if (!isMoved) await playStories(setup, name, stories)
  /** Where a failure was seen, if not in the setup of the whole check. */
  const seenIn = new Map<SequenceFailure, PlaySetup>()
  const found = await explore(context, setup.time, {
    seed,
    form: profiles[name],
    secondsEach: hasClock && setup.mostSeconds !== Infinity ? setup.mostSeconds : 0,
    play: (intents, isShrinking) => playSequence(setup, isShrinking, playOf(intents)),
    playAll: isMoved ? (sequenceAt) => playAll(context, name, { stories, sequenceAt, seenIn }) : undefined,
  })
  if (found !== undefined) throw toViolation(seenIn.get(found.failure) ?? setup, name, found)
}

type Play = (sequence: Sequence, setup: PlaySetup) => Promise<void>

function playOf(intents: readonly Intent[]): Play {
  return async (sequence) => {
    for (const intent of intents) await sequence.play(intent)
    await sequence.close()
  }
}

interface AllPlays {
  stories: readonly Play[]
  sequenceAt: (at: number) => readonly Intent[] | undefined
  seenIn: Map<SequenceFailure, PlaySetup>
}

/** Plays stories and sequences side by side; the first failure of a sequence ends the rest. */
async function playAll(whole: Context, name: SequenceProfile, { stories, sequenceAt, seenIn }: AllPlays) {
  let found: { failure: SequenceFailure; at: number } | undefined
  const partOf = (first: number) => async (context: Context) => {
    const setup = await preparePlay(context, true)
    await playStories(
      setup,
      name,
      stories.filter((_, at) => at % SIDE_BY_SIDE === first),
    )
    for (let at = first; found === undefined; at += SIDE_BY_SIDE) {
      const intents = sequenceAt(at)
      if (intents === undefined) return
      const failure = await playSequence(setup, false, playOf(intents))
      if (failure === undefined) continue
      seenIn.set(failure, setup)
      found ??= { failure, at }
    }
  }
  const parts = Array.from({ length: SIDE_BY_SIDE }, (_, first) => partOf(first))
  await whole.sideBySide(parts, WAITING_PER_SEQUENCE).catch((error: unknown) => {
    // What has been found is not lost because another part cannot go on.
    if (found === undefined) throw toFatal(error)
  })
  return found
}

async function storyPlays(setup: PlaySetup, isTimed: boolean): Promise<Play[]> {
  const { playableStories, playInSequence } = await import('./rule-stories.js')
  return playableStories(setup, isTimed).map((story) => (sequence, own) => playInSequence(sequence, story, own))
}

async function playStories(setup: PlaySetup, name: SequenceProfile, stories: readonly Play[]): Promise<void> {
  for (const play of stories) {
    if (setup.context.signal.aborted) return
    try {
      const failure = await playSequence(setup, false, play)
      if (failure !== undefined) throw toViolation(setup, name, { failure, path: '0' })
    } catch (error) {
      if (!(error instanceof SequenceInterrupted)) throw error
      return
    }
  }
}

/** The finding of a check, with its steps as a script. */
export function toViolation(
  setup: PlaySetup,
  check: string,
  { failure, path }: { failure: SequenceFailure; path: string },
): Violation {
  const { expected, actual, steps, race, unanswered } = failure
  const script = renderScript({ ...recordSteps(setup), check: `model/${check}`, path, expected, actual, steps, race })
  const answered = allSteps(failure).flatMap((step) => ('answer' in step && step.answer?.exchange) || [])
  const exchanges = answered.toSorted((one, other) => one.startedMs - other.startedMs)
  const decisive = race === undefined ? steps.at(-1) : undefined
  const place = decisive === undefined || decisive.kind === 'pass' ? null : pointerOfOperation(decisive.call.operation)
  const pointer = failure.pointer ?? place
  return new Violation({
    expected,
    actual,
    pointer,
    exchanges: [...exchanges, ...(unanswered ? [unanswered] : [])],
    script,
  })
}
