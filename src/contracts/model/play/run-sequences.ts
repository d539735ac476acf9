/** Plays random sequences of one profile, and turns the shortest one that the target answers wrongly into a finding. */
import type { Context } from '../../check/context.js'
import { pointerOfOperation } from '../../../kernel/operation.js'
import { Violation } from '../../target/expectation.js'
import { explore, type Fc, type Found } from './explore.js'
import type { Intent } from '../steps/intent.js'
import { profiles, type Profile, type ProfileName } from '../steps/step-profiles.js'
import { renderScript } from '../steps/written-steps.js'
import { sequencesOf } from '../steps/sequences-arbitrary.js'
import { Sequence } from './sequence.js'
import { preparePlay, recordSteps, type PlaySetup } from './play-setup.js'
import { exchangesOf, SequenceFailure } from '../steps/step.js'

/**
 * Plays the context's number of random sequences, or the one that its path leads to.
 * @throws Violation with the shortest failing sequence as a script.
 */
export async function runSequences(context: Context, name: ProfileName): Promise<void> {
  const profile: Profile = profiles[name]
  const stage = await preparePlay(context, profile.hasClock)
  const found = await explore<readonly Intent[], SequenceFailure>(context, stage.time, {
    arbitrary: (fc) => sequencesOf(fc, profile.form),
    secondsEach: profile.hasClock && stage.mostSeconds !== Infinity ? stage.mostSeconds : 0,
    isHopeless: ({ isSlow }) => isSlow,
    play: (intents, fc, isShrinking) => play(stage, intents, { fc, isShrinking }),
  })
  if (found !== undefined) throw await toViolation(stage, name, found)
}

/** Real time in which an answer must come once nothing holds it any more: at first, and in the search for the shortest. */
const PATIENT_MS = 5000
const QUICK_MS = 1200

/** A step as a command of fast-check: it runs on the model and on the target at once. */
function toCommand(intent: Intent) {
  return {
    check: (model: Sequence['world']) => !model.isOpen,
    run: (_: Sequence['world'], real: Sequence) => real.play(intent),
    toString: () => intent.kind,
  }
}

/** Tells of the accidents without which the model would have refused an answer. */
export function noteDeviations(context: Context, excused: Sequence['world']['excused']): void {
  const expected = 'answers that need no excuse'
  for (const id of excused) context.accident(id, { expected, actual: 'some that do' })
}

interface PlayOptions {
  fc: Fc
  /** Whether a failure is known already. */
  isShrinking: boolean
  /** Of the closing reads, just this one. */
  only?: number
}

async function play(
  stage: PlaySetup,
  intents: readonly Intent[],
  { fc, isShrinking, only }: PlayOptions,
): Promise<SequenceFailure | undefined> {
  const sequence = new Sequence(stage, isShrinking ? QUICK_MS : PATIENT_MS)
  try {
    await fc.asyncModelRun(() => ({ model: sequence.world, real: sequence }), intents.map(toCommand))
    await sequence.close(only)
    noteDeviations(stage.context, sequence.world.excused)
    return undefined
  } catch (error) {
    if (error instanceof SequenceFailure) return error
    throw error
  } finally {
    await sequence.cleanUp()
  }
}

async function toViolation(
  stage: PlaySetup,
  name: ProfileName,
  { input, failure, path }: Found<readonly Intent[], SequenceFailure>,
): Promise<Violation> {
  // Of the closing reads, the one that shows it is enough; should it not be, the others stay in.
  const { closingRead } = failure
  const fc: Fc = await import('fast-check')
  const shorter =
    closingRead === undefined ? undefined : await play(stage, input, { fc, isShrinking: true, only: closingRead })
  const told = shorter ?? failure
  const { expected, actual, steps, unanswered } = told
  const script = renderScript({ ...recordSteps(stage), check: `model/${name}`, path, expected, actual, steps })
  const exchanges = exchangesOf(steps, unanswered)
  const decisive = steps.at(-1)
  const pointer =
    decisive === undefined || decisive.kind === 'pass' ? null : pointerOfOperation(decisive.call.operation)
  return new Violation({ expected, actual, pointer: told.pointer ?? pointer, exchanges, script })
}
