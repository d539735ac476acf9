// Mistakes in the conventions on the wire: paths, media types, compression, ids, times, errors.
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { defineMutant, type Mutant, type Spoil, defineShould } from '../mutant.js'
import { answer, createdIn, membersIn, textIn, withBody, withHeaders } from '../reply.js'
import { editReply, editRequest, editResource, jobOperations, refuseWhen, renamesJobs } from '../spoils.js'

const creators = ['createPairingSession', 'activatePairingSession', 'createJob', 'createBridgeCommand'] as const

/** Changes the Location of what is created. */
function editLocation(edit: (location: string, reply: ApiResponse) => string | undefined): Spoil {
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

export const wireMutants: readonly Mutant[] = [
  defineShould('wire/repeated-capabilities-refused', 'A capability that comes twice is refused.', {
    touches: ['heartbeat'],
    spoil: refuseWhen(400, ({ text }) => text.split('"jobs"').length > 2),
  }),
  defineMutant('wire/capital-sessions-unknown', 'Ids of sessions in capitals are unknown (404).', {
    touches: ['activatePairingSession'],
    spoil: refuseWhen(404, ({ path }) => /[A-F]/.test(path['sessionId'] ?? '')),
  }),
  defineMutant('wire/capital-commands-unknown', 'Ids of commands in capitals are unknown (404).', {
    touches: ['getBridgeCommand', 'reportBridgeResult'],
    spoil: refuseWhen(404, ({ path }) => /[A-F]/.test(path['commandId'] ?? '')),
  }),
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
    spoil: refuseWhen(406, (call) => call.header('accept') !== '' && call.header('accept') !== 'application/json'),
  }),
  defineMutant('wire/html-unless-json-accepted', 'A client that does not name application/json gets HTML.', {
    touches: ['getRunner'],
    spoil: editReply((reply, call) =>
      call.header('accept') === 'application/json'
        ? reply
        : withHeaders({ ...reply, body: '<html></html>' }, { 'content-type': 'text/html' }),
    ),
  }),
  defineMutant('wire/gzip-read-as-latin', 'A compressed body is unpacked and then read as Latin-1.', {
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
    touches: readers,
    spoil: editTimes((time) => time.replace('Z', '')),
  }),
  defineMutant('wire/times-in-picoseconds', 'Times have twelve decimals.', {
    touches: readers,
    spoil: editTimes((time) => time.replace('Z', '000000000Z')),
  }),
  defineMutant('wire/location-of-collection', 'Location names the collection instead of what was made.', {
    touches: creators,
    spoil: editLocation((location) => location.replace(/\/[^/]+$/, '')),
  }),
  defineMutant('wire/errors-of-another-shape', 'Errors come as {"error": {"status", "detail"}}.', {
    touches: 'all',
    spoil: editReply((reply) =>
      reply.status < 400 ? reply : withBody(reply, { error: { status: reply.status, detail: 'No.' } }),
    ),
  }),
  defineMutant('wire/errors-as-one-text', 'The list of errors is a single text.', {
    touches: 'all',
    spoil: editReply((reply) => (reply.status < 400 ? reply : withBody(reply, { errors: 'No.' }))),
  }),
  defineMutant('wire/errors-as-html', 'Errors come as a page of HTML.', {
    touches: 'all',
    spoil: editReply((reply) =>
      reply.status < 400 ? reply : withHeaders({ ...reply, body: '<h1>No.</h1>' }, { 'content-type': 'text/html' }),
    ),
  }),
  defineMutant('wire/errors-without-body', 'Errors have no body.', {
    touches: 'all',
    spoil: editReply((reply) => (reply.status < 400 ? reply : answer(reply.status))),
  }),
]
