/**
 * Runs random sequences of calls against a target and the model side by side, and tells the shortest one that fails. So that no
 * rule hangs on chance, it also plays the shortest stories that meet every rule (rule-stories.json, which
 * `npm run states -- --write` writes).
 */
import type { StoryFile } from '../../generated/kit-schema.js'
import { readStory, type CallStory } from '../../lifecycle/states/story-calls.js'
import type { Context } from '../check/context.js'
import { NotRun, PairingLimited, Violation } from '../target/expectation.js'
import { SECONDS_FOR_SHRINKING, secondsForRuns, WAITING_PER_SEQUENCE } from './search-limits.js'
import type { Intent } from '../../lifecycle/steps/step-plan.js'
import { describeSteps, type SequenceFailure } from './sequence-failure.js'
import { createDraw, follow, profiles, shrink, type SequenceForm, type SequenceProfile } from './explore.js'
import { type PlaySetup, preparePlay } from './play-setup.js'
import { playInSequence } from './play-steps.js'
import { toSteps } from './play-story.js'
import { playRace } from './race.js'
import written from './rule-stories.json' with { type: 'json' }
import { playSequence, type Sequence } from './sequence.js'

const files: readonly StoryFile[] = written
const ruleStories: readonly CallStory[] = files.map(readStory)

/** Random sequences and stories that are played side by side where time is moved: it waits for the slowest alone. */
const SIDE_BY_SIDE = 6

/** How often a race is played again in the search for the smallest: it need not go wrong each time. */
const ATTEMPTS = 3

/**
 * Plays the context's number of random sequences, or the one that its path leads to.
 * @throws Violation with the steps of the shortest failing sequence, and how to play it again.
 */
export async function runSequences(context: Context, name: SequenceProfile): Promise<void> {
  const form: SequenceForm = profiles[name]
  const isRace = form.isRace === true
  const hasClock = name === 'time'
  // Before anything else: what is drawn afterwards may differ from one run to the next.
  const seed = context.random.below(2 ** 31)
  const setup = await preparePlay(context, needsOf(context, hasClock))
  const stories = hasClock || name === 'everything' ? playableStories(setup, hasClock) : []
  // In one project the runners of one sequence would take the places of another's.
  const lanes = hasClock && context.path === undefined && !setup.start.isShared ? SIDE_BY_SIDE : 1
  if (lanes === 1) await playStories(setup, name, stories)
  const play = async (intents: readonly Intent[], isShrinking: boolean): Promise<SequenceFailure | undefined> => {
    let failure: SequenceFailure | undefined
    for (let left = isRace && isShrinking ? ATTEMPTS : 1; left > 0 && failure === undefined; left--)
      failure = await playSequence(setup, isShrinking, playOf(intents, isRace))
    return failure
  }
  const draw = await createDraw(seed, form)
  if (context.path !== undefined) {
    const failure = await play(follow(context.path, draw).sequence, false)
    if (failure !== undefined) throw toViolation(context, failure, name, context.path)
    return
  }
  const isOver = isOverAfter(setup, secondsForRuns(context.runs))
  let wrong: { failure: SequenceFailure; at: number } | undefined
  const playEach = async (own: PlaySetup, first: number): Promise<void> => {
    for (let at = first; wrong === undefined && at < context.runs && (at === 0 || !isOver()); at += lanes) {
      const failure = await playSequence(own, false, playOf(draw(at).sequence, isRace))
      if (failure !== undefined) wrong ??= { failure, at }
    }
  }
  const parts = Array.from({ length: lanes }, (_, first) => async (part: Context) => {
    const own = await preparePlay(part, needsOf(part, hasClock))
    const share = stories.filter((__, at) => at % lanes === first)
    await playStories(own, name, share)
    await playEach(own, first)
  })
  const played = lanes === 1 ? playEach(setup, 0) : context.sideBySide(parts, WAITING_PER_SEQUENCE)
  // What has been found is not lost because another part cannot go on.
  await played.catch((error: unknown) => {
    if (wrong === undefined) throw error
  })
  if (wrong === undefined) return
  const { failure, at } = wrong
  const found = { failure, path: String(at) }
  const isTooLong = isOverAfter(setup, SECONDS_FOR_SHRINKING)
  // After a failure that keeps us waiting no shorter sequence is tried.
  const best = failure.isSlow ? found : await shrink(found, draw(at), (intents) => play(intents, true), isTooLong)
  throw toViolation(context, best.failure, name, best.path)
}

/** Whether so much real time is over, or the run. */
function isOverAfter({ time, context: { signal } }: PlaySetup, seconds: number): () => boolean {
  const deadline = time.stopwatch() + 1000 * seconds
  return () => signal.aborted || time.stopwatch() > deadline
}

/** The finding of a check, and the way to it. */
function toViolation({ url, seed }: Context, failure: SequenceFailure, name: SequenceProfile, path: string): Violation {
  const replay = `opik-runner-kit verify ${url} --check model/${name} --seed ${seed} --path ${path}`
  return new Violation({ ...failure.finding, steps: describeSteps(failure), replay })
}

/** What a play needs: everybody that the target has. */
function needsOf(context: Context, hasClock: boolean): Parameters<typeof preparePlay>[1] {
  const others = (['colleague', 'stranger'] as const).filter((identity) => context.has(identity))
  return { others, projects: 2, hasClock }
}

type Play = (sequence: Sequence, setup: PlaySetup) => Promise<void>

function playOf(intents: readonly Intent[], isRace: boolean): Play {
  if (isRace) return (sequence, setup) => playRace(setup, sequence, intents)
  return async (sequence) => {
    for (const intent of intents) await sequence.play(intent)
    await sequence.close()
  }
}

async function playStories(setup: PlaySetup, name: SequenceProfile, stories: readonly Play[]): Promise<void> {
  for (const play of stories) {
    if (setup.context.signal.aborted) return
    try {
      const failure = await playSequence(setup, false, play)
      if (failure !== undefined) throw toViolation(setup.context, failure, name, '0')
    } catch (error) {
      if (error instanceof PairingLimited) return
      // The target has too little room for this one.
      if (!(error instanceof NotRun)) throw error
    }
  }
}

/** The steps of those that a setup can play: with a second caller where there is one, and with time where it passes. */
function playableStories({ context, participants }: PlaySetup, hasClock: boolean): readonly Play[] {
  const hasSecond = participants.identities.includes('colleague')
  const playable = ruleStories.filter(({ steps }) => {
    const isPlayable = steps.some(({ on }) => on === 'pass') === hasClock
    return isPlayable && (hasSecond || !steps.some((step) => 'caller' in step && step.caller > 0))
  })
  return playable.map((story) => {
    const steps = toSteps(story, context.limits)
    return (sequence, own) => playInSequence(own, sequence, steps)
  })
}
