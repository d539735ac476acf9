/**
 * The admin API as plain data: what people steer a running mock with, beside the API that it simulates. It reads the
 * request, asks the mock, and says what is wrong with bad input. Which transport carries it is no matter of this file.
 */
import type { Settings } from '../settings.js'
import type { RunnerMock, Snapshot } from '../runner-mock.js'
import type { JournalFilter } from '../journal.js'
import type { Reply } from '../engine/exchange.js'
import { errorReply, errorsReply, toReply } from '../engine/reply.js'
import { version } from '../../version.js'
import { perhaps } from '../world/words.js'

/** A request to the admin API. */
export interface AdminRequest {
  method: string
  /** Relative to the admin root, `/clock/advance`. */
  path: string
  query: URLSearchParams
  /** JSON text; '' when there is none. */
  body: string
}

type Answer = Reply | Promise<Reply>
type Route = (mock: RunnerMock, request: { query: URLSearchParams; body: unknown }) => Answer

/** Answers an admin request. */
export function handleAdmin(mock: RunnerMock, { method, path, query, body }: AdminRequest): Answer {
  const methods = routes[path]
  if (methods === undefined) {
    return errorReply(404, `The admin API has no '${path}'; it has ${Object.keys(routes).join(', ')}.`)
  }
  const route = methods[method]
  if (route === undefined) {
    const allowed = Object.keys(methods).join(', ')
    return errorReply(405, `${method} is not possible on '${path}'; it takes ${allowed}.`, { allow: allowed })
  }
  if (body === '') return route(mock, { query, body: undefined })
  try {
    return route(mock, { query, body: JSON.parse(body) as unknown })
  } catch (error) {
    if (error instanceof SyntaxError) return errorReply(400, `The body is no JSON: ${error.message}.`)
    throw error
  }
}

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/health': { GET: () => toReply(200, { status: 'ok', version }) },
  '/reset': { POST: async (mock) => mock.reset().then(() => toReply(204, undefined)) },
  '/state': { GET: (mock) => toReply(200, mock.snapshot()), PUT: restore },
  '/clock': { GET: readClock },
  '/clock/advance': { POST: advance },
  '/clock/freeze': { POST: (mock) => (mock.clock.freeze(), readClock(mock)) },
  '/clock/resume': { POST: (mock) => (mock.clock.resume(), readClock(mock)) },
  '/settings': { GET: (mock) => toReply(200, mock.settings), PATCH: changeSettings },
  '/requests': { GET: readRequests, DELETE: (mock) => (mock.journal.clear(), toReply(204, undefined)) },
  '/reap': { POST: (mock) => toReply(200, { examined: mock.reap() }) },
}

function readClock({ clock }: RunnerMock): Reply {
  return toReply(200, { now: clock.iso(), frozen: clock.isFrozen })
}

async function advance(mock: RunnerMock, { body }: { body: unknown }): Promise<Reply> {
  const seconds = memberOf(body, 'seconds')
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0 || seconds > LONGEST_ADVANCE) {
    return errorReply(422, `Send {"seconds": n} with a number from 0 to ${LONGEST_ADVANCE}.`)
  }
  await mock.clock.advance({ seconds })
  return readClock(mock)
}

/** A hundred years: more is a mistake, and leaves the times that JSON can tell. */
const LONGEST_ADVANCE = 3_155_760_000

function changeSettings(mock: RunnerMock, { body }: { body: unknown }): Reply {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return errorReply(400, 'Send an object of settings, such as {"heartbeat_ttl_seconds": 5}.')
  }
  const problems = mock.changeSettings(body)
  if (problems.length === 0) return toReply(200, mock.settings satisfies Settings)
  return errorsReply(
    422,
    problems.map(({ name, value, expected }) => `${name} cannot be ${JSON.stringify(value)}: expected ${expected}`),
  )
}

function readRequests(mock: RunnerMock, { query }: { query: URLSearchParams }): Reply {
  const status = query.get('status')
  const since = query.get('since')
  if (status !== null && !/^\d{3}$/.test(status))
    return errorReply(400, `status must be three digits; got '${status}'.`)
  if (since !== null && Number.isNaN(Date.parse(since)))
    return errorReply(400, `since must be an ISO-8601 time; got '${since}'.`)
  const filter: JournalFilter = {
    ...perhaps('operation', query.get('operation') ?? undefined),
    ...perhaps('status', status === null ? undefined : Number(status)),
    ...perhaps('since', since ?? undefined),
  }
  return toReply(200, { requests: mock.journal.entries(filter) })
}

function restore(mock: RunnerMock, { body }: { body: unknown }): Reply {
  if (!isSnapshot(body)) return errorReply(422, 'Send a snapshot as GET /state gives it.')
  mock.restore(body)
  return toReply(204, undefined)
}

function isSnapshot(body: unknown): body is Snapshot {
  const world = memberOf(body, 'world')
  return (
    memberOf(body, 'version') === 1 &&
    typeof world === 'object' &&
    world !== null &&
    Array.isArray(memberOf(world, 'runners'))
  )
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
