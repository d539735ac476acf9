/** Stories of calls, as files have them: their steps on a target, and the check that plays one. */
import { createBehaviour } from '../../lifecycle/states/behaviour.js'
import { emptyWorld } from '../../lifecycle/states/small-world.js'
import type { CallStory } from '../../lifecycle/states/story-calls.js'
import { stepOf } from '../../lifecycle/states/world-step.js'
import type { TimerLimits } from '../../lifecycle/timers.js'
import { defineCheck, type Check } from '../check/check.js'
import { storySeconds } from '../../lifecycle/steps/durations.js'
import { playSteps, type CallStep, type StoryStep } from './play-steps.js'

/** The steps of a story on a target with these limits. */
export function toSteps({ steps }: CallStory, limits: TimerLimits): readonly StoryStep[] {
  const behaviour = createBehaviour()
  const waiting = new Map<number, CallStep>()
  let world = emptyWorld()
  return steps.flatMap((action): StoryStep[] => {
    // What comes of it by the rules.
    const step = stepOf(world, action, behaviour)
    const { told, made, begun } = step
    world = step.world
    if (action.on === 'hangUp') {
      const call = waiting.get(action.wait)
      return call === undefined ? [] : [{ on: 'hangUp', call }]
    }
    if (action.on === 'pass') return [{ on: 'pass', seconds: storySeconds(step, limits) }]
    // What is refused there is refused here once the target's own limit is reached.
    const isFull = told?.status === 429 && action.form['rate'] === undefined
    const form = isFull ? { ...action.form, queue: 'full' } : action.form
    // A job is made in the slot of its caller, which names no runner.
    const runner = made?.runner ?? (action.on === 'createJob' ? 0 : action.runner)
    const call = { ...action, form, runner, makes: made?.id }
    if (begun !== undefined) waiting.set(begun.id, call)
    return [call]
  })
}

const MAX_WAITS = 4

/** A check that plays a story, and at its end reads everything that is left. */
export function storyCheck(story: CallStory): Check {
  const seconds = (limits: TimerLimits): number =>
    toSteps(story, limits).reduce((sum, step) => sum + (step.on === 'pass' ? Number(step.seconds) : 0), 0)
  return defineCheck({
    id: 'story/story',
    title: `${story.story} The answers are those of the rules.`,
    rule: { section: 'Identity' },
    needs: {
      ...(story.steps.some(({ on }) => on === 'pass') && { clock: { seconds } }),
      ...(story.steps.some((step) => 'caller' in step && step.caller > 0) && { other: 'colleague' }),
      waiting: MAX_WAITS,
    },
    run: (context) => playSteps(context, toSteps(story, context.limits)),
  })
}
