/** How two targets differ, as the document that all reporters render: what differs most often is the first cause. */
import { UUID } from '../../kernel/id-source.js'
import { reportDocument, type Detail, type ReportCase, type ReportDocument } from '../../report/report-document.js'
import { kindOf, type Comparison, type DifferingCheck, type ExchangePair } from '../check/comparison.js'
import type { Verdict } from '../check/report-model.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { callOf } from './verify-document.js'

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

function caseOf({ id, requirement, title, verdicts, pairs }: DifferingCheck): ReportCase {
  const [pair] = pairs
  const first = pair?.differences[0] ?? { where: 'verdict', a: verdicts.a.kind, b: verdicts.b.kind }
  const kind = kindOf(first)
  // A header is no operation's own.
  const subject = kind.where.startsWith('header ') ? 'several operations' : nameOf(pair?.a ?? pair?.b ?? null)
  return {
    ...{ id, title, group: id.split('/')[0] ?? id, state: 'failed', label: 'differs', severity: 'must' },
    requirements: requirement === null ? [] : [requirement],
    details: [
      { kind: 'row', name: 'first', text: describeVerdict(verdicts.a), tone: 'passed' },
      { kind: 'row', name: 'second', text: describeVerdict(verdicts.b), tone: 'failed' },
      ...pairs.flatMap(pairDetails),
    ],
    cause: { subject, expected: `${kind.where}: ${kind.a}`, actual: kind.b },
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
