/** What comes of judging traffic: verdicts, the quirks that were seen, and how much could be judged at all. */
import type { QuirkId } from '../check/seen-quirks.js'
import { inWords, type NamedCall } from './observed-call.js'
import { requirementsOfRule } from './rule-requirements.js'

/** Which exchange it is. */
export interface ExchangePlace {
  /** Which recording it is in, of those that are judged together, counted from 0. */
  readonly recording: number
  /** Its id there. */
  readonly id: number
}

/** An exchange that matters to a verdict. */
export interface StoryLine extends ExchangePlace {
  /** Operation and status, for people. */
  readonly what: string
}

/** Something that no server, or no client, may do. */
export interface Verdict {
  /** Which rule is broken, `area/what`; stable. */
  readonly rule: string
  /** Frozen ids of the requirements that it stands for, as in docs/requirements.md. */
  readonly requirements: readonly string[]
  /** `must`: others rely on it. `should`: good manners. */
  readonly severity: 'must' | 'should'
  /** Who broke it. */
  readonly side: 'server' | 'client'
  /** The exchanges that show it, the decisive one first. */
  readonly at: readonly ExchangePlace[]
  readonly expected: string
  readonly actual: string
  /** The exchanges that matter, in their order: without any of them it would prove nothing. */
  readonly story: readonly StoryLine[]
}

/** A quirk of today's servers, or a race of one, that was seen. */
export interface QuirkSeen {
  readonly id: QuirkId
  /** The exchanges that brought it about or show it, the last one first. */
  readonly at: readonly ExchangePlace[]
  /** `seen`: an answer shows it. `possible`: what brings it about has happened, and no answer has told yet. */
  readonly how: 'seen' | 'possible'
}

/** How much could be judged. */
export interface JudgedCounts {
  /** All exchanges. */
  readonly exchanges: number
  /** Answers that were compared with the known state; where clients alone are judged, their calls. */
  readonly judged: number
  /** Answers of which only the form could be judged, since what they are about is not known or too entangled. */
  readonly unknown: number
  /** Exchanges that are not judged: operations around runners, and callers whom the server refused. */
  readonly skipped: number
  /** Verdicts that are not told, since a caller has broken one rule often, or there are too many. */
  readonly untold: number
}

/** A verdict by the ids of the exchanges that are observed. */
export interface Finding extends Omit<Verdict, 'at' | 'story' | 'requirements'> {
  /** Default: those of its rule. */
  readonly requirements?: readonly string[]
  readonly at: readonly number[]
  readonly story: readonly Omit<StoryLine, 'recording'>[]
}

export interface Findings {
  verdict(finding: Finding): void
  /** One more of which enough is told. */
  untold(): void
  quirk(id: QuirkId, at: readonly number[], how?: QuirkSeen['how']): void
}

export interface WrongAnswer extends Pick<Finding, 'rule' | 'expected' | 'actual'> {
  /** Default `must`. */
  readonly severity?: Finding['severity']
  /** What its story begins with. */
  readonly before?: Finding['story']
}

/** A wrong answer, or a quirk that it shows. */
export type AnswerFinding = WrongAnswer | QuirkId

export function reportAll(findings: Findings, observed: NamedCall, found: Iterable<AnswerFinding>): void {
  const { id, operation } = observed
  for (const each of found) {
    if (typeof each === 'string') findings.quirk(each, [id])
    else {
      const { severity = 'must', before = [], ...wrong } = each
      const requirements = requirementsOfRule(wrong.rule, operation)
      const story = [...before, { id, what: inWords(observed) }]
      findings.verdict({ ...wrong, requirements, severity, side: 'server', at: [id], story })
    }
  }
}
