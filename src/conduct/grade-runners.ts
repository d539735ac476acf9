/** `gradeRecording`: judges the calls of each runner by all rules, and reports the violations. */
import type {
  ConductEvidence,
  ConductRecording,
  ConductReport,
  ConductVerdict,
  RunnerConduct,
} from './conduct-types.js'
import { FollowedRunner, joinTimes, type Breach, type Rule, type RunnerFacts } from './conduct-rule.js'
import { type ConductTrace, isAnswered } from './conduct-trace.js'
import { rules } from './all-rules.js'

export const MAX_EVIDENCE = 5

/** Judges every runner of a recording by every rule. */
export function gradeRecording(recording: ConductRecording): ConductReport {
  const { at, ended: hasEnded, asked_to_end: stopRequestedAt = Infinity, sleeps, waits = [] } = recording
  const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = recording
  const pollMs = {
    ...(jobs !== undefined && { nextJob: jobs * 1000 }),
    ...(commands !== undefined && { nextBridgeCommands: commands * 1000 }),
  }
  const view = { ttlMs: recording.heartbeat_ttl_seconds * 1000, pollMs, hasEnded, stopRequestedAt }
  const standstills = joinTimes(sleeps, waits)
  const runners = recording.runners.map((trace) => {
    const seen = hear(trace, at, { ...view, sleeps })
    // Only what is wrong may be explained by a machine that was busy.
    const slowed = seen.breaches.size === 0 ? seen : hear(trace, at, { ...view, sleeps: standstills })
    return toConduct(trace, seen, slowed)
  })
  return { at: new Date(at).toISOString(), ok: keepsRules(runners), runners }
}

/** Whether no rule with severity `must` is broken. */
export function keepsRules(runners: readonly RunnerConduct[]): boolean {
  const isBroken = ({ severity, outcome }: ConductVerdict): boolean => severity === 'must' && outcome === 'broken'
  return !runners.some(({ verdicts }) => verdicts.some(isBroken))
}

interface Heard {
  readonly exercised: ReadonlySet<Rule>
  readonly breaches: ReadonlyMap<Rule, readonly Breach[]>
}

function hear(
  trace: ConductTrace,
  now: number,
  view: Pick<RunnerFacts, 'ttlMs' | 'pollMs' | 'stopRequestedAt' | 'hasEnded' | 'sleeps'>,
): Heard {
  const breaches = new Map<Rule, Breach[]>()
  const { runnerId, type, calls } = trace
  const facts = { ...view, runnerId, type, isSilenceTelling: true, isWhole: true, isWholeOf: () => true }
  const runner = new FollowedRunner(rules, facts, (rule, breach) => {
    breaches.set(rule, [...(breaches.get(rule) ?? []), breach])
  })
  const turns = calls.flatMap((call) => [
    { order: call.order, hear: () => runner.begin(call) },
    ...(isAnswered(call) ? [{ order: call.answer.order, hear: () => runner.end(call) }] : []),
  ])
  for (const turn of turns.sort((a, b) => a.order - b.order)) turn.hear()
  runner.finish(now)
  return { exercised: runner.exercised, breaches }
}

/** @param slowed the same runner, with the waits of its machine counted as sleep */
function toConduct(trace: ConductTrace, seen: Heard, slowed: Heard): RunnerConduct {
  const { runnerId, name, type, count, calls } = trace
  return {
    runner_id: runnerId,
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    calls: count,
    forgotten: count - calls.length,
    verdicts: rules.map((rule) => toVerdict(rule, seen, slowed)),
  }
}

function toVerdict(rule: Rule, seen: Heard, slowed: Heard): ConductVerdict {
  const { id, requirement, title, severity } = rule
  const isSuspect = seen.breaches.has(rule)
  const breaches = slowed.breaches.get(rule) ?? []
  const isExplained = isSuspect && breaches.length === 0
  const isExercised = seen.exercised.has(rule) && !isExplained
  const isBroken = isSuspect && breaches.length > 0
  return {
    ...{ rule: id, requirement, title, severity },
    outcome: isBroken ? 'broken' : isExercised ? 'kept' : 'not exercised',
    breaches: isBroken ? breaches.length : 0,
    evidence: isBroken ? breaches.slice(0, MAX_EVIDENCE).map(toEvidence) : [],
    ...(isExplained && { reason: 'the machine was too busy to run it in time' }),
  }
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
