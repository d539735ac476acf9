/** The outcome of a run, live or from its file: what its calls and its commands have shown, with the waivers applied. */
import type { ConductRunFile } from '../../generated/kit-schema.js'
import { createWaivers, type Waiver } from '../../contracts/check/report-model.js'
import { requirementOfRule, whyIdle } from '../../conduct/all-rules.js'
import type { ConductVerdict, RunnerConduct } from '../../conduct/conduct-types.js'
import { gradeRecording, keepsRules } from '../../conduct/grade-runners.js'

export type ConductOutcomes = ReturnType<typeof composeReport>

/** Judges a run. `today` is a day, `YYYY-MM-DD`. */
export function composeReport(run: ConductRunFile, waivers: readonly Waiver[], today: string) {
  const accepted = createWaivers(waivers, today, requirementOfRule)
  const graded = gradeRecording(run.recording)
  const toFinal = (verdict: ConductVerdict): ConductVerdict => {
    const { rule, outcome } = verdict
    const reason = verdict.reason ?? run.reasons[rule] ?? whyIdle(rule)
    if (outcome === 'not exercised' && reason !== undefined) return { ...verdict, reason }
    if (outcome !== 'broken') return verdict
    const judged = accepted.apply(rule, { kind: 'failed', findings: [] })
    return judged.kind === 'waived' ? { ...verdict, outcome: 'waived', reason: judged.reason } : verdict
  }
  const runners = graded.runners.map((runner): RunnerConduct => {
    const shown: readonly ConductVerdict[] = run.verdicts[runner.runner_id] ?? []
    return { ...runner, verdicts: [...runner.verdicts, ...shown].map(toFinal) }
  })
  const rules = runners.flatMap(({ verdicts }) => verdicts)
  const ran = rules.filter(({ outcome }) => outcome !== 'not exercised').map(({ rule }) => rule)
  const ok = keepsRules(runners)
  const calls = run.recording.runners.flatMap((runner) => runner.calls)
  const hadWork = calls.some(({ answer }) => answer !== undefined && answer.handsOut.length > 0)
  return {
    run,
    report: { ...graded, ok, runners },
    /** Waivers that are not needed, over, or about no rule. */
    notices: accepted.notices(new Set(ran), new Set(rules.map(({ rule }) => rule))),
    hadWork,
    /** Whether a runner of the run's type called and was given work, and no `must` rule is broken. */
    passed: ok && hadWork && runners.some(({ type }) => run.type === undefined || run.type === type),
  }
}
