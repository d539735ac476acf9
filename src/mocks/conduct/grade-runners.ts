/** Holds traces against the rules and words what comes out as a report. */
import { perhaps } from '../base/words.js'
import type { ConductEvidence, ConductReport, ConductVerdict, RunnerConduct } from './conduct-types.js'
import { observeRunner, type Breach, type Rule, type ObservedRunner } from './conduct-rule.js'
import { rules } from './all-rules.js'
import type { Trace } from './conduct-trace.js'

/** Breaches of a rule that a verdict shows. */
const MOST_EVIDENCE = 5

/** Judges every trace by every rule. */
export function gradeRunners(
  traces: readonly Trace[],
  view: Pick<ObservedRunner, 'now' | 'settings' | 'hasEnded'>,
): ConductReport {
  const runners = traces.map((trace) => judgeTrace(observeRunner(trace, view)))
  const isBroken = ({ severity, outcome }: ConductVerdict): boolean => severity === 'must' && outcome === 'broken'
  const ok = !runners.some(({ verdicts }) => verdicts.some(isBroken))
  return { at: new Date(view.now).toISOString(), ok, runners }
}

function judgeTrace(observed: ObservedRunner): RunnerConduct {
  const { runnerId, name, type, count } = observed.trace
  return {
    runner_id: runnerId,
    ...perhaps('name', name),
    ...perhaps('type', type),
    calls: count,
    forgotten: count - observed.calls.length,
    verdicts: rules.map((rule) => toVerdict(rule, observed)),
  }
}

function toVerdict({ id, title, severity, judge: apply }: Rule, observed: ObservedRunner): ConductVerdict {
  const { isExercised, breaches } = apply(observed)
  return {
    ...{ rule: id, title, severity },
    outcome: breaches.length > 0 ? 'broken' : isExercised ? 'kept' : 'not exercised',
    breaches: breaches.length,
    evidence: breaches.slice(0, MOST_EVIDENCE).map(toEvidence),
  }
}

function toEvidence({ call: { at, operation, subject, answer }, note }: Breach): ConductEvidence {
  return {
    at: new Date(at).toISOString(),
    operation,
    ...perhaps('status', answer?.status),
    ...perhaps('subject', subject),
    note,
  }
}
