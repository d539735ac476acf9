/** `gradeRecording`: holds what was recorded against the rules and words what comes out as a report. */
import type {
  ConductEvidence,
  ConductRecording,
  ConductReport,
  ConductVerdict,
  RunnerConduct,
} from './conduct-types.js'
import {
  awake,
  inSeconds,
  joinTimes,
  observeRunner,
  type Breach,
  type Rule,
  type ObservedRunner,
} from './conduct-rule.js'
import { rules } from './all-rules.js'

/** Breaches of a rule that a verdict shows. */
export const MOST_EVIDENCE = 5

/** Judges every runner of a recording by every rule. */
export function gradeRecording(recording: ConductRecording): ConductReport {
  const { at, ended: hasEnded, asked_to_end: askedToEnd = Infinity, sleeps, waits = [] } = recording
  const ttlMs = recording.heartbeat_ttl_seconds * 1000
  const view = { now: at, ttlMs, hasEnded, askedToEnd, sleeps }
  const standstills = joinTimes(sleeps, waits)
  const runners = recording.runners.map((trace) =>
    judgeTrace(observeRunner(trace, view), observeRunner(trace, { ...view, sleeps: standstills })),
  )
  return { at: new Date(at).toISOString(), ok: isKept(runners), runners }
}

/** Whether no rule with severity `must` is broken. */
export function isKept(runners: readonly RunnerConduct[]): boolean {
  const isBroken = ({ severity, outcome }: ConductVerdict): boolean => severity === 'must' && outcome === 'broken'
  return !runners.some(({ verdicts }) => verdicts.some(isBroken))
}

/** @param slowed the same runner, with the waits of its machine counted as sleep */
function judgeTrace(observed: ObservedRunner, slowed: ObservedRunner): RunnerConduct {
  const { runnerId, name, type, count } = observed.trace
  return {
    runner_id: runnerId,
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    calls: count,
    forgotten: count - observed.calls.length,
    verdicts: rules.map((rule) => toVerdict(rule, observed, slowed)),
  }
}

function toVerdict(rule: Rule, observed: ObservedRunner, slowed: ObservedRunner): ConductVerdict {
  const { id, title, severity } = rule
  const seen = rule.judge(observed)
  const { breaches } = seen.breaches.length === 0 ? seen : rule.judge(slowed)
  const isExplained = seen.breaches.length > 0 && breaches.length === 0
  const isKept = seen.isExercised && !isExplained
  return {
    ...{ rule: id, title, severity },
    outcome: breaches.length > 0 ? 'broken' : isKept ? 'kept' : 'not exercised',
    breaches: breaches.length,
    evidence: breaches.slice(0, MOST_EVIDENCE).map(toEvidence),
    ...(isExplained && { reason: `the machine was busy, and late by ${inSeconds(asleep(slowed) - asleep(observed))}` }),
  }
}

/** Milliseconds in which the runner's processes could do nothing, from its first call on. */
function asleep({ calls, now, sleeps }: ObservedRunner): number {
  const [first] = calls
  return first === undefined ? 0 : now - first.at - awake(first.at, now, sleeps)
}

function toEvidence({ call: { at, operation, subject, answer }, note }: Breach): ConductEvidence {
  return {
    at: new Date(at).toISOString(),
    operation,
    ...(answer !== undefined && { status: answer.status }),
    ...(subject !== undefined && { subject }),
    note,
  }
}
