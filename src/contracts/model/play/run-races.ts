/** Plays random races, and turns the smallest one whose answers no order of the calls explains into a finding. */
import { Abandoned } from '../../../lifecycle/tracker/mismatch.js'
import type { Recording } from '../../../kernel/recording/recorder.js'
import type { Context } from '../../check/context.js'
import { refusal } from '../../check/seen-quirks.js'
import { judge } from '../../watch/judge-recording.js'
import { weightsOfWork, type SequenceForm } from '../steps/sequences-arbitrary.js'
import { SequenceFailure, type Intent } from '../steps/step.js'
import { drawSeed, explore } from './explore.js'
import { noteDeviations, preparePlay, type PlaySetup } from './play-setup.js'
import { Race } from './race.js'
import { toViolation } from './run-sequences.js'
import { playSequence, type Sequence } from './sequence.js'

const queue = { pairings: 1, steps: 18, owners: 1 } as const

/** For the jobs of an endpoint runner, and for the commands of a connect runner. */
const forms = {
  'concurrent-jobs': { ...queue, type: 'endpoint', weights: { ...weightsOfWork('job'), heartbeat: 2 } },
  'concurrent-commands': { ...queue, type: 'connect', weights: weightsOfWork('bridgeCommand') },
} as const satisfies Record<string, SequenceForm>

export type RaceName = keyof typeof forms

/** How often a race is run again in the search for the smallest: it need not go wrong each time. */
const ATTEMPTS = 3
const LANES = 3

/**
 * Plays the context's number of random races, or the one that its path leads to.
 * @throws Violation with the smallest race that went wrong as a script.
 */
export async function runRaces(context: Context, name: RaceName): Promise<void> {
  const seed = drawSeed(context)
  const setup = await preparePlay(context, false)
  const found = await explore(context, setup.time, {
    seed,
    form: forms[name],
    async play(intents, isShrinking) {
      let failure: SequenceFailure | undefined
      for (let attempt = 0; attempt < (isShrinking ? ATTEMPTS : 1) && failure === undefined; attempt++)
        failure = await playSequence(setup, isShrinking, (sequence) => playRace(setup, sequence, intents))
      return failure
    },
  })
  if (found !== undefined) throw toViolation(setup, name, found)
}

/** Pairs a runner, plays some of the steps on it one by one, and then the others in lanes at once. */
async function playRace(setup: PlaySetup, sequence: Sequence, [pairing, ...rest]: readonly Intent[]): Promise<void> {
  const began = setup.time.stopwatch()
  if (pairing !== undefined) await sequence.play({ ...pairing, who: 0, which: 0 })
  const [first = [], ...others] = Array.from({ length: LANES + 1 }, (_, at) =>
    rest.filter(({ who }) => who % (LANES + 1) === at),
  )
  for (const intent of first) await sequence.play(intent, false)
  const callMs = (setup.time.stopwatch() - began) / Math.max(1, sequence.steps.length)
  const [runner] = sequence.world.runners.values()
  if (runner === undefined || runner.isGone) return
  const race = new Race(setup, sequence, runner)
  try {
    await race.run(
      others.filter(({ length }) => length > 0),
      callMs,
    )
    expectRight(setup, sequence.sender.recording())
  } catch (error) {
    if (error instanceof Abandoned) return
    if (error instanceof SequenceFailure) Object.assign(error, { steps: sequence.steps, race: race.steps })
    throw error
  } finally {
    race.hangUp()
  }
}

/** Judges all calls as traffic, in which those that overlap may have come in any order. */
function expectRight({ context }: PlaySetup, recording: Recording): void {
  const { verdicts, quirks } = judge(recording, { sides: ['server'] })
  const [verdict] = verdicts
  if (verdict !== undefined) {
    const { expected, actual, rule, story } = verdict
    const told = `${actual}, by ${rule}, after ${story.map(({ what }) => what).join(', ')}`
    throw new SequenceFailure({ expected: `${expected}, in some order of the calls`, actual: told }, [])
  }
  const seen = quirks.filter(({ how }) => how === 'seen').map(({ id }) => id)
  const refused = seen.find((id) => context.refused.has(id))
  if (refused !== undefined)
    throw new SequenceFailure({ expected: `an order of the calls (${refusal(refused)})`, actual: 'none' }, [])
  noteDeviations(context, new Set(seen))
}
