/** The admin API's calls on pairing: what the person in front of the web page would see and do. */
import { readPairingLink } from '../../../kernel/pairing.js'
import type { Reply } from '../../base/exchange.js'
import { errorReply, toReply } from '../../base/reply.js'
import { perhaps } from '../../base/words.js'
import { ActivationRefused, linkOf } from '../../given/activate-session.js'
import type { AdminCall, AdminSite } from './admin-call.js'

/** `POST /pairing/{id}/activate`, optionally with `{"name": n}` or `{"link": l}` */
export async function activate({ mock }: AdminSite, { id, body }: AdminCall): Promise<Reply> {
  const { name, link } = readRequest(body)
  if (link !== undefined && readPairingLink(link)?.sessionId !== id.toLowerCase()) {
    return errorReply(422, `The link is none of session '${id}', or a part of it is missing.`)
  }
  try {
    const { runnerId, isNew } = await mock.pairing.activate(link ?? id, perhaps('name', name))
    return toReply(200, { runner_id: runnerId, is_new: isNew })
  } catch (error) {
    if (error instanceof ActivationRefused) return toReply(error.answer.status, error.answer.body)
    throw error
  }
}

/** `GET /pairing/{id}/link` */
export function showLink({ mock, apiUrl }: AdminSite, { id }: AdminCall): Reply {
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
  return {
    ...perhaps('name', typeof name === 'string' ? name : undefined),
    ...perhaps('link', typeof link === 'string' ? link : undefined),
  }
}
