// Mistakes about how large args, results, errors and checklists may be.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, membersOf, refusal, without } from '../reply.js'
import { editReply, refuseWhen } from '../spoils.js'
import { LARGEST, otherLimit, sizeOf } from './limits.js'

export const limitSizeMutants: readonly Mutant[] = [
  otherLimit('one-byte-too-many', 'Payloads may be one byte larger than declared.', {
    bridge_max_payload_bytes: LARGEST + 1,
  }),
  otherLimit('one-byte-too-few', 'Payloads may be one byte less than declared.', {
    bridge_max_payload_bytes: LARGEST - 1,
  }),
  defineMutant({
    id: 'limits/results-of-any-size',
    mistake: 'Results may be of any size.',
    touches: ['reportBridgeResult'],
    spoil: editReply((reply, { members }) =>
      reply.status === 400 && sizeOf(members['result']) > LARGEST ? answer(204) : reply,
    ),
  }),
  defineMutant({
    id: 'limits/errors-of-any-size',
    mistake: 'Errors may be of any size.',
    touches: ['reportBridgeResult'],
    spoil: editReply((reply, { members }) =>
      reply.status === 400 && sizeOf(members['error']) > LARGEST ? answer(204) : reply,
    ),
  }),
  defineMutant({
    id: 'limits/args-with-room-for-the-rest',
    mistake: 'The size of a command is that of its whole request.',
    touches: ['createBridgeCommand'],
    spoil: refuseWhen(400, ({ text }) => text.length > LARGEST),
  }),
  defineMutant({
    id: 'limits/results-with-room-for-the-rest',
    mistake: 'The size of a result is that of its whole report.',
    touches: ['reportBridgeResult'],
    spoil: refuseWhen(400, ({ text }) => text.length > LARGEST),
  }),
  defineMutant({
    id: 'limits/checklists-of-any-size',
    mistake: 'A checklist may be of any size.',
    touches: ['patchChecklist'],
    spoil: editReply((reply, { text }) => (reply.status === 400 && text.startsWith('{') ? answer(204) : reply)),
  }),
  defineMutant({
    id: 'limits/patch-limited-not-checklist',
    mistake: 'The size of a patch is limited, and not that of the merged checklist.',
    touches: ['patchChecklist'],
    spoil: editReply((reply, { text }) =>
      reply.status === 400 && text.startsWith('{') && text.length <= LARGEST ? answer(204) : reply,
    ),
  }),
  defineMutant({
    id: 'limits/oversized-patch-stored',
    mistake: 'A patch that makes the checklist too large is refused, and stored by its keys.',
    touches: ['patchChecklist'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const keys = Object.fromEntries(Object.keys(call.members).map((name) => [name, 1]))
      if (reply.status === 400) await call.ask('patchChecklist', { path: call.path, body: keys })
      return reply
    },
  }),
  defineMutant({
    id: 'limits/oversized-as-invalid',
    mistake: 'Args that are too large are 422.',
    touches: ['createBridgeCommand', 'reportBridgeResult', 'patchChecklist'],
    spoil: editReply((reply, { text }) => (reply.status === 400 && text.length > LARGEST / 2 ? refusal(422) : reply)),
  }),
  defineMutant({
    id: 'limits/oversized-queued',
    mistake: 'A command that is refused for its size is queued without its args.',
    touches: ['createBridgeCommand'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      if (reply.status === 400 && sizeOf(call.members['args']) > LARGEST)
        await call.ask('createBridgeCommand', { path: call.path, body: { ...without(call.members, 'args'), args: {} } })
      return reply
    },
  }),
  defineMutant({
    id: 'limits/oversized-text-crashes',
    mistake: 'Args that are too large in bytes and not in characters make the server fail (500).',
    severity: 'should',
    touches: ['createBridgeCommand'],
    answers5xx: true,
    spoil: editReply((reply, { members }) => {
      const args = JSON.stringify(membersOf(members['args']))
      const isBetween = args.length <= LARGEST && sizeOf(members['args']) > LARGEST
      return isBetween ? refusal(500) : reply
    }),
  }),
]
