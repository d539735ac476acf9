/** Reports as one HTML file that needs no other: the outcome, causes, failures with the first one open, then the tables. */
import { groupBy } from '../kernel/group-by.js'
import { escapeMarkup } from '../kernel/printable.js'
import { count, describeRule, detailsOf, failuresFirst, findSharedCauses, isFailure } from './report-document.js'
import type { Cell, Detail, ReportCase, ReportDocument, ReportList, ReportTable } from './report-document.js'
import { textOf, toneOf } from './text-report.js'

export function renderHtml(document: ReportDocument, sections: readonly string[] = []): string {
  const { title, subject, cases, lists, tables } = document
  const body = [
    renderHead(document),
    renderFailures(cases),
    ...lists.filter(({ isUrgent }) => isUrgent !== true).map(renderList),
    ...tables.map((table) => renderSection(`By ${table.title}`, renderTable(table, 'counts'))),
    ...sections,
    renderCases(cases),
  ]
  return (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width,initial-scale=1">' +
    `<title>${escapeMarkup(`${title}: ${subject}`)}</title><style>${style}</style></head>\n` +
    `<body><main>${body.join('\n')}</main></body></html>\n`
  )
}

/** What stands first on a page: outcome, figures, and what is urgent. */
export function renderHead(document: ReportDocument): string {
  const { title, subject, outcome, facts, figures, cases, lists, startedAt } = document
  const when = startedAt === undefined ? [] : [`${startedAt.slice(0, 19).replace('T', ' ')} UTC`]
  const lines = Object.entries(figures).map(([name, text]) => `<p class="muted">${name}: ${escapeMarkup(text)}</p>`)
  const urgent = lists.filter(({ isUrgent }) => isUrgent === true)
  const tiles = [...groupBy(cases, ({ label }) => label)].map(([label, own]) => {
    const [most] = failuresFirst(own)
    return `<div class="tile ${most === undefined ? '' : toneOf(most)}"><b>${own.length}</b> ${escapeMarkup(label)}</div>`
  })
  return (
    `<h1><span class="outcome ${outcome.isGood ? 'passed' : 'failed'}">${escapeMarkup(outcome.word)}</span> ` +
    `<code>${escapeMarkup(subject)}</code></h1>` +
    `<p class="muted">${[title, ...when, ...facts].map(escapeMarkup).join(' · ')}</p><p>${escapeMarkup(outcome.text)}</p>` +
    `${lines.join('')}<div class="tiles">${tiles.join('')}</div>${urgent.map(renderList).join('')}`
  )
}

export function renderSection(title: string, content: string, note = ''): string {
  return `<section><h2>${escapeMarkup(title)}${note === '' ? '' : ` <small>${note}</small>`}</h2>${content}</section>`
}

export function renderList({ title, items, isUrgent, annotation }: ReportList): string {
  const lines = items.map(({ text, ids = [], more = [] }) => {
    const below = more.length === 0 ? '' : `<pre>${more.map(escapeMarkup).join('\n')}</pre>`
    const names = ids.length === 0 ? '' : ` <small>${ids.map(escapeMarkup).join(', ')}</small>`
    return `<li>${escapeMarkup(text)}${names}${below}</li>`
  })
  return (
    `<details class="area"${isUrgent === true || annotation === 'error' ? ' open' : ''}><summary>${escapeMarkup(title)} ` +
    `<small>${items.length}</small></summary><ul>${lines.join('')}</ul></details>`
  )
}

export function renderTable({ columns, rows }: ReportTable, name: string): string {
  const head = columns.map((column) => `<th scope="col"><span>${breakable(column)}</span></th>`).join('')
  const lines = rows.map(
    ([first, ...cells]) => `<tr><th scope="row">${breakable(textOf(first))}</th>${cells.map(cellAsHtml).join('')}</tr>`,
  )
  return (
    `<div class="scroll"><table class="${name}"><thead><tr><td></td>${head}</tr></thead>` +
    `<tbody>${lines.join('')}</tbody></table></div>`
  )
}

function cellAsHtml(cell: Cell): string {
  if (typeof cell === 'string') return `<td>${escapeMarkup(cell)}</td>`
  return `<td${cell.tone === undefined ? '' : ` class="${cell.tone}"`}>${escapeMarkup(cell.text)}</td>`
}

/** Causes, then each case with its details; the first failure is open. */
function renderFailures(cases: readonly ReportCase[]): string {
  const shown = [...cases.filter(isFailure), ...cases.filter((each) => !isFailure(each) && each.details.length > 0)]
  if (shown.length === 0) return ''
  const seen = new Set<string>()
  const blocks = shown.map((each, at) => {
    const isFirst = !seen.has(each.id)
    seen.add(each.id)
    return renderFailure(
      each,
      `${isFirst ? ` id="${escapeMarkup(each.id)}"` : ''}${at === 0 && isFailure(each) ? ' open' : ''}`,
    )
  })
  return renderSection('Failures', `${renderCauses(cases)}${blocks.join('')}`, String(cases.filter(isFailure).length))
}

export function renderCauses(cases: readonly ReportCase[]): string {
  const rows = findSharedCauses(cases).map(
    ({ subject, expected, actual, cases: own }) =>
      `<tr><td class="number">${count(own.length, 'failure')}</td><td><code>${escapeMarkup(subject ?? '')}</code></td>` +
      `<td>${escapeMarkup(expected)}</td><td class="got">${escapeMarkup(actual)}</td><td>${linkTo(own[0] ?? '')}</td></tr>`,
  )
  if (rows.length === 0) return ''
  const head = '<tr><th></th><th>of</th><th>expected</th><th>got</th><th>such as</th></tr>'
  return `<table class="checks causes"><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>`
}

function linkTo(id: string): string {
  return `<a href="#${escapeMarkup(id)}"><code>${breakable(id)}</code></a>`
}

export function renderFailure(each: ReportCase, attributes = ''): string {
  const { id, title, group, severity, label, reason } = each
  const isBad = isFailure(each)
  const details = detailsOf(each)
  const why = reason === undefined ? '' : `<p>${escapeMarkup(reason)}</p>`
  const lastCall = details.findLastIndex(({ kind }) => kind === 'call')
  return (
    `<details class="failure${isBad ? '' : ' noted'}"${attributes}>` +
    `<summary><code>${escapeMarkup(id)}</code> ${escapeMarkup(title)} <span class="badge">${severity}</span> ` +
    `<span class="badge ${toneOf(each)}">${escapeMarkup(label)}</span> <small>${escapeMarkup(group)}</small></summary>` +
    `${why}${details.map((detail, at) => renderDetail(detail, at === lastCall)).join('')}</details>`
  )
}

const MAX_BODY = 4000

function renderDetail(detail: Detail, isDecisive = false): string {
  switch (detail.kind) {
    case 'row':
      return `<dl><dt>${detail.name}</dt><dd class="${detail.tone ?? ''}">${escapeMarkup(detail.text)}</dd></dl>`
    case 'line':
      return `<p class="line"><code>${escapeMarkup(detail.text)}</code></p>`
    case 'call': {
      const answer = [...detail.headers, '', detail.body.slice(0, MAX_BODY)].join('\n').trim()
      return (
        `<div class="exchange"><pre class="curl">${escapeMarkup(detail.command)}</pre><details${isDecisive ? ' open' : ''}>` +
        `<summary>${escapeMarkup(detail.outcome)}</summary><pre>${escapeMarkup(answer)}</pre></details></div>`
      )
    }
  }
}

function renderCases(cases: readonly ReportCase[]): string {
  const groups = [...groupBy(cases, ({ group }) => group)].map(([group, own]) => {
    const labels = [...groupBy(own, ({ label }) => label)].map(([label, { length }]) => `${length} ${label}`)
    return (
      `<details class="area"><summary><b>${escapeMarkup(group)}</b> <small>${escapeMarkup(labels.join(', '))}</small>` +
      `</summary><table class="checks"><tbody>${failuresFirst(own).map(renderCase).join('')}</tbody></table></details>`
    )
  })
  return groups.length === 0 ? '' : renderSection('All results', groups.join(''))
}

function renderCase(each: ReportCase): string {
  const { id, title, severity, label, reason, durationMs } = each
  const why = reason === undefined ? '' : `<br><small>${escapeMarkup(reason)}</small>`
  return (
    `<tr><td><span class="badge ${toneOf(each)}">${escapeMarkup(label)}</span></td>` +
    `<td><code>${breakable(id)}</code></td><td>${escapeMarkup(title)}${why}</td>` +
    `<td class="muted">${escapeMarkup(describeRule(each))}</td><td>${severity}</td>` +
    `<td class="number">${durationMs === undefined ? '' : `${durationMs} ms`}</td></tr>`
  )
}

/** Text for HTML, with a chance to break after separators of long names. */
function breakable(text: string): string {
  return escapeMarkup(text).replaceAll(/([/_.-])/g, '$1<wbr>')
}

const LIGHT = `--bg:#fff;--fg:#1b1f24;--muted:#59636e;--line:#d1d9e0;--card:#f6f8fa;--green:#1a7f37;--green-bg:#dafbe1;
--red:#cf222e;--red-bg:#ffebe9;--amber:#8a5d00;--amber-bg:#fff5c2;--grey:#616a74;--grey-bg:#eff2f5;--accent:#0969da;`
const DARK = `--bg:#0d1117;--fg:#e6edf3;--muted:#9198a1;--line:#30363d;--card:#151b23;--green:#3fb950;--green-bg:#12261e;
--red:#f85149;--red-bg:#2d1617;--amber:#d29922;--amber-bg:#272115;--grey:#8d96a0;--grey-bg:#1c222a;--accent:#4493f8;`

const style = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 12px}h3{font-size:15px;margin:26px 0 2px}
h1 code{overflow-wrap:anywhere}.line{margin:0}
h2 small,summary small{font-weight:400;color:var(--muted)}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.muted,small{color:var(--muted)}small{font-size:12.5px}
p{margin:0 0 8px}.scroll{overflow-x:auto;padding-bottom:4px}
.outcome{display:inline-block;padding:3px 12px;border-radius:99px;font-weight:600;margin-right:8px}
.outcome.passed,.badge.passed{background:var(--green-bg);color:var(--green)}
.outcome.failed,.badge.failed,.badge.error{background:var(--red-bg);color:var(--red)}
.badge{display:inline-block;padding:0 8px;border-radius:99px;font-size:12px;background:var(--grey-bg);color:var(--muted);white-space:nowrap}
.badge.noted{background:var(--amber-bg);color:var(--amber)}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
.tile{border:1px solid var(--line);border-radius:10px;padding:10px 16px;min-width:104px;background:var(--card)}
.tile b{display:block;font-size:24px;line-height:1.2}
.tile.passed b,dd.passed{color:var(--green)}.tile.failed b,dd.failed{color:var(--red)}.tile.noted b{color:var(--amber)}
details.failure{border:1px solid var(--line);border-left:4px solid var(--red);border-radius:8px;padding:10px 14px;margin:0 0 12px;background:var(--card)}
summary{cursor:pointer}details.failure>summary code{font-weight:700;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:80px 1fr;gap:0 12px;margin:3px 0}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
pre{margin:6px 0;padding:8px 10px;background:var(--bg);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
.exchange{margin:6px 0 10px}
table{border-collapse:collapse}th{font-weight:500;text-align:left}
.pairs td{min-width:30px;height:26px;text-align:center;border:1px solid var(--line);font-size:12.5px}
.pairs thead td{border:0}
.pairs tbody th{padding:0 12px 0 0;white-space:nowrap}
.pairs thead th{font-size:12px;font-weight:400;padding:4px 8px;text-align:center;max-width:110px}
td.passed{background:var(--green-bg);color:var(--green)}td.failed{background:var(--red-bg);color:var(--red);font-weight:700}
td.noted{background:var(--amber-bg);color:var(--amber)}td.not-seen{background:var(--grey-bg);color:var(--grey)}
.checks{width:100%}.checks th{padding:5px 10px 5px 0;color:var(--muted)}.causes{margin-bottom:18px}.causes .got{color:var(--red)}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}.checks td{padding:5px 10px 5px 0;border-top:1px solid var(--line);vertical-align:top}
.counts th,.counts td{padding:4px 18px 4px 0;border-bottom:1px solid var(--line)}.counts th{color:var(--muted)}.counts td{text-align:right;background:none}
.checks .number{text-align:right;white-space:nowrap;color:var(--muted)}
details.failure.noted{border-left-color:var(--amber)}
details.area{border-bottom:1px solid var(--line);padding:6px 0}ul{margin:4px 0;padding-left:20px}li{overflow-wrap:anywhere}
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
.state text{font-size:13px;font-weight:600}.state circle{fill:var(--green)}.state.not-seen circle{fill:var(--grey)}
.sequence>rect{fill:none}.sequence .lane{stroke:var(--line)}.sequence text{fill:var(--muted)}.sequence .words{fill:var(--fg)}
.sequence g path{stroke:var(--fg)}.sequence .bad path{stroke:var(--red)}.sequence .bad .words{fill:var(--red)}
@media (max-width:960px){
main{padding:18px 14px 40px}dl{grid-template-columns:66px 1fr}
.checks,.checks tbody,.checks tr,.checks td{display:block}.checks thead{display:none}
.checks tr{padding:8px 0;border-top:1px solid var(--line)}.checks td{border:0;padding:1px 0;overflow-wrap:anywhere}
.checks .number{text-align:left}
}
@media print{details.failure{break-inside:avoid}}
`
