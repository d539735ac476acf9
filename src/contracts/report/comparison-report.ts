/**
 * How two targets differ: for a terminal, grouped by what differs, the most frequent first; and all of it as one HTML page,
 * every check with its calls side by side.
 */
import { printable, escapeMarkup } from '../../kernel/printable.js'
import {
  type Comparison,
  type Difference,
  type DifferingCheck,
  type ExchangePair,
  kindOf,
} from '../check/comparison.js'
import { type Exchange, toCurl } from '../target/recorded-exchange.js'
import type { Paint } from './pretty-reporter.js'
import type { Verdict } from '../check/report-model.js'
import { describeOutcome } from './failure-causes.js'
import { renderPage, style } from './html-reporter.js'
import { breakable } from './html-tables.js'

/** Checks that differ in the same way. */
export interface DifferenceGroup {
  /** The operation, or the method and path of a call to none; null where no call, or calls of several show it. */
  readonly operation: string | null
  readonly difference: Difference
  readonly checks: readonly DifferingCheck[]
}

/** Checks by the first thing that differs, those of most checks first. */
export function groupDifferences({ differing }: Comparison): DifferenceGroup[] {
  const groups = new Map<string, DifferenceGroup & { checks: DifferingCheck[] }>()
  for (const check of differing) {
    const [pair] = check.pairs
    const { verdicts } = check
    const difference = pair?.differences[0] ?? { where: 'verdict', a: verdicts.a.kind, b: verdicts.b.kind }
    const operation = nameOf(pair?.a ?? pair?.b ?? null)
    const kind = kindOf(difference)
    // A header is no operation's own.
    const isShared = kind.where.startsWith('header ')
    const key = JSON.stringify([isShared ? null : operation, kind.where, kind.a, kind.b])
    const known = groups.get(key)
    const isOfOne = known === undefined || known.operation === operation
    const checks: DifferingCheck[] = known?.checks ?? []
    checks.push(check)
    groups.set(key, { operation: isOfOne ? operation : null, difference: kind, checks })
  }
  return [...groups.values()].toSorted((a, b) => b.checks.length - a.checks.length)
}

function nameOf(exchange: Exchange | null): string | null {
  if (exchange === null) return null
  const { operation, method, url } = exchange
  return operation ?? `${method} ${(url.split(/[?#]/)[0] ?? '').replace(/^\w+:\/\/[^/]*/, '').replaceAll(UUID, '{id}')}`
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

const MOST_GROUPS = 12
const MOST_SAMPLES = 2

/** What differs, as text for a terminal. */
export function renderComparison(comparison: Comparison, paint: Paint, folder: string | undefined): string {
  const groups = groupDifferences(comparison)
  const shown = groups.slice(0, MOST_GROUPS).flatMap((group) => renderGroup(group, paint))
  const left = groups.slice(MOST_GROUPS)
  const where = folder === undefined ? '--out DIR writes all of them' : `all of them are in ${folder}/compare.html`
  const more = left.length === 0 ? [] : [`and ${left.length} more kinds of differences: ${where}`, '']
  return `${[...shown, ...more, ...notCompared(comparison, paint), renderEnd(comparison, paint)].join('\n')}\n`
}

function renderGroup({ operation, difference, checks }: DifferenceGroup, paint: Paint): string[] {
  const { where, a, b } = difference
  const count = checks.length === 1 ? '1 check' : `${checks.length} checks`
  const more = checks.length > MOST_SAMPLES ? [paint.dim(`    and ${checks.length - MOST_SAMPLES} more`)] : []
  return [
    `${paint.red('≠')} ${paint.bold(operation === null ? (where === 'verdict' ? 'verdicts' : 'several operations') : printable(operation))}  ${count}`,
    `    ${paint.dim(printable(where))}  ${paint.green(printable(a))}  ${paint.dim('and')}  ${paint.red(printable(b))}`,
    ...checks.slice(0, MOST_SAMPLES).flatMap((check) => renderSample(check, paint)),
    ...more,
    '',
  ]
}

function renderSample({ id, requirement, title, pairs }: DifferingCheck, paint: Paint): string[] {
  const exchange = pairs[0]?.b ?? pairs[0]?.a
  const command = exchange === undefined || exchange === null ? [] : [`      ${paint.cyan('$')} ${toCurl(exchange)}`]
  return [`    ${id}${requirement === null ? '' : ` (${requirement})`}  ${title}`, ...command]
}

function notCompared(comparison: Comparison, paint: Paint): string[] {
  const reasons = Object.entries(comparison.notCompared).toSorted(([, a], [, b]) => b.length - a.length)
  if (reasons.length === 0) return []
  const lines = reasons.slice(0, 8).map(([reason, ids]) => `  ${ids.length} ${printable(reason)}`)
  return [paint.yellow('not compared'), ...lines, '']
}

function renderEnd(comparison: Comparison, paint: Paint): string {
  const { a, b, exitCode } = comparison
  const text = describeCounts(comparison)
  const early = [a, b].find(({ aborted }) => aborted !== null)
  if (early !== undefined) return `${paint.red('ended early')}: ${printable(early.aborted ?? '')}; ${text}`
  return exitCode === 0 ? `${paint.green('✓ no difference')}: ${text}` : `${paint.red('✗ they differ')}: ${text}`
}

/** The figures of a comparison in words. */
function describeCounts({ a, alike, byVerdict, differing, notCompared: left }: Comparison): string {
  const leftOut = Object.values(left).reduce((sum, ids) => sum + ids.length, 0)
  const parts = [
    `${differing.length} checks differ`,
    `${alike.length} went alike (${byVerdict.length} of them compared by their verdicts alone)`,
    ...(leftOut === 0 ? [] : [`${leftOut} not compared`]),
  ]
  return `${parts.join(', ')}; seed ${a.seed}`
}

const STYLE = `${style}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:10px}.sides h4{margin:4px 0;font-size:13px;font-weight:500;color:var(--muted)}
.checks th{vertical-align:bottom}.one{color:var(--green);overflow-wrap:anywhere}.other{color:var(--red);overflow-wrap:anywhere}
@media (max-width:960px){.sides{grid-template-columns:1fr}}
`

export function renderComparisonHtml(comparison: Comparison): string {
  const { a, b, differing, exitCode } = comparison
  const title = `Compared: ${a.target.url} and ${b.target.url}`
  const state = exitCode === 0 ? 'passed' : 'failed'
  const outcome = exitCode === 0 ? 'no difference' : exitCode === 1 ? 'they differ' : 'ended early'
  const head =
    `<h1><span class="outcome ${state}">${outcome}</span><code class="one">${escapeMarkup(a.target.url)}</code> and ` +
    `<code class="other">${escapeMarkup(b.target.url)}</code></h1>` +
    `<p class="muted">${escapeMarkup(`${a.startedAt.slice(0, 19).replace('T', ' ')} UTC · ${describeCounts(comparison)} · opik-runner-kit ${a.kitVersion}`)}</p>` +
    '<p class="muted">Ids, times, names of the run, addresses and the words of errors are not compared.</p>'
  const body = [head, renderGroups(comparison), renderDiffering(differing), renderLeft(comparison)]
  return renderPage(title, STYLE, body)
}

function renderGroups(comparison: Comparison): string {
  const rows = groupDifferences(comparison).map(({ operation, difference: { where, a, b }, checks }) => {
    const [first] = checks
    const link =
      first === undefined ? '' : `<a href="#${escapeMarkup(first.id)}"><code>${breakable(first.id)}</code></a>`
    return (
      `<tr><td class="number">${checks.length}</td><td><code>${escapeMarkup(operation ?? '')}</code></td><td>${escapeMarkup(where)}</td>` +
      `<td class="one">${escapeMarkup(a)}</td><td class="other">${escapeMarkup(b)}</td><td>${link}</td></tr>`
    )
  })
  if (rows.length === 0) return ''
  const head = ['checks', 'operation', 'where', 'the first', 'the second', 'such as'].map((name) => `<th>${name}</th>`)
  return (
    `<section><h2>What differs</h2><table class="checks causes"><thead><tr>${head.join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></section>`
  )
}

function renderDiffering(differing: readonly DifferingCheck[]): string {
  if (differing.length === 0) return ''
  return `<section><h2>Checks that differ <small>${differing.length}</small></h2>${differing.map(renderCheck).join('')}</section>`
}

function renderCheck({ id, requirement, title, verdicts, pairs }: DifferingCheck): string {
  const name = requirement === null ? '' : ` <span class="badge">${escapeMarkup(requirement)}</span>`
  return (
    `<details class="failure" open id="${escapeMarkup(id)}"><summary><code>${escapeMarkup(id)}</code>${name} ` +
    `${escapeMarkup(title)}</summary><p>${badge(verdicts.a)} and ${badge(verdicts.b)}</p>` +
    `${verdictLine(verdicts.a)}${verdictLine(verdicts.b)}${pairs.map(renderPair).join('')}</details>`
  )
}

function badge({ kind }: Verdict): string {
  return `<span class="badge ${kind}">${kind}</span>`
}

function verdictLine(verdict: Verdict): string {
  if (verdict.kind === 'error') return `<p>${escapeMarkup(verdict.message)}</p>`
  const [finding] = verdict.kind === 'failed' ? verdict.findings : []
  return finding === undefined
    ? ''
    : `<p>expected ${escapeMarkup(finding.expected)}; got ${escapeMarkup(finding.actual)}</p>`
}

function renderPair({ a, b, differences }: ExchangePair): string {
  const exchange = a ?? b
  const rows = differences.map(
    (each) =>
      `<tr><td>${escapeMarkup(each.where)}</td><td class="one">${escapeMarkup(each.a)}</td>` +
      `<td class="other">${escapeMarkup(each.b)}</td></tr>`,
  )
  return (
    `<div class="exchange">${exchange === null ? '' : `<pre class="curl">${escapeMarkup(toCurl(exchange))}</pre>`}` +
    `<table class="checks"><tbody>${rows.join('')}</tbody></table>` +
    `<details><summary>both answers</summary><div class="sides">${renderAnswer('the first', a)}${renderAnswer('the second', b)}</div></details></div>`
  )
}

function renderAnswer(name: string, exchange: Exchange | null): string {
  if (exchange === null) return `<div><h4>${name}: not called</h4></div>`
  const headers = Object.entries(exchange.responseHeaders).map(([header, value]) => `${header}: ${value}`)
  const answer = [...headers, '', exchange.responseBody].join('\n').trim()
  return `<div><h4>${name}: ${escapeMarkup(describeOutcome(exchange))}</h4><pre>${escapeMarkup(answer)}</pre></div>`
}

function renderLeft({ notCompared, byVerdict }: Comparison): string {
  const rows = Object.entries(notCompared).map(
    ([reason, ids]) =>
      `<details class="area"><summary>${escapeMarkup(reason)} <small>${ids.length}</small></summary><p>${codes(ids)}</p></details>`,
  )
  const loose =
    byVerdict.length === 0
      ? ''
      : `<details class="area"><summary>compared by their verdicts alone: races, time, and checks of many calls <small>${byVerdict.length}</small></summary><p>${codes(byVerdict)}</p></details>`
  if (rows.length === 0 && loose === '') return ''
  return `<section><h2>Not compared</h2>${rows.join('')}${loose}</section>`
}

function codes(ids: readonly string[]): string {
  return ids.map((id) => `<code>${breakable(id)}</code>`).join(', ')
}
