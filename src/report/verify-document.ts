/** What verify found, as the document that all reporters render. */
import type {
  CheckResult,
  CheckRule,
  Exchange,
  Finding,
  LifecycleCoverage,
  MissingOperation,
  Report,
  Totals,
  Verdict,
} from '../generated/kit-schema.js'
import { quirks as declared } from '../generated/quirks.js'
import { operations, responses } from '../kernel/all-operations.js'
import { groupBy } from '../kernel/group-by.js'
import type { Operation, OperationId } from '../kernel/operation.js'
import { printableData } from '../kernel/printable.js'
import { count, reportDocument } from './report-document.js'
import type { Cell, Detail, ListItem, ReportCase, ReportDocument, ReportTable } from './report-document.js'
import { callOf, describeEnd, toCurl } from './shown-exchange.js'
import { renderCase } from './text-report.js'

export function verifyDocument(report: Report): ReportDocument {
  const { target, lifecycle, missing, results, quirks, startedAt, durationMs, unmet } = report
  const lacks = new Set<string | null>(missing.map(({ operation }) => operation))
  const [first] = missing
  return reportDocument({
    ...{ name: 'contracts', title: 'Contract checks', subject: target.url, startedAt, durationMs },
    facts: [
      target.hasClock ? 'clock moved' : 'real time',
      `identities: ${target.identities.join(', ')}`,
      `opik-runner-kit ${report.kitVersion}`,
    ],
    outcome: outcomeOf(report),
    next: first === undefined ? undefined : `to build next: ${first.operation}  ${describePlace(first)}`,
    lists: [
      { title: 'missing operations', isUrgent: true, items: missingItems(missing) },
      {
        title: 'required and not run',
        annotation: 'error',
        items: byReason(unmet.map(({ suite, reason, checks }) => [`${suite}: ${reason}`, checks])),
      },
      { title: 'not run', items: notRunItems(results) },
      {
        title: `known quirks of today's server: ${quirks.length} seen`,
        annotation: 'notice',
        items: quirks.map(({ id, what, checks, operations: on }) => {
          return { text: `${id}  ${what}${on.length === 0 ? '' : ` On ${on.join(', ')}.`}`, ids: checks }
        }),
      },
      { title: 'waivers and baseline', annotation: 'warning', items: noticeItems(report) },
    ],
    figures: {
      suites: suiteTotals(report)
        .map(({ name, totals, why }) => `${name} ${describeSuite(totals, why)}`)
        .join(', '),
      lifecycle: sharesOf(lifecycle)
        .map(({ name, seen, total, percent }) => `${name} ${seen} of ${total} (${percent}%)`)
        .join(', '),
    },
    tables: [
      totalsTable('suite', report.suites, new Map(suiteTotals(report).map(({ name, why }) => [name, why]))),
      totalsTable('area', report.areas),
      totalsTable('operation', report.operations),
    ],
    cases: results.map((result) => {
      const each = caseOf(result)
      return lacks.has(each.cause?.subject ?? null) ? { ...each, cause: undefined } : each
    }),
  })
}

/** Names what is new beside a baseline, and what did not run for want of time. */
function outcomeOf(report: Report): ReportDocument['outcome'] {
  const { results, totals, aborted, exitCode, requests, durationMs, seed } = report
  const unknown = totalsOfResults(results.filter(({ isKnown }) => !isKnown))
  const untimely = results.filter(({ verdict }) => verdict.kind === 'not-run' && NEEDS_TIME.test(verdict.reason)).length
  const counts: [number, string][] = [
    [totals.passed, 'passed'],
    [unknown.failed, 'failed'],
    [totals.waived, 'waived'],
    [totals.notRun - untimely, 'not run'],
    [untimely, 'not run for want of time'],
    [unknown.errors, unknown.errors === 1 ? 'error' : 'errors'],
    [totals.known, totals.known === 1 ? 'known failure' : 'known failures'],
  ]
  const told = counts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  const text = `${told.join(', ')} in ${(durationMs / 1000).toFixed(1)} s, ${requests} requests, seed ${seed}`
  if (aborted !== null) return { isGood: false, word: 'ended early', text: `${aborted}; ${text}` }
  if (exitCode !== 0) return { isGood: false, word: 'does not conform', text }
  return { isGood: true, word: totals.known > 0 ? 'nothing new' : 'conforms', text }
}

const NEEDS_TIME = /^((?:\w+: )?)needs \d+ s to pass:/

/** A result as the message of a test runner. */
export function renderPlainFailure(result: CheckResult): string {
  return renderCase(printableData(caseOf(result)))
}

const STATES = { passed: 'passed', failed: 'failed', error: 'error', waived: 'accepted', 'not-run': 'skipped' } as const

function caseOf(result: CheckResult): ReportCase {
  const { id, title, area, severity, verdict, isKnown, durationMs, requirement, rule, quirks } = result
  const { kind } = verdict
  const seen = [...new Set(quirks.map((each) => each.id))]
  return {
    ...{ id, title, group: area, severity, durationMs, rule: describeRule(rule) },
    state: isKnown ? 'accepted' : STATES[kind],
    label: isKnown ? 'known' : kind.replace('-', ' '),
    requirements: requirement === null ? [] : [requirement],
    reason: kind === 'not-run' || kind === 'waived' ? verdict.reason : isKnown ? 'known from the baseline' : undefined,
    details:
      kind === 'passed'
        ? seen.map((each): Detail => ({ kind: 'line', text: `quirk ${each}: ${declared[each].today}` }))
        : kind === 'error'
          ? [{ kind: 'row', name: 'error', text: verdict.message, tone: 'failed' }]
          : kind === 'not-run'
            ? []
            : findingDetails(verdict.findings),
    cause: causeOf(verdict),
  }
}

/** A call that an earlier finding of the check shows is not shown again. */
function findingDetails(findings: readonly Finding[]): Detail[] {
  const shown = new Set<number>()
  return findings.flatMap(({ expected, actual, pointer, steps, replay, exchanges }): Detail[] => {
    // The decisive one comes last; of a sequence all are shown.
    const named = steps === undefined ? exchanges.slice(-MAX_SHOWN) : exchanges
    const calls = named.filter(({ number }) => !shown.has(number))
    for (const { number } of calls) shown.add(number)
    return [
      { kind: 'row', name: 'expected', text: expected, tone: 'passed' },
      { kind: 'row', name: 'got', text: actual, tone: 'failed' },
      ...(pointer === null ? [] : [{ kind: 'row', name: 'spec', text: pointer } as const]),
      ...(steps === undefined ? [] : [{ kind: 'row', name: 'steps', text: steps.join('\n') } as const]),
      ...(replay === undefined ? [] : [{ kind: 'row', name: 'again', text: replay } as const]),
      ...calls.map((exchange) => callOf(exchange)),
    ]
  })
}

const MAX_SHOWN = 4

export function describeRule(rule: CheckRule): string {
  const lifecycle = rule.machine === undefined ? undefined : describeTransition(rule)
  return [lifecycle, rule.operation, rule.section].filter((part) => part !== undefined).join(', ')
}

function describeTransition({ machine, on, from, to }: CheckRule): string {
  const move = from === undefined && to === undefined ? '' : ` (${from ?? '*'}${to === undefined ? '' : ` -> ${to}`})`
  return `x-lifecycle ${machine ?? ''}${on === undefined ? '' : `: ${on}`}${move}`
}

export function totalsOfResults(results: readonly CheckResult[]): Totals {
  const count = (kind: Verdict['kind']): number => results.filter(({ verdict }) => verdict.kind === kind).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    waived: count('waived'),
    notRun: count('not-run'),
    errors: count('error'),
    known: results.filter(({ isKnown }) => isKnown).length,
  }
}

function causeOf(verdict: CheckResult['verdict']): ReportCase['cause'] {
  if (verdict.kind === 'error') return { subject: null, expected: 'a verdict', actual: verdict.message }
  const [first] = verdict.kind === 'failed' ? verdict.findings : []
  if (first === undefined) return undefined
  const { expected, actual } = first
  const status = expected.startsWith('status ') ? /^\d{3}/.exec(actual)?.[0] : undefined
  return { subject: first.exchanges.at(-1)?.operation ?? null, expected, actual: status ?? actual }
}

function missingItems(missing: readonly MissingOperation[]): ListItem[] {
  const names = new Set(missing.map(({ operation }) => operation))
  const isRefused = missing.some(({ exchange: { status } }) => status === 401 || status === 403)
  const hints = [
    ...(isRefused ? ['--api-key and --workspace say who calls'] : []),
    ...(names.has('createProject') ? ['--project ID goes round createProject'] : []),
    ...(names.has('createProject') && names.has('isAlive')
      ? ['is there anything of this API? the URL includes the base path, for example http://localhost:5173/api']
      : []),
  ]
  const items = missing.map((each) => ({
    text: describeMissing(each),
    more: [describePlace(each), `$ ${toCurl(each.exchange)}`],
  }))
  return [...hints.map((text) => ({ text })), ...items]
}

/** What is wrong with an operation that is missing, in words: `not implemented: nextJob (129 checks wait for it)`. */
function describeMissing({ operation, kind, checks }: MissingOperation): string {
  const waiting = checks === 1 ? '1 check waits for it' : `${checks} checks wait for it`
  return `${kind === 'not-implemented' ? 'not implemented' : 'not working'}: ${operation} (${waiting})`
}

/** Where a missing operation should be, and what comes there: `POST /v1/private/projects answers 404 with text/html`. */
function describePlace({ operation, exchange }: Pick<MissingOperation, 'operation' | 'exchange'>): string {
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

/** What is blocked is told by the operations that are missing. */
function notRunItems(results: readonly CheckResult[]): ListItem[] {
  const items = byReason(
    results.flatMap(({ id, verdict }) =>
      verdict.kind !== 'not-run' || verdict.blockedBy !== undefined ? [] : [[verdict.reason, [id]] as const],
    ),
  )
  return items.toSorted((a, b) => (b.ids?.length ?? 0) - (a.ids?.length ?? 0))
}

/** Reasons not to run, without the seconds, of which each check needs others. */
function byReason(all: readonly (readonly [string, readonly string[]])[]): ListItem[] {
  const reasons = groupBy(all, ([told]) => told.replace(NEEDS_TIME, '$1needs time to pass:'))
  return [...reasons].map(([text, own]) => ({ text, ids: own.flatMap(([, ids]) => ids) }))
}

function itemOf(text: string, ids: readonly string[]): ListItem[] {
  return ids.length === 0 ? [] : [{ text: `${text}${count(ids.length, 'check')}`, ids }]
}

function noticeItems({ waivers, fixed, worse }: Report): ListItem[] {
  return [
    ...itemOf('better, can leave the baseline: ', fixed),
    ...itemOf('worse than the baseline: ', worse),
    ...waivers.map(({ message }) => ({ text: message })),
  ]
}

/** The suites of a report, and what one lacks that did not run whole. */
function suiteTotals(report: Report): { name: string; totals: Totals; why: string }[] {
  return Object.entries(report.suites).flatMap(([name, totals]) =>
    totals === undefined ? [] : [{ name, totals, why: totals.notRun === 0 ? '' : reasonOf(name, report) }],
  )
}

/** A suite in words: `412/412`, `180/186 (6 not run: build nextJob)`, `not run (no clock)`. */
function describeSuite({ passed, failed, waived, notRun, errors }: Totals, why: string): string {
  const all = passed + failed + waived + notRun + errors
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

/** How far the lifecycle was judged, by what there is of it. */
export function sharesOf({ states, transitions, timers, pairs }: LifecycleCoverage) {
  const shares = { states, transitions, timers, 'state x operation': pairs }
  return Object.entries(shares).map(([name, { seen, total }]) => {
    return { name, seen, total, percent: total === 0 ? 100 : Math.floor((100 * seen) / total) }
  })
}

const COLUMNS = [
  ['passed', 'passed', 'passed'],
  ['failed', 'failed', 'failed'],
  ['waived', 'waived', 'noted'],
  ['notRun', 'not run', 'noted'],
  ['errors', 'errors', 'failed'],
] as const

function totalsTable(
  title: string,
  rows: Readonly<Record<string, Totals | undefined>>,
  remarks?: ReadonlyMap<string, string>,
): ReportTable {
  return {
    title,
    columns: [...COLUMNS.map(([, word]) => word), ...(remarks === undefined ? [] : [''])],
    rows: Object.entries(rows).map(([name, totals]) => {
      const cells = COLUMNS.map(([column, , tone]): Cell => {
        const number = totals?.[column] ?? 0
        return number === 0 ? { text: '·' } : { text: String(number), tone }
      })
      return [name, ...cells, ...(remarks === undefined ? [] : [remarks.get(name) ?? ''])]
    }),
  }
}
