/** Deleting a span is a method that its path has, and that answers 501. */
import { errorReply } from '../base/exchange.js'
import type { Deviations } from '../engine/deviations.js'

export const spanDelete501: Deviations = {
  wrongMethod(method, template) {
    if (method !== 'DELETE' || !/^\/v1\/private\/spans\/\{\w+\}$/.test(template)) return undefined
    return errorReply(501, 'Deleting a span is not implemented.')
  },
}
