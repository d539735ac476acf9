/** A wait whose time is up answers the command as it was when the wait began. */
import type { Deviations } from '../engine/deviations.js'
import { keepNumbers } from '../world/stored-json.js'

export const staleWait: Deviations = {
  rememberForWait(command) {
    const then = { ...command }
    keepNumbers(then, command)
    return then
  },
}
