// Mistakes about what a runner reports of bridge commands.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isObject, isSuccess, membersOf, refusal, textIn, without, type Members } from '../reply.js'
import { editReply, editRequest, editRequestBody, editResource, insteadOf, refuseWhen } from '../spoils.js'

const ENDED = new Set(['completed', 'failed', 'timed_out'])

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

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
}

const read = ['getBridgeCommand'] as const
const report = ['reportBridgeResult'] as const

const contentMutants = [
  defineMutant({
    id: 'bridge-reports/result-without-nulls',
    mistake: 'Nulls inside the result of a command are dropped.',
    touches: report,
    spoil: editRequestBody((body) => ('result' in body ? { ...body, result: withoutNulls(body['result']) } : body)),
  }),
  defineMutant({
    id: 'bridge-reports/error-without-nulls',
    mistake: 'Nulls inside the error of a command are dropped.',
    touches: report,
    spoil: editRequestBody((body) => ('error' in body ? { ...body, error: withoutNulls(body['error']) } : body)),
  }),
  defineMutant({
    id: 'bridge-reports/null-result-missing',
    mistake: 'A result of null counts as none (400).',
    touches: report,
    spoil: refuseWhen(400, ({ members }) => members['result'] === null),
  }),
  defineMutant({
    id: 'bridge-reports/null-error-missing',
    mistake: 'An error of null counts as none (400).',
    touches: report,
    spoil: refuseWhen(400, ({ members }) => members['error'] === null),
  }),
  defineMutant({
    id: 'bridge-reports/nulls-not-shown',
    mistake: 'A result or an error of null is taken and not shown.',
    touches: read,
    spoil: editResource((command) => without(command, ...['result', 'error'].filter((name) => command[name] === null))),
  }),
  defineMutant({
    id: 'bridge-reports/false-result-missing',
    mistake: 'A result of false counts as none (400).',
    touches: report,
    spoil: refuseWhen(400, ({ members }) => members['result'] === false),
  }),
  defineMutant({
    id: 'bridge-reports/result-only-objects',
    mistake: 'A result must be an object; anything else is refused.',
    touches: report,
    spoil: refuseWhen(400, ({ members }) => 'result' in members && !isObject(members['result'])),
  }),
  defineMutant({
    id: 'bridge-reports/error-only-objects',
    mistake: 'An error must be an object with code and message; a text is refused.',
    touches: report,
    spoil: refuseWhen(422, ({ members }) => typeof members['error'] === 'string'),
  }),
  defineMutant({
    id: 'bridge-reports/error-message-only',
    mistake: 'Of an error only the message is kept.',
    touches: read,
    spoil: editResource((command) =>
      isObject(command['error']) ? { ...command, error: command['error']['message'] } : command,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/result-of-failed-dropped',
    mistake: 'A failed command shows no result.',
    touches: read,
    spoil: editResource((command) => (command['status'] === 'failed' ? without(command, 'result') : command)),
  }),
  defineMutant({
    id: 'bridge-reports/duration-lost',
    mistake: 'The duration is not kept.',
    touches: report,
    spoil: editRequestBody((body) => without(body, 'duration_ms')),
  }),
  defineMutant({
    id: 'bridge-reports/duration-of-zero-lost',
    mistake: 'A duration of 0 counts as none.',
    touches: report,
    spoil: editRequestBody((body) => (body['duration_ms'] === 0 ? without(body, 'duration_ms') : body)),
  }),
  defineMutant({
    id: 'bridge-reports/duration-in-32-bits',
    mistake: 'A duration is cut to 32 bits.',
    touches: report,
    spoil: editRequestBody((body) =>
      typeof body['duration_ms'] === 'number' ? { ...body, duration_ms: body['duration_ms'] | 0 } : body,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/duration-in-seconds',
    mistake: 'The duration is shown in seconds.',
    touches: read,
    spoil: editResource((command) =>
      typeof command['duration_ms'] === 'number' ? { ...command, duration_ms: command['duration_ms'] / 1000 } : command,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/duration-made-up',
    mistake: 'A command without a reported duration shows one that the server measured.',
    touches: read,
    spoil: editResource((command) => (ENDED.has(textIn(command, 'status')) ? { duration_ms: 1, ...command } : command)),
  }),
  defineMutant({
    id: 'bridge-reports/no-end-shown',
    mistake: 'A command that has ended does not show when.',
    touches: read,
    spoil: editResource((command) => without(command, 'completed_at')),
  }),
  defineMutant({
    id: 'bridge-reports/failed-as-completed',
    mistake: 'A failed command is shown as completed.',
    touches: read,
    spoil: editResource((command) => (command['status'] === 'failed' ? { ...command, status: 'completed' } : command)),
  }),
]

export const bridgeReportMutants: readonly Mutant[] = [
  ...contentMutants,
  defineMutant({
    id: 'bridge-reports/last-report-counts',
    mistake: 'A second report is taken and replaces the first.',
    touches: [...report, ...read],
    spoil: lastReportCounts(204),
  }),
  defineMutant({
    id: 'bridge-reports/refused-report-stored',
    mistake: 'A second report is refused, and replaces the first all the same.',
    touches: [...report, ...read],
    spoil: lastReportCounts(409),
  }),
  defineMutant({
    id: 'bridge-reports/second-report-ignored',
    mistake: 'A second report is 204 and changes nothing.',
    touches: report,
    spoil: insteadOf(409, 204),
  }),
  defineMutant({
    id: 'bridge-reports/pending-command-not-reported',
    mistake: 'A command that was not picked up cannot be reported (409).',
    touches: report,
    spoil: refuseWhen(409, ({ path }, stage) => stage.stateOf('bridgeCommand', path['commandId'] ?? '') === 'pending'),
  }),
  defineMutant({
    id: 'bridge-reports/pick-up-made-up',
    mistake: 'A command that was reported while pending shows when it was picked up.',
    touches: read,
    spoil: editResource((command) =>
      ENDED.has(textIn(command, 'status')) ? { picked_up_at: command['submitted_at'], ...command } : command,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/all-ended',
    mistake: 'A report ends whatever the runner has picked up.',
    touches: report,
    spoil: (stage) => async (call) => {
      const others = [...stage.commands.values()].filter(
        ({ id, runnerId }) =>
          runnerId === call.path['runnerId'] &&
          id !== call.path['commandId'] &&
          stage.stateOf('bridgeCommand', id) === 'picked_up',
      )
      const reply = await call.proceed()
      if (!isSuccess(reply)) return reply
      for (const { id, runnerId } of others)
        await call.ask('reportBridgeResult', { path: { runnerId, commandId: id }, body: membersOf(call.body) })
      return reply
    },
  }),
  defineMutant({
    id: 'bridge-reports/duration-is-outcome',
    mistake: 'A report with nothing but a duration is taken.',
    touches: report,
    spoil: editRequest(({ members }) =>
      'duration_ms' in members && !('result' in members) && !('error' in members)
        ? { body: { ...members, result: {} } }
        : undefined,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/outcome-not-demanded',
    mistake: 'A report without an outcome is taken and ends nothing.',
    touches: report,
    spoil: editReply((reply, { members }) =>
      reply.status === 400 && !('result' in members) && !('error' in members) ? answer(204) : reply,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/command-before-status',
    mistake: 'An unknown command is noticed (404) before a status that may not be reported.',
    touches: report,
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 400 && stage.stateOf('bridgeCommand', path['commandId'] ?? '') === 'none' ? refusal(404) : reply,
    ),
  }),
  defineMutant({
    id: 'bridge-reports/runner-before-status',
    mistake: 'An unknown runner is noticed (404) before a status that may not be reported.',
    touches: report,
    spoil: editReply((reply, call, stage) =>
      reply.status === 400 && stage.runnerOf(call) === undefined ? refusal(404) : reply,
    ),
  }),
]
