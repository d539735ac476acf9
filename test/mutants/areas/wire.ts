// Mistakes in the conventions on the wire: paths, media types, compression, ids, times, errors.
import type { Reply } from '../../../src/mocks/base/exchange.js'
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, createdIn, membersIn, refusal, textIn, withBody, withHeaders } from '../reply.js'
import { editReply, editRequest, editResource, jobOperations, refuseWhen, renamesJobs } from '../spoils.js'

const creators = ['createPairingSession', 'activatePairingSession', 'createJob', 'createBridgeCommand'] as const

/** Changes the Location of what is created. */
function editLocation(edit: (location: string, reply: Reply) => string | undefined): Spoil {
  return editReply((reply) => {
    const { location } = reply.headers
    return location === undefined ? reply : withHeaders(reply, { location: edit(location, reply) })
  })
}

/** Changes every time that is shown; names of fields tell which members are times. */
function editTimes(edit: (time: string) => unknown): Spoil {
  return editResource((resource) =>
    Object.fromEntries(
      Object.entries(resource).map(([name, value]) => [
        name,
        name.endsWith('_at') && typeof value === 'string' ? edit(value) : value,
      ]),
    ),
  )
}

const readers = ['getRunner', 'listRunners', 'getJob', 'getBridgeCommand'] as const

const pathMutants = [
  defineMutant({
    id: 'wire/capital-ids-unknown',
    mistake: 'Ids in capitals are unknown (404).',
    touches: ['getJob', 'getRunner'],
    spoil: refuseWhen(404, ({ path }) => Object.values(path).some((id) => /[A-F]/.test(id))),
  }),
  defineMutant({
    id: 'wire/capital-sessions-unknown',
    mistake: 'Ids of sessions in capitals are unknown (404).',
    touches: ['activatePairingSession'],
    spoil: refuseWhen(404, ({ path }) => /[A-F]/.test(path['sessionId'] ?? '')),
  }),
  defineMutant({
    id: 'wire/capital-commands-unknown',
    mistake: 'Ids of commands in capitals are unknown (404).',
    touches: ['getBridgeCommand', 'reportBridgeResult'],
    spoil: refuseWhen(404, ({ path }) => /[A-F]/.test(path['commandId'] ?? '')),
  }),
  defineMutant({
    id: 'wire/stored-ids-shown-as-sent',
    mistake: 'Ids that a job carries are stored as they were written.',
    touches: ['getJob'],
    spoil: editResource((job, _, stage) => {
      const { prompt_masks, metadata } = stage.jobs.get(textIn(job, 'id'))?.request ?? {}
      return { ...job, ...(prompt_masks === undefined ? {} : { prompt_masks, metadata }) }
    }),
  }),
  defineMutant({
    id: 'wire/no-workspace-is-one',
    mistake: 'Who names no workspace is in one that has no name.',
    touches: 'all',
    spoil: editRequest((call) =>
      call.header('comet-workspace') === '' ? { headers: { 'comet-workspace': 'unnamed' } } : undefined,
    ),
  }),
  defineMutant({
    id: 'wire/body-ids-shown-as-sent',
    mistake: 'An id in a body is stored as it was written.',
    touches: ['getJob', 'reportJobResult'],
    spoil: () => {
      const sent = new Map<string, string>()
      return async (call) => {
        const jobId = call.path['jobId'] ?? ''
        const traceId = textIn(call.body, 'trace_id')
        if (traceId !== '') sent.set(jobId, traceId)
        const reply = await call.proceed()
        const job = membersIn(reply)
        return call.operation === 'getJob' && 'trace_id' in job
          ? withBody(reply, { ...job, trace_id: sent.get(jobId) })
          : reply
      }
    },
  }),
  defineMutant({
    id: 'wire/ids-in-capitals',
    mistake: 'The server makes ids in capitals.',
    touches: jobOperations,
    spoil: renamesJobs((id) => id.toUpperCase()),
  }),
]

const mediaMutants = [
  defineMutant({
    id: 'wire/media-type-in-lower-case-only',
    mistake: 'A content type in other letter case is refused (415).',
    touches: ['createJob'],
    spoil: refuseWhen(415, (call) => /[A-Z]/.test(call.header('content-type'))),
  }),
  defineMutant({
    id: 'wire/accept-demanded',
    mistake: 'A client that does not accept application/json by name is refused (406).',
    touches: 'all',
    spoil: refuseWhen(406, (call) => call.header('accept') !== '' && call.header('accept') !== 'application/json'),
  }),
  defineMutant({
    id: 'wire/html-unless-json-accepted',
    mistake: 'A client that does not name application/json gets HTML.',
    touches: ['getRunner'],
    spoil: editReply((reply, call) =>
      call.header('accept') === 'application/json'
        ? reply
        : withHeaders({ ...reply, body: '<html></html>' }, { 'content-type': 'text/html' }),
    ),
  }),
  defineMutant({
    id: 'wire/gzip-not-unpacked',
    mistake: 'A compressed body is read as it comes, and is no JSON (400).',
    touches: ['createJob'],
    spoil: editRequest((call) =>
      call.header('content-encoding') === 'gzip' ? { headers: { 'content-encoding': undefined } } : undefined,
    ),
  }),
  defineMutant({
    id: 'wire/gzip-read-as-latin',
    mistake: 'A compressed body is unpacked and then read as Latin-1.',
    touches: ['createJob', 'nextJob'],
    spoil: (stage) => {
      const zipped = new Set<string>()
      return async (call) => {
        const reply = await call.proceed()
        if (call.header('content-encoding') === 'gzip') zipped.add(createdIn(reply))
        const job = membersIn(reply)
        if (call.operation !== 'nextJob' || !zipped.has(textIn(job, 'id'))) return reply
        const text = JSON.stringify(job['inputs'] ?? stage.now())
        const wrong = String.fromCharCode(...new TextEncoder().encode(text))
        return withBody(reply, { ...job, inputs: JSON.parse(wrong) as unknown })
      }
    },
  }),
  defineMutant({
    id: 'wire/empty-body-not-json',
    mistake: 'An empty body is no JSON (400).',
    touches: ['nextJob'],
    spoil: refuseWhen(400, (call) => call.header('content-length') === '0'),
  }),
  defineMutant({
    id: 'wire/location-hidden',
    mistake: 'Web pages of other origins may read answers, and not their Location.',
    severity: 'should',
    touches: ['createJob'],
    spoil: () => async (call) => {
      // Whoever serves the mock adds the headers for pages of other origins, unless there seems to be none.
      Reflect.deleteProperty(call.exchange.headers ?? {}, 'origin')
      return withHeaders(await call.proceed(), { 'access-control-allow-origin': '*' })
    },
  }),
]

const timeMutants = [
  defineMutant({
    id: 'wire/times-without-zone',
    mistake: 'Times name no zone.',
    touches: readers,
    spoil: editTimes((time) => time.replace('Z', '')),
  }),
  defineMutant({
    id: 'wire/times-as-numbers',
    mistake: 'Times are milliseconds since 1970.',
    touches: readers,
    spoil: editTimes((time) => Date.parse(time)),
  }),
  defineMutant({
    id: 'wire/times-in-picoseconds',
    mistake: 'Times have twelve decimals.',
    touches: readers,
    spoil: editTimes((time) => time.replace('Z', '000000000Z')),
  }),
]

const locationMutants = [
  defineMutant({
    id: 'wire/location-of-collection',
    mistake: 'Location names the collection instead of what was made.',
    touches: creators,
    spoil: editLocation((location) => location.replace(/\/[^/]+$/, '')),
  }),
]

const errorMutants = [
  defineMutant({
    id: 'wire/errors-of-another-shape',
    mistake: 'Errors come as {"error": {"status", "detail"}}.',
    touches: 'all',
    spoil: editReply((reply) =>
      reply.status < 400 ? reply : withBody(reply, { error: { status: reply.status, detail: 'No.' } }),
    ),
  }),
  defineMutant({
    id: 'wire/errors-as-one-text',
    mistake: 'The list of errors is a single text.',
    touches: 'all',
    spoil: editReply((reply) => (reply.status < 400 ? reply : withBody(reply, { errors: 'No.' }))),
  }),
  defineMutant({
    id: 'wire/errors-as-html',
    mistake: 'Errors come as a page of HTML.',
    touches: 'all',
    spoil: editReply((reply) =>
      reply.status < 400 ? reply : withHeaders({ ...reply, body: '<h1>No.</h1>' }, { 'content-type': 'text/html' }),
    ),
  }),
  defineMutant({
    id: 'wire/errors-without-body',
    mistake: 'Errors have no body.',
    touches: 'all',
    spoil: editReply((reply) => (reply.status < 400 ? reply : answer(reply.status))),
  }),
  defineMutant({
    id: 'wire/error-code-as-text',
    mistake: 'The code of an error is a text.',
    touches: 'all',
    spoil: editReply((reply) =>
      reply.status < 400 ? reply : withBody(reply, { code: String(reply.status), message: 'No.' }),
    ),
  }),
]

const oddMutants = [
  defineMutant({
    id: 'wire/not-a-number-refused',
    mistake: 'NaN in stored JSON is refused.',
    severity: 'should',
    touches: ['createJob'],
    spoil: refuseWhen(400, ({ text }) => text.includes('NaN')),
  }),
  defineMutant({
    id: 'wire/null-entry-unreadable',
    mistake: 'A null among log entries is 400.',
    severity: 'should',
    touches: ['appendJobLogs'],
    spoil: refuseWhen(400, ({ text }) => text.endsWith('null]')),
  }),
  defineMutant({
    id: 'wire/repeated-capabilities-refused',
    mistake: 'A capability that comes twice is refused.',
    severity: 'should',
    touches: ['heartbeat'],
    spoil: refuseWhen(400, ({ text }) => text.split('"jobs"').length > 2),
  }),
]

export const wireMutants: readonly Mutant[] = [
  ...oddMutants,
  ...pathMutants,
  ...mediaMutants,
  ...timeMutants,
  ...locationMutants,
  ...errorMutants,
  defineMutant({
    id: 'wire/refusals-with-success',
    mistake: 'Refusals come with status 200 and the code in the body.',
    touches: ['getRunner', 'heartbeat', 'createBridgeCommand'],
    spoil: editReply((reply) => (reply.status < 400 ? reply : { ...refusal(reply.status), status: 200 })),
  }),
]
