/** The report as one HTML file, with no other file beside it: outcome, tables, and the failures unfolded. */
import { escapeMarkup } from '../../kernel/printable.js'
import type { Report, CheckResult } from '../check/report-model.js'
import { renderAccidents, renderChecks, renderLifecycle, renderMatrix, renderSuites, breakable } from './html-tables.js'
import { describeMissing, describePlace, describeUnmet, printableReport } from './reporter.js'
import { toCurl, type Exchange } from '../target/recorded-exchange.js'
import {
  describeRequirement,
  describeOutcome,
  findCauses,
  type ProvenFinding,
  provenFindings,
} from './failure-causes.js'

const LIGHT = `--bg:#fff;--fg:#1b1f24;--muted:#59636e;--line:#d1d9e0;--card:#f6f8fa;--green:#1a7f37;--green-bg:#dafbe1;
--red:#cf222e;--red-bg:#ffebe9;--amber:#8a5d00;--amber-bg:#fff5c2;--grey:#616a74;--grey-bg:#eff2f5;--accent:#0969da;`
const DARK = `--bg:#0d1117;--fg:#e6edf3;--muted:#9198a1;--line:#30363d;--card:#151b23;--green:#3fb950;--green-bg:#12261e;
--red:#f85149;--red-bg:#2d1617;--amber:#d29922;--amber-bg:#272115;--grey:#8d96a0;--grey-bg:#1c222a;--accent:#4493f8;`

export const style = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 12px}h3{font-size:15px;margin:26px 0 2px}
h2 small,summary small{font-weight:400;color:var(--muted)}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.muted,small{color:var(--muted)}small{font-size:12.5px}
p{margin:0 0 8px}.scroll{overflow-x:auto;padding-bottom:4px}
.outcome{display:inline-block;padding:3px 12px;border-radius:99px;font-weight:600;margin-right:8px}
.outcome.passed,.badge.passed{background:var(--green-bg);color:var(--green)}
.outcome.failed,.badge.failed,.badge.error{background:var(--red-bg);color:var(--red)}
.badge{display:inline-block;padding:0 8px;border-radius:99px;font-size:12px;background:var(--grey-bg);color:var(--muted);white-space:nowrap}
.badge.waived{background:var(--amber-bg);color:var(--amber)}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
.tile{border:1px solid var(--line);border-radius:10px;padding:10px 16px;min-width:104px;background:var(--card)}
.tile b{display:block;font-size:24px;line-height:1.2}
.tile.passed b,dd.passed{color:var(--green)}.tile.failed b,dd.failed{color:var(--red)}.tile.waived b{color:var(--amber)}
details.failure{border:1px solid var(--line);border-left:4px solid var(--red);border-radius:8px;padding:10px 14px;margin:0 0 12px;background:var(--card)}
summary{cursor:pointer}details.failure>summary code{font-weight:700;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:80px 1fr;gap:2px 12px;margin:10px 0 6px}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
pre{margin:6px 0;padding:8px 10px;background:var(--bg);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
.exchange{margin:6px 0 10px}
table{border-collapse:collapse}th{font-weight:500;text-align:left}
.matrix td,.pairs td{min-width:30px;height:26px;text-align:center;border:1px solid var(--line);font-size:12.5px}
.matrix thead td,.pairs thead td{border:0}
.matrix thead th{vertical-align:bottom;font-size:12.5px;padding:4px 6px;text-align:center}
.matrix thead th span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}
.matrix tbody th,.pairs tbody th{padding:0 12px 0 0;white-space:nowrap}
.matrix .total th,.matrix .total td{border-top:2px solid var(--fg);font-weight:600}
.pairs thead th{font-size:12px;font-weight:400;padding:4px 8px;text-align:center;max-width:110px}
td.passed{background:var(--green-bg);color:var(--green)}td.failed{background:var(--red-bg);color:var(--red);font-weight:700}
td.waived{background:var(--amber-bg);color:var(--amber)}td.not-seen{background:var(--grey-bg);color:var(--grey)}
.checks{width:100%}.checks th{padding:5px 10px 5px 0;color:var(--muted)}.causes{margin-bottom:18px}.causes .got{color:var(--red)}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}.checks td{padding:5px 10px 5px 0;border-top:1px solid var(--line);vertical-align:top}
.suites th,.suites td{padding:4px 18px 4px 0;border-bottom:1px solid var(--line)}.suites th{color:var(--muted)}.suites .number{text-align:right}
.checks .number{text-align:right;white-space:nowrap;color:var(--muted)}
details.area{border-bottom:1px solid var(--line);padding:6px 0}
.shares{display:flex;flex-wrap:wrap;gap:10px}.share{min-width:215px;flex:1;border:1px solid var(--line);border-radius:8px;padding:8px 12px}
.share p{display:flex;justify-content:space-between;gap:10px;flex-wrap:wrap;margin:0}.bar{display:block;height:5px;border-radius:3px;background:var(--grey-bg);margin-top:6px}
.bar i{display:block;height:5px;border-radius:3px;background:var(--green)}
.legend{margin:14px 0 0;font-size:13px}.legend span{margin-right:16px}
.legend .passed{color:var(--green)}.legend .failed{color:var(--red)}.legend .not-seen{color:var(--grey)}
.diagram{display:block;margin:8px 0;font:11.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;max-width:100%;height:auto}
.diagram text{text-anchor:middle;fill:var(--fg)}
.diagram text.passed{fill:var(--green)}.diagram text.failed{fill:var(--red);font-weight:700}.diagram text.not-seen{fill:var(--grey)}
.diagram .label{fill:var(--bg)}
.move{fill:none;stroke-width:1.6}.move.passed{stroke:var(--green)}.move.failed{stroke:var(--red);stroke-width:2.4}
.move.not-seen{stroke:var(--grey);stroke-dasharray:4 4}
.head.passed{fill:var(--green)}.head.failed{fill:var(--red)}.head.not-seen{fill:var(--grey)}
.state rect{fill:var(--card);stroke:var(--green);stroke-width:1.6}.state.not-seen rect{stroke:var(--grey);stroke-dasharray:4 4}
.state text{font-size:13px;font-weight:600}
.outside{fill:var(--fg)}.outside.ring{fill:none;stroke:var(--fg);stroke-width:1.6}
@media (max-width:960px){
main{padding:18px 14px 40px}dl{grid-template-columns:66px 1fr}
.checks,.checks tbody,.checks tr,.checks td{display:block}.checks thead{display:none}
.checks tr{padding:8px 0;border-top:1px solid var(--line)}.checks td{border:0;padding:1px 0;overflow-wrap:anywhere}
.checks .number{text-align:left}
}
@media print{details.failure{break-inside:avoid}}
`

export function renderHtml(told: Report): string {
  const report = printableReport(told)
  const title = `Contract checks: ${report.target.url}`
  const body = [
    renderHead(report),
    renderSuites(report),
    renderFailures(report),
    renderAccidents(report),
    renderMatrix(report),
    renderLifecycle(report.lifecycle),
    renderChecks(report),
  ]
  return renderPage(title, style, body)
}

/** A page that needs no other file. */
export function renderPage(title: string, css: string, body: readonly string[]): string {
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width,initial-scale=1">' +
    `<title>${escapeMarkup(title)}</title><style>${css}</style></head>\n<body><main>${body.join('\n')}</main></body></html>\n`
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
  const early = aborted === null ? '' : `<p class="muted">${escapeMarkup(aborted)}</p>`
  const state = exitCode === 0 ? 'passed' : 'failed'
  return (
    `<h1><span class="outcome ${state}">${outcome}</span><code>${escapeMarkup(target.url)}</code></h1>` +
    `<p class="muted">${facts.map(escapeMarkup).join(' · ')}</p>${early}${renderTiles(report)}${renderNotices(report)}`
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

function renderNotices(report: Report): string {
  const { missing, waivers, fixed, worse } = report
  const notices = [
    ...missing.map((each) => `${describeMissing(each)}: ${describePlace(each)}`),
    ...describeUnmet(report).map((line) => `required and not run: ${line}`),
    ...waivers.map(({ message }) => message),
    ...fixed.map((id) => `better: ${id} passes; it can leave the baseline.`),
    ...worse.map((id) => `worse: ${id} fails, and did not in the baseline.`),
  ]
  return notices.map((message) => `<p><span class="badge waived">notice</span> ${escapeMarkup(message)}</p>`).join('')
}

const LONGEST_BODY = 4000

/** Renders what failed; known failures are folded, waived ones left to the table. */
function renderFailures(report: Report): string {
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
