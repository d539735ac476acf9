// Mistakes on the wire: of the server as a whole, in paths, media types, ids, times and errors, in judging requests.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../call.js'
import { defineMutant, defineShould, type Mutant } from '../mutant.js'
import { answer, refusal, textIn, withBody, withHeaders } from '../reply.js'
import {
  editBody,
  editReply,
  editRequest,
  editRequestBody,
  editResource,
  insteadOf,
  jobOperations,
  refuseWhen,
  renamesJobs,
} from '../spoils.js'

/** Answers JSON under another media type. */
const declares = (type: string) =>
  editReply((reply) => (reply.body === '' ? reply : withHeaders(reply, { 'content-type': type })))

export const systemMutants: readonly Mutant[] = [
  defineShould('system/unhealthy', 'The probe says that the server is not healthy.', {
    touches: ['isAlive'],
    spoil: editBody(() => ({ healthy: false })),
  }),
  defineMutant('system/query-lost-behind-slash', 'The redirect that takes a slash off a path loses the query.', {
    touches: ['listRunners'],
    spoil: editRequest(({ pathname, query }) =>
      pathname.endsWith('/')
        ? { query: Object.fromEntries([...query.keys()].map((name) => [name, undefined])) }
        : undefined,
    ),
  }),
  defineMutant('system/json-as-text', 'JSON is declared as text/plain.', {
    touches: 'all',
    spoil: declares('text/plain; charset=utf-8'),
  }),
]

/** Changes every error. */
const errorsAs = (edit: (reply: ApiResponse) => ApiResponse) =>
  editReply((reply) => (reply.status < 400 ? reply : edit(reply)))

/** Changes every time that is shown; names of fields tell which members are times. */
const editTimes = (edit: (time: string) => unknown) =>
  editResource((resource) => {
    const members = Object.entries(resource)
    const isTime = (name: string, value: unknown): value is string => name.endsWith('_at') && typeof value === 'string'
    return Object.fromEntries(members.map(([name, value]) => [name, isTime(name, value) ? edit(value) : value]))
  })

const accepts = (call: Call): string => call.header('accept')
const times = { touches: ['getRunner', 'listRunners', 'getJob', 'getBridgeCommand'] } as const

export const wireMutants: readonly Mutant[] = [
  defineShould('wire/repeated-capabilities-refused', 'A capability that comes twice is refused.', {
    touches: ['heartbeat'],
    spoil: refuseWhen(400, ({ text }) => text.split('"jobs"').length > 2),
  }),
  ...(
    [
      ['wire/capital-sessions-unknown', 'sessionId', ['activatePairingSession']],
      ['wire/capital-commands-unknown', 'commandId', ['getBridgeCommand', 'reportBridgeResult']],
    ] as const
  ).map(([id, name, touches]) =>
    defineMutant(id, `A ${name} in capitals is unknown (404).`, {
      touches,
      spoil: refuseWhen(404, ({ path }) => /[A-F]/.test(path[name] ?? '')),
    }),
  ),
  defineMutant('wire/stored-ids-shown-as-sent', 'Ids that a job carries are stored as they were written.', {
    touches: ['getJob'],
    spoil: editResource((job, _, stage) => {
      const { prompt_masks, metadata } = stage.jobs.get(textIn(job, 'id'))?.request ?? {}
      const sent = Object.entries({ prompt_masks, metadata }).filter(([, value]) => value !== undefined)
      return { ...job, ...Object.fromEntries(sent) }
    }),
  }),
  defineMutant('wire/no-workspace-is-one', 'Who names no workspace is in one that has no name.', {
    touches: 'all',
    spoil: editRequest((call) =>
      call.header('comet-workspace') === '' ? { headers: { 'comet-workspace': 'unnamed' } } : undefined,
    ),
  }),
  defineMutant('wire/ids-in-capitals', 'The server makes ids in capitals.', {
    touches: jobOperations,
    spoil: renamesJobs((id) => id.toUpperCase()),
  }),
  defineMutant('wire/media-type-in-lower-case-only', 'A content type in other letter case is refused (415).', {
    touches: ['createJob'],
    spoil: refuseWhen(415, (call) => /[A-Z]/.test(call.header('content-type'))),
  }),
  defineMutant('wire/accept-demanded', 'A client that does not accept application/json by name is refused (406).', {
    touches: 'all',
    spoil: refuseWhen(406, (call) => accepts(call) !== '' && accepts(call) !== 'application/json'),
  }),
  defineMutant('wire/html-unless-json-accepted', 'A client that does not name application/json gets HTML.', {
    touches: ['getRunner'],
    spoil: editReply((reply, call) =>
      accepts(call) === 'application/json'
        ? reply
        : withHeaders({ ...reply, body: '<html></html>' }, { 'content-type': 'text/html' }),
    ),
  }),
  defineMutant('wire/gzip-unread', 'A compressed body cannot be read (400).', {
    touches: ['createJob'],
    spoil: refuseWhen(400, (call) => call.header('content-encoding') === 'gzip'),
  }),
  defineMutant('wire/empty-body-not-json', 'An empty body is no JSON (400).', {
    touches: ['nextJob'],
    spoil: refuseWhen(400, (call) => call.header('content-length') === '0'),
  }),
  defineShould('wire/location-hidden', 'Web pages of other origins may read answers, and not their Location.', {
    touches: ['createJob'],
    spoil: () => async (call) => {
      // Whoever serves the mock adds the headers for pages of other origins, unless there seems to be none.
      Reflect.deleteProperty(call.exchange.headers ?? {}, 'origin')
      return withHeaders(await call.proceed(), { 'access-control-allow-origin': '*' })
    },
  }),
  defineMutant('wire/times-without-zone', 'Times name no zone.', {
    ...times,
    spoil: editTimes((time) => time.replace('Z', '')),
  }),
  defineMutant('wire/times-in-picoseconds', 'Times have twelve decimals.', {
    ...times,
    spoil: editTimes((time) => time.replace('Z', '000000000Z')),
  }),
  defineMutant('wire/location-of-collection', 'Location names the collection instead of what was made.', {
    touches: ['createPairingSession', 'activatePairingSession', 'createJob', 'createBridgeCommand'],
    spoil: editReply((reply) => withHeaders(reply, { location: reply.headers['location']?.replace(/\/[^/]+$/, '') })),
  }),
  defineMutant('wire/errors-of-another-shape', 'Errors come as {"error": {"status", "detail"}}.', {
    touches: 'all',
    spoil: errorsAs((reply) => withBody(reply, { error: { status: reply.status, detail: 'No.' } })),
  }),
  defineMutant('wire/errors-without-body', 'Errors have no body.', {
    touches: 'all',
    spoil: errorsAs(({ status }) => answer(status)),
  }),
]

export const schemaMutants: readonly Mutant[] = [
  defineMutant('schema/nulls-for-what-is-absent', 'A field without a value is null instead of left out.', {
    touches: ['getJob', 'listJobs'],
    spoil: editResource((job) => ({ result: null, error: null, trace_id: null, completed_at: null, ...job })),
  }),
  defineMutant('schema/unknown-as-server-error', 'A job that is unknown makes the server fail (500).', {
    touches: ['getJob'],
    answers5xx: true,
    spoil: insteadOf(404, 500),
  }),
]

const EMPTY_ID = '00000000-0000-0000-0000-000000000000'
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

export const negativeInputMutants: readonly Mutant[] = [
  defineMutant('negative-input/invalid-as-unreadable', 'A body that is not valid is 400 instead of 422.', {
    touches: 'all',
    spoil: insteadOf(422, 400),
  }),
  defineMutant('negative-input/unreadable-as-invalid', 'A body that cannot be read is 422 instead of 400.', {
    touches: ['createJob', 'reportJobResult', 'createBridgeCommand', 'createPairingSession'],
    spoil: insteadOf(400, 422, ({ text }) => text !== ''),
  }),
  defineShould('negative-input/unknown-encoding-as-server-error', 'An unknown encoding makes the server fail (500).', {
    touches: ['createJob'],
    answers5xx: true,
    spoil: editReply((reply, call) => (call.header('content-encoding') === 'contract' ? refusal(500) : reply)),
  }),
  defineMutant('negative-input/malformed-query-id-as-bad-request', 'An id in the query that is no UUID is 400.', {
    touches: ['listRunners', 'listJobs'],
    spoil: insteadOf(404, 400, ({ query }) => !UUID.test(query.get('project_id') ?? EMPTY_ID)),
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
  defineMutant('negative-input/bridge-status-in-any-case', 'The status of a command is read in any letter case.', {
    touches: ['reportBridgeResult'],
    spoil: editRequestBody((body) => ({
      ...body,
      status: typeof body['status'] === 'string' ? body['status'].toLowerCase() : body['status'],
    })),
  }),
]

/** What is a quirk and nothing else has its servers in test/contracts/fair/quirks.ts, which --strict refuses. */
export const quirkMutants: readonly Mutant[] = [
  defineShould('quirks/null-agent-taken', 'A null in place of an agent is accepted.', {
    touches: ['registerAgents'],
    spoil: () => (call) => (/:\s*null/.test(call.text) ? answer(204) : call.proceed()),
  }),
  defineShould('quirks/fractions-cut-off', 'Fractions in stored JSON lose what stands behind the point.', {
    touches: ['getJob'],
    spoil: editReply((reply) => ({ ...reply, body: reply.body.replaceAll(/(:-?\d+)\.\d+/g, '$1') })),
  }),
  defineShould('quirks/far-page-unknown', 'A page beyond the last one is 404.', {
    touches: ['listRunners'],
    spoil: refuseWhen(404, ({ query }) => Number(query.get('page') ?? 0) > 1_000_000),
  }),
  defineShould('quirks/span-cannot-be-found', 'Deleting a span is a path that nobody knows (404).', {
    touches: 'all',
    spoil: refuseWhen(404, ({ exchange, pathname }) => exchange.method === 'DELETE' && pathname.includes('/spans/')),
  }),
  defineShould('quirks/other-case-finds-nothing', 'A status filter in another letter case is 404.', {
    touches: ['listRunners'],
    spoil: refuseWhen(404, ({ query }) => /[A-Z]/.test(query.get('status') ?? '')),
  }),
]
