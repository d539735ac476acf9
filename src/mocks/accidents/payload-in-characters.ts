/** Limits on payloads count UTF-16 units, not bytes. */
import type { Deviations } from '../engine/deviations.js'

export const payloadInCharacters: Deviations = {
  isLargerThan: (value, limit) => JSON.stringify(value).length > limit,
}
