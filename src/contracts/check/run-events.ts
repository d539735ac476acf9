/** What verify tells while it runs, in order; reporters only listen. */
import type { Check } from './check.js'
import type { CheckResult, Report } from './report-model.js'

/** A thing that happened in a run. */
export type VerifyEvent =
  | { type: 'started'; url: string; checks: number; seed: number }
  | { type: 'check-started'; check: Check }
  | { type: 'check-finished'; result: CheckResult; finished: number; checks: number }
  | { type: 'finished'; report: Report }

/** Hears events; what it throws ends the run. */
export type VerifyListener = (event: VerifyEvent) => void
