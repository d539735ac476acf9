// The admin API as plain data: what people steer a running mock with, beside the API that it simulates. It reads the
// request, asks the mock, and says what is wrong with bad input. Which transport carries it is no matter of this file.
import { KitError } from '../../../kernel/errors.js'
import { problemsOf } from '../../../kernel/validate-options.js'
import { adminOperations, type AdminOperation, type AdminOperationId } from '../../../generated/kit-admin.js'
import { nestsTooDeeply, readJson } from '../../../kernel/json-text.js'
import { describeExpected, describeProblem, unknownName } from '../../../kernel/problem.js'
import { version } from '../../../kernel/version.js'
import { headerOf, errorReply, errorsReply, toReply, type ApiResponse } from '../../base/exchange.js'
import type { ProfileName, Settings } from '../../base/settings.js'
import { isSnapshot, problemsOfSnapshot } from '../../mock/snapshot-links.js'
import {
  noContent,
  type AdminAnswer,
  type AdminCall,
  type AdminRequest,
  type AdminSite,
  type StreamReply,
} from './admin-call.js'
import {
  advanceClock,
  readClock,
  scaleClock,
  setClock,
  clearFault,
  clearFaults,
  injectFaults,
  listFaults,
  listPresets,
  showFault,
  listScenarios,
  reset,
} from './admin-controls.js'
import { readCoverage, readHistory, readRequests, showRequest } from './admin-requests.js'
import { giveCommand, giveJob, giveRunner } from './admin-given.js'
import { readWorld, showCommand, showJob, showRunner, listTraces, showTrace } from './admin-world.js'
import { ACTING, answerAs, activate, showLink, crash, evict, lapse, revive } from './admin-runners.js'
import { STREAM_HEADERS, typesIn } from './event-stream.js'

type Route = (site: AdminSite, call: AdminCall) => AdminAnswer

export function handleAdmin(site: AdminSite, request: AdminRequest): AdminAnswer {
  const { method, path, query, headers, body, signal } = request
  if (path.startsWith(ACTING)) return answerAs(site, request)
  const { methods, id } = findMethods(path)
  if (methods === undefined) {
    return errorReply(404, `The admin API has no '${path}'; it has ${Object.keys(adminOperations).join(', ')}.`)
  }
  const operation = methods[method]
  if (operation === undefined) {
    const allowed = Object.keys(methods).join(', ')
    return errorReply(405, `${method} is not possible on '${path}'; it takes ${allowed}.`, { allow: allowed })
  }
  const flaw = flawOfQuery(operation, path, query)
  if (flaw !== undefined) return errorReply(400, flaw)
  const go = (value: unknown): AdminAnswer => {
    const refusal = refuseFlaws(operation, value)
    return refusal ?? routes[operation.id](site, { query, headers, id, body: value, signal })
  }
  if (body.trim() === '') return go(undefined)
  if (nestsTooDeeply(body)) return errorReply(400, 'The body nests too deeply.')
  let value: unknown
  try {
    value = readJson(body)
  } catch {
    return errorReply(400, 'The body is no JSON.')
  }
  return go(value)
}

function flawOfQuery({ query: known }: AdminOperation, path: string, query: URLSearchParams): string | undefined {
  const names = Object.keys(known)
  for (const [name, value] of query) {
    const form = Object.hasOwn(known, name) ? known[name] : undefined
    if (form === undefined) {
      const problem = describeExpected(unknownName(name, names))
      return `'${path}' knows no '${name}' in its query${names.length === 0 ? '' : `: expected ${problem}`}.`
    }
    const [problem] = problemsOf(form, value, [name])
    if (problem !== undefined) return describeProblem(problem)
  }
  return undefined
}

function refuseFlaws({ body: form, needsBody }: AdminOperation, value: unknown): ApiResponse | undefined {
  if (form === undefined || (value === undefined && !needsBody)) return undefined
  const problems = problemsOf(form, value)
  if (problems.length === 0) return undefined
  const told = problems.slice(0, MAX_LISTED).map((problem) => describeProblem(problem, 'The body'))
  return errorsReply(422, told)
}

/** Who answers each operation of kit.yaml. */
const routes: Readonly<Record<AdminOperationId, Route>> = {
  readHealth: () => toReply(200, { status: 'ok', version }),
  resetMock: reset,
  listScenarios,
  listWorlds: ({ worlds }) => toReply(200, { worlds: (worlds?.names ?? []).map((name) => ({ name })) }),
  dropWorld,
  readState: ({ mock }) => toReply(200, mock.snapshot()),
  restoreState: restore,
  readClock,
  advanceClock,
  setClock,
  scaleClock,
  freezeClock: (site) => (site.mock.clock.freeze(), readClock(site)),
  resumeClock: (site) => (site.mock.clock.resume(), readClock(site)),
  readSettings: showSettings,
  changeSettings,
  listRequests: readRequests,
  clearRequests: ({ mock }) => (mock.journal.clear(), noContent()),
  showRequest,
  readHistory,
  readCoverage,
  readWorld,
  showRunner,
  showJob,
  showCommand,
  listFaults,
  injectFaults,
  clearFaults,
  listPresets,
  showFault,
  clearFault,
  streamEvents,
  readConduct,
  activateSession: activate,
  showPairingLink: showLink,
  lapseRunner: lapse,
  crashRunner: crash,
  reviveRunner: revive,
  evictRunner: evict,
  listTraces,
  showTrace,
  openConsole: showPage,
  readConsoleFile: showPage,
  giveRunner,
  giveJob,
  giveCommand,
  runReaper: ({ mock }) => toReply(200, { examined: mock.reap() }),
}

const MAX_LISTED = 20

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

async function dropWorld({ worlds }: AdminSite, { id }: AdminCall): Promise<ApiResponse> {
  if ((await worlds?.drop(id)) === true) return noContent()
  return errorReply(404, `There is no world '${id}'.`)
}

/** 409 when no client is watched, with the option that changes that. */
function readConduct({ mock }: AdminSite): ApiResponse {
  try {
    return toReply(200, mock.conduct.report())
  } catch (error) {
    if (error instanceof KitError) return errorReply(409, error.message)
    throw error
  }
}

async function restore({ mock }: AdminSite, { body }: AdminCall): Promise<ApiResponse> {
  if (!isSnapshot(body)) {
    const problems = problemsOfSnapshot(body).map((problem) => describeProblem(problem, 'The snapshot'))
    return errorsReply(422, problems.slice(0, MAX_LISTED))
  }
  mock.restore(body)
  await mock.ready
  return noContent()
}

type SettingsAnswer = Settings & { profile: ProfileName }

function showSettings({ mock }: AdminSite): ApiResponse {
  return toReply(200, { ...mock.settings, profile: mock.profile } satisfies SettingsAnswer)
}

function changeSettings(site: AdminSite, { body }: AdminCall): ApiResponse {
  const problems = site.mock.changeSettings(typeof body === 'object' && body !== null ? body : {})
  if (problems.length === 0) return showSettings(site)
  const told = problems.map(({ name, expected }) => `'${name}' cannot be used: expected ${expected}.`)
  return errorsReply(422, told)
}

function streamEvents({ streams }: AdminSite, { query, headers }: AdminCall): ApiResponse | StreamReply {
  const { types, flaw } = typesIn(query)
  if (flaw !== undefined) return errorReply(400, flaw)
  const lastEventId = headerOf(headers, 'last-event-id')
  return { status: 200, headers: STREAM_HEADERS, open: (sink) => streams.open({ types, lastEventId }, sink) }
}
