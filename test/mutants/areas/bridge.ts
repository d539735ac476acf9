// Mistakes about bridge commands: submission, hand-out, what both sides see.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { isObject, isSuccess, itemsOf, membersIn, textIn, withBody, withHeaders } from '../reply.js'
import { editRequest, editResource, refuseWhen, editReply } from '../spoils.js'

/** Asks for another number of commands. */
function batchOf(change: (asked: unknown) => number | undefined): Spoil {
  return editRequest(({ members }) => {
    const count = change(members['max_commands'])
    return { body: count === undefined ? {} : { max_commands: count } }
  })
}

const argsMutants = [
  defineMutant({
    id: 'bridge/args-only-objects',
    mistake: 'Args must be an object; anything else is refused.',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ members }) => !isObject(members['args'])),
  }),
  defineMutant({
    id: 'bridge/empty-args-refused',
    mistake: 'A command without any args is refused (422).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => isObject(members['args']) && Object.keys(members['args']).length === 0),
  }),
  defineMutant({
    id: 'bridge/args-as-text',
    mistake: 'The runner gets the args as JSON text in a string.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({ ...command, args: JSON.stringify(command['args']) })),
  }),
]

const timeoutMutants = [
  defineMutant({
    id: 'bridge/timeout-refused-above-maximum',
    mistake: 'A timeout above the maximum is refused (422).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => Number(members['timeout_seconds'] ?? 0) > 120),
  }),
  defineMutant({
    id: 'bridge/timeout-below-zero-refused',
    mistake: 'A timeout below 0 is refused (422).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => Number(members['timeout_seconds'] ?? 0) < 0),
  }),
]

const batchMutants = [
  defineMutant({
    id: 'bridge/batch-of-one-for-zero',
    mistake: 'A poll for 0 commands gets one.',
    touches: ['nextBridgeCommands'],
    spoil: batchOf((asked) => (asked === 0 ? 1 : (asked as number | undefined))),
  }),
  defineMutant({
    id: 'bridge/batch-one-short',
    mistake: 'A batch of several commands is one short; the last one is marked as picked up and lost.',
    touches: ['nextBridgeCommands'],
    spoil: editReply((reply) => {
      const commands = itemsOf(membersIn(reply)['commands'])
      return commands.length > 2 ? withBody(reply, { commands: commands.slice(0, -1) }) : reply
    }),
  }),
]

const handOutMutants = [
  defineMutant({
    id: 'bridge/handed-out-again',
    mistake: 'A command is handed out until it is reported.',
    touches: ['nextBridgeCommands'],
    spoil: (stage) => {
      const handed = new Map<string, unknown[]>()
      return async (call) => {
        const reply = await call.proceed()
        const runnerId = call.path['runnerId'] ?? ''
        const open = (handed.get(runnerId) ?? []).filter(
          (each) => stage.stateOf('bridgeCommand', textIn(each, 'command_id')) === 'picked_up',
        )
        const commands = [...open, ...itemsOf(membersIn(reply)['commands'])]
        handed.set(runnerId, commands)
        return isSuccess(reply) ? withBody(reply, { commands }) : reply
      }
    },
  }),
  defineMutant({
    id: 'bridge/args-hidden-once-picked-up',
    mistake: 'A command that was picked up no longer shows its args to readers.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => (command['status'] === 'pending' ? command : { ...command, args: {} })),
  }),
]

const submissionMutants = [
  defineMutant({
    id: 'bridge/location-names-runner',
    mistake: 'Location of a new command ends in the id of the runner.',
    touches: ['createBridgeCommand'],
    spoil: editReply((reply, { path }) =>
      withHeaders(reply, { location: reply.headers['location']?.replace(/[^/]+$/, path['runnerId'] ?? '') }),
    ),
  }),
  defineMutant({
    id: 'bridge/capability-by-type',
    mistake: 'Connect runners take commands and endpoint runners do not, whatever they declare.',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(409, (call, stage) => stage.runnerOf(call)?.session.type === 'endpoint'),
  }),
  defineMutant({
    id: 'bridge/capability-of-last-heartbeat',
    mistake: 'The capability bridge must be declared by the latest heartbeat.',
    touches: ['heartbeat'],
    spoil: editRequest(({ members }) =>
      itemsOf(members['capabilities']).length === 0 ? { body: { capabilities: ['jobs'] } } : undefined,
    ),
  }),
  defineMutant({
    id: 'bridge/read-on-any-runner',
    mistake: 'A command can be read and reported on any runner of the user.',
    touches: ['getBridgeCommand', 'reportBridgeResult'],
    spoil: editRequest(({ path }, { commands }) => {
      const own = commands.get(path['commandId'] ?? '')?.runnerId
      return own === undefined ? undefined : { path: { runnerId: own } }
    }),
  }),
]

export const bridgeMutants: readonly Mutant[] = [
  ...submissionMutants,
  ...argsMutants,
  ...timeoutMutants,
  ...batchMutants,
  ...handOutMutants,
]
