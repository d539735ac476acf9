// The admin API's calls that do something in others' place: what becomes of a runner's process and slot without any
// client's doing, what the person in front of the pairing page would see and do, and requests in a user's name.
import { operations } from '../../../kernel/all-operations.js'
import { fillPath } from '../../../kernel/operation.js'
import { readPairingLink } from '../../../kernel/pairing.js'
import { actAs, createIdentity } from '../../base/identity.js'
import { errorReply, toReply, type ApiResponse } from '../../base/exchange.js'
import type { RunnerRecord } from '../../world/records.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { ActivationRefused, linkOf } from '../../given/activate-session.js'
import { noContent, type AdminCall, type AdminSite, type AdminAnswer, type AdminRequest } from './admin-call.js'

export function lapse(site: AdminSite, { id }: AdminCall): ApiResponse {
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  site.mock.inspect(({ runners }) => runners.letLapse(runner))
  return noContent()
}

export async function crash(site: AdminSite, { id }: AdminCall): Promise<ApiResponse> {
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  const live = site.mock.agents.alive().find((each) => each.runner.id === runner.id)
  if (live === undefined) {
    return errorReply(409, `No process of runner '${id}' lives in this server: end the one that sends its heartbeats.`)
  }
  await live.stop()
  return noContent()
}

export async function revive(site: AdminSite, { id }: AdminCall): Promise<ApiResponse> {
  const { mock, apiUrl: base } = site
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  if ((await mock.agents.revive(runner.id)) !== undefined) return noContent()
  const url = fillPath(operations.heartbeat, { runnerId: runner.id })
  const headers = actAs(runner.owner, {})
  const beat = await mock.handle({ method: operations.heartbeat.method, url, base, headers, body: undefined })
  // It is a request like any other, which a fault may strike.
  return beat.status === 200 ? noContent() : errorReply(409, `The heartbeat was answered ${beat.status}.`)
}

export function evict(site: AdminSite, { id }: AdminCall): ApiResponse {
  const runner = findRunner(site, id)
  if (runner === undefined) return gone(id)
  site.mock.inspect(({ runners }) => runners.evict(runner.id))
  return noContent()
}

function findRunner({ mock }: AdminSite, id: string): RunnerRecord | undefined {
  return mock.inspect(({ runners }) => runners.get(id.toLowerCase()))
}

function gone(id: string): ApiResponse {
  return errorReply(404, `There is no runner '${id}'.`)
}

/** `POST /pairing/{id}/activate`, optionally with `{"name": n}` or `{"link": l}` */
export async function activate({ mock }: AdminSite, { id, body }: AdminCall): Promise<ApiResponse> {
  const { name, link } = readRequest(body)
  if (link !== undefined && readPairingLink(link)?.sessionId !== id.toLowerCase()) {
    return errorReply(422, `The link is none of session '${id}', or a part of it is missing.`)
  }
  try {
    const { runnerId, isNew } = await mock.pairing.activate(link ?? id, omitUndefined({ name }))
    return toReply(200, { runner_id: runnerId, is_new: isNew })
  } catch (error) {
    if (error instanceof ActivationRefused) return toReply(error.answer.status, error.answer.body)
    throw error
  }
}

export function showLink({ mock, apiUrl }: AdminSite, { id }: AdminCall): ApiResponse {
  return mock.inspect((world) => {
    const session = world.sessions.get(id.toLowerCase())
    if (session === undefined || session.isActivated) return errorReply(404, `No pairing session '${id}' waits.`)
    return toReply(200, { link: linkOf(session, world, apiUrl) })
  })
}

/** A body that has passed its form. */
function readRequest(body: unknown): { name?: string; link?: string } {
  const name: unknown = Reflect.get(Object(body), 'name')
  const link: unknown = Reflect.get(Object(body), 'link')
  return omitUndefined({
    name: typeof name === 'string' ? name : undefined,
    link: typeof link === 'string' ? link : undefined,
  })
}

/**
 * How the paths of requests to the public API in another user's name begin: `/as/{workspace}/{user}/v1/private/...`.
 */
export const ACTING = '/as/'

/**
 * Answers as the public API would answer that user: the operator of a mock may act as any of its users, without the
 * user's key.
 */
export function answerAs({ mock, apiUrl }: AdminSite, request: AdminRequest): AdminAnswer {
  const { method, path, query, headers, body } = request
  const [workspace, user, ...rest] = path.slice(ACTING.length).split('/').map(decode)
  if (!workspace || !user || rest.length === 0) {
    return errorReply(404, `Name a workspace, a user and a path of the API: ${ACTING}default/admin/v1/private/...`)
  }
  const search = query.toString()
  return mock.handle({
    method,
    url: `/${path.slice(ACTING.length).split('/').slice(2).join('/')}${search === '' ? '' : `?${search}`}`,
    base: apiUrl,
    headers: actAs(createIdentity(workspace, user), headers),
    body: body === '' ? undefined : body,
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
