/** The report as one HTML file that needs nothing beside it. */
import type { Report } from '../check/report-model.js'
import { renderFailures } from './html-failures.js'
import { renderLifecycle } from './html-lifecycle.js'
import { style } from './html-style.js'
import { renderAccidents, renderChecks, renderMatrix } from './html-tables.js'
import { escapeHtml } from './html-text.js'

/** Renders a report as HTML. */
export function renderHtml(report: Report): string {
  const title = `Contract checks: ${report.target.url}`
  const body = [
    renderHead(report),
    renderFailures(report),
    renderAccidents(report),
    renderMatrix(report),
    renderLifecycle(report.lifecycle),
    renderChecks(report),
  ]
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width,initial-scale=1">' +
    `<title>${escapeHtml(title)}</title><style>${style}</style></head>\n<body><main>${body.join('\n')}</main></body></html>\n`
  )
}

function renderHead(report: Report): string {
  const { target, seed, startedAt, durationMs, requests, exitCode, aborted, kitVersion } = report
  const outcome = exitCode === 0 ? 'conforms' : exitCode === 1 ? 'does not conform' : 'ended early'
  const facts = [
    `${startedAt.slice(0, 19).replace('T', ' ')} UTC`,
    `${(durationMs / 1000).toFixed(1)} s`,
    `${requests} requests`,
    `seed ${seed}`,
    target.hasClock ? 'clock moved' : 'real time',
    `identities: ${target.identities.join(', ')}`,
    `opik-runner-kit ${kitVersion}`,
  ]
  const early = aborted === null ? '' : `<p class="muted">${escapeHtml(aborted)}</p>`
  const state = exitCode === 0 ? 'passed' : 'failed'
  return (
    `<h1><span class="outcome ${state}">${outcome}</span><code>${escapeHtml(target.url)}</code></h1>` +
    `<p class="muted">${facts.map(escapeHtml).join(' · ')}</p>${early}${renderTiles(report)}${renderNotices(report)}`
  )
}

function renderTiles({ totals }: Report): string {
  const tiles = [
    ['passed', 'passed', totals.passed],
    ['failed', 'failed', totals.failed],
    ['failed', 'errors', totals.errors],
    ['waived', 'unsteady', totals.unsteady],
    ['waived', 'waived', totals.waived],
    ['', 'not run', totals.notRun],
  ] as const
  const shown = tiles.filter(([, word, count]) => count > 0 || word === 'passed' || word === 'failed')
  const cells = shown.map(
    ([kind, word, count]) => `<div class="tile ${count > 0 ? kind : ''}"><b>${count}</b>${word}</div>`,
  )
  return `<div class="tiles">${cells.join('')}</div>`
}

function renderNotices({ waivers, fixed }: Report): string {
  const notices = [
    ...waivers.map(({ message }) => message),
    ...fixed.map((id) => `${id} passes; it can leave the baseline.`),
  ]
  return notices.map((message) => `<p><span class="badge waived">notice</span> ${escapeHtml(message)}</p>`).join('')
}
