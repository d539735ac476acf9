// The admin API: what tests, consoles and scripts do to a running mock. This file owns the way from a request to the
// resolver of its operation, what is wrong with bad input, and the shape of answers. Which transport carries it is no
// matter of this file.
import { problemsOf } from '../../../kernel/validate-options.js'
import { adminOperations, type AdminOperation, type AdminOperationId } from '../../../generated/kit-admin.js'
import { isRefusal, refuse } from '../../../kernel/errors.js'
import { nestsTooDeeply, readJson } from '../../../kernel/json-text.js'
import { describeProblem } from '../../../kernel/problem.js'
import { version } from '../../../kernel/version.js'
import { errorReply, refusalReply, toReply, type ApiResponse } from '../../base/exchange.js'
import { isSnapshot, problemsOfSnapshot } from '../../mock/snapshot-links.js'
import { unusable } from './admin-call.js'
import type {
  AdminAnswer,
  AdminOutcome,
  AdminRequest,
  AdminResolver,
  AdminResolvers,
  AdminSite,
  StreamReply,
} from './admin-call.js'
import { clockResolvers, faultResolvers, worldResolvers } from './admin-controls.js'
import { requestResolvers } from './admin-requests.js'
import { ACTING, answerAs, runnerResolvers } from './admin-runners.js'
import { viewResolvers } from './admin-world.js'

export function handleAdmin(site: AdminSite, request: AdminRequest): AdminAnswer {
  const { method, path, headers, body, signal } = request
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
  const outcome = untyped[operation.id](site, { query, headers, id, body: value, signal })
  if (outcome instanceof Promise) return outcome.then((late) => toAnswer(operation, late))
  return toAnswer(operation, outcome)
}

function toAnswer({ success }: AdminOperation, outcome: AdminOutcome): ApiResponse | StreamReply {
  if (outcome === undefined) return toReply(success, outcome)
  if (isRefusal(outcome)) return refusalReply(outcome)
  return isAnswer(outcome) ? outcome : toReply(success, outcome)
}

/** No body of a success has headers. */
function isAnswer(outcome: object): outcome is ApiResponse | StreamReply {
  return 'headers' in outcome
}

const resolvers: AdminResolvers = {
  ...{ ...clockResolvers, ...faultResolvers, ...worldResolvers },
  ...{ ...requestResolvers, ...runnerResolvers, ...viewResolvers },
  readHealth: () => ({ status: 'ok', version }),
  listWorlds: ({ worlds }) => ({ worlds: (worlds?.names ?? []).map((name) => ({ name })) }),
  async dropWorld({ worlds }, { id }) {
    return (await worlds?.drop(id)) === true ? undefined : refuse(404, `There is no world '${id}'.`)
  },
  readState: ({ mock }) => mock.snapshot(),
  async restoreState({ mock }, { body }) {
    if (!isSnapshot(body)) return unusable(problemsOfSnapshot(body), 'The snapshot')
    mock.restore(body)
    return mock.ready
  },
  openConsole: showPage,
  readConsoleFile: showPage,
}

/** The console's page, script and style. */
function showPage({ page }: AdminSite, { id }: { id: string }): AdminOutcome {
  return page(id) ?? refuse(404, `The console has no file '${id}'.`)
}

const untyped: Readonly<Record<AdminOperationId, AdminResolver['resolve']>> = resolvers

/** `:id` is the second segment of a path, if it is there. */
function findMethods(path: string) {
  if (Object.hasOwn(adminOperations, path)) return { methods: adminOperations[path], id: '' }
  const [, what = '', id = '', ...rest] = path.split('/')
  const pattern = `/${[what, ':id', ...rest].join('/')}`
  return { methods: Object.hasOwn(adminOperations, pattern) ? adminOperations[pattern] : undefined, id }
}
