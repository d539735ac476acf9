/**
 * The report as JUnit XML, one suite per area. A check that ran is never marked skipped: waived and known failures pass
 * with a note; `skipped` is for what did not run, with the reason.
 */
import { escapeMarkup } from '../../kernel/printable.js'
import { describeAccident } from '../check/seen-accidents.js'
import type { CheckResult, Report } from '../check/report-model.js'
import { describeRequirement, describeExchange, provenFindings } from './failure-causes.js'
import { describeSuite, describeUnmet, suiteTotals, printableReport } from './reporter.js'

export function renderJunit(told: Report): string {
  const report = printableReport(told)
  const suites = Object.keys(report.areas).map((area) => renderSuite(area, report))
  const counts = attributes({
    name: 'opik-runner-kit contracts',
    ...countsOf(report.results),
    time: seconds(report.durationMs),
  })
  const content = `${renderProperties(report)}${suites.join('')}`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n${content}</testsuites>\n`
}

/** Suites, and the accidents that were seen, in a form that readers of JUnit keep or pass over. */
function renderProperties(report: Report): string {
  const { accidents } = report
  const suites = suiteTotals(report).map(
    ({ name, totals, why }) =>
      `    <property ${attributes({ name: `suite ${name}`, value: describeSuite(totals, why) })}/>\n`,
  )
  const seen = attributes({ name: "known accidents of today's server", value: `${accidents.length} seen` })
  const head = accidents.length === 0 ? '' : `    <property ${seen}/>\n`
  const lines = accidents.map(({ id, what, checks, operations }) => {
    const value = `${what} Seen by ${checks.join(', ')}; on ${operations.join(', ')}`
    return `    <property ${attributes({ name: `accident ${id}`, value })}/>\n`
  })
  const unmet = describeUnmet(report).map(
    (value) => `    <property ${attributes({ name: 'required and not run', value })}/>\n`,
  )
  return `  <properties>\n${suites.join('')}${unmet.join('')}${head}${lines.join('')}  </properties>\n`
}

/** Known failures count as passed, as in the outcome of the run. */
function countsOf(results: readonly CheckResult[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> {
  const count = (kind: CheckResult['verdict']['kind']): number =>
    results.filter(({ verdict, isKnown }) => verdict.kind === kind && !isKnown).length
  return { tests: results.length, failures: count('failed'), errors: count('error'), skipped: count('not-run') }
}

function renderSuite(area: string, report: Report): string {
  const results = report.results.filter((result) => result.area === area)
  const counts = attributes({
    name: area,
    ...countsOf(results),
    time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    timestamp: report.startedAt,
  })
  return `  <testsuite ${counts}>\n${results.map(renderCase).join('')}  </testsuite>\n`
}

function renderCase(result: CheckResult): string {
  const { id, title, area, durationMs } = result
  const head = attributes({ name: `${id}: ${title}`, classname: `contracts.${area}`, time: seconds(durationMs) })
  const content = `${renderRequirement(result)}${renderVerdict(result)}`
  return content === '' ? `    <testcase ${head}/>\n` : `    <testcase ${head}>\n${content}    </testcase>\n`
}

function renderRequirement({ requirement }: CheckResult): string {
  if (requirement === null) return ''
  const property = attributes({ name: 'requirement', value: requirement })
  return `      <properties><property ${property}/></properties>\n`
}

function renderVerdict(result: CheckResult): string {
  const { verdict, isKnown } = result
  switch (verdict.kind) {
    case 'passed':
      return result.accidents.length === 0 ? '' : note("known accidents of today's server", accidentLines(result))
    case 'not-run':
      return `      <skipped ${attributes({ message: verdict.reason })}/>\n`
    case 'unsteady':
      return note('unsteady: lost at first, and went well alone', describeFailure(result))
    case 'waived':
      return note(`waived: ${verdict.reason}`, describeFailure(result))
    case 'error':
      if (isKnown) return note('known from the baseline', verdict.message)
      return `      <error ${attributes({ message: verdict.message, type: 'error' })}/>\n`
    case 'failed': {
      const [first] = verdict.findings
      if (isKnown) return note('known from the baseline', describeFailure(result))
      const message = first === undefined ? '' : `expected ${first.expected}; got ${first.actual}`
      return `      <failure ${attributes({ message, type: result.severity })}>${escapeMarkup(describeFailure(result))}</failure>\n`
    }
  }
}

function note(what: string, details: string): string {
  return `      <system-out>${escapeMarkup(`${what}\n${details}`)}</system-out>\n`
}

function accidentLines({ accidents }: CheckResult): string {
  const ids = [...new Set(accidents.map(({ id }) => id))]
  return ids.map((id) => `${id}: ${describeAccident(id)}`).join('\n')
}

function describeFailure(result: CheckResult): string {
  const findings = provenFindings(result).flatMap(({ finding, exchanges }) => [
    `expected ${finding.expected}`,
    `got      ${finding.actual}`,
    ...(finding.pointer === null ? [] : [`spec     ${finding.pointer}`]),
    ...exchanges.flatMap(describeExchange),
    ...(finding.script === undefined ? [] : [finding.script]),
  ])
  return [`rule     ${describeRequirement(result)}`, ...findings].join('\n')
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

/** Attributes of an element, escaped. */
export function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeMarkup(String(value))}"`)
    .join(' ')
}
