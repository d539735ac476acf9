/** A wait whose time is up answers the command as it was when the wait began. */
import type { Deviations } from '../engine/deviations.js'

export const staleWait: Deviations = { rememberForWait: (command) => ({ ...command }) }
