// Mistakes about the times of sessions and of bridge commands.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, refusal, textIn, withBody, without } from '../reply.js'
import { editReply, editRequestBody, editResource, insteadOf } from '../spoils.js'

const commandReads = ['getBridgeCommand', 'nextBridgeCommands'] as const

const sessionMutants = [
  defineMutant({
    id: 'time/session-default-of-a-minute',
    mistake: 'A session that names no time to live has a minute.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ttl_seconds: 60, ...body })),
  }),
  defineMutant({
    id: 'time/session-default-of-ten-minutes',
    mistake: 'A session that names no time to live has ten minutes.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ttl_seconds: 600, ...body })),
  }),
  defineMutant({
    id: 'time/session-life-ignored',
    mistake: 'Every session lives for the default time.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => without(body, 'ttl_seconds')),
  }),
  defineMutant({
    id: 'time/session-life-at-most-five-minutes',
    mistake: 'No session lives longer than the default time.',
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ...body, ttl_seconds: Math.min(Number(body['ttl_seconds'] ?? 300), 300) })),
  }),
  defineMutant({
    id: 'time/sessions-never-expire',
    mistake: 'A session can be activated as long as nobody has.',
    touches: ['createPairingSession', 'activatePairingSession'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const isLate = call.operation === 'activatePairingSession' && reply.status === 404
      return isLate
        ? answer(201, undefined, {
            location: `${call.exchange.base ?? ''}${call.pathname}/${call.path['sessionId'] ?? ''}`,
          })
        : reply
    },
  }),
  defineMutant({
    id: 'time/used-session-never-expires',
    mistake: 'A session that was activated stays known: 409 for ever.',
    touches: ['activatePairingSession'],
    spoil: () => {
      const used = new Set<string>()
      return async (call) => {
        const id = call.path['sessionId'] ?? ''
        const reply = await call.proceed()
        if (reply.status === 201) used.add(id)
        return reply.status === 404 && used.has(id) ? refusal(409) : reply
      }
    },
  }),
  defineMutant({
    id: 'time/proof-before-expiry',
    mistake: 'The proof is judged before the life of the session: a wrong one is 403 even when it has expired.',
    touches: ['activatePairingSession'],
    spoil: () => {
      const used = new Map<string, unknown>()
      return async (call) => {
        const id = call.path['sessionId'] ?? ''
        const reply = await call.proceed()
        if (reply.status === 201) used.set(id, call.members['hmac'])
        const isOther = used.has(id) && used.get(id) !== call.members['hmac']
        return reply.status === 404 && isOther ? refusal(403) : reply
      }
    },
  }),
  defineMutant({
    id: 'time/runner-ends-with-session',
    mistake: 'A runner is disconnected when the session that it came from expires.',
    touches: ['getRunner'],
    spoil: editReply((reply, call, stage) => {
      const session = stage.runnerOf(call)?.session
      return session !== undefined && stage.stateOf('pairingSession', session.id) === 'expired' ? refusal(404) : reply
    }),
  }),
]

const commandMutants = [
  defineMutant({
    id: 'time/picked-up-at-submission',
    mistake: 'picked_up_at is the time of submission.',
    touches: commandReads,
    spoil: editResource((command) =>
      'picked_up_at' in command ? { ...command, picked_up_at: command['submitted_at'] } : command,
    ),
  }),
  defineMutant({
    id: 'time/command-ended-at-pick-up',
    mistake: 'completed_at of a command is the time of its hand-out.',
    touches: commandReads,
    spoil: editResource((command) =>
      'completed_at' in command ? { ...command, completed_at: command['picked_up_at'] } : command,
    ),
  }),
  defineMutant({
    id: 'time/command-timeout-halved',
    mistake: 'A command that was picked up times out after half its time.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command, _, stage) => {
      const since = (stage.now() - Date.parse(textIn(command, 'picked_up_at'))) / 1000
      const isOver = command['status'] === 'picked_up' && since > Number(command['timeout_seconds']) / 2
      return isOver ? { ...command, status: 'timed_out', completed_at: new Date(stage.now()).toISOString() } : command
    }),
  }),
  defineMutant({
    id: 'time/command-fails-with-timeout',
    mistake: 'A command that timed out is shown as failed, with an error.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) =>
      command['status'] === 'timed_out' ? { ...command, status: 'failed', error: 'timeout' } : command,
    ),
  }),
  defineMutant({
    id: 'time/timed-out-command-with-error',
    mistake: 'A command that timed out shows an error that its runner did not report.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) =>
      command['status'] === 'timed_out' ? { error: { code: 'timeout' }, ...command } : command,
    ),
  }),
  defineMutant({
    id: 'time/timed-out-command-without-end',
    mistake: 'A command that timed out does not show when.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => (command['status'] === 'timed_out' ? without(command, 'completed_at') : command)),
  }),
  defineMutant({
    id: 'time/timeout-wakes-nobody',
    mistake: 'A reader that waits for a command does not notice that it has timed out.',
    touches: ['getBridgeCommand'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const isOver = textIn(membersIn(reply), 'status') === 'timed_out'
      if (call.query.get('wait') === 'true' && isOver) await stage.sleep(60, call.exchange.signal)
      return reply
    },
  }),
  defineMutant({
    id: 'time/late-report-taken',
    mistake: 'A report that comes after the timeout is taken.',
    touches: ['reportBridgeResult'],
    spoil: (stage) => async (call) => {
      const isLate = stage.stateOf('bridgeCommand', call.path['commandId'] ?? '') === 'timed_out'
      const reply = await call.proceed()
      return isLate && reply.status === 409 ? answer(204) : reply
    },
  }),
  defineMutant({
    id: 'time/endpoint-command-fails',
    mistake: 'A command of an endpoint runner fails when its time is over.',
    severity: 'should',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply, call, stage) => {
      const command = membersIn(reply)
      const isOver = command['status'] === 'timed_out' && stage.runnerOf(call)?.session.type === 'endpoint'
      return isOver ? withBody(reply, { ...command, status: 'failed' }) : reply
    }),
  }),
  defineMutant({
    id: 'time/pending-commands-kept',
    mistake: 'A command that nobody picks up is never dropped.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply, { path }, stage) => {
      const command = stage.commands.get(path['commandId'] ?? '')
      const isThere = command !== undefined && stage.stateOf('runner', command.runnerId) !== 'none'
      if (reply.status !== 404 || !isThere) return reply
      const shown = { command_id: command.id, runner_id: command.runnerId, type: textIn(command.request, 'type') }
      const rest = { args: command.request['args'], timeout_seconds: 30, submitted_at: '2026-01-01T00:00:00Z' }
      return answer(200, { ...shown, ...rest, status: 'pending' })
    }),
  }),
  defineMutant({
    id: 'time/pending-commands-dropped-early',
    mistake: 'A command that nobody picks up is dropped after a minute.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply, _, stage) => {
      const command = membersIn(reply)
      const isOld = stage.now() - Date.parse(textIn(command, 'submitted_at')) > 60_000
      return command['status'] === 'pending' && isOld ? refusal(404) : reply
    }),
  }),
  defineMutant({
    id: 'time/command-life-fixed',
    mistake: 'A command that nobody finishes lives for 70 s, whatever its timeout.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply, _, stage) => {
      const command = membersIn(reply)
      const isOld = stage.now() - Date.parse(textIn(command, 'submitted_at')) > 71_000
      return command['status'] === 'pending' && isOld ? refusal(404) : reply
    }),
  }),
  defineMutant({
    id: 'time/unanswered-command-kept',
    mistake: 'A command that was picked up and never answered stays picked up.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply, { path }, stage) => {
      const command = stage.commands.get(path['commandId'] ?? '')
      const isThere = command !== undefined && stage.stateOf('runner', command.runnerId) !== 'none'
      const isOver = reply.status === 404 || textIn(membersIn(reply), 'status') === 'timed_out'
      if (!isOver || !isThere) return reply
      const shown = { command_id: command.id, runner_id: command.runnerId, type: textIn(command.request, 'type') }
      const rest = { args: command.request['args'], timeout_seconds: 1, submitted_at: '2026-01-01T00:00:00Z' }
      return answer(200, { ...shown, ...rest, status: 'picked_up', picked_up_at: rest.submitted_at })
    }),
  }),
  defineMutant({
    id: 'time/expired-command-handed-out',
    mistake: 'A command whose life is over is handed out all the same.',
    touches: ['nextBridgeCommands'],
    spoil: (stage) => {
      const handed = new Set<string>()
      return async (call) => {
        const runnerId = call.path['runnerId'] ?? ''
        const reply = await call.proceed()
        const items = itemsOf(membersIn(reply)['commands'])
        for (const each of items) handed.add(textIn(each, 'command_id'))
        const late = stage.commandsOf(runnerId, 'none').filter(({ id }) => !handed.has(id))
        for (const { id } of late) handed.add(id)
        const more = late.map(({ id, request }) => ({
          ...{ command_id: id, type: textIn(request, 'type'), args: request['args'], timeout_seconds: 1 },
          submitted_at: '2026-01-01T00:00:00Z',
        }))
        return isSuccess(reply) && more.length > 0 ? withBody(reply, { commands: [...more, ...items] }) : reply
      }
    },
  }),
  defineMutant({
    id: 'time/ended-commands-kept-a-minute',
    mistake: 'Ended commands are kept for a minute.',
    settings: { bridge_completed_command_ttl_seconds: 60 },
  }),
  defineMutant({
    id: 'time/ended-commands-kept-a-day',
    mistake: 'Ended commands are kept for a day.',
    settings: { bridge_completed_command_ttl_seconds: 86_400 },
  }),
  defineMutant({
    id: 'time/expired-command-as-ended',
    mistake: 'A report on a command that is long gone is 409.',
    touches: ['reportBridgeResult'],
    spoil: insteadOf(404, 409),
  }),
]

export const timeCommandMutants: readonly Mutant[] = [...sessionMutants, ...commandMutants]
