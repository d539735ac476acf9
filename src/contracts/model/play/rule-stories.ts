/**
 * The shortest stories that meet every rule (rule-stories.json, which `npm run states -- --write` writes). They are played in
 * sequences, so that no rule hangs on chance.
 */
import type { StoryFile } from '../../../generated/kit-schema.js'
import { readStory, type CallStory } from '../../../lifecycle/states/story-calls.js'
import type { TimerLimits } from '../../../lifecycle/timers.js'
import { foretell } from '../steps/durations.js'
import type { PlaySetup } from './play-setup.js'
import type { StoryStep } from './play-steps.js'
import written from './rule-stories.json' with { type: 'json' }

const files: readonly StoryFile[] = written
const stories: readonly CallStory[] = files.map(readStory)

/** The steps of those that a setup can play: with a second caller where there is one, and with time where it passes. */
export function playableStories(
  { context, participants, mostSeconds }: PlaySetup,
  hasClock: boolean,
): readonly (readonly StoryStep[])[] {
  const hasSecond = participants.identities.includes('colleague')
  const playable = stories.filter(({ steps }) => {
    const takesTime = steps.some(({ on }) => on === 'pass')
    const isPlayable = !takesTime || mostSeconds === Infinity
    return (
      takesTime === hasClock && isPlayable && (hasSecond || !steps.some((step) => 'caller' in step && step.caller > 0))
    )
  })
  return playable.map((story) => toSteps(story, context.limits))
}

function toSteps(story: CallStory, limits: TimerLimits): readonly StoryStep[] {
  return foretell(story, limits).flatMap(({ action, step: { told, made } }): StoryStep[] => {
    if (action.on === 'hangUp') return []
    if (action.on === 'pass') return [{ on: 'pass', seconds: action.seconds ?? 0 }]
    // What is refused there is refused here once the target's own limit is reached.
    const isFull = told?.status === 429 && action.form['rate'] === undefined
    const form = isFull ? { ...action.form, queue: 'full' } : action.form
    // A job is made in the slot of its caller, which names no runner.
    const runner = made?.runner ?? (action.on === 'createJob' ? 0 : action.runner)
    return [{ ...action, form, runner, makes: made?.id }]
  })
}
