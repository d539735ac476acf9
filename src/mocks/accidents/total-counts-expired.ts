/** The total of an unfiltered list of jobs counts those that have expired. */
import type { Deviations } from '../engine/deviations.js'

export const totalCountsExpired: Deviations = {
  totalOf: ({ jobs }, existing) => existing + jobs.everExpired,
}
