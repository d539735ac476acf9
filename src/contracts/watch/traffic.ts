/** Judges calls by what came before: plans the effects of each when it begins, and judges them when it ends. */
import { aggregateRules } from './aggregate-rules.js'
import { plan } from './call-plans.js'
import type { PlannedCall } from './planned-call.js'
import type { RecordingFacts } from './resource-index.js'
import { learnFrom } from './state-discovery.js'
import { WorkEntry } from './tracked-entries.js'
import { reportAll } from './verdict.js'

/** Calls that began before the recording are over by then, beyond the time for which polls are held. */
const MARGIN_MS = 2000

function settlingMs({ limits, startsEmpty }: RecordingFacts): number {
  const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = limits
  return startsEmpty ? -Infinity : 1000 * Math.max(jobs, commands) + MARGIN_MS
}

/**
 * @param isOdd whether it is unknown what the server made of the request
 * @param isHopeless whether the answer tells nothing of the state
 */
export function beginCall(planned: PlannedCall, isOdd: boolean, isHopeless: boolean): void {
  const { observed, index } = planned
  index.workspaces[observed.call.caller] = observed.workspace
  index.learnsFrom ??= observed.now.from + settlingMs(index.facts)
  if (observed.isAborted || isOdd || !isHopeless) plan(planned)
  if (!isOdd) return
  for (const { of, added } of planned.effects.splice(0)) {
    of.end(added, true)
    of.forget()
    planned.doubtful.push(of)
  }
}

/** @returns whether the answer was judged by what is known */
export function endCall(planned: PlannedCall): boolean {
  const { observed, index } = planned
  let isJudged = false
  for (const { of, added, mayBeGone } of planned.effects) if (of.end(added, mayBeGone()) === 'judged') isJudged = true
  for (const entry of planned.doubtful) entry.forget()
  for (const rule of observed.isAborted ? [] : aggregateRules) reportAll(index.facts.findings, observed, rule(planned))
  if (observed.answer.status === 200 && observed.now.from >= (index.learnsFrom ?? 0)) learnFrom(observed, index)
  for (const { of } of planned.effects) if (of instanceof WorkEntry) index.dropUnknown(of)
  return isJudged
}
