/** How two targets differ, as one HTML page: what differs how often, then every check with its calls side by side. */
import { escapeMarkup } from '../../kernel/printable.js'
import type { Comparison, DifferingCheck, ExchangePair } from '../check/comparison.js'
import type { Verdict } from '../check/report-model.js'
import { type Exchange, toCurl } from '../target/recorded-exchange.js'
import { describeCounts, groupDifferences } from './comparison-text.js'
import { describeOutcome } from './failure-causes.js'
import { renderPage, style } from './html-reporter.js'
import { breakable } from './html-tables.js'

const STYLE = `${style}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:10px}.sides h4{margin:4px 0;font-size:13px;font-weight:500;color:var(--muted)}
.checks th{vertical-align:bottom}.one{color:var(--green);overflow-wrap:anywhere}.other{color:var(--red);overflow-wrap:anywhere}
@media (max-width:960px){.sides{grid-template-columns:1fr}}
`

/** Renders a comparison as HTML. */
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
