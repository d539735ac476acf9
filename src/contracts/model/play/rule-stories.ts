/**
 * Plays the shortest stories that meet every rule (rule-stories.json, which `npm run states -- --write` writes) in sequences, so
 * that no rule hangs on chance.
 */
import type { StoryFile } from '../../../generated/kit-schema.js'
import { constants } from '../../../lifecycle/table.js'
import { createBehaviour } from '../../../lifecycle/states/behaviour.js'
import { emptyWorld } from '../../../lifecycle/states/small-world.js'
import { stepOf } from '../../../lifecycle/states/world-step.js'
import type { CallAction } from '../../../lifecycle/states/small-step.js'
import { StoryCalls } from '../../../lifecycle/states/story-calls.js'
import { readStory, type CallStory } from '../../../lifecycle/states/story-file.js'
import type { ApiCall } from '../../../kernel/recording/api-call.js'
import type { Answer } from '../../target/answer.js'
import { toModelAnswer, type PlaySetup } from './play-setup.js'
import { storySeconds } from '../steps/durations.js'
import written from './rule-stories.json' with { type: 'json' }

const files: readonly StoryFile[] = written
const stories: readonly CallStory[] = files.map(readStory)

/** Those that a setup can play: with a second caller where there is one, and with time where it passes. */
export function playableStories({ participants, mostSeconds }: PlaySetup, hasClock: boolean): readonly CallStory[] {
  const hasSecond = participants.identities.includes('colleague')
  return stories.filter(({ steps }) => {
    const takesTime = steps.some(({ on }) => on === 'pass')
    const isPlayable = !takesTime || mostSeconds === Infinity
    return (
      takesTime === hasClock && isPlayable && (hasSecond || !steps.some((step) => 'caller' in step && step.caller > 0))
    )
  })
}

interface StorySequence {
  perform(call: ApiCall): Promise<Answer | undefined>
  pass(seconds: number): Promise<void>
}

/** Plays a story in a sequence, which judges its answers. */
export async function playInSequence(sequence: StorySequence, { steps }: CallStory, setup: PlaySetup): Promise<void> {
  const { unknownId, projectsOf } = setup.participants
  const { limits } = setup.context
  const [projectId = ''] = projectsOf('main')
  const calls = new StoryCalls({ callers: ['main', 'colleague'], projectId, unknownId, limits })
  const behaviour = createBehaviour()
  let world = emptyWorld()
  for (const action of steps) {
    const step = stepOf(world, action, behaviour)
    world = step.world
    if (action.on === 'pass') await sequence.pass(storySeconds(step, limits))
    if (action.on === 'pass' || action.on === 'hangUp') continue
    if (step.told?.status === 429) await reachLimit(sequence, calls, { action, setup })
    const answer = await sequence.perform(calls.callOf(action))
    if (answer !== undefined) calls.learn(action, toModelAnswer(answer, 0), step.made ?? { id: -1, runner: -1 })
  }
}

/** Calls that reach a limit at most, and the real time for them: limits of targets are higher than those of the walk. */
const MAX_CALLS = 320
const MAX_MS = 5000

/** Makes a call until a queue is full or a rate is used up. */
async function reachLimit(
  sequence: StorySequence,
  calls: StoryCalls,
  { action, setup: { context, time } }: { action: CallAction; setup: PlaySetup },
): Promise<void> {
  const { form } = action
  const takes = form['rate'] === undefined ? undefined : calls.callOf({ ...action, on: 'nextBridgeCommands', form: {} })
  const began = time.stopwatch()
  for (let made = 1; made < MAX_CALLS && time.stopwatch() - began < MAX_MS && !context.signal.aborted; made++) {
    const answer = await sequence.perform(calls.callOf(action))
    if (answer?.status !== 201) return
    // Where the limit is a rate, the queue must not be full before.
    if (takes !== undefined && made % constants.command_batch === 0) await sequence.perform(takes)
  }
}
