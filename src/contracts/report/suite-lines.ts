/** What a report says of suites and of operations that are missing, in words that several reporters use. */
import { operations } from '../../kernel/all-operations.js'
import type { Operation } from '../../kernel/operation.js'
import type { MissingOperation, Report, Totals } from '../check/report-model.js'
import { describeEnd } from '../target/absence.js'

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
  return `${method} ${path} ${exchange.status === null ? `gets ${end}` : `answers ${end}`}`
}
