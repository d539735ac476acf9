/** A job that was cancelled while it ran is kept for good. */
import type { Deviations } from '../engine/deviations.js'

export const cancelledRunningNeverExpires: Deviations = {
  expires: ({ wire }) => wire.status !== 'cancelled' || wire.started_at === undefined,
}
