/** What a search for a wrong sequence may take of a target: places among those that wait, and real time. */

/** Requests of one sequence that wait at once, most of the time; for more there must happen to be room. */
export const WAITING_PER_SEQUENCE = 4

/** Only targets that are far away take longer; several times what a busy machine needs. */
const SECONDS_PER_RUN = 5
const LEAST_SECONDS = 60
export const SECONDS_FOR_SHRINKING = 60

/** Seconds of real time after which nothing further is tried, for so many sequences, the search for shorter ones included. */
export function secondsFor(runs: number): number {
  return secondsForRuns(runs) + SECONDS_FOR_SHRINKING
}

export function secondsForRuns(runs: number): number {
  return Math.max(LEAST_SECONDS, SECONDS_PER_RUN * runs)
}
