/** A pending job that was reported as ended stays in the queue; handed out, it runs and takes a second result. */
import type { Deviations } from '../engine/deviations.js'

export const reportedPendingHandedOut: Deviations = {
  keepsReportedJob: () => true,
  restart(job, now) {
    Object.assign(job.wire, { status: 'running', started_at: now })
  },
}
