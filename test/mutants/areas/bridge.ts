// Mistakes about bridge commands: submission, hand-out, what both sides see.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import {
  answer,
  isObject,
  isSuccess,
  itemsOf,
  jsonIn,
  membersIn,
  membersOf,
  textIn,
  withBody,
  withHeaders,
  without,
} from '../reply.js'
import { editRequest, editRequestBody, editResource, refuseWhen, insteadOf, editReply } from '../spoils.js'

const commandReads = ['getBridgeCommand', 'nextBridgeCommands'] as const

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return itemsOf(value).flatMap((item) => (item === null ? [] : [withoutNulls(item)]))
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}

/** Shows another timeout for what was asked. */
function timesOut(change: (shown: number, asked: unknown) => number): Spoil {
  return (stage) =>
    editResource((command) => {
      const asked = stage.commands.get(textIn(command, 'command_id'))?.request['timeout_seconds']
      return { ...command, timeout_seconds: change(Number(command['timeout_seconds']), asked) }
    })(stage)
}

/** Asks for another number of commands. */
function batchOf(change: (asked: unknown) => number | undefined): Spoil {
  return editRequest(({ members }) => {
    const count = change(members['max_commands'])
    return { body: count === undefined ? {} : { max_commands: count } }
  })
}

const argsMutants = [
  defineMutant({
    id: 'bridge/owner-before-body',
    mistake: 'That a runner is unknown is noticed (404) before a command of an unknown type (400).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(404, (call, stage) => stage.runnerOf(call) === undefined),
  }),
  defineMutant({
    id: 'bridge/args-without-nulls',
    mistake: 'Args are stored without the nulls in them.',
    touches: ['createBridgeCommand'],
    spoil: editRequestBody((body) => (isObject(body['args']) ? { ...body, args: withoutNulls(body['args']) } : body)),
  }),
  defineMutant({
    id: 'bridge/args-only-objects',
    mistake: 'Args must be an object; anything else is refused.',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ members }) => !isObject(members['args'])),
  }),
  defineMutant({
    id: 'bridge/null-args-as-empty',
    mistake: 'Args that are null become an empty object.',
    touches: ['createBridgeCommand'],
    spoil: editRequestBody((body) => (body['args'] === null ? { ...body, args: {} } : body)),
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
  defineMutant({
    id: 'bridge/args-path-only',
    mistake: 'Of the args only the path reaches the runner.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) =>
      isObject(command['args']) ? { ...command, args: { path: command['args']['path'] } } : command,
    ),
  }),
  defineMutant({
    id: 'bridge/args-of-a-type-checked',
    mistake: 'ListFiles and SearchFiles with a pattern are handed out without it.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) =>
      isObject(command['args']) ? { ...command, args: without(command['args'], 'pattern') } : command,
    ),
  }),
  defineMutant({
    id: 'bridge/exec-as-write',
    mistake: 'Exec commands are handed out as WriteFile.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({
      ...command,
      type: command['type'] === 'Exec' ? 'WriteFile' : command['type'],
    })),
  }),
  defineMutant({
    id: 'bridge/edits-read-as-writes',
    mistake: 'EditFile commands are shown as WriteFile.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => ({
      ...command,
      type: command['type'] === 'EditFile' ? 'WriteFile' : command['type'],
    })),
  }),
]

const timeoutMutants = [
  defineMutant({
    id: 'bridge/timeout-not-cut',
    mistake: 'A timeout above the maximum is kept.',
    touches: commandReads,
    spoil: timesOut((shown, asked) => (Number(asked) > 120 ? Number(asked) : shown)),
  }),
  defineMutant({
    id: 'bridge/timeout-refused-above-maximum',
    mistake: 'A timeout above the maximum is refused (422).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => Number(members['timeout_seconds'] ?? 0) > 120),
  }),
  defineMutant({
    id: 'bridge/timeout-of-zero-kept',
    mistake: 'A timeout of 0 is kept.',
    touches: commandReads,
    spoil: timesOut((shown, asked) => (asked === 0 ? 0 : shown)),
  }),
  defineMutant({
    id: 'bridge/timeout-below-zero-refused',
    mistake: 'A timeout below 0 is refused (422).',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(422, ({ members }) => Number(members['timeout_seconds'] ?? 0) < 0),
  }),
  defineMutant({
    id: 'bridge/timeout-in-milliseconds',
    mistake: 'The timeout of a command is shown in milliseconds.',
    touches: commandReads,
    spoil: timesOut((shown) => 1000 * shown),
  }),
  defineMutant({
    id: 'bridge/timeout-default-of-a-minute',
    mistake: 'The default timeout of a command is a minute.',
    settings: { bridge_default_command_timeout_seconds: 60 },
  }),
  defineMutant({
    id: 'bridge/timeout-maximum-of-five-minutes',
    mistake: 'A timeout is cut to 300 s instead of 120 s.',
    settings: { bridge_max_command_timeout_seconds: 300 },
  }),
  defineMutant({
    id: 'bridge/timeout-not-handed-out',
    mistake: 'The runner always gets the default timeout.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({ ...command, timeout_seconds: 30 })),
  }),
]

const batchMutants = [
  defineMutant({
    id: 'bridge/batch-of-twenty-by-default',
    mistake: 'A poll that names no number gets up to twenty commands.',
    touches: ['nextBridgeCommands'],
    spoil: batchOf((asked) => (asked === undefined ? 20 : Number(asked))),
  }),
  defineMutant({
    id: 'bridge/batch-of-one-for-zero',
    mistake: 'A poll for 0 commands gets one.',
    touches: ['nextBridgeCommands'],
    spoil: batchOf((asked) => (asked === 0 ? 1 : (asked as number | undefined))),
  }),
  defineMutant({
    id: 'bridge/batch-of-twenty-for-less-than-none',
    mistake: 'A poll for a negative number of commands gets the most.',
    touches: ['nextBridgeCommands'],
    spoil: batchOf((asked) => (Number(asked) < 0 ? 20 : (asked as number | undefined))),
  }),
  defineMutant({
    id: 'bridge/batch-never-above-ten',
    mistake: 'No poll gets more than ten commands.',
    touches: ['nextBridgeCommands'],
    spoil: batchOf((asked) => Math.min(Number(asked ?? 10), 10)),
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
  defineMutant({
    id: 'bridge/batch-picks-up-all',
    mistake: 'A poll marks everything that is pending as picked up, and hands out as much as was asked for.',
    touches: ['nextBridgeCommands', 'getBridgeCommand'],
    spoil: () => {
      const polled = new Set<string>()
      return async (call) => {
        const runnerId = call.path['runnerId'] ?? ''
        const reply = await call.proceed()
        if (call.operation === 'nextBridgeCommands') polled.add(runnerId)
        const command = membersIn(reply)
        const isMarked =
          call.operation === 'getBridgeCommand' && polled.has(runnerId) && command['status'] === 'pending'
        return isMarked ? withBody(reply, { ...command, status: 'picked_up' }) : reply
      }
    },
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
    id: 'bridge/picked-up-when-read',
    mistake: 'Reading a pending command marks it as picked up.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command, _, stage) =>
      command['status'] === 'pending'
        ? { ...command, status: 'picked_up', picked_up_at: new Date(stage.now()).toISOString() }
        : command,
    ),
  }),
  defineMutant({
    id: 'bridge/no-time-of-hand-out',
    mistake: 'A command does not show when it was picked up.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => without(command, 'picked_up_at')),
  }),
  defineMutant({
    id: 'bridge/submitted-at-hand-out',
    mistake: 'The runner gets the time of the hand-out as that of the submission.',
    touches: ['nextBridgeCommands'],
    spoil: editResource((command, _, stage) => ({
      ...command,
      submitted_at: new Date(stage.now() + 1).toISOString(),
    })),
  }),
  defineMutant({
    id: 'bridge/args-hidden-once-picked-up',
    mistake: 'A command that was picked up no longer shows its args to readers.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => (command['status'] === 'pending' ? command : { ...command, args: {} })),
  }),
  defineMutant({
    id: 'bridge/poll-needs-body',
    mistake: 'A poll for commands without a body is refused (422).',
    touches: ['nextBridgeCommands'],
    spoil: refuseWhen(422, ({ text }) => text === ''),
  }),
  defineMutant({
    id: 'bridge/poll-without-body-takes-nothing',
    mistake: 'A poll without a body is a question how many there are: nothing is handed out.',
    touches: ['nextBridgeCommands'],
    spoil: () => (call) => (call.text === '' ? answer(200, { commands: [] }) : call.proceed()),
  }),
  defineMutant({
    id: 'bridge/queue-of-the-user',
    mistake: 'A runner gets the commands of all runners of its user.',
    touches: ['nextBridgeCommands'],
    oneByOne: true,
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const others = stage.present().filter(({ id }) => id !== call.path['runnerId'])
      const waiting = others.filter(({ id }) =>
        [...stage.commands.values()].some(
          (each) => each.runnerId === id && stage.stateOf('bridgeCommand', each.id) === 'pending',
        ),
      )
      const more = await Promise.all(
        waiting.map(({ id }) => call.ask('nextBridgeCommands', { path: { runnerId: id } })),
      )
      const commands = [membersIn(reply), ...more.map(({ body }) => membersOf(body))].flatMap((each) =>
        itemsOf(each['commands']),
      )
      return isSuccess(reply) ? withBody(reply, { commands }) : reply
    },
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
    id: 'bridge/picked-up-at-once',
    mistake: 'A new command is shown as picked up.',
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => ({
      ...command,
      status: command['status'] === 'pending' ? 'picked_up' : command['status'],
    })),
  }),
  defineMutant({
    id: 'bridge/submission-needs-no-capability',
    mistake: 'A runner without the capability bridge takes commands.',
    touches: ['createBridgeCommand'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status !== 409) return reply
      await call.ask('heartbeat', { path: call.path, body: { capabilities: ['jobs', 'bridge'] } })
      return call.proceed()
    },
  }),
  defineMutant({
    id: 'bridge/capability-by-type',
    mistake: 'Connect runners take commands and endpoint runners do not, whatever they declare.',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(409, (call, stage) => stage.runnerOf(call)?.session.type === 'endpoint'),
  }),
  defineMutant({
    id: 'bridge/capability-never-withdrawn',
    mistake: 'A runner that once declared the capability bridge keeps it for good.',
    touches: ['createBridgeCommand', 'heartbeat'],
    spoil: () => {
      const able = new Set<string>()
      return (call) => {
        const runnerId = call.path['runnerId'] ?? ''
        const declared = itemsOf(call.members['capabilities'])
        if (call.operation !== 'heartbeat' || declared.length === 0) return call.proceed()
        if (declared.includes('bridge')) able.add(runnerId)
        return call.proceed(able.has(runnerId) ? { body: { capabilities: [...new Set([...declared, 'bridge'])] } } : {})
      }
    },
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
    id: 'bridge/missing-capability-as-forbidden',
    mistake: 'A runner without the capability bridge is 403 instead of 409.',
    touches: ['createBridgeCommand'],
    spoil: insteadOf(409, 403),
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
  defineMutant({
    id: 'bridge/result-placeholder',
    mistake: 'A command without a result shows an empty one.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply) => {
      const command = jsonIn(reply)
      return isObject(command) && 'status' in command ? withBody(reply, { result: {}, ...command }) : reply
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
