// Mistakes in judging broken requests: what is let through, and what is refused with the wrong status.
import type { Call, CallChanges } from '../call.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isObject, refusal, type Members } from '../reply.js'
import { editReply, editRequest, editRequestBody, insteadOf } from '../spoils.js'

/** Tries again with a mended request when the mock refuses it. */
export function mends(mend: (call: Call) => CallChanges | undefined): Spoil {
  return () => async (call) => {
    const reply = await call.proceed()
    const mended = reply.status >= 400 ? mend(call) : undefined
    return mended === undefined ? reply : call.proceed(mended)
  }
}

/** The same for a body that is an object. */
export function mendsBody(mend: (members: Members) => Members): Spoil {
  return mends((call) => (isObject(call.body) ? { body: mend(call.members) } : undefined))
}

const bodyMutants = [
  defineMutant({
    id: 'negative-input/invalid-as-unreadable',
    mistake: 'A body that can be read and is not valid is 400 instead of 422.',
    touches: 'all',
    spoil: insteadOf(422, 400),
  }),
  defineMutant({
    id: 'negative-input/unreadable-as-invalid',
    mistake: 'A body that cannot be read is 422 instead of 400.',
    touches: ['createJob', 'reportJobResult', 'createBridgeCommand', 'createPairingSession'],
    spoil: editReply((reply, call) => (reply.status === 400 && call.text !== '' ? refusal(422) : reply)),
  }),
  defineMutant({
    id: 'negative-input/malformed-json-as-server-error',
    mistake: 'A body that is no JSON makes the server fail (500).',
    touches: ['createJob', 'heartbeat', 'nextBridgeCommands'],
    answers5xx: true,
    spoil: editReply((reply, call) => (call.text !== '' && call.body === undefined ? refusal(500) : reply)),
  }),
  defineMutant({
    id: 'negative-input/missing-body-as-empty',
    mistake: 'A missing body is read as an empty object.',
    touches: ['registerAgents', 'patchChecklist'],
    spoil: editRequest(({ text }) => (text === '' ? { body: {} } : undefined)),
  }),
  defineMutant({
    id: 'negative-input/list-as-object',
    mistake: 'A list is taken where an object is expected.',
    touches: ['patchChecklist', 'heartbeat'],
    spoil: mends(({ body }) => (Array.isArray(body) ? { body: {} } : undefined)),
  }),
  defineMutant({
    id: 'negative-input/entries-in-object',
    mistake: 'Log entries may come inside an object.',
    touches: ['appendJobLogs'],
    spoil: mends(({ body }) => (isObject(body) ? { body: [] } : undefined)),
  }),
  defineMutant({
    id: 'negative-input/any-media-type',
    mistake: 'The content type of a body is not looked at.',
    touches: 'all',
    spoil: mends((call) => (call.text === '' ? undefined : { headers: { 'content-type': 'application/json' } })),
  }),
  defineMutant({
    id: 'negative-input/forms-read-as-json',
    mistake: 'A body that is declared as a form is read as JSON.',
    touches: ['createPairingSession', 'createJob'],
    spoil: mends((call) =>
      call.header('content-type').includes('form') ? { headers: { 'content-type': 'application/json' } } : undefined,
    ),
  }),
  defineMutant({
    id: 'negative-input/wrong-media-as-bad-request',
    mistake: 'A body of another media type is 400 instead of 415.',
    touches: 'all',
    spoil: insteadOf(415, 400),
  }),
  defineMutant({
    id: 'negative-input/broken-gzip-as-server-down',
    mistake: 'A body that says it is gzip and is not is answered as if the server were down (503).',
    touches: ['createJob'],
    answers5xx: true,
    spoil: editReply((reply, call) =>
      reply.status >= 400 && call.header('content-encoding') === 'gzip' ? refusal(503) : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/unknown-encoding-as-server-error',
    mistake: 'An encoding that the server does not know makes it fail (500).',
    severity: 'should',
    touches: ['createJob'],
    answers5xx: true,
    spoil: editReply((reply, call) => (call.header('content-encoding') === 'contract' ? refusal(500) : reply)),
  }),
  defineMutant({
    id: 'negative-input/broken-utf8-replaced',
    mistake: 'Bytes that are no UTF-8 are replaced.',
    severity: 'should',
    touches: ['createJob'],
    spoil: mends((call) =>
      call.text.includes('\ufffd') ? { rawBody: call.text.replaceAll(/\ufffd.?/g, 'echo') } : undefined,
    ),
  }),
]

const placeMutants = [
  defineMutant({
    id: 'negative-input/malformed-path-id-as-bad-request',
    mistake: 'An id in the path that is no UUID is 400.',
    touches: 'all',
    spoil: editReply((reply, { path }) =>
      reply.status === 404 && Object.values(path).some((id) => !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id))
        ? refusal(400)
        : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/malformed-path-id-as-server-error',
    mistake: 'An id in the path that is no UUID makes the server fail (500).',
    touches: ['getJob', 'getRunner'],
    answers5xx: true,
    spoil: editReply((reply, { path }) =>
      Object.values(path).some((id) => !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)) ? refusal(500) : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/unknown-goodbye-of-anything',
    mistake: 'Disconnecting something that is no id is 204.',
    touches: ['disconnectRunner'],
    spoil: insteadOf(404, 204),
  }),
  defineMutant({
    id: 'negative-input/list-without-project',
    mistake: 'A list of runners without a project is empty.',
    touches: ['listRunners'],
    spoil: editReply((reply, { query }) =>
      query.has('project_id') ? reply : answer(200, { page: 0, size: 0, total: 0, content: [] }),
    ),
  }),
  defineMutant({
    id: 'negative-input/unknown-filter-finds-nothing',
    mistake: 'An unknown status to filter by finds nothing.',
    touches: ['listRunners'],
    spoil: editReply((reply, { query }) =>
      reply.status === 400 && query.has('status') ? answer(200, { page: 0, size: 0, total: 0, content: [] }) : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/pages-below-zero-are-first',
    mistake: 'A page below 0 is the first one.',
    touches: ['listRunners', 'listJobs'],
    spoil: mends(({ query }) => (Number(query.get('page') ?? 0) < 0 ? { query: { page: '0' } } : undefined)),
  }),
  defineMutant({
    id: 'negative-input/size-of-zero-is-default',
    mistake: 'A size of 0 is the default.',
    touches: ['listRunners', 'listJobs'],
    spoil: mends(({ query }) => (Number(query.get('size') ?? 1) < 1 ? { query: { size: undefined } } : undefined)),
  }),
  defineMutant({
    id: 'negative-input/offset-below-zero-is-zero',
    mistake: 'An offset below 0 is 0.',
    touches: ['getJobLogs'],
    spoil: mends(({ query }) => (Number(query.get('offset') ?? 0) < 0 ? { query: { offset: '0' } } : undefined)),
  }),
  defineMutant({
    id: 'negative-input/malformed-query-id-as-bad-request',
    mistake: 'An id in the query that is no UUID is 400.',
    touches: ['listRunners', 'listJobs'],
    spoil: editReply((reply, { query }) =>
      reply.status === 404 && !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(query.get('project_id') ?? EMPTY_ID)
        ? refusal(400)
        : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/unknown-path-as-page',
    mistake: 'An unknown path shows the start page of the web app.',
    touches: 'all',
    spoil: editReply((reply, { operation }) =>
      operation === undefined && reply.status === 404
        ? { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }
        : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/wrong-method-as-unknown',
    mistake: 'A method that a path has not is 404.',
    severity: 'should',
    touches: 'all',
    spoil: insteadOf(405, 404),
  }),
  defineMutant({
    id: 'negative-input/runner-before-body',
    mistake: 'The lack of a runner is noticed (404) before a broken body (422).',
    touches: ['createJob'],
    spoil: editReply((reply, call, stage) =>
      reply.status === 422 && stage.takerOf(call) === undefined ? refusal(404) : reply,
    ),
  }),
  defineMutant({
    id: 'negative-input/refusals-of-another-shape',
    mistake: 'Refusals of broken requests list the errors by field.',
    touches: ['createJob', 'listRunners'],
    spoil: editReply((reply) =>
      reply.status >= 400 ? { ...reply, body: JSON.stringify({ violations: [{ field: 'x', text: 'No.' }] }) } : reply,
    ),
  }),
]

const EMPTY_ID = '00000000-0000-0000-0000-000000000000'

export const negativeInputMutants: readonly Mutant[] = [
  ...bodyMutants,
  ...placeMutants,
  defineMutant({
    id: 'negative-input/capabilities-as-one-text',
    mistake: 'A single capability may come as a text.',
    touches: ['heartbeat'],
    spoil: editRequestBody((body) =>
      typeof body['capabilities'] === 'string' ? { ...body, capabilities: [body['capabilities']] } : body,
    ),
  }),
  defineMutant({
    id: 'negative-input/unreadable-heartbeats-taken',
    mistake: 'Heartbeats that cannot be read count as empty ones.',
    touches: ['heartbeat'],
    spoil: mends(({ operation }) =>
      operation === undefined ? undefined : { rawBody: '', headers: { 'content-type': undefined } },
    ),
  }),
]
