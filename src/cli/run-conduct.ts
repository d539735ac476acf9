/**
 * `opik-runner-kit conduct`: lets a client work against a mock, and judges how it has kept the contract. Options, files,
 * signals and exit codes are here.
 */
import { ConductCommand } from '../generated/kit-command.js'
import { realTime } from '../kernel/clock.js'
import { KitError } from '../kernel/errors.js'
import type { ConductCommand as ConductFlags, ConductRunFile } from '../generated/kit-schema.js'
import { handsOutWork, runConduct, SLEEPY } from './conduct/conduct-run.js'
import { openReports, writeReports, writeRun, readWaivers } from './report-options.js'
import { openRecorder } from './files/recording-file.js'
import { ConductRunFile as form } from '../generated/kit-node.js'
import { readForm } from './files/input-file.js'
import { say } from './files/terminal.js'
import { underSignals } from './under-signals.js'
import { defineCommand } from './define-command.js'
import { createWaivers, type Waiver } from '../contracts/check/check.js'
import { findRule } from '../conduct/all-rules.js'
import type { ConductEvidence, ConductVerdict, RunnerConduct } from '../conduct/conduct-types.js'
import { gradeRecording, keepsRules } from '../conduct/grade-runners.js'
import { count, isFailure, reportDocument } from '../report/report-document.js'
import type { CaseState, ReportCase, ReportDocument } from '../report/report-document.js'

/** The exit code is as the description says; 130 or 143 after a signal. */
export const addConductCommand = defineCommand(ConductCommand, conduct)

async function conduct(flags: ConductFlags, command: readonly string[]): Promise<number> {
  // Whatever can be wrong with files is found before the client is started.
  const waivers = await readWaivers(flags.waivers)
  const reports = openReports(flags, 'conduct')
  const today = new Date(realTime()).toISOString().slice(0, 10)
  const kept =
    flags.replay === undefined ? undefined : await readForm<ConductRunFile>(flags.replay, 'conduct run', form)
  const { result: run, code } = kept === undefined ? await runClient(command, flags) : { result: kept, code: undefined }
  const outcomes = composeReport(run, waivers, today)
  writeReports(reports, 'conduct', { document: conductDocument(outcomes), json: outcomes.report })
  if (!outcomes.passed && kept === undefined) {
    say(`shown again by: opik-runner-kit conduct --replay ${writeRun('conduct', run, flags.out)}`)
  }
  return code ?? (outcomes.passed ? 0 : 1)
}

function runClient(command: readonly string[], flags: ConductFlags) {
  const presets = [...new Set([...(flags.preset ?? []), ...(flags.faults ?? [])])]
  if (process.platform === 'win32' && presets.includes(SLEEPY)) {
    const failed = 'Processes are stopped by signals, which Windows has not.'
    throw new KitError('conduct/preset', { failed, value: SLEEPY, fix: 'Give another --preset.' })
  }
  const recorder = openRecorder(flags)
  return underSignals((signal) => runConduct({ ...flags, command, seconds: flags.for, presets, signal, recorder }))
}

type ConductOutcomes = ReturnType<typeof composeReport>

/** Judges a run. `today` is a day, `YYYY-MM-DD`. */
function composeReport(run: ConductRunFile, waivers: readonly Waiver[], today: string) {
  const accepted = createWaivers(waivers, today, (id) => findRule(id)?.requirement)
  const graded = gradeRecording(run.recording)
  const toFinal = (verdict: ConductVerdict): ConductVerdict => {
    const { rule, outcome } = verdict
    const reason = verdict.reason ?? run.reasons[rule] ?? findRule(rule)?.idle
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
  const hadWork = handsOutWork(run.recording)
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

export function conductDocument({ report, run, notices, hadWork, passed }: ConductOutcomes): ReportDocument {
  const { runners, at, ok } = report
  const cases = runners.flatMap((runner) => runner.verdicts.map((verdict) => caseOf(verdict, runner)))
  const text = [
    passed || !ok ? '' : whyTooLittle(runners.length, hadWork, run.type),
    `${count(runners.length, 'runner')}, ${count(cases.filter(isFailure).length, 'must rule')} broken`,
    ...(run.presets.length === 0 ? [] : [run.presets.join(', ')]),
    `seed ${run.seed}`,
  ]
  return reportDocument({
    ...{ name: 'conduct', title: 'Client rules', startedAt: at },
    subject: run.command.length === 0 ? 'a client started by hand' : run.command.join(' '),
    facts: [`seed ${run.seed}`, ...run.presets],
    outcome: { isGood: passed, word: passed ? 'kept' : 'broken', text: text.filter(Boolean).join(', ') },
    lists: [{ title: 'waivers', annotation: 'warning', items: notices.map(({ message }) => ({ text: message })) }],
    cases,
  })
}

function whyTooLittle(runners: number, hadWork: boolean, type = ''): string {
  if (runners === 0) return 'No runner has called: there is nothing to judge.'
  return hadWork ? `No ${type} runner has called.` : 'No job or command was handed out: there is too little to judge.'
}

const STATES = { kept: 'passed', waived: 'accepted', 'not exercised': 'skipped' } as const

function caseOf(verdict: ConductVerdict, { name = 'unknown runner', type, ...runner }: RunnerConduct): ReportCase {
  const { rule, requirement, title, severity, outcome, reason, breaches, evidence } = verdict
  const past = runner.forgotten === 0 ? '' : `, ${runner.forgotten} of them too long ago to judge`
  const state: CaseState = outcome !== 'broken' ? STATES[outcome] : severity === 'must' ? 'failed' : 'warning'
  const more = breaches > evidence.length ? [`and ${breaches - evidence.length} more`] : []
  return {
    ...{ id: rule, title, state, label: outcome, severity, reason },
    group: `${name} (${type ?? 'unknown type'}) ${runner.runner_id}, ${runner.calls} calls${past}`,
    requirements: requirement === undefined ? [] : [requirement],
    details: [...evidence.map(describeEvidence), ...more].map((text) => ({ kind: 'line', text })),
    cause: outcome === 'broken' ? { subject: rule, expected: title, actual: evidence[0]?.note ?? outcome } : undefined,
  }
}

function describeEvidence({ at, operation, status, subject, note }: ConductEvidence): string {
  const answer = status === undefined ? '' : status === 0 ? ' (answer lost)' : ` (${status})`
  return `${at} ${operation}${subject === undefined ? '' : ` ${subject}`}${answer}: ${note}`
}
