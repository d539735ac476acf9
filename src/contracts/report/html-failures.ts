/** The failures of the HTML report, unfolded: rule, expectation, outcome, and the exchanges as curl commands. */
import { escapeMarkup } from '../../kernel/printable.js'
import { toCurl, type Exchange } from '../target/recorded-exchange.js'
import type { CheckResult, Report } from '../check/report-model.js'
import {
  describeRequirement,
  describeOutcome,
  findCauses,
  type ProvenFinding,
  provenFindings,
} from './failure-causes.js'
import { breakable } from './html-tables.js'

const LONGEST_BODY = 4000

/** Renders what failed; known failures are folded, waived ones left to the table. */
export function renderFailures(report: Report): string {
  const failed = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
  if (failed.length === 0) return ''
  const title = `<h2>Failures <small>${failed.length}</small></h2>`
  return `<section>${title}${renderCauses(report)}${failed.map(renderFailure).join('')}</section>`
}

function renderCauses({ results }: Report): string {
  const rows = findCauses(results).map(
    ({ operation, expected, actual, checks }) =>
      `<tr><td class="number">${checks.length} checks</td><td><code>${operation ?? ''}</code></td>` +
      `<td>${escapeMarkup(expected)}</td>` +
      `<td class="got">${escapeMarkup(actual)}</td><td>${linkTo(checks[0] ?? '')}</td></tr>`,
  )
  if (rows.length === 0) return ''
  const head = '<tr><th></th><th>operation</th><th>expected</th><th>got</th><th>such as</th></tr>'
  return `<table class="checks causes"><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>`
}

function linkTo(id: string): string {
  return `<a href="#${escapeMarkup(id)}"><code>${breakable(id)}</code></a>`
}

function renderFailure(result: CheckResult): string {
  const { id, title, severity, isKnown, verdict } = result
  const known = isKnown ? ' <span class="badge waived">known</span>' : ''
  const findings = provenFindings(result).map(renderFinding)
  const error =
    verdict.kind === 'error' ? `<dl><dt>error</dt><dd class="failed">${escapeMarkup(verdict.message)}</dd></dl>` : ''
  return (
    `<details class="failure"${isKnown ? '' : ' open'} id="${escapeMarkup(id)}">` +
    `<summary><code>${escapeMarkup(id)}</code> ${escapeMarkup(title)} <span class="badge">${severity}</span>${known}</summary>` +
    `<dl><dt>rule</dt><dd>${escapeMarkup(describeRequirement(result))}</dd></dl>${error}${findings.join('')}</details>`
  )
}

function renderFinding({ finding, exchanges }: ProvenFinding): string {
  const { expected, actual, pointer } = finding
  const shown = exchanges.map((exchange, at) => renderExchange(exchange, at === exchanges.length - 1))
  const spec = pointer === null ? '' : `<dt>spec</dt><dd><code>${escapeMarkup(pointer)}</code></dd>`
  return (
    `<dl><dt>expected</dt><dd class="passed">${escapeMarkup(expected)}</dd>` +
    `<dt>got</dt><dd class="failed">${escapeMarkup(actual)}</dd>${spec}</dl>${shown.join('')}${renderScript(finding.script)}`
  )
}

function renderScript(script: string | undefined): string {
  if (script === undefined) return ''
  return (
    '<div class="exchange"><details open><summary>as a script, to save and run with bash</summary>' +
    `<pre class="script">${escapeMarkup(script)}</pre></details></div>`
  )
}

/** Headers that say nothing about the API. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding'])

function renderExchange(exchange: Exchange, isDecisive: boolean): string {
  const telling = Object.entries(exchange.responseHeaders).filter(([name]) => !OF_THE_CONNECTION.has(name))
  const headers = telling.map(([name, value]) => `${name}: ${value}`)
  const body = exchange.responseBody.slice(0, LONGEST_BODY)
  const answer = [`${exchange.status ?? exchange.failure ?? ''}`, ...headers, '', body].join('\n').trimEnd()
  return (
    `<div class="exchange"><pre class="curl">${escapeMarkup(toCurl(exchange))}</pre>` +
    `<details${isDecisive ? ' open' : ''}><summary>${escapeMarkup(describeOutcome(exchange))}</summary><pre>${escapeMarkup(answer)}</pre></details></div>`
  )
}
