/**
 * Tables of the HTML report: checks, operations, and the lifecycle as far as it was seen, with a drawing of each machine
 * whose parts have a class for how they went; colours come from the page's style.
 */
import { descriptions } from '../../generated/lifecycle-tables.js'
import { escapeMarkup } from '../../kernel/printable.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../check/lifecycle-coverage.js'
import { type CheckResult, operationsOf, type Report, type Totals, totalsOfResults } from '../check/report-model.js'
import { describeRequirement } from './failure-causes.js'
import { suiteTotals } from './reporter.js'
import {
  diagrams,
  lineHeight,
  type DiagramState,
  type LabelledDiagram,
  type LabelledMove,
} from '../../generated/lifecycle-diagrams.js'

/** Renders the suites: how their checks ended, and what one lacks that did not run whole. */
export function renderSuites(report: Report): string {
  const rows = suiteTotals(report).map(({ name, totals, why }) => {
    const cells = SUITE_COLUMNS.map(([column]) => `<td class="number">${totals[column] || '·'}</td>`)
    return `<tr><td><b>${name}</b></td>${cells.join('')}<td class="muted">${escapeMarkup(why)}</td></tr>`
  })
  const names = ['', ...SUITE_COLUMNS.map(([, word]) => word), ''].map((word) => `<th class="number">${word}</th>`)
  return (
    '<section><h2>Suites</h2><div class="scroll"><table class="suites">' +
    `<thead><tr>${names.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`
  )
}

const SUITE_COLUMNS = [
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['errors', 'errors'],
  ['unsteady', 'unsteady'],
  ['waived', 'waived'],
  ['notRun', 'not run'],
] as const

/** Renders operations by areas: how many checks of an area speak of an operation, and how they ended. */
export function renderMatrix(report: Report): string {
  const areas = Object.keys(report.areas)
  const head = areas.map((area) => `<th scope="col"><span>${breakable(area)}</span></th>`).join('')
  const rows = operationIds.map((operation) => renderRow(operation, areas, report.results))
  const totals = areas.map((area) => renderCell(report.areas[area])).join('')
  const foot = `<tr class="total"><th scope="row">all</th>${totals}${renderCell(report.totals)}</tr>`
  return (
    '<section><h2>Operations by areas</h2><div class="scroll"><table class="matrix">' +
    `<thead><tr><td></td>${head}<th scope="col"><span>all</span></th></tr></thead>` +
    `<tbody>${rows.join('')}${foot}</tbody></table></div></section>`
  )
}

function renderRow(operation: OperationId, areas: readonly string[], results: readonly CheckResult[]): string {
  const own = results.filter((result) => operationsOf(result).includes(operation))
  const cells = areas.map((area) => renderCell(totalsOfResults(own.filter((result) => result.area === area))))
  return `<tr><th scope="row"><code>${operation}</code></th>${cells.join('')}${renderCell(totalsOfResults(own))}</tr>`
}

function renderCell(totals: Totals | undefined): string {
  if (totals === undefined) return '<td></td>'
  const { passed, failed, unsteady, errors, waived, notRun } = totals
  const bad = failed + errors
  const title = `${passed} passed, ${bad} failed, ${unsteady} unsteady, ${waived} waived, ${notRun} not run`
  if (bad > 0) return `<td class="failed" title="${title}">${bad} ✗</td>`
  if (unsteady > 0) return `<td class="waived" title="${title}">${unsteady} ?</td>`
  if (waived > 0) return `<td class="waived" title="${title}">${waived} ~</td>`
  if (passed > 0) return `<td class="passed" title="${title}">${passed}</td>`
  return notRun > 0 ? `<td class="not-seen" title="${title}">·</td>` : '<td></td>'
}

const WORDS = {
  passed: 'passed',
  failed: 'failed',
  unsteady: 'unsteady',
  waived: 'waived',
  'not-run': 'not run',
  error: 'error',
} as const

/** Renders the accidents of today's servers that were seen, and who has seen them. */
export function renderAccidents({ accidents }: Report): string {
  if (accidents.length === 0) return ''
  const rows = accidents.map(
    ({ id, what, checks, operations }) =>
      `<tr><td><code>${id}</code></td><td>${escapeMarkup(what)}</td>` +
      `<td>${checks.map((each) => `<code>${breakable(each)}</code>`).join(', ')}</td>` +
      `<td>${operations.map((each) => `<code>${each}</code>`).join(', ')}</td></tr>`,
  )
  return (
    `<section><h2>Known accidents of today's server: ${accidents.length} seen</h2>` +
    `<table class="checks"><tbody>${rows.join('')}</tbody></table></section>`
  )
}

/** Renders every check, folded by area; areas with something to see are open. */
export function renderChecks(report: Report): string {
  const areas = Object.keys(report.areas).map((area) => {
    const own = report.results.filter((result) => result.area === area)
    const { passed, failed, unsteady, errors, waived, notRun } = totalsOfResults(own)
    const counts = [
      [passed, 'passed'],
      [failed + errors, 'failed'],
      [unsteady, 'unsteady'],
      [waived, 'waived'],
      [notRun, 'not run'],
    ] as const
    const summary = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
    const isOpen = failed + errors > 0 ? ' open' : ''
    return (
      `<details class="area"${isOpen}><summary><b>${escapeMarkup(area)}</b> <small>${summary.join(', ')}</small></summary>` +
      `<table class="checks"><tbody>${own.toSorted(failedFirst).map(renderCheck).join('')}</tbody></table></details>`
    )
  })
  return `<section><h2>Checks</h2>${areas.join('')}</section>`
}

function failedFirst(a: CheckResult, b: CheckResult): number {
  return Number(hasFailed(b)) - Number(hasFailed(a))
}

function hasFailed({ verdict }: CheckResult): boolean {
  return verdict.kind === 'failed' || verdict.kind === 'error'
}

function renderCheck(result: CheckResult): string {
  const { id, title, severity, verdict, durationMs } = result
  const why =
    verdict.kind === 'not-run' || verdict.kind === 'waived' ? `<br><small>${escapeMarkup(verdict.reason)}</small>` : ''
  return (
    `<tr><td><span class="badge ${verdict.kind}">${WORDS[verdict.kind]}</span></td>` +
    `<td><code>${breakable(id)}</code></td><td>${escapeMarkup(title)}${why}</td>` +
    `<td class="muted">${escapeMarkup(describeRequirement(result))}</td><td>${severity}</td><td class="number">${durationMs} ms</td></tr>`
  )
}

/** Renders all machines. */
export function renderLifecycle(lifecycle: LifecycleCoverage): string {
  const shares: readonly [string, Share][] = [
    ['states', lifecycle.states],
    ['transitions', lifecycle.transitions],
    ['timers', lifecycle.timers],
    ['state × operation', lifecycle.pairs],
  ]
  const summary = shares.map(([name, share]) => renderShare(name, share)).join('')
  const legend =
    '<p class="legend"><span class="passed">✓ exercised</span><span class="failed">✗ failed</span>' +
    '<span class="not-seen">· not seen</span></p>'
  return `<section><h2>Lifecycle</h2><div class="shares">${summary}</div>${legend}${lifecycle.machines.map(renderMachine).join('')}</section>`
}

function renderShare(name: string, { seen, total }: Share): string {
  const percent = total === 0 ? 100 : Math.floor((100 * seen) / total)
  return (
    `<div class="share"><p><span><b>${percent}%</b> ${escapeMarkup(name)}</span><small>${seen} of ${total}</small></p>` +
    `<span class="bar"><i style="width:${percent}%"></i></span></div>`
  )
}

function renderMachine(machine: MachineCoverage): string {
  const { title, description } = descriptions.machines[machine.machine]
  return (
    `<h3>${escapeMarkup(title)}</h3><p class="muted">${escapeMarkup(description)}</p>` +
    `<div class="scroll">${renderDiagram(machine, `${title}: states and moves`)}</div>` +
    `<details><summary>state × operation</summary><div class="scroll">${renderPairs(machine)}</div></details>`
  )
}

function renderPairs({ states, edges }: MachineCoverage): string {
  const operations = [...new Set(edges.filter(({ kind }) => kind === 'operation').map(({ on }) => on))]
  const head = operations.map((operation) => `<th scope="col">${breakable(operation)}</th>`).join('')
  const rows = states.map(({ name }) => {
    const cells = operations.map((on) =>
      renderLifecycleCell(edges.filter((edge) => edge.on === on && edge.from === name)),
    )
    return `<tr><th scope="row">${escapeMarkup(name)}</th>${cells.join('')}</tr>`
  })
  return `<table class="pairs"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** Several decisions of one pair differ in where they lead. */
function renderLifecycleCell(edges: readonly EdgeCoverage[]): string {
  if (edges.length === 0) return '<td></td>'
  const seen = edges.filter(({ outcome }) => outcome !== 'not-seen')
  if (edges.some(({ outcome }) => outcome === 'failed')) return '<td class="failed">✗</td>'
  if (seen.length === 0) return '<td class="not-seen">·</td>'
  return `<td class="passed">${seen.length === edges.length ? '✓' : `${seen.length}/${edges.length}`}</td>`
}

/** Text for HTML, with a chance to break after separators of long names. */
export function breakable(text: string): string {
  return escapeMarkup(text).replaceAll(/([/_.-])/g, '$1<wbr>')
}

type Outcome = EdgeCoverage['outcome']

const MARKS: Readonly<Record<Outcome, string>> = { passed: '✓', failed: '✗', 'not-seen': '·' }

/** What lies on top of what, where lines cross. */
const ORDER: readonly Outcome[] = ['not-seen', 'passed', 'failed']

/** Renders a machine; `title` is read to those who cannot see it. */
function renderDiagram(machine: MachineCoverage, title: string): string {
  const diagram: LabelledDiagram = diagrams[machine.machine]
  const moves = diagram.moves.map((move) => {
    const outcomes = move.triggers.map((on) => outcomeOf(machine, move, on))
    return { move, outcomes, worst: ORDER.findLast((outcome) => outcomes.includes(outcome)) ?? 'not-seen' }
  })
  const lines = moves
    .toSorted((a, b) => ORDER.indexOf(a.worst) - ORDER.indexOf(b.worst))
    .map(({ move, worst }) => renderLine(move, worst, machine.machine))
  const parts = [
    renderMarkers(machine.machine),
    ...lines,
    ...moves.map(({ move, outcomes }) => renderLabel(move, outcomes)),
    ...diagram.states.map((state) => renderState(state, isSeen(machine, state.name))),
  ]
  return svg(diagram, title, parts.join(''))
}

/** A diagram wider than the page shrinks so far, and is scrolled from there on. */
const READABLE = 0.8

function svg({ width, height }: LabelledDiagram, title: string, content: string): string {
  const size = `style="min-width:${Math.ceil(READABLE * width)}px" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg class="diagram" role="img" aria-label="${escapeMarkup(title)}" ${size}>${content}</svg>`
}

function outcomeOf({ edges }: MachineCoverage, { from, to }: LabelledMove, on: string): Outcome {
  return edges.find((edge) => edge.on === on && edge.from === from && edge.to === to)?.outcome ?? 'not-seen'
}

function isSeen({ states }: MachineCoverage, name: string): boolean {
  return states.some((state) => state.name === name && state.isSeen)
}

function renderMarkers(machine: string): string {
  const markers = ORDER.map(
    (outcome) =>
      `<marker id="${machine}-${outcome}" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto">` +
      `<path class="head ${outcome}" d="M0,0.5 L8,4 L0,7.5 z"/></marker>`,
  )
  return `<defs>${markers.join('')}</defs>`
}

function renderLine({ path }: LabelledMove, outcome: Outcome, machine: string): string {
  return `<path class="move ${outcome}" d="${path}" marker-end="url(#${machine}-${outcome})"/>`
}

function renderLabel({ label, triggers }: LabelledMove, outcomes: readonly Outcome[]): string {
  const words = triggers.map((on, row) => {
    const outcome = outcomes[row] ?? 'not-seen'
    const y = label.y + 14 + row * lineHeight
    return `<text class="${outcome}" x="${label.x + label.width / 2}" y="${y}">${MARKS[outcome]} ${escapeMarkup(on)}</text>`
  })
  return `<rect class="label" ${box(label)} rx="4"/>${words.join('')}`
}

function renderState(state: DiagramState, wasSeen: boolean): string {
  const { name, kind, x, y, width, height } = state
  const [middle, center] = [x + width / 2, y + height / 2]
  const dot = `<circle class="outside" cx="${middle}" cy="${center}" r="${kind === 'start' ? width / 2 : 5}"/>`
  if (kind === 'start') return dot
  if (kind === 'end') return `<rect class="outside ring" ${box(state)} rx="10"/>${dot}`
  const text = `<text x="${middle}" y="${center + 4.5}">${escapeMarkup(name)}</text>`
  return `<g class="state ${wasSeen ? 'passed' : 'not-seen'}"><rect ${box(state)} rx="9"/>${text}</g>`
}

function box({ x, y, width, height }: Pick<DiagramState, 'x' | 'y' | 'width' | 'height'>): string {
  return `x="${x}" y="${y}" width="${width}" height="${height}"`
}
