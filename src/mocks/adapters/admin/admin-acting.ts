/**
 * Requests to the public API in somebody's name, `/as/{workspace}/{user}/v1/private/...`: whoever steers a mock may do
 * what any of its users may, also without the user's key.
 */
import { errorReply } from '../../base/reply.js'
import { actAs, createIdentity } from '../../base/identity.js'
import type { AdminAnswer, AdminRequest, AdminSite } from './admin-call.js'

/** How such paths begin. */
export const ACTING = '/as/'

/** Answers as the public API would answer that user. */
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
