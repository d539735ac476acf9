/** Deleting a span is a method that its path has, and that answers 501. */
import type { Deviations } from '../engine/deviations.js'

export const spanDelete501: Deviations = {
  wrongMethod(method, template) {
    if (method !== 'DELETE' || !/^\/v1\/private\/spans\/\{\w+\}$/.test(template)) return undefined
    return { status: 501, headers: {}, body: '' }
  },
}
