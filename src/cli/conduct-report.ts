/** A grading as text for a terminal. */
import pc from 'picocolors'
import { printableData } from '../kernel/printable.js'
import type { ConductEvidence, ConductOutcome, ConductReport, ConductVerdict } from '../mocks/conduct/conduct-types.js'

/** Every runner with its verdicts, the evidence under those that are broken, and one line that sums up. */
export function renderConduct(report: ConductReport): string {
  const { runners, ok } = printableData(report)
  const parts = runners.map(({ runner_id, name = 'unknown runner', type = '?', calls, forgotten, verdicts }) => {
    const past = forgotten === 0 ? '' : `, ${forgotten} of them too long ago to judge`
    return [pc.bold(`${name} (${type}) ${runner_id}`), `  ${calls} calls${past}`, ...verdicts.flatMap(lines)].join('\n')
  })
  return `${[...parts, summary(runners.length, ok)].join('\n\n')}\n`
}

function lines({ outcome, severity, rule, title, breaches, evidence }: ConductVerdict): string[] {
  const paint = outcome === 'broken' && severity === 'should' ? pc.yellow : paints[outcome]
  const head = `  ${paint(outcome.padEnd(14))}${severity.padEnd(8)}${rule.padEnd(22)}${title}`
  const more = breaches > evidence.length ? [`      and ${breaches - evidence.length} more`] : []
  return [head, ...evidence.map(describe), ...more]
}

const paints: Readonly<Record<ConductOutcome, (text: string) => string>> = {
  kept: pc.green,
  broken: pc.red,
  'not exercised': pc.dim,
}

function describe({ at, operation, status, subject, note }: ConductEvidence): string {
  const answer = status === undefined ? 'no answer yet' : status === 0 ? 'answer lost' : String(status)
  const about = subject === undefined ? '' : ` ${subject}`
  return `      ${at} ${operation}${about} (${answer}): ${note}`
}

function summary(count: number, ok: boolean): string {
  if (count === 0) return pc.red('No runner has called: there is nothing to judge.')
  return ok ? pc.green('The contract is kept.') : pc.red('The contract is broken.')
}
