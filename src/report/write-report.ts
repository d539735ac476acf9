/** The reporters by the names that `--reporter` takes, and where they write. The command line decides about files. */
import { printableLines, escapeMarkup } from '../kernel/printable.js'
import { renderAnnotations, renderStepSummary } from './github-report.js'
import { renderHtml } from './html-report.js'
import type { ReporterName } from '../generated/kit-schema.js'
import { describeItem, messageOf, detailsOf } from './report-document.js'
import type { ReportDocument, CaseState, ReportCase } from './report-document.js'
import { createPaint, type Paint, detailLines } from './text-report.js'
import { realTime } from '../kernel/clock.js'
import { version } from '../kernel/version.js'
import { groupBy } from '../kernel/group-by.js'

export type { ReporterName } from '../generated/kit-schema.js'

export interface ReporterOutput {
  write(text: string): void
  /** Whether the terminal can redraw a line. */
  isInteractive: boolean
  columns: number
  hasColor: boolean
  /** The folder for documents; undefined when they go to the terminal. */
  folder: string | undefined
  /** Takes a finished document: the command line puts it into a file, or on the terminal. */
  save(name: string, content: string): void
  /** Takes markup for the summary page of a CI job; undefined without such a page. */
  appendSummary: ((markup: string) => void) | undefined
}

export interface FinishedReport {
  readonly document: ReportDocument
  readonly json: unknown
  /** What people read at the end of a run. */
  readonly pretty: (paint: Paint) => string
  /** Further parts of the page, as HTML. */
  readonly sections?: readonly string[]
  /** Names its files: `FILE.json` and `FILE.html`, `PREFIXjunit.xml` and `PREFIXctrf.json`. */
  readonly file: string
  readonly prefix?: string
}

const writers: Readonly<Record<ReporterName, (report: FinishedReport, output: ReporterOutput) => void>> = {
  pretty: ({ pretty }, output) => output.write(pretty(createPaint(output.hasColor))),
  json: ({ json, file }, output) => output.save(`${file}.json`, renderJson(json)),
  junit: ({ document, prefix = '' }, output) => output.save(`${prefix}junit.xml`, renderJunit(document)),
  ctrf: ({ document, prefix = '' }, output) => output.save(`${prefix}ctrf.json`, renderJson(toCtrf(document))),
  html: ({ document, file, sections }, output) => output.save(`${file}.html`, renderHtml(document, sections)),
  github({ document }, output) {
    output.write(renderAnnotations(document))
    output.appendSummary?.(renderStepSummary(document))
  },
}

export function writeReport(name: ReporterName, report: FinishedReport, output: ReporterOutput): void {
  writers[name](report, output)
}

/** Renders data as JSON, indented; what no terminal should get is escaped. */
export function renderJson(data: unknown): string {
  return `${printableLines(JSON.stringify(data, null, 2))}\n`
}

/** Broken rules that fail no run are `other`: they neither passed nor may fail a job. */
const STATUSES = {
  ...{ passed: 'passed', failed: 'failed', error: 'failed', warning: 'other', accepted: 'other', skipped: 'skipped' },
} as const satisfies Record<CaseState, string>

function toCtrf(document: ReportDocument): object {
  const { name, subject, cases, durationMs = 0, startedAt, outcome, figures, lists } = document
  const duration = Math.round(durationMs)
  const start = startedAt === undefined ? Math.round(realTime()) - duration : Date.parse(startedAt)
  const count = (status: string): number => cases.filter(({ state }) => STATUSES[state] === status).length
  return {
    ...{ reportFormat: 'CTRF', specVersion: '0.0.0', generatedBy: `opik-runner-kit ${name}` },
    results: {
      tool: { name: `opik-runner-kit ${name}`, version },
      summary: {
        ...{ tests: cases.length, passed: count('passed'), failed: count('failed'), skipped: count('skipped') },
        ...{ pending: 0, other: count('other'), start, stop: start + duration, duration },
      },
      tests: cases.map(toTest),
      environment: { appName: subject },
      extra: {
        ...{ outcome: outcome.text, figures },
        lists: Object.fromEntries(lists.map(({ title, items }) => [title, items.map(describeItem)])),
      },
    },
  }
}

function toTest(each: ReportCase): object {
  const { id, title, group, state, label, severity, requirements, rule, durationMs = 0, details } = each
  const message = messageOf(each)
  const trace = detailLines(details).join('\n')
  return {
    ...{ name: `${id}: ${title}`, testId: id, status: STATUSES[state], rawStatus: label },
    ...{ duration: Math.round(durationMs), suite: [group], tags: [severity, ...requirements] },
    ...(message !== undefined && { message }),
    ...(trace !== '' && { trace }),
    ...(rule !== undefined && { extra: { rule } }),
  }
}

export function renderJunit(document: ReportDocument): string {
  const { name, cases, durationMs, startedAt: timestamp, figures, lists } = document
  const suites = [...groupBy(cases, ({ group }) => group)].map(([group, own]) => {
    const time = own.reduce((sum, each) => sum + (each.durationMs ?? 0), 0)
    const head = attributes({ name: group, ...countsOf(own), time: seconds(time), ...(timestamp && { timestamp }) })
    return `  <testsuite ${head}>\n${own.map((each) => renderCase(each, name)).join('')}  </testsuite>\n`
  })
  const head = { name: `opik-runner-kit ${name}`, ...countsOf(cases), time: seconds(durationMs ?? 0) }
  const told = [
    ...Object.entries(figures),
    ...lists.flatMap(({ title, items }) => items.map((item): [string, string] => [title, describeItem(item)])),
  ]
  const properties = told.map(([title, value]) => `    <property ${attributes({ name: title, value })}/>\n`)
  const shown = properties.length === 0 ? '' : `  <properties>\n${properties.join('')}  </properties>\n`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes(head)}>\n${shown}${suites.join('')}</testsuites>\n`
}

function countsOf(cases: readonly ReportCase[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> {
  const of = (state: ReportCase['state']): number => cases.filter((each) => each.state === state).length
  return { tests: cases.length, failures: of('failed'), errors: of('error'), skipped: of('skipped') }
}

function renderCase(each: ReportCase, name: string): string {
  const { id, title, group, durationMs = 0, requirements } = each
  const head = attributes({ name: `${id}: ${title}`, classname: `${name}.${group}`, time: seconds(durationMs) })
  const properties = requirements.map((value) => `<property ${attributes({ name: 'requirement', value })}/>`).join('')
  const named = properties === '' ? '' : `      <properties>${properties}</properties>\n`
  return `    <testcase ${head}>\n${named}${renderVerdict(each)}    </testcase>\n`
}

function renderVerdict(each: ReportCase): string {
  const { state, label, reason, severity, details } = each
  const why = reason === undefined ? label : `${label}: ${reason}`
  const text = escapeMarkup([why, ...detailLines(detailsOf(each))].join('\n'))
  const message = messageOf(each) ?? each.title
  switch (state) {
    case 'failed':
      return `      <failure ${attributes({ message, type: severity })}>${text}</failure>\n`
    case 'error':
      return `      <error ${attributes({ message, type: 'error' })}/>\n`
    case 'skipped':
      return `      <skipped ${attributes({ message: reason ?? label })}/>\n`
    default:
      return details.length === 0 && reason === undefined ? '' : `      <system-out>${text}</system-out>\n`
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeMarkup(String(value))}"`)
    .join(' ')
}
