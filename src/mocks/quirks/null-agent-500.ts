/** A null instead of an agent: 500, and the runner has no agents afterwards. */
import { errorReply } from '../base/exchange.js'
import type { Deviations } from '../engine/deviations.js'

export const nullAgent500: Deviations = {
  answer({ operation, body, answerTo }) {
    if (operation !== 'registerAgents' || typeof body !== 'object' || body === null) return undefined
    if (!Object.values(body).includes(null)) return undefined
    const cleared = answerTo({})
    if (cleared instanceof Promise || cleared.status !== 204) return cleared
    return errorReply(500, 'There was an error processing your request.')
  },
}
