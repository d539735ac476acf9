// The admin API's calls that do something in others' place: what becomes of a runner's process and slot without any
// client's doing, what the person in front of the pairing page would see and do, and requests in a user's name.
import type { AdminBodies } from '../../../generated/kit-admin.js'
import { operations } from '../../../kernel/all-operations.js'
import { fillPath } from '../../../kernel/operation.js'
import { readPairingLink } from '../../../kernel/pairing.js'
import { actAs, createIdentity } from '../../base/identity.js'
import { errorReply, toReply, type ApiResponse } from '../../base/exchange.js'
import type { RunnerRecord } from '../../world/records.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import { ActivationRefused, linkOf } from '../../given/activate-session.js'
import { noContent, type AdminCall, type AdminSite, type AdminAnswer, type AdminRequest } from './admin-call.js'

/** A call that does something to a runner, by its id in the path. */
function onRunner(act: (site: AdminSite, runner: RunnerRecord) => AdminAnswer) {
  return (site: AdminSite, { id }: AdminCall): AdminAnswer => {
    const runner = site.mock.inspect(({ runners }) => runners.get(id.toLowerCase()))
    return runner === undefined ? errorReply(404, `There is no runner '${id}'.`) : act(site, runner)
  }
}

export const lapseRunner = onRunner(({ mock }, runner) => {
  mock.inspect(({ runners }) => runners.letLapse(runner))
  return noContent()
})

export const crashRunner = onRunner(async ({ mock }, { id }) => {
  const live = mock.agents.alive().find(({ runner }) => runner.id === id)
  if (live === undefined) {
    return errorReply(409, `No process of runner '${id}' lives in this server: end the one that sends its heartbeats.`)
  }
  await live.stop()
  return noContent()
})

export const reviveRunner = onRunner(async ({ mock, apiUrl: base }, runner) => {
  if ((await mock.agents.revive(runner.id)) !== undefined) return noContent()
  const url = fillPath(operations.heartbeat, { runnerId: runner.id })
  const headers = actAs(runner.owner, {})
  const beat = await mock.handle({ method: operations.heartbeat.method, url, base, headers, body: undefined })
  // It is a request like any other, which a fault may strike.
  return beat.status === 200 ? noContent() : errorReply(409, `The heartbeat was answered ${beat.status}.`)
})

export const evictRunner = onRunner(({ mock }, { id }) => {
  mock.inspect(({ runners }) => runners.evict(id))
  return noContent()
})

/** `POST /pairing/{id}/activate`, optionally with `{"name": n}` or `{"link": l}` */
export async function activateSession(
  { mock }: AdminSite,
  { id, body: { name, link } = {} }: AdminCall<AdminBodies['activateSession']>,
): Promise<ApiResponse> {
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

export function showPairingLink({ mock, apiUrl }: AdminSite, { id }: AdminCall): ApiResponse {
  return mock.inspect((world) => {
    const session = world.sessions.get(id.toLowerCase())
    if (session === undefined || session.isActivated) return errorReply(404, `No pairing session '${id}' waits.`)
    return toReply(200, { link: linkOf(session, world, apiUrl) })
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
