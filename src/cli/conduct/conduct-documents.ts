/** A grading as text for a terminal; and as JUnit XML, as HTML and for GitHub Actions, as the reports of verify are. */
import pc from 'picocolors'
import { command } from '../../contracts/report/github-reporter.js'
import { renderPage, style } from '../../contracts/report/html-reporter.js'
import { attributes } from '../../contracts/report/junit-reporter.js'
import { escapeMarkup, printableData } from '../../kernel/printable.js'
import type { ConductVerdict, RunnerConduct, ConductEvidence, ConductOutcome } from '../../conduct/conduct-types.js'
import type { ConductOutcomes } from './compose-report.js'

/** JUnit XML, one suite per runner. A broken `should` passes with a note. */
export function renderJunit({ report }: ConductOutcomes): string {
  const all = report.runners.flatMap(({ verdicts }) => verdicts)
  const suites = report.runners.map((runner) => {
    const cases = runner.verdicts.map((verdict) => renderCase(verdict, runner)).join('')
    const head = attributes({ name: nameOf(runner), ...countsOf(runner.verdicts), timestamp: report.at })
    return `  <testsuite ${head}>\n${cases}  </testsuite>\n`
  })
  const head = attributes({ name: 'opik-runner-kit conduct', ...countsOf(all) })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${head}>\n${suites.join('')}</testsuites>\n`
}

function countsOf(verdicts: readonly ConductVerdict[]): Record<'tests' | 'failures' | 'skipped', number> {
  const skipped = verdicts.filter(({ outcome }) => outcome === 'not exercised').length
  return { tests: verdicts.length, failures: verdicts.filter(isFailure).length, skipped }
}

function isFailure({ outcome, severity }: ConductVerdict): boolean {
  return outcome === 'broken' && severity === 'must'
}

function renderCase(verdict: ConductVerdict, runner: RunnerConduct): string {
  const { rule, requirement = '', title, severity, outcome, reason = '' } = verdict
  const head = attributes({ name: `${rule}: ${title}`, classname: `conduct.${runner.type ?? 'unknown'}` })
  const details = escapeMarkup(describeVerdict(verdict))
  const content =
    outcome === 'kept'
      ? ''
      : outcome === 'not exercised'
        ? `<skipped ${attributes({ message: reason === '' ? outcome : reason })}/>`
        : isFailure(verdict)
          ? `<failure ${attributes({ message: title, type: severity })}>${details}</failure>`
          : `<system-out>${details}</system-out>`
  const property = attributes({ name: 'requirement', value: requirement })
  const properties = requirement === '' ? '' : `<properties><property ${property}/></properties>`
  return `    <testcase ${head}>${properties}${content}</testcase>\n`
}

function describeVerdict({ outcome, severity, reason, evidence, breaches }: ConductVerdict): string {
  const why = reason === undefined ? '' : `: ${reason}`
  return [`${outcome} (${severity}), ${breaches} times${why}`, ...evidence.map(describeEvidence)].join('\n')
}

/** One HTML file, with no other file beside it. */
export function renderHtml({ report, run, notices, passed }: ConductOutcomes): string {
  const state = passed ? 'passed' : 'failed'
  const facts = [report.at, `seed ${run.seed}`, ...run.presets].map(escapeMarkup).join(' · ')
  const body = [
    `<h1><span class="outcome ${state}">${passed ? 'kept' : 'broken'}</span><code>${escapeMarkup(run.command.join(' '))}</code></h1>`,
    `<p class="muted">${facts}</p>`,
    ...notices.map(({ message }) => `<p><span class="badge waived">notice</span> ${escapeMarkup(message)}</p>`),
    ...report.runners.map(renderRunner),
  ]
  return renderPage('Conduct', style, body)
}

function renderRunner(runner: RunnerConduct): string {
  const rows = runner.verdicts.map((verdict) => {
    const { rule, requirement = '', title, severity, outcome, reason, evidence } = verdict
    const kind = isFailure(verdict)
      ? 'failed'
      : outcome === 'kept'
        ? 'passed'
        : outcome === 'not exercised'
          ? ''
          : 'waived'
    const lines = [...(reason === undefined ? [] : [reason]), ...evidence.map(describeEvidence)]
    const more = lines.length === 0 ? '' : `<pre>${escapeMarkup(lines.map((line) => line.trim()).join('\n'))}</pre>`
    return (
      `<tr><td><span class="badge ${kind}">${outcome}</span></td><td><code>${rule}</code> ${requirement}</td>` +
      `<td>${escapeMarkup(title)}${more}</td><td>${severity}</td></tr>`
    )
  })
  return (
    `<h2>${escapeMarkup(nameOf(runner))} <small>${runner.calls} calls</small></h2><table class="checks">` +
    `<thead><tr><th>outcome</th><th>rule</th><th>what it asks</th><th>severity</th></tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table>`
  )
}

/** Workflow commands: an error for each broken `must`, a warning for each broken `should`. */
export function renderAnnotations({ report, notices, passed }: ConductOutcomes): string {
  const broken = report.runners.flatMap((runner) =>
    runner.verdicts
      .filter(({ outcome }) => outcome === 'broken')
      .map((verdict) =>
        command(
          isFailure(verdict) ? 'error' : 'warning',
          verdict.rule,
          `${nameOf(runner)}\n${describeVerdict(verdict)}`,
        ),
      ),
  )
  const waivers = notices.map(({ id, message }) => command('warning', `waiver ${id}`, message))
  const outcome = `${report.runners.length} runners, contract ${passed ? 'kept' : 'broken'}`
  return `${[...broken, ...waivers, command('notice', 'Conduct', outcome)].join('\n')}\n`
}

function nameOf({ name = 'unknown runner', type, runner_id: id }: RunnerConduct): string {
  return `${name} (${type ?? 'unknown type'}) ${id}`
}

/**
 * Text for a terminal: every runner with its verdicts, the evidence under those that are broken, and one line that sums
 * up.
 */
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
function describeEvidence({ at, operation, status, subject, note }: ConductEvidence): string {
  const answer = status === undefined ? '' : status === 0 ? ' (answer lost)' : ` (${status})`
  const about = subject === undefined ? '' : ` ${subject}`
  return `      ${at} ${operation}${about}${answer}: ${note}`
}

function summarize({ report, run, passed, hadWork }: ConductOutcomes): string {
  if (report.runners.length === 0) return pc.red('No runner has called: there is nothing to judge.')
  if (!report.ok) return pc.red('The contract is broken.')
  if (!hadWork) return pc.red('No job or command was handed out: there is too little to judge.')
  return passed ? pc.green('The contract is kept.') : pc.red(`No ${run.type ?? ''} runner has called.`)
}
