/** The report for GitHub Actions: an annotation per failure, and a summary page where the job has one. */
import { escapeMarkup, printable, printableLines } from '../../kernel/printable.js'
import type { CheckResult, Report, Totals } from '../check/report-model.js'
import { describeRequirement, describeExchange, findCauses, provenFindings } from './failure-causes.js'
import { describeShare } from './pretty-reporter.js'
import {
  printableReport,
  type Reporter,
  type ReporterOutput,
  describeMissing,
  describeSuites,
  describeUnmet,
} from './reporter.js'

/** GitHub shows ten annotations of a step; the summary holds all. */
const MOST_ANNOTATIONS = 10

/** Creates the reporter for workflow logs. */
export function createGithubReporter(output: ReporterOutput): Reporter {
  return {
    hear(event) {
      if (event.type !== 'finished') return
      output.write(renderAnnotations(event.report))
      output.appendSummary?.(renderStepSummary(event.report))
    },
  }
}

/** Workflow commands, one line each. */
export function renderAnnotations(told: Report): string {
  const report = printableReport(told)
  const failures = report.results.filter(isNewFailure)
  const lines = failures.slice(0, MOST_ANNOTATIONS).map((result) => command('error', result.id, describe(result)))
  const unmet = describeUnmet(report).map((line) => command('error', 'required and not run', line))
  const notices = report.waivers.map(({ id, message }) => command('warning', `waiver ${id}`, message))
  const { passed, unsteady, notRun } = report.totals
  const races = unsteady === 0 ? '' : `${unsteady} unsteady, `
  const seen =
    report.accidents.length === 0 ? '' : `; known accidents of today's server: ${report.accidents.length} seen`
  const outcome = `${passed} passed, ${failures.length} failed, ${races}${notRun} not run${seen}`
  return `${[...lines, ...unmet, ...notices, command('notice', 'Contract checks', outcome)].join('\n')}\n`
}

function isNewFailure({ verdict, isKnown }: CheckResult): boolean {
  return !isKnown && (verdict.kind === 'failed' || verdict.kind === 'error')
}

function describe(result: CheckResult): string {
  const { title, verdict } = result
  if (verdict.kind === 'error') return `${title} ${verdict.message}`
  if (verdict.kind !== 'failed') return title
  const findings = verdict.findings.map(({ expected, actual }) => `Expected ${expected}; got ${actual}.`)
  return [title, ...findings, `Rule: ${describeRequirement(result)}`].join('\n')
}

/** One workflow command, whatever its texts say. */
export function command(level: 'error' | 'warning' | 'notice', title: string, message: string): string {
  return `::${level} title=${escapeProperty(title)}::${escapeData(message)}`
}

function escapeData(text: string): string {
  return printableLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** GitHub drops a summary of more than a mebibyte. */
const MOST_IN_SUMMARY = 100

/** The summary page as Markdown. */
export function renderStepSummary(told: Report): string {
  const report = printableReport(told)
  const { totals, lifecycle } = report
  const failures = report.results.filter(isNewFailure)
  const lines = [
    `## Contract checks: ${report.exitCode === 0 ? 'conforms' : 'does not conform'}`,
    '',
    `${code(report.target.url)}, seed ${report.seed}, ${(report.durationMs / 1000).toFixed(1)} s, ${report.requests} requests`,
    '',
    '| area | passed | failed | unsteady | waived | not run | errors |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...Object.entries(report.areas).map(([area, each]) => tableRow(area, each)),
    tableRow('**all**', totals),
    '',
    ...report.missing.map((each) => `- ${escapeMarkup(describeMissing(each))}`),
    ...(report.missing.length === 0 ? [] : ['']),
    ...describeUnmet(report).flatMap((line) => [`- required and not run: ${escapeMarkup(line)}`, '']),
    `Suites: ${escapeMarkup(describeSuites(report))}.`,
    '',
    `Lifecycle: states ${describeShare(lifecycle.states)}, transitions ${describeShare(lifecycle.transitions)}, timers ${describeShare(lifecycle.timers)}.`,
    ...renderCauses(failures),
    ...renderAccidents(report),
    ...renderWaivers(report),
    ...failures.slice(0, MOST_IN_SUMMARY).flatMap(renderFailure),
    ...(failures.length > MOST_IN_SUMMARY
      ? ['', `${failures.length - MOST_IN_SUMMARY} more failures: see the log.`]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

function renderCauses(failures: readonly CheckResult[]): string[] {
  const causes = findCauses(failures).map(
    ({ operation, expected, actual, checks }) =>
      `- **${checks.length} checks**${operation === null ? '' : ` of \`${operation}\``}: expected ${code(expected)}, got ${code(actual)}`,
  )
  return causes.length === 0 ? [] : ['', 'Most frequent:', '', ...causes]
}

function renderAccidents({ accidents }: Report): string[] {
  if (accidents.length === 0) return []
  const lines = accidents.map(({ id, what, checks, operations }) => {
    const seen = `${checks.length === 1 ? '1 check' : `${checks.length} checks`}: ${checks.slice(0, 5).join(', ')}`
    return `- \`${id}\` ${escapeMarkdown(what)} (${seen}; on ${operations.join(', ')})`
  })
  return ['', `Known accidents of today's server: ${accidents.length} seen`, '', ...lines]
}

function renderWaivers({ waivers, fixed, worse }: Report): string[] {
  const notices = [
    ...waivers.map(({ kind, message }) => `- ${kind}: ${escapeMarkdown(message)}`),
    ...fixed.map((id) => `- better: \`${id}\` passes; it can leave the baseline.`),
    ...worse.map((id) => `- worse: \`${id}\``),
  ]
  return notices.length === 0 ? [] : ['', 'Waivers and baseline:', '', ...notices]
}

function code(text: string): string {
  return `\`\` ${printable(text).replaceAll('`', "'")} \`\``
}

function tableRow(name: string, { passed, failed, unsteady, waived, notRun, errors }: Totals): string {
  return `| ${name} | ${passed} | ${failed} | ${unsteady} | ${waived} | ${notRun} | ${errors} |`
}

function renderFailure(result: CheckResult): string[] {
  const commands = provenFindings(result).flatMap(({ finding, exchanges }) => [
    ...exchanges.flatMap(describeExchange),
    ...(finding.script === undefined ? [] : ['', finding.script]),
  ])
  return [
    '',
    `<details><summary><code>${result.id}</code> ${escapeMarkdown(result.title)}</summary>`,
    '',
    '```',
    describe(result).replaceAll('```', "'''"),
    ...commands.map((each) => each.replaceAll('```', "'''")),
    '```',
    '',
    '</details>',
  ]
}

/** Neither a link nor an image, a mention or a table: what Markdown reads as markup is shown as it stands. */
function escapeMarkdown(text: string): string {
  return escapeMarkup(printable(text)).replaceAll(/[\\`*_~[\]()!|@]|#(?!\d)/g, (char) => `&#${char.charCodeAt(0)};`)
}
