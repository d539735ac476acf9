/** A redirect by a path that is no address of the API is an error of the server. */
import { errorReply } from '../base/exchange.js'
import type { Deviations } from '../engine/deviations.js'

export const redirect500: Deviations = {
  answer({ operation, body, answerTo }) {
    if (operation !== 'projectsRedirect') return undefined
    return Promise.resolve(answerTo(body)).then((reply) =>
      reply.status === 400 ? errorReply(500, 'There is no /api in the path.') : reply,
    )
  },
}
