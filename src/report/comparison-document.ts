/** How two targets differ, as the document that all reporters render: what differs most often is the first cause. */
import type { Exchange, Report, Verdict } from '../generated/kit-schema.js'
import { UUID } from '../kernel/id-source.js'
import { reportDocument, type Detail, type ReportCase, type ReportDocument } from './report-document.js'
import { callOf } from './shown-exchange.js'

/** What differs at one place of two answers. */
export interface Difference {
  /** Such as `status`, `header location` or `body /content/0/status`. */
  readonly where: string
  readonly a: string
  readonly b: string
}

/** The same call to both targets; null where one of them did not get it. */
export interface ExchangePair {
  readonly a: Exchange | null
  readonly b: Exchange | null
  readonly differences: readonly Difference[]
}

/** A check that came to another verdict, or met other answers. */
export interface DifferingCheck {
  readonly id: string
  readonly requirement: string | null
  readonly title: string
  readonly verdicts: { readonly a: Verdict; readonly b: Verdict }
  /** The calls that were answered otherwise. */
  readonly pairs: readonly ExchangePair[]
  /** What differs first, without ids, times and names of the run: the same where the cause is the same. */
  readonly cause: Difference
}

/** How two targets differ. */
export interface Comparison {
  readonly a: Report
  readonly b: Report
  readonly differing: readonly DifferingCheck[]
  /** Ids of the checks that went alike. */
  readonly alike: readonly string[]
  /** Those among them of which the verdicts alone were compared: of races, time, and many calls. */
  readonly byVerdict: readonly string[]
  /** Ids of the checks that did not run on both, by the reason. */
  readonly notCompared: Readonly<Record<string, readonly string[]>>
  /** 0: no difference; 1: some; 2: one of the runs could not be finished. */
  readonly exitCode: 0 | 1 | 2
}

export function comparisonDocument(comparison: Comparison): ReportDocument {
  const { a, b, differing, alike, byVerdict, notCompared, exitCode } = comparison
  const leftOut = Object.values(notCompared).reduce((sum, ids) => sum + ids.length, 0)
  const counts = [
    `${differing.length} checks differ`,
    `${alike.length} went alike (${byVerdict.length} of them compared by their verdicts alone)`,
    ...(leftOut === 0 ? [] : [`${leftOut} not compared`]),
  ]
  const reasons = Object.entries(notCompared).toSorted(([, one], [, other]) => other.length - one.length)
  const text = `${counts.join(', ')}; seed ${a.seed}`
  const early = a.aborted ?? b.aborted
  return reportDocument({
    ...{ name: 'compare', title: 'Compared', subject: `${a.target.url} and ${b.target.url}`, startedAt: a.startedAt },
    facts: ['ids, times, names of the run, addresses and the words of errors are not compared'],
    outcome:
      early === null
        ? { isGood: exitCode === 0, word: exitCode === 0 ? 'no difference' : 'they differ', text }
        : { isGood: false, word: 'ended early', text: `${early}; ${text}` },
    lists: [
      { title: 'not compared', items: reasons.map(([reason, ids]) => ({ text: `${ids.length} ${reason}`, ids })) },
      {
        title: 'compared by their verdicts alone: races, time, and checks of many calls',
        items: byVerdict.length === 0 ? [] : [{ text: `${byVerdict.length} checks`, ids: byVerdict }],
      },
    ],
    cases: differing.map(caseOf),
  })
}

function caseOf({ id, requirement, title, verdicts, pairs, cause }: DifferingCheck): ReportCase {
  const [pair] = pairs
  // A header is no operation's own.
  const subject = cause.where.startsWith('header ') ? 'several operations' : nameOf(pair?.a ?? pair?.b ?? null)
  return {
    ...{ id, title, group: id.split('/')[0] ?? id, state: 'failed', label: 'differs', severity: 'must' },
    requirements: requirement === null ? [] : [requirement],
    details: [
      { kind: 'row', name: 'first', text: describeVerdict(verdicts.a), tone: 'passed' },
      { kind: 'row', name: 'second', text: describeVerdict(verdicts.b), tone: 'failed' },
      ...pairs.flatMap(pairDetails),
    ],
    cause: { subject, expected: `${cause.where}: ${cause.a}`, actual: cause.b },
  }
}

/** The operation of a call, or the method and path of a call to none. */
function nameOf(exchange: Exchange | null): string {
  if (exchange === null) return 'verdicts'
  const { operation, method, url } = exchange
  return (
    operation ?? `${method} ${(url.split(/[?#]/)[0] ?? '').replace(/^\w+:\/\/[^/]*/, '').replaceAll(UUIDS, '{id}')}`
  )
}

const UUIDS = new RegExp(UUID, 'gi')

function describeVerdict(verdict: Verdict): string {
  if (verdict.kind === 'error') return `error: ${verdict.message}`
  const [finding] = verdict.kind === 'failed' ? verdict.findings : []
  return finding === undefined ? verdict.kind : `failed: expected ${finding.expected}; got ${finding.actual}`
}

function pairDetails({ a, b, differences }: ExchangePair): Detail[] {
  const answers = [
    { name: 'the first', exchange: a },
    { name: 'the second', exchange: b },
  ]
  return [
    ...differences.flatMap((each): Detail[] => [
      { kind: 'line', text: each.where },
      { kind: 'row', name: 'first', text: each.a, tone: 'passed' },
      { kind: 'row', name: 'second', text: each.b, tone: 'failed' },
    ]),
    ...answers.map(({ name, exchange }): Detail =>
      exchange === null ? { kind: 'line', text: `${name}: not called` } : callOf(exchange, `${name}: `),
    ),
  ]
}
