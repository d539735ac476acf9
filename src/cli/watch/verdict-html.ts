/** What `watch` has found, as one HTML page: each verdict with the exchanges that prove it, then the accidents. */
import { renderPage, style } from '../../contracts/report/html-reporter.js'
import { breakable } from '../../contracts/report/html-tables.js'
import { escapeMarkup } from '../../kernel/printable.js'
import {
  timesOf,
  type Shown,
  type ShownAccident,
  type ShownExchange,
  type ShownVerdict,
  type TrafficFrame,
} from './shown-verdict.js'

/**
 * Renders the page.
 * @param outcome what it comes to, in a line
 */
export function renderVerdictsHtml({ verdicts, accidents }: Shown, frame: TrafficFrame, outcome: string): string {
  const isBroken = verdicts.some(({ severity }) => severity === 'must')
  const title = 'Watched traffic'
  const state = isBroken ? 'failed' : 'passed'
  const head =
    `<h1><span class="outcome ${state}">${isBroken ? 'a must is broken' : 'no must is broken'}</span>${title}</h1>` +
    `<p class="muted">${escapeMarkup(outcome)}</p>`
  return renderPage(title, style, [head, renderVerdicts(verdicts, frame), renderAccidents(accidents, frame)])
}

function renderVerdicts(verdicts: readonly ShownVerdict[], frame: TrafficFrame): string {
  if (verdicts.length === 0) return ''
  const told = verdicts.map((verdict) => renderVerdict(verdict, frame))
  return `<section><h2>Verdicts <small>${verdicts.length}</small></h2>${told.join('')}</section>`
}

function renderVerdict({ rule, severity, side, requirements, ...verdict }: ShownVerdict, frame: TrafficFrame): string {
  const named = requirements.map((id) => ` <span class="badge">${escapeMarkup(id)}</span>`).join('')
  return (
    `<details class="failure" open><summary><code>${escapeMarkup(rule)}</code> by the ${side} ` +
    `<span class="badge${severity === 'must' ? ' failed' : ' waived'}">${severity}</span>${named}</summary>` +
    `<dl><dt>expected</dt><dd class="passed">${escapeMarkup(verdict.expected)}</dd>` +
    `<dt>got</dt><dd class="failed">${escapeMarkup(verdict.actual)}</dd></dl>` +
    `<table class="checks"><tbody>${verdict.story.map((line) => renderExchange(line, frame)).join('')}</tbody></table></details>`
  )
}

function renderExchange(exchange: ShownExchange, frame: TrafficFrame): string {
  const { recording, id, method, path, status } = exchange
  const place = `#${id}${frame.hasMany ? ` of ${escapeMarkup(recording)}` : ''}`
  // Of one that is too old to be remembered there are words alone.
  if (method === '') return row('', place, breakable(path), '', '')
  const { at, took } = timesOf(exchange, frame)
  return row(at, place, `${escapeMarkup(method)} ${breakable(path)}`, String(status ?? 'hung up'), took)
}

function row(at: string, place: string, call: string, status: string, took: string): string {
  return (
    `<tr><td class="number">${at}</td><td class="number">${place}</td><td><code>${call}</code></td>` +
    `<td>${status}</td><td class="number">${took}</td></tr>`
  )
}

function renderAccidents(accidents: readonly ShownAccident[], frame: TrafficFrame): string {
  if (accidents.length === 0) return ''
  const rows = accidents.map(
    ({ id, how, times, today, first }) =>
      `<h3><code>${escapeMarkup(id)}</code> <small>${how}${times === 1 ? '' : `, ${times} times`}</small></h3>` +
      `<p>${escapeMarkup(today)}</p><table class="checks"><tbody>${renderExchange(first, frame)}</tbody></table>`,
  )
  return `<section><h2>Accidents of today's server <small>${accidents.length}</small></h2>${rows.join('')}</section>`
}
