/** A page of runners that begins past 32 bits is 500. */
import { errorReply } from '../base/exchange.js'
import type { Deviations } from '../engine/deviations.js'

const MAX_SIZE = 0x7fffffff

export const oversizedPage500: Deviations = {
  answer({ operation, query }) {
    if (operation !== 'listRunners' || Number(query['page']) * Number(query['size']) <= MAX_SIZE) return undefined
    return errorReply(500, 'There was an error processing your request.')
  },
}
