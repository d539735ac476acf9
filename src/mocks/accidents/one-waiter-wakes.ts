/** Of those who wait for a command one wakes, who has waited longest. */
import type { Deviations } from '../engine/deviations.js'

export const oneWaiterWakes: Deviations = { wake: (readers, news) => void readers.give(news) }
