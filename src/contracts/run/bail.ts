/** Why a run ends early, and the counting of failures that may be the reason. */
import type { Verdict } from '../check/check.js'

/** Reasons by what happened, failures apart. */
export const ABORTED = {
  interrupted: 'interrupted',
  gone: 'the target went away',
  silent: 'the target stopped answering',
  stuck: 'the clock of the target cannot be moved',
} as const

/** Ends a run at a number of failures. */
export interface Bail {
  /** Counts a failure by its name, each name once. */
  count(name: string): void
  /** Whether that has ended the run. */
  readonly hasEnded: boolean
}

/** Creates the counter; `end` is called once, with the reason. */
export function createBail(bail: boolean | number | undefined, end: (reason: string) => void): Bail {
  const most = bail === true ? 1 : bail === false || bail === undefined ? Infinity : bail
  const failures = new Set<string>()
  return {
    count(name) {
      if (failures.size >= most) return
      failures.add(name)
      if (failures.size === most)
        end(most === 1 ? 'the run ends at the first failure (--bail)' : `the run ends after ${most} failures (--bail)`)
    },
    get hasEnded() {
      return failures.size >= most
    },
  }
}

/** The verdict on a check that lost its target: how the loss was noticed stays part of it. */
export function verdictOfLoss(presence: 'gone' | 'silent' | 'stuck', noticed: Verdict): Verdict {
  const summary = `${ABORTED[presence].replace('the', 'The')}.`
  return { kind: 'error', message: noticed.kind === 'error' ? `${summary} ${noticed.message}` : summary }
}
