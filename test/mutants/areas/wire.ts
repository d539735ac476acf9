// Mistakes on the wire: of the server as a whole, in paths, media types, ids, times and errors, in judging requests.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import type { Call } from '../call.js'
import { mutantsOf, type Mutant } from '../mutant.js'
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

export const systemMutants: readonly Mutant[] = mutantsOf((it) => {
  it('system/unhealthy [isAlive should]: The probe says that the server is not healthy.', () =>
    editBody(() => ({ healthy: false })))
  it('system/query-lost-behind-slash [listRunners]: The redirect that takes a slash off a path loses the query.', () =>
    editRequest(({ pathname, query }) =>
      pathname.endsWith('/')
        ? { query: Object.fromEntries([...query.keys()].map((name) => [name, undefined])) }
        : undefined,
    ))
  it('system/json-as-text [all]: JSON is declared as text/plain.', () => declares('text/plain; charset=utf-8'))
})

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

export const wireMutants: readonly Mutant[] = mutantsOf((it) => {
  it('wire/repeated-capabilities-refused [heartbeat should]: A capability that comes twice is refused.', () =>
    refuseWhen(400, ({ text }) => text.split('"jobs"').length > 2))
  for (const [id, name, touches] of [
    ['wire/capital-sessions-unknown', 'sessionId', 'activatePairingSession'],
    ['wire/capital-commands-unknown', 'commandId', 'getBridgeCommand reportBridgeResult'],
  ] as const)
    it(`${id} [${touches}]: A ${name} in capitals is unknown (404).`, () =>
      refuseWhen(404, ({ path }) => /[A-F]/.test(path[name] ?? '')))
  it('wire/stored-ids-shown-as-sent [getJob]: Ids that a job carries are stored as they were written.', () =>
    editResource((job, _, stage) => {
      const { prompt_masks, metadata } = stage.jobs.get(textIn(job, 'id'))?.request ?? {}
      const sent = Object.entries({ prompt_masks, metadata }).filter(([, value]) => value !== undefined)
      return { ...job, ...Object.fromEntries(sent) }
    }))
  it('wire/no-workspace-is-one [all]: Who names no workspace is in one that has no name.', () =>
    editRequest((call) =>
      call.header('comet-workspace') === '' ? { headers: { 'comet-workspace': 'unnamed' } } : undefined,
    ))
  it(`wire/ids-in-capitals [${jobOperations.join(' ')}]: The server makes ids in capitals.`, () =>
    renamesJobs((id) => id.toUpperCase()))
  it('wire/media-type-in-lower-case-only [createJob]: A content type in other letter case is refused (415).', () =>
    refuseWhen(415, (call) => /[A-Z]/.test(call.header('content-type'))))
  it('wire/accept-demanded [all]: A client that does not accept application/json by name is refused (406).', () =>
    refuseWhen(406, (call) => accepts(call) !== '' && accepts(call) !== 'application/json'))
  it('wire/html-unless-json-accepted [getRunner]: A client that does not name application/json gets HTML.', () =>
    editReply((reply, call) =>
      accepts(call) === 'application/json'
        ? reply
        : withHeaders({ ...reply, body: '<html></html>' }, { 'content-type': 'text/html' }),
    ))
  it('wire/gzip-unread [createJob]: A compressed body cannot be read (400).', () =>
    refuseWhen(400, (call) => call.header('content-encoding') === 'gzip'))
  it('wire/location-hidden [createJob should]: Web pages of other origins may read answers, and not their Location.', () =>
    () =>
    async (call) => {
      // Whoever serves the mock adds the headers for pages of other origins, unless there seems to be none.
      Reflect.deleteProperty(call.exchange.headers ?? {}, 'origin')
      return withHeaders(await call.proceed(), { 'access-control-allow-origin': '*' })
    })
  it('wire/times-in-picoseconds [getRunner listRunners getJob getBridgeCommand]: Times have twelve decimals.', () =>
    editTimes((time) => time.replace('Z', '000000000Z')))
  it('wire/location-of-collection [createPairingSession activatePairingSession createJob createBridgeCommand]: Location names the collection instead of what was made.', () =>
    editReply((reply) => withHeaders(reply, { location: reply.headers['location']?.replace(/\/[^/]+$/, '') })))
  it('wire/errors-of-another-shape [all]: Errors come as {"error": {"status", "detail"}}.', () =>
    errorsAs((reply) => withBody(reply, { error: { status: reply.status, detail: 'No.' } })))
  it('wire/errors-without-body [all]: Errors have no body.', () => errorsAs(({ status }) => answer(status)))
})

export const schemaMutants: readonly Mutant[] = mutantsOf((it) => {
  it('schema/nulls-for-what-is-absent [getJob listJobs]: A field without a value is null instead of left out.', () =>
    editResource((job) => ({ result: null, error: null, trace_id: null, completed_at: null, ...job })))
  it('schema/unknown-as-server-error [getJob 5xx]: A job that is unknown makes the server fail (500).', () =>
    insteadOf(404, 500))
})

const EMPTY_ID = '00000000-0000-0000-0000-000000000000'
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

export const negativeInputMutants: readonly Mutant[] = mutantsOf((it) => {
  it('negative-input/invalid-as-unreadable [all]: A body that is not valid is 400 instead of 422.', () =>
    insteadOf(422, 400))
  it('negative-input/unreadable-as-invalid [createJob reportJobResult createBridgeCommand createPairingSession]: A body that cannot be read is 422 instead of 400.', () =>
    insteadOf(400, 422, ({ text }) => text !== ''))
  it('negative-input/unknown-encoding-as-server-error [createJob 5xx should]: An unknown encoding makes the server fail (500).', () =>
    editReply((reply, call) => (call.header('content-encoding') === 'contract' ? refusal(500) : reply)))
  it('negative-input/malformed-query-id-as-bad-request [listRunners listJobs]: An id in the query that is no UUID is 400.', () =>
    insteadOf(404, 400, ({ query }) => !UUID.test(query.get('project_id') ?? EMPTY_ID)))
  it('negative-input/unknown-path-as-page [all]: An unknown path shows the start page of the web app.', () =>
    editReply((reply, { operation }) =>
      operation === undefined && reply.status === 404
        ? { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }
        : reply,
    ))
  it('negative-input/wrong-method-as-unknown [all should]: A method that a path has not is 404.', () =>
    insteadOf(405, 404))
  it('negative-input/bridge-status-in-any-case [reportBridgeResult]: The status of a command is read in any letter case.', () =>
    editRequestBody((body) => ({
      ...body,
      status: typeof body['status'] === 'string' ? body['status'].toLowerCase() : body['status'],
    })))
})

/** What is a quirk and nothing else has its servers in test/contracts/fair/quirks.ts, which --strict refuses. */
export const quirkMutants: readonly Mutant[] = mutantsOf((it) => {
  it('quirks/null-agent-taken [registerAgents should]: A null in place of an agent is accepted.', () => () => (call) =>
    /:\s*null/.test(call.text) ? answer(204) : call.proceed())
  it('quirks/fractions-cut-off [getJob should]: Fractions in stored JSON lose what stands behind the point.', () =>
    editReply((reply) => ({ ...reply, body: reply.body.replaceAll(/(:-?\d+)\.\d+/g, '$1') })))
  it('quirks/far-page-unknown [listRunners should]: A page beyond the last one is 404.', () =>
    refuseWhen(404, ({ query }) => Number(query.get('page') ?? 0) > 1_000_000))
  it('quirks/span-cannot-be-found [all should]: Deleting a span is a path that nobody knows (404).', () =>
    refuseWhen(404, ({ exchange, pathname }) => exchange.method === 'DELETE' && pathname.includes('/spans/')))
  it('quirks/other-case-finds-nothing [listRunners should]: A status filter in another letter case is 404.', () =>
    refuseWhen(404, ({ query }) => /[A-Z]/.test(query.get('status') ?? '')))
})
