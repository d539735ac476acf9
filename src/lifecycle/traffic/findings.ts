/** What the tracker finds in traffic: wrong answers, and quirks of today's servers. */
import type { QuirkId } from '../../generated/quirks.js'
import type { NamedCall, StoryCall } from './observed-call.js'

export interface WrongAnswer {
  /** Which rule is broken, `area/what`; stable. */
  readonly rule: string
  /** Default `must`. */
  readonly severity?: 'must' | 'should'
  readonly expected: string
  readonly actual: string
  /** The calls that matter, in their order. Default: only the one that is answered. */
  readonly story?: readonly StoryCall[]
}

/** A wrong answer, or a quirk that it shows. */
export type AnswerFinding = WrongAnswer | QuirkId

/** Takes what is found. */
export interface TrafficFindings {
  wrong(call: NamedCall, answer: WrongAnswer): void
  /** @param how default `seen`: an answer shows it; `possible`: no answer has told yet */
  quirk(id: QuirkId, at: readonly number[], how?: 'seen' | 'possible'): void
}

export function reportAll(findings: TrafficFindings, call: NamedCall, found: Iterable<AnswerFinding>): void {
  for (const each of found) {
    if (typeof each === 'string') findings.quirk(each, [call.id])
    else findings.wrong(call, each)
  }
}
