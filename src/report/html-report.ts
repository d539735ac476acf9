/** Reports as one HTML file that needs no other: the outcome, causes, failures with the first one open, then the tables. */
import { groupBy } from '../kernel/group-by.js'
import { escapeMarkup } from '../kernel/printable.js'
import { style } from './html-style.js'
import {
  count,
  describeRule,
  detailsOf,
  failuresFirst,
  findSharedCauses,
  isFailure,
  type Cell,
  type Detail,
  type ReportCase,
  type ReportDocument,
  type ReportList,
  type ReportTable,
} from './report-document.js'
import { toneOf } from './text-report.js'

export function renderHtml(document: ReportDocument, sections: readonly string[] = []): string {
  const { title, subject, cases, lists, tables } = document
  const body = [
    renderHead(document),
    renderFailures(cases),
    ...lists.filter(({ isUrgent }) => isUrgent !== true).map(renderList),
    ...tables.slice(0, 1).map((table) => renderSection(`By ${table.title}`, renderTable(table, 'counts'))),
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
export function renderHead({
  title,
  subject,
  outcome,
  facts,
  figures,
  cases,
  lists,
  startedAt,
}: ReportDocument): string {
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
    ([first, ...cells]) => `<tr><th scope="row">${contentOf(first)}</th>${cells.map(cellAsHtml).join('')}</tr>`,
  )
  return (
    `<div class="scroll"><table class="${name}"><thead><tr><td></td>${head}</tr></thead>` +
    `<tbody>${lines.join('')}</tbody></table></div>`
  )
}

function cellAsHtml(cell: Cell): string {
  if (typeof cell === 'string') return `<td>${escapeMarkup(cell)}</td>`
  const title = cell.title === undefined ? '' : ` title="${escapeMarkup(cell.title)}"`
  return `<td${cell.tone === undefined ? '' : ` class="${cell.tone}"`}${title}>${escapeMarkup(cell.text)}</td>`
}

function contentOf(cell: Cell | undefined): string {
  return breakable(typeof cell === 'string' ? cell : (cell?.text ?? ''))
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
    case 'script':
      return (
        '<div class="exchange"><details><summary>as a script, to save and run with bash</summary>' +
        `<pre class="script">${escapeMarkup(detail.text)}</pre></details></div>`
      )
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
export function breakable(text: string): string {
  return escapeMarkup(text).replaceAll(/([/_.-])/g, '$1<wbr>')
}
