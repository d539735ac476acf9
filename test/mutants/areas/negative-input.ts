// Mistakes in judging requests: what is let through, what is refused, and how.
import type { Call, CallChanges } from '../call.js'
import { type Mutant, type Spoil, defineMutant, defineShould } from '../mutant.js'
import { type Members, isObject, refusal } from '../reply.js'
import { editReply, insteadOf } from '../spoils.js'

/** Tries again with a mended request when the mock refuses it. */
function mends(mend: (call: Call) => CallChanges | undefined): Spoil {
  return () => async (call) => {
    const reply = await call.proceed()
    const mended = reply.status >= 400 ? mend(call) : undefined
    return mended === undefined ? reply : call.proceed(mended)
  }
}

/** The same for a body that is an object. */
function mendsBody(mend: (members: Members) => Members): Spoil {
  return mends((call) => (isObject(call.body) ? { body: mend(call.members) } : undefined))
}

const EMPTY_ID = '00000000-0000-0000-0000-000000000000'

export const negativeInputMutants: readonly Mutant[] = [
  defineMutant('negative-input/invalid-as-unreadable', 'A body that is not valid is 400 instead of 422.', {
    touches: 'all',
    spoil: insteadOf(422, 400),
  }),
  defineMutant('negative-input/unreadable-as-invalid', 'A body that cannot be read is 422 instead of 400.', {
    touches: ['createJob', 'reportJobResult', 'createBridgeCommand', 'createPairingSession'],
    spoil: editReply((reply, call) => (reply.status === 400 && call.text !== '' ? refusal(422) : reply)),
  }),
  defineShould('negative-input/unknown-encoding-as-server-error', 'An unknown encoding makes the server fail (500).', {
    touches: ['createJob'],
    answers5xx: true,
    spoil: editReply((reply, call) => (call.header('content-encoding') === 'contract' ? refusal(500) : reply)),
  }),
  defineMutant('negative-input/malformed-query-id-as-bad-request', 'An id in the query that is no UUID is 400.', {
    touches: ['listRunners', 'listJobs'],
    spoil: editReply((reply, { query }) =>
      reply.status === 404 && !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(query.get('project_id') ?? EMPTY_ID)
        ? refusal(400)
        : reply,
    ),
  }),
  defineMutant('negative-input/unknown-path-as-page', 'An unknown path shows the start page of the web app.', {
    touches: 'all',
    spoil: editReply((reply, { operation }) =>
      operation === undefined && reply.status === 404
        ? { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }
        : reply,
    ),
  }),
  defineShould('negative-input/wrong-method-as-unknown', 'A method that a path has not is 404.', {
    touches: 'all',
    spoil: insteadOf(405, 404),
  }),
  defineMutant('negative-input/refusals-of-another-shape', 'Refusals of broken requests list the errors by field.', {
    touches: ['createJob', 'listRunners'],
    spoil: editReply((reply) =>
      reply.status >= 400 ? { ...reply, body: JSON.stringify({ violations: [{ field: 'x', text: 'No.' }] }) } : reply,
    ),
  }),
  defineMutant('negative-input/bridge-status-in-any-case', 'The status of a command is read in any letter case.', {
    touches: ['reportBridgeResult'],
    spoil: mendsBody((body) => ({
      ...body,
      status: typeof body['status'] === 'string' ? body['status'].toLowerCase() : body['status'],
    })),
  }),
]
