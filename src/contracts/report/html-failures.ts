/** The failures of the HTML report, unfolded: rule, expectation, outcome, and the exchanges as curl commands. */
import { describeRule } from '../check-rule.js'
import { toCurl, type Exchange } from '../exchange.js'
import type { Finding } from '../expectation.js'
import type { CheckResult, Report } from '../report-model.js'
import { decisiveExchanges, describeOutcome } from './decisive.js'
import { escapeHtml } from './html-text.js'

const LONGEST_BODY = 4000

/** Renders what failed; known failures are folded, waived ones left to the table. */
export function renderFailures(report: Report): string {
  const failed = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
  if (failed.length === 0) return ''
  return `<section><h2>Failures <small>${failed.length}</small></h2>${failed.map(renderFailure).join('')}</section>`
}

function renderFailure(result: CheckResult): string {
  const { id, title, severity, isKnown, verdict } = result
  const known = isKnown ? ' <span class="badge waived">known</span>' : ''
  const findings = verdict.kind === 'failed' ? verdict.findings.map((each) => renderFinding(each, result)) : []
  const error =
    verdict.kind === 'error' ? `<dl><dt>error</dt><dd class="failed">${escapeHtml(verdict.message)}</dd></dl>` : ''
  return (
    `<details class="failure"${isKnown ? '' : ' open'} id="${escapeHtml(id)}">` +
    `<summary><code>${escapeHtml(id)}</code> ${escapeHtml(title)} <span class="badge">${severity}</span>${known}</summary>` +
    `<dl><dt>rule</dt><dd>${escapeHtml(describeRule(result.rule))}</dd></dl>${error}${findings.join('')}</details>`
  )
}

function renderFinding(finding: Finding, result: CheckResult): string {
  const { expected, actual, pointer } = finding
  const spec = pointer === null ? '' : `<dt>spec</dt><dd><code>${escapeHtml(pointer)}</code></dd>`
  return (
    `<dl><dt>expected</dt><dd class="passed">${escapeHtml(expected)}</dd>` +
    `<dt>got</dt><dd class="failed">${escapeHtml(actual)}</dd>${spec}</dl>${decisiveExchanges(finding, result)
      .map(renderExchange)
      .join('')}${renderScript(finding.script)}`
  )
}

function renderScript(script: string | undefined): string {
  if (script === undefined) return ''
  return (
    '<div class="exchange"><details open><summary>as a script, to save and run with bash</summary>' +
    `<pre class="script">${escapeHtml(script)}</pre></details></div>`
  )
}

function renderExchange(exchange: Exchange): string {
  const headers = Object.entries(exchange.responseHeaders).map(([name, value]) => `${name}: ${value}`)
  const body = exchange.responseBody.slice(0, LONGEST_BODY)
  const answer = [`${exchange.status ?? exchange.failure ?? ''}`, ...headers, '', body].join('\n').trimEnd()
  return (
    `<div class="exchange"><pre class="curl">${escapeHtml(toCurl(exchange))}</pre>` +
    `<details><summary>${escapeHtml(describeOutcome(exchange))}</summary><pre>${escapeHtml(answer)}</pre></details></div>`
  )
}
