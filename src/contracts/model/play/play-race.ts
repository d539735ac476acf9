/** Plays a random race, and looks for an order of the calls that explains all answers. */
import { isObject, isSameJson, memberOf, objectsAt } from '../../../kernel/json-value.js'
import { canEmit, isReport } from '../../../lifecycle/roles.js'
import { Abandoned } from '../../../lifecycle/tracker/mismatch.js'
import type { Recording } from '../../../kernel/recording/recorder.js'
import { refusal } from '../../check/seen-quirks.js'
import { CANCELLATION } from '../../watch/effects.js'
import { judge } from '../../watch/judge-recording.js'
import { allSteps, SequenceFailure, type Intent, type SequenceStep } from '../steps/step.js'
import { noteDeviations, type PlaySetup } from './play-setup.js'
import { Race } from './race.js'
import type { Sequence } from './sequence.js'

const LANES = 3

/** Pairs a runner, plays some of the steps on it one by one, and then the others in lanes at once. */
export async function playRace(
  setup: PlaySetup,
  sequence: Sequence,
  [pairing, ...rest]: readonly Intent[],
): Promise<void> {
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
    expectRight(setup, sequence.sender.recording(), allSteps({ steps: sequence.steps, race: race.steps }))
  } catch (error) {
    if (error instanceof Abandoned) return
    if (error instanceof SequenceFailure) Object.assign(error, { steps: sequence.steps, race: race.steps })
    throw error
  } finally {
    race.hangUp()
  }
}

/** Judges all calls as traffic, in which those that overlap may have come in any order. */
function expectRight({ context }: PlaySetup, recording: Recording, steps: readonly SequenceStep[]): void {
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
  if (seen.length > 0) expectWritten(steps)
  noteDeviations(context, new Set(seen))
}

/** Also what a race leaves behind was written by a call: how a job or command ends, its result and its error. */
function expectWritten(steps: readonly SequenceStep[]): void {
  const calls = steps.flatMap((step) => (step.kind === 'call' ? [step] : []))
  for (const shown of calls.flatMap(({ answer }) => [answer?.body, ...objectsAt(answer?.body, 'content')])) {
    if (!isObject(shown) || !('runner_id' in shown)) continue
    const { id = shown['command_id'] } = shown
    const written = calls.filter(({ call }) => Object.values(call.path).some((each) => each === id))
    const reports = written.filter(({ call }) => isReport(call.operation)).map(({ call }) => call.body)
    const isCancelled = written.some(({ call }) => canEmit(call.operation, CANCELLATION))
    const states = ['pending', 'running', 'picked_up', ...(isCancelled ? ['cancelled'] : [])]
    for (const field of ['status', 'result', 'error']) {
      const values = [...reports.map((body) => memberOf(body, field)), ...(field === 'status' ? states : [])]
      const value = shown[field]
      if (value === undefined || values.some((each) => isSameJson(each, value))) continue
      const expected = `${field} of ${String(id)} to be one that a call has written`
      throw new SequenceFailure({ expected, actual: JSON.stringify(value) }, steps)
    }
  }
}
