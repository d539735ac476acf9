/** A command that has expired, or was reported, while it was pending keeps its place in the queue until a poll takes it. */
import type { Deviations } from '../engine/deviations.js'

export const expiredCommandEndsPoll: Deviations = {
  staysInQueue: (quirk) => quirk === 'expired-command-ends-poll',
}

export const reportedCommandInQueue: Deviations = {
  staysInQueue: (quirk) => quirk === 'reported-command-in-queue',
}
