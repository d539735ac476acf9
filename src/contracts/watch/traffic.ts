/** Judges calls by what came before: plans the effects of each when it begins, and judges them when it ends. */
import { aggregateRules } from './aggregate-rules.js'
import { plan } from './call-plans.js'
import type { ObservedCall } from './observed-call.js'
import { PlannedCall, type TrafficParts } from './planned-call.js'
import { learnFrom } from './state-discovery.js'
import { WorkEntry } from './tracked-entries.js'
import { reportAll } from './verdict.js'

/** Calls that began before the recording are over by then, beyond the time for which polls are held. */
const MARGIN_MS = 2000

export class Traffic {
  private readonly underWay = new Map<ObservedCall, PlannedCall>()
  private readonly parts: TrafficParts
  /** From when on answers teach, in milliseconds: what was under way before may still act until then. */
  private learnsFrom: number | undefined

  constructor(parts: TrafficParts) {
    this.parts = parts
  }

  /**
   * @param isOdd whether it is unknown what the server made of the request
   * @param isHopeless whether the answer tells nothing of the state
   */
  begin(observed: ObservedCall, isOdd: boolean, isHopeless: boolean): void {
    const planned = new PlannedCall(observed, this.parts, this.underWay)
    this.parts.index.workspaces[observed.call.caller] = observed.workspace
    this.underWay.set(observed, planned)
    this.learnsFrom ??= observed.now.from + this.settlingMs()
    if (observed.isAborted || isOdd || !isHopeless) plan(planned)
    if (!isOdd) return
    for (const { of, added } of planned.effects.splice(0)) {
      of.end(added, true)
      of.forget()
      planned.doubtful.push(of)
    }
  }

  /** @returns whether the answer was judged by what is known */
  end(observed: ObservedCall): boolean {
    const { index, findings } = this.parts
    const planned = this.underWay.get(observed)
    this.underWay.delete(observed)
    if (planned === undefined) return false
    let isJudged = false
    for (const { of, added, mayBeGone } of planned.effects) if (of.end(added, mayBeGone()) === 'judged') isJudged = true
    for (const entry of planned.doubtful) entry.forget()
    for (const rule of observed.isAborted ? [] : aggregateRules) reportAll(findings, observed, rule(planned))
    if (observed.answer.status === 200 && observed.now.from >= (this.learnsFrom ?? 0)) learnFrom(observed, index)
    for (const { of } of planned.effects) if (of instanceof WorkEntry) index.dropUnknown(of)
    return isJudged
  }

  private settlingMs(): number {
    const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = this.parts.limits
    return this.parts.startsEmpty ? -Infinity : 1000 * Math.max(jobs, commands) + MARGIN_MS
  }
}
