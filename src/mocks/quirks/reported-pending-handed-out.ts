/** A pending job that was reported as ended stays in the queue; handed out, it runs and takes a second result. */
import type { Deviations } from '../engine/deviations.js'

export const reportedPendingHandedOut: Deviations = {
  staysInQueue: (quirk) => quirk === 'reported-pending-handed-out',
  restart(job, now) {
    Object.assign(job.wire, { status: 'running', started_at: now })
  },
}
