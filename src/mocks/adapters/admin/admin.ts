// The admin API as plain data: what people steer a running mock with, beside the API that it simulates. It reads the
// request, asks the mock, and says what is wrong with bad input. Which transport carries it is no matter of this file.
import { problemsOf } from '../../../kernel/validate-options.js'
import {
  adminOperations,
  type AdminBodies,
  type AdminOperation,
  type AdminOperationId,
} from '../../../generated/kit-admin.js'
import { nestsTooDeeply, readJson } from '../../../kernel/json-text.js'
import { describeProblem } from '../../../kernel/problem.js'
import { version } from '../../../kernel/version.js'
import { headerOf, errorReply, toReply, type ApiResponse } from '../../base/exchange.js'
import { isSnapshot, problemsOfSnapshot } from '../../mock/snapshot-links.js'
import { noContent, orRefuse, unusable } from './admin-call.js'
import type { AdminAnswer, AdminCall, AdminRequest, AdminSite, StreamReply } from './admin-call.js'
import * as controls from './admin-controls.js'
import * as given from './admin-given.js'
import * as requests from './admin-requests.js'
import * as runners from './admin-runners.js'
import * as world from './admin-world.js'
import { STREAM_HEADERS, typesIn } from './event-stream.js'

export function handleAdmin(site: AdminSite, request: AdminRequest): AdminAnswer {
  const { method, path, headers, body, signal } = request
  if (path.startsWith(runners.ACTING)) return runners.answerAs(site, request)
  const { methods, id } = findMethods(path)
  if (methods === undefined) {
    return errorReply(404, `The admin API has no '${path}'; it has ${Object.keys(adminOperations).join(', ')}.`)
  }
  const operation = methods[method]
  if (operation === undefined) {
    const allowed = Object.keys(methods).join(', ')
    return errorReply(405, `${method} is not possible on '${path}'; it takes ${allowed}.`, { allow: allowed })
  }
  const query = Object.fromEntries([...request.query.keys()].map((name) => [name, request.query.getAll(name).join()]))
  const [flaw] = problemsOf({ type: 'object', properties: operation.query, additionalProperties: false }, query)
  if (flaw !== undefined) return errorReply(400, describeProblem(flaw))
  if (nestsTooDeeply(body)) return errorReply(400, 'The body nests too deeply.')
  let value: unknown
  try {
    value = body.trim() === '' ? undefined : readJson(body)
  } catch {
    return errorReply(400, 'The body is no JSON.')
  }
  const isRead = operation.body !== undefined && (value !== undefined || operation.needsBody)
  const problems = isRead ? problemsOf(operation.body, value) : []
  if (problems.length > 0) return unusable(problems, 'The body')
  return untyped[operation.id](site, { query, headers, id, body: value, signal })
}

/** What answers each operation of kit.yaml, by its id. */
const routes = {
  ...{ ...controls, ...given, ...requests, ...runners, ...world },
  readHealth: () => toReply(200, { status: 'ok', version }),
  listWorlds: ({ worlds }) => toReply(200, { worlds: (worlds?.names ?? []).map((name) => ({ name })) }),
  async dropWorld({ worlds }, { id }) {
    return (await worlds?.drop(id)) === true ? noContent() : errorReply(404, `There is no world '${id}'.`)
  },
  readState: ({ mock }) => toReply(200, mock.snapshot()),
  restoreState: restore,
  freezeClock: (site) => (site.mock.clock.freeze(), controls.readClock(site)),
  resumeClock: (site) => (site.mock.clock.resume(), controls.readClock(site)),
  readSettings: showSettings,
  changeSettings: (site, { body }) => (site.mock.changeSettings(body), showSettings(site)),
  clearRequests: ({ mock }) => (mock.journal.clear(), noContent()),
  streamEvents,
  readConduct: ({ mock }) => orRefuse(409, () => toReply(200, mock.conduct.report())),
  openConsole: showPage,
  readConsoleFile: showPage,
  runReaper: ({ mock }) => toReply(200, { examined: mock.reap() }),
} satisfies {
  readonly [Id in AdminOperationId]: Route<Id extends keyof AdminBodies ? AdminBodies[Id] : unknown>['answer']
}

/** A method, which may ask for the body that its operation's form has let through. */
interface Route<Body = unknown> {
  answer(site: AdminSite, call: AdminCall<Body>): AdminAnswer
}

const untyped: Readonly<Record<AdminOperationId, Route['answer']>> = routes

interface Found {
  methods: Readonly<Record<string, AdminOperation>> | undefined
  id: string
}

/** `:id` is the second segment of a path, if it is there. */
function findMethods(path: string): Found {
  if (Object.hasOwn(adminOperations, path)) return { methods: adminOperations[path], id: '' }
  const [, what = '', id = '', ...rest] = path.split('/')
  const pattern = `/${[what, ':id', ...rest].join('/')}`
  return { methods: Object.hasOwn(adminOperations, pattern) ? adminOperations[pattern] : undefined, id }
}

/** The console's page, script and style. */
function showPage({ page }: AdminSite, { id }: AdminCall): ApiResponse {
  return page(id) ?? errorReply(404, `The console has no file '${id}'.`)
}

async function restore({ mock }: AdminSite, { body }: AdminCall): Promise<ApiResponse> {
  if (!isSnapshot(body)) return unusable(problemsOfSnapshot(body), 'The snapshot')
  mock.restore(body)
  await mock.ready
  return noContent()
}

function showSettings({ mock }: AdminSite): ApiResponse {
  return toReply(200, { ...mock.settings, profile: mock.profile })
}

function streamEvents({ streams }: AdminSite, { query, headers }: AdminCall): ApiResponse | StreamReply {
  const { types, flaw } = typesIn(query)
  if (flaw !== undefined) return errorReply(400, flaw)
  const lastEventId = headerOf(headers, 'last-event-id')
  return { status: 200, headers: STREAM_HEADERS, open: (sink) => streams.open({ types, lastEventId }, sink) }
}
