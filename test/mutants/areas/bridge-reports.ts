// Mistakes about what a runner reports of bridge commands.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, refusal, textIn, type Members } from '../reply.js'
import { editReply, editResource } from '../spoils.js'

/** Lets a later report through, and shows what it brought. */
function lastReportCounts(status: 204 | 409): Spoil {
  return (stage) => {
    const latest = new Map<string, Members>()
    const show = editResource((command) => ({ ...command, ...latest.get(textIn(command, 'command_id')) }))(stage)
    return async (call) => {
      if (call.operation === 'getBridgeCommand') return show(call)
      const reply = await call.proceed()
      if (reply.status !== 409) return reply
      latest.set(call.path['commandId'] ?? '', call.members)
      return status === 204 ? answer(204) : reply
    }
  }
}

const read = ['getBridgeCommand'] as const
const report = ['reportBridgeResult'] as const

export const bridgeReportMutants: readonly Mutant[] = [
  defineMutant('bridge-reports/duration-in-seconds', 'The duration is shown in seconds.', {
    touches: read,
    spoil: editResource((command) =>
      typeof command['duration_ms'] === 'number' ? { ...command, duration_ms: command['duration_ms'] / 1000 } : command,
    ),
  }),
  defineMutant('bridge-reports/refused-report-stored', 'A second report is refused, and stored all the same.', {
    touches: [...report, ...read],
    spoil: lastReportCounts(409),
  }),
  defineMutant('bridge-reports/outcome-not-demanded', 'A report without an outcome is taken and ends nothing.', {
    touches: report,
    spoil: editReply((reply, { members }) =>
      reply.status === 400 && !('result' in members) && !('error' in members) ? answer(204) : reply,
    ),
  }),
  defineMutant(
    'bridge-reports/command-before-status',
    'An unknown command (404) is noticed before a bad status (400).',
    {
      touches: report,
      spoil: editReply((reply, { path }, stage) =>
        reply.status === 400 && stage.stateOf('bridgeCommand', path['commandId'] ?? '') === 'none'
          ? refusal(404)
          : reply,
      ),
    },
  ),
]
