/** A grading as text for a terminal. */
import pc from 'picocolors'
import type { ConductEvidence, ConductOutcome, ConductVerdict } from '../../conduct/conduct-types.js'
import { printableData } from '../../kernel/printable.js'
import type { ConductOutcomes } from './compose-report.js'

/** Every runner with its verdicts, the evidence under those that are broken, and one line that sums up. */
export function renderText(outcomes: ConductOutcomes): string {
  // What a client has said reaches no terminal as it came.
  const { report, notices, run } = printableData(outcomes)
  const parts = report.runners.map(({ runner_id, name = 'unknown runner', type = '?', calls, forgotten, verdicts }) => {
    const past = forgotten === 0 ? '' : `, ${forgotten} of them too long ago to judge`
    return [pc.bold(`${name} (${type}) ${runner_id}`), `  ${calls} calls${past}`, ...verdicts.flatMap(lines)].join('\n')
  })
  const trouble = run.presets.length === 0 ? '' : `, ${run.presets.join(', ')}`
  const end = [...notices.map(({ message }) => message), `${summarize(outcomes)} (seed ${run.seed}${trouble})`]
  return `${[...parts, end.join('\n')].join('\n\n')}\n`
}

function lines({
  outcome,
  severity,
  rule,
  requirement = '',
  title,
  breaches,
  evidence,
  reason,
}: ConductVerdict): string[] {
  const paint = outcome === 'broken' && severity === 'should' ? pc.yellow : paints[outcome]
  const head = `  ${paint(outcome.padEnd(14))}${severity.padEnd(8)}${requirement.padEnd(9)}${rule.padEnd(22)}${title}`
  const more = breaches > evidence.length ? [`      and ${breaches - evidence.length} more`] : []
  return [head, ...(reason === undefined ? [] : [`      ${reason}`]), ...evidence.map(describeEvidence), ...more]
}

const paints: Readonly<Record<ConductOutcome, (text: string) => string>> = {
  kept: pc.green,
  broken: pc.red,
  waived: pc.yellow,
  'not exercised': pc.dim,
}

/** One breach, in a line. */
export function describeEvidence({ at, operation, status, subject, note }: ConductEvidence): string {
  const answer = status === undefined ? '' : status === 0 ? ' (answer lost)' : ` (${status})`
  const about = subject === undefined ? '' : ` ${subject}`
  return `      ${at} ${operation}${about}${answer}: ${note}`
}

function summarize({ report, run, passed }: ConductOutcomes): string {
  if (report.runners.length === 0) return pc.red('No runner has called: there is nothing to judge.')
  if (!report.ok) return pc.red('The contract is broken.')
  return passed ? pc.green('The contract is kept.') : pc.red(`No ${run.type ?? ''} runner has called.`)
}
