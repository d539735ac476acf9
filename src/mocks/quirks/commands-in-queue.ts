/** A command that has expired, or was reported, while it was pending keeps its place in the queue until a poll takes it. */
import type { Deviations } from '../engine/deviations.js'

export const expiredCommandEndsPoll: Deviations = { keepsQueuedCommand: (_command, why) => why === 'expired' }

export const reportedCommandInQueue: Deviations = { keepsQueuedCommand: (_command, why) => why === 'reported' }
