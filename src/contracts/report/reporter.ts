/**
 * What a reporter is, and where it writes; a report whose texts may be shown anywhere; and what several reporters say alike.
 * Reporters only listen to a run; the command line decides about files.
 */
import type { VerifyEvent, CheckResult, Report, MissingOperation, Totals } from '../check/report-model.js'
import { printableData } from '../../kernel/printable.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { operations, responses } from '../../kernel/all-operations.js'
import type { Operation, OperationId } from '../../kernel/operation.js'
import { describeEnd } from '../target/answer.js'

/** Hears a run and writes about it. */
export interface Reporter {
  hear(event: VerifyEvent): void
}

/** Where a reporter writes. */
export interface ReporterOutput {
  /** Text for the terminal. */
  write(text: string): void
  /** Whether the terminal can redraw a line. */
  isInteractive: boolean
  /** Width of the terminal in characters. */
  columns: number
  hasColor: boolean
  /** The folder for documents; undefined when they go to the terminal. */
  folder: string | undefined
  /** Takes a finished document: the command line puts it into a file, or on the terminal. */
  save(name: string, content: string): void
  /** Takes Markdown for the summary page of a CI job; undefined where there is none. */
  appendSummary: ((markdown: string) => void) | undefined
}

/** A document made from the finished report alone. */
export function documentReporter(
  name: string,
  render: (event: FinishedEvent) => string,
): (output: ReporterOutput) => Reporter {
  return (output) => ({
    hear(event) {
      if (event.type === 'finished') output.save(name, render(event))
    },
  })
}

/** The last event of a run. */
export type FinishedEvent = Extract<VerifyEvent, { type: 'finished' }>

/**
 * A report with all its texts fit to be shown anywhere: what a target has said reaches no terminal, log or page as it came.
 * Every reporter but the JSON one begins with this, whoever calls it.
 */
export function printableReport(report: Report): Report {
  const { results, missing, ...rest } = report
  const shown = missing.map((each) => ({ ...printableData(each), exchange: printableExchange(each.exchange) }))
  return { ...printableData(rest), missing: shown, results: results.map(printableResult) }
}

/** A result likewise. */
export function printableResult(result: CheckResult): CheckResult {
  const { exchanges, ...rest } = result
  return { ...printableData(rest), exchanges: exchanges.map(printableExchange) }
}

/** Requests stay as they were sent: the command that repeats them writes what is odd in its own way. */
function printableExchange<Told extends Exchange>(exchange: Told): Told {
  const { url, requestHeaders, requestBody } = exchange
  return { ...printableData(exchange), url, requestHeaders, requestBody }
}

/** All suites in one line: `core 412/412, bridge 180/186, time not run (no clock)`. */
export function describeSuites(report: Report): string {
  return suiteTotals(report)
    .map(({ name, totals, why }) => `${name} ${describeSuite(totals, why)}`)
    .join(', ')
}

/** The suites of a report, and what one lacks that did not run whole. */
export function suiteTotals(report: Report): { name: string; totals: Totals; why: string }[] {
  return Object.entries(report.suites).flatMap(([name, totals]) =>
    totals === undefined ? [] : [{ name, totals, why: totals.notRun === 0 ? '' : reasonOf(name, report) }],
  )
}

/** A suite in words: `412/412`, `180/186 (6 not run: build nextJob)`, `not run (no clock)`. */
export function describeSuite(totals: Totals, why: string): string {
  const { passed, unsteady, waived, notRun } = totals
  const all = passed + totals.failed + unsteady + waived + notRun + totals.errors
  if (notRun === all) return `not run${why === '' ? '' : ` (${why})`}`
  const left = notRun === 0 ? '' : ` (${notRun} not run${why === '' ? '' : `: ${why}`})`
  return `${passed}/${all}${left}`
}

/** What a suite lacks, as far as the target says it: an operation that most wait for, a clock, an identity. */
function reasonOf(name: string, { target, missing, aborted }: Report): string {
  if (aborted !== null) return 'ended early'
  const [first] = missing
  if (first !== undefined) return `build ${first.operation}`
  if (name === 'time' && !target.hasClock) return 'no clock'
  return name === 'isolation' && target.identities.length < 3 ? 'no second identity' : ''
}

/** What is wrong with an operation that is missing, in words: `not implemented: nextJob (129 checks wait for it)`. */
export function describeMissing({ operation, kind, checks }: MissingOperation): string {
  const waiting = checks === 1 ? '1 check waits for it' : `${checks} checks wait for it`
  return `${kind === 'not-implemented' ? 'not implemented' : 'not working'}: ${operation} (${waiting})`
}

/** Where a missing operation should be, and what comes there: `POST /v1/private/projects answers 404 with text/html`. */
export function describePlace({ operation, exchange }: Pick<MissingOperation, 'operation' | 'exchange'>): string {
  const { method, path }: Operation = operations[operation]
  const end = describeEnd(exchange)
  return `${method} ${path} ${exchange.status === null ? `gets ${end}` : `answers ${end}`}${describeShortfall(operation, exchange)}`
}

/** What an answer that is no refusal lacks all the same: its status, or else what its Location must say. */
function describeShortfall(operation: OperationId, { status }: Exchange): string {
  if (status === null || status >= 400) return ''
  const due = Object.keys(responses[operation]).filter((each) => each.startsWith('2'))
  return due.includes(String(status)) ? ', and no Location that ends in an id' : ` where ${due.join(' or ')} is due`
}

/** What required suites lack, a line for each reason: `time: needs time to pass: ... (time/a, time/b and 3 more)`. */
export function describeUnmet({ unmet }: Report): string[] {
  const byReason = new Map<string, string[]>()
  for (const { suite, reason, checks } of unmet) {
    const why = `${suite}: ${withoutSeconds(reason)}`
    byReason.set(why, [...(byReason.get(why) ?? []), ...checks])
  }
  return [...byReason].map(([why, checks]) => `${why} (${named(checks)})`)
}

/** A reason not to run without the seconds, of which each check needs others. */
export function withoutSeconds(reason: string): string {
  return reason.replace(/^needs \d+ s to pass:/, 'needs time to pass:')
}

const MOST_NAMED = 3

/** The first few ids, and how many more there are. */
export function named(ids: readonly string[]): string {
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : ''
  return `${ids.slice(0, MOST_NAMED).join(', ')}${more}`
}
