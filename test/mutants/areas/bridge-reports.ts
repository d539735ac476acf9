// Mistakes about what a runner reports of bridge commands.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, textIn, type Members } from '../reply.js'
import { editResource } from '../spoils.js'

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
]
