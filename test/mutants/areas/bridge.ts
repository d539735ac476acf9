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

export const bridgeMutants: readonly Mutant[] = [
  defineMutant('bridge/location-names-runner', 'Location of a new command ends in the id of the runner.', {
    touches: ['createBridgeCommand'],
    spoil: editReply((reply, { path }) =>
      withHeaders(reply, { location: reply.headers['location']?.replace(/[^/]+$/, path['runnerId'] ?? '') }),
    ),
  }),
  defineMutant('bridge/capability-by-type', 'Connect runners take commands, and endpoint runners never do.', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(409, (call, stage) => stage.runnerOf(call)?.session.type === 'endpoint'),
  }),
  defineMutant('bridge/capability-of-last-heartbeat', 'The latest heartbeat must declare the capability bridge.', {
    touches: ['heartbeat'],
    spoil: editRequest(({ members }) =>
      itemsOf(members['capabilities']).length === 0 ? { body: { capabilities: ['jobs'] } } : undefined,
    ),
  }),
  defineMutant('bridge/args-only-objects', 'Args must be an object; anything else is refused.', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ members }) => !isObject(members['args'])),
  }),
  defineMutant('bridge/empty-args-refused', 'A command without any args is refused (422).', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => isObject(members['args']) && Object.keys(members['args']).length === 0),
  }),
  defineMutant('bridge/args-as-text', 'The runner gets the args as JSON text in a string.', {
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({ ...command, args: JSON.stringify(command['args']) })),
  }),
  defineMutant('bridge/timeout-refused-above-maximum', 'A timeout above the maximum is refused (422).', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => Number(members['timeout_seconds'] ?? 0) > 120),
  }),
  defineMutant('bridge/timeout-below-zero-refused', 'A timeout below 0 is refused (422).', {
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => Number(members['timeout_seconds'] ?? 0) < 0),
  }),
  defineMutant('bridge/batch-of-one-for-zero', 'A poll for 0 commands gets one.', {
    touches: ['nextBridgeCommands'],
    spoil: batchOf((asked) => (asked === 0 ? 1 : (asked as number | undefined))),
  }),
  defineMutant('bridge/batch-one-short', 'The last command of a batch is picked up and lost.', {
    touches: ['nextBridgeCommands'],
    spoil: editReply((reply) => {
      const commands = itemsOf(membersIn(reply)['commands'])
      return commands.length > 2 ? withBody(reply, { commands: commands.slice(0, -1) }) : reply
    }),
  }),
  defineMutant('bridge/handed-out-again', 'A command is handed out until it is reported.', {
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
  defineMutant('bridge/args-hidden-once-picked-up', 'Readers no longer see the args of a command that was picked up.', {
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => (command['status'] === 'pending' ? command : { ...command, args: {} })),
  }),
]
