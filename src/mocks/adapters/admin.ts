/**
 * The admin API as plain data: what people steer a running mock with, beside the API that it simulates. It reads the
 * request, asks the mock, and says what is wrong with bad input. Which transport carries it is no matter of this file.
 */
import { KitError } from '../../errors.js'
import { parseJson } from '../../json-text.js'
import { version } from '../../version.js'
import { headerOf, type Reply } from '../engine/exchange.js'
import { errorReply, errorsReply, toReply } from '../engine/reply.js'
import type { ProfileName } from '../profile.js'
import type { Settings } from '../settings.js'
import { isSnapshot } from '../snapshot-form.js'
import { ACTING, answerAs } from './admin-acting.js'
import type { AdminAnswer, AdminCall, AdminRequest, AdminSite, StreamReply } from './admin-call.js'
import { advanceClock, readClock, setClock } from './admin-clock.js'
import { clearFault, clearFaults, injectFaults, listFaults, listPresets, showFault } from './admin-faults.js'
import { readCoverage, readHistory, readRequests, showRequest } from './admin-requests.js'
import { listScenarios, reset } from './admin-scenarios.js'
import { readWorld, showCommand, showJob, showRunner } from './admin-world.js'
import { filterTypes, STREAM_HEADERS } from './event-stream.js'

type Route = (site: AdminSite, call: AdminCall) => AdminAnswer

/** Answers an admin request. */
export function handleAdmin(site: AdminSite, request: AdminRequest): AdminAnswer {
  const { method, path, query, headers, body } = request
  if (path.startsWith(ACTING)) return answerAs(site, request)
  const { methods, pattern, id } = findMethods(path)
  if (methods === undefined) {
    return errorReply(404, `The admin API has no '${path}'; it has ${Object.keys(routes).join(', ')}.`)
  }
  const route = methods[method]
  if (route === undefined) {
    const allowed = Object.keys(methods).join(', ')
    return errorReply(405, `${method} is not possible on '${path}'; it takes ${allowed}.`, { allow: allowed })
  }
  const known = queries[pattern] ?? []
  const stray = [...query.keys()].find((name) => !known.includes(name))
  if (stray !== undefined) {
    return errorReply(400, `'${path}' knows no '${stray}' in its query; it knows ${known.join(', ') || 'none'}.`)
  }
  const go = (value: unknown): AdminAnswer => route(site, { query, headers, id, body: value })
  const parsed = parseBody(body)
  if (parsed instanceof Promise) return parsed.then(go).then(withoutStream, refuseBody)
  return 'reply' in parsed ? parsed.reply : go(parsed.value)
}

function parseBody(body: string): { value: unknown } | { reply: Reply } | Promise<unknown> {
  if (body.trim() === '') return { value: undefined }
  try {
    const value = parseJson(body)
    return value instanceof Promise ? value : { value }
  } catch (error) {
    return { reply: refuseBody(error) }
  }
}

/** @throws what is no matter of the body */
function refuseBody(error: unknown): Reply {
  if (error instanceof SyntaxError) return errorReply(400, 'The body is no JSON.')
  throw error
}

/** Whoever asks for a stream sends no body. */
function withoutStream(answer: Reply | StreamReply): Reply {
  return 'open' in answer ? errorReply(400, 'A stream takes no body.') : answer
}

/** `:id` at the end stands for one segment. */
const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/health': { GET: () => toReply(200, { status: 'ok', version }) },
  '/reset': { POST: reset },
  '/scenarios': { GET: listScenarios },
  '/state': { GET: ({ mock }) => toReply(200, mock.snapshot()), PUT: restore },
  '/clock': { GET: readClock },
  '/clock/advance': { POST: advanceClock },
  '/clock/set': { POST: setClock },
  '/clock/freeze': { POST: (site) => (site.mock.clock.freeze(), readClock(site)) },
  '/clock/resume': { POST: (site) => (site.mock.clock.resume(), readClock(site)) },
  '/settings': { GET: showSettings, PATCH: changeSettings },
  '/requests': { GET: readRequests, DELETE: ({ mock }) => (mock.journal.clear(), noContent()) },
  '/requests/:id': { GET: showRequest },
  '/history': { GET: readHistory },
  '/coverage': { GET: readCoverage },
  '/world': { GET: readWorld },
  '/runners/:id': { GET: showRunner },
  '/jobs/:id': { GET: showJob },
  '/commands/:id': { GET: showCommand },
  '/faults': { GET: listFaults, POST: injectFaults, DELETE: clearFaults },
  '/faults/presets': { GET: listPresets },
  '/faults/:id': { GET: showFault, DELETE: clearFault },
  '/events': { GET: streamEvents },
  '/conduct': { GET: readConduct },
  '/ui': { GET: showPage },
  '/ui/:id': { GET: showPage },
  '/reap': { POST: ({ mock }) => toReply(200, { examined: mock.reap() }) },
}

/** Query parameters by path; the others take none. */
const queries: Readonly<Record<string, readonly string[]>> = {
  '/requests': ['operation', 'status', 'since', 'about'],
  '/history': ['type', 'after', 'limit', 'about'],
  '/jobs/:id': ['logs_from'],
  '/events': ['type'],
}

interface Found {
  methods: Readonly<Record<string, Route>> | undefined
  pattern: string
  id: string
}

function findMethods(path: string): Found {
  if (Object.hasOwn(routes, path)) return { methods: routes[path], pattern: path, id: '' }
  const cut = path.lastIndexOf('/')
  const pattern = `${path.slice(0, cut)}/:id`
  return { methods: Object.hasOwn(routes, pattern) ? routes[pattern] : undefined, pattern, id: path.slice(cut + 1) }
}

/** The console's page, script and style. */
function showPage({ page }: AdminSite, { id }: AdminCall): Reply {
  return page(id) ?? errorReply(404, `The console has no file '${id}'.`)
}

function noContent(): Reply {
  return toReply(204, undefined)
}

/** 409 says that nobody is watched, and how to change that. */
function readConduct({ mock }: AdminSite): Reply {
  try {
    return toReply(200, mock.conduct.report())
  } catch (error) {
    if (error instanceof KitError) return errorReply(409, error.message)
    throw error
  }
}

async function restore({ mock }: AdminSite, { body }: AdminCall): Promise<Reply> {
  if (!isSnapshot(body)) return errorReply(422, 'Send a snapshot as GET /state gives it.')
  mock.restore(body)
  await mock.ready
  return noContent()
}

/** All settings, and the profile among them. */
type SettingsAnswer = Settings & { profile: ProfileName }

function showSettings({ mock }: AdminSite): Reply {
  return toReply(200, { ...mock.settings, profile: mock.profile } satisfies SettingsAnswer)
}

function changeSettings(site: AdminSite, { body }: AdminCall): Reply {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return errorReply(400, 'Send an object of settings, such as {"heartbeat_ttl_seconds": 5}.')
  }
  const problems = site.mock.changeSettings(body)
  if (problems.length === 0) return showSettings(site)
  return errorsReply(
    422,
    problems.map(({ name, value, expected }) => `${name} cannot be ${JSON.stringify(value)}: expected ${expected}`),
  )
}

function streamEvents({ streams }: AdminSite, { query, headers }: AdminCall): Reply | StreamReply {
  const types = query.getAll('type').flatMap((list) => list.split(',').filter((type) => type !== ''))
  const unknown = types.find((type) => !filterTypes.includes(type))
  if (unknown !== undefined) {
    return errorReply(400, `There are no events of type '${unknown}'; there are ${filterTypes.join(', ')}.`)
  }
  const lastEventId = headerOf(headers, 'last-event-id')
  return { status: 200, headers: STREAM_HEADERS, open: (sink) => streams.open({ types, lastEventId }, sink) }
}
