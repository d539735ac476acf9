/** Judges the calls of a play as traffic: for what the tracker of a sequence cannot know, since calls overlap or are hung up. */
import { isObject, isSameJson, memberOf, objectsAt } from '../../kernel/json-value.js'
import type { Recording } from '../../kernel/recording/recorder.js'
import { canEmit, isReport } from '../../lifecycle/roles.js'
import { refusal } from '../check/seen-quirks.js'
import { CANCELLATION } from '../../lifecycle/traffic/effects.js'
import { judge } from '../watch/judge-recording.js'
import { SequenceFailure, type SequenceStep } from './sequence-failure.js'
import { noteDeviations, type PlaySetup } from './play-setup.js'

/** Judges all calls as traffic, in which those that overlap may have come in any order. */
export function expectRightTraffic({ context }: PlaySetup, recording: Recording, steps: readonly SequenceStep[]): void {
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
