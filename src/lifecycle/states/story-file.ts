/** A story of calls, as it is read from a file, where things are counted from one. */
import { KitError } from '../../kernel/errors.js'
import type { StoryFile, StoryStep } from '../../generated/kit-schema.js'
import { decidedOperations, isDecided } from '../roles.js'
import type { Action, CallAction } from './small-step.js'

/** A story, and what it is about. */
export interface CallStory {
  readonly story: string
  readonly steps: readonly Action[]
}

/**
 * Reads a story that its schema has let pass.
 * @throws KitError `story/form` for a step that does nothing that is known
 */
export function readStory({ story, steps }: StoryFile): CallStory {
  return { story, steps: steps.map(readStep) }
}

function readStep(step: StoryStep): Action {
  const { do: on, caller = 1, runner = 0, job, command, wait = 1, lost = false } = step
  if (on === 'pass') return { on }
  if (on === 'hangUp') return { on, wait: wait - 1 }
  if (!isDecided(on)) {
    throw new KitError('story/form', {
      failed: 'A step of the story does nothing that is known.',
      value: on,
      fix: `Use pass, hangUp or one of ${decidedOperations.join(', ')}.`,
    })
  }
  const form: CallAction['form'] = { ...step.with }
  const call: CallAction = { on, caller: caller - 1, runner: runner - 1, work: (job ?? command ?? 0) - 1, form }
  return lost ? { ...call, isLost: true } : call
}
