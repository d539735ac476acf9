/**
 * What the page of verify has beside other pages: operations by areas, and the lifecycle as far as it was seen, with a
 * drawing of each machine whose parts have a class for how they went; colours come from the page's style.
 */
import { descriptions } from '../../generated/lifecycle-tables.js'
import { escapeMarkup } from '../../kernel/printable.js'
import { operationIds } from '../../kernel/operation.js'
import { renderSection, renderTable } from '../../report/html-report.js'
import type { Cell } from '../../report/report-document.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../check/lifecycle-coverage.js'
import { operationsOf, type Report, type Totals, totalsOfResults } from '../check/report-model.js'
import {
  diagrams,
  lineHeight,
  type DiagramState,
  type LabelledDiagram,
  type LabelledMove,
} from '../../generated/lifecycle-diagrams.js'

/** Renders operations by areas: how many checks of an area speak of an operation, and how they ended. */
export function renderMatrix(report: Report): string {
  const areas = Object.keys(report.areas)
  const rows = operationIds.flatMap((operation) => {
    const own = report.results.filter((result) => operationsOf(result).includes(operation))
    const cells = areas.map((area) => totalsCell(totalsOfResults(own.filter((result) => result.area === area))))
    return own.length === 0 ? [] : [[operation, ...cells, totalsCell(totalsOfResults(own))]]
  })
  const all = ['all', ...areas.map((area) => totalsCell(report.areas[area])), totalsCell(report.totals)]
  const table = { title: '', columns: [...areas, 'all'], rows: [...rows, all] }
  return renderSection('Operations by areas', renderTable(table, 'matrix'))
}

function totalsCell(totals: Totals | undefined): Cell {
  if (totals === undefined) return ''
  const { passed, failed, errors, waived, notRun } = totals
  const bad = failed + errors
  const title = `${passed} passed, ${bad} failed, ${waived} waived, ${notRun} not run`
  if (bad > 0) return { text: `${bad} ✗`, tone: 'failed', title }
  if (waived > 0) return { text: `${waived} ~`, tone: 'noted', title }
  if (passed > 0) return { text: String(passed), tone: 'passed', title }
  return notRun > 0 ? { text: '·', tone: 'not-seen', title } : ''
}

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
  const machines = lifecycle.machines.map(renderMachine).join('')
  return renderSection('Lifecycle', `<div class="shares">${summary}</div>${legend}${machines}`)
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
    `<details><summary>state × operation</summary>${renderPairs(machine)}</details>`
  )
}

function renderPairs({ states, edges }: MachineCoverage): string {
  const columns = [...new Set(edges.filter(({ kind }) => kind === 'operation').map(({ on }) => on))]
  const rows = states.map(({ name }) => [
    name,
    ...columns.map((on) => pairCell(edges.filter((edge) => edge.on === on && edge.from === name))),
  ])
  return renderTable({ title: '', columns, rows }, 'pairs')
}

/** Several decisions of one pair differ in where they lead. */
function pairCell(edges: readonly EdgeCoverage[]): Cell {
  if (edges.length === 0) return ''
  const seen = edges.filter(({ outcome }) => outcome !== 'not-seen')
  if (edges.some(({ outcome }) => outcome === 'failed')) return { text: '✗', tone: 'failed' }
  if (seen.length === 0) return { text: '·', tone: 'not-seen' }
  return { text: seen.length === edges.length ? '✓' : `${seen.length}/${edges.length}`, tone: 'passed' }
}

type Outcome = EdgeCoverage['outcome']

const MARKS: Readonly<Record<Outcome, string>> = { passed: '✓', failed: '✗', 'not-seen': '·' }

/** Which line covers the others, where lines cross. */
const ORDER: readonly Outcome[] = ['not-seen', 'passed', 'failed']

/** A diagram wider than the page shrinks so far, and is scrolled from there on. */
const READABLE = 0.8

/** Renders a machine; `title` is read to those who cannot see it. */
function renderDiagram({ machine, edges, states }: MachineCoverage, title: string): string {
  const diagram: LabelledDiagram = diagrams[machine]
  const { width, height } = diagram
  const moves = diagram.moves.map((move) => {
    const { from, to } = move
    const outcomes = move.triggers.map(
      (on) => edges.find((edge) => edge.on === on && edge.from === from && edge.to === to)?.outcome ?? 'not-seen',
    )
    return { move, outcomes, worst: ORDER.findLast((outcome) => outcomes.includes(outcome)) ?? 'not-seen' }
  })
  const markers = ORDER.map(
    (outcome) =>
      `<marker id="${machine}-${outcome}" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto">` +
      `<path class="head ${outcome}" d="M0,0.5 L8,4 L0,7.5 z"/></marker>`,
  )
  const lines = moves
    .toSorted((a, b) => ORDER.indexOf(a.worst) - ORDER.indexOf(b.worst))
    .map(({ move, worst }) => {
      return `<path class="move ${worst}" d="${move.path}" marker-end="url(#${machine}-${worst})"/>`
    })
  const content = [
    `<defs>${markers.join('')}</defs>`,
    ...lines,
    ...moves.map(({ move, outcomes }) => renderLabel(move, outcomes)),
    ...diagram.states.map((each) =>
      renderState(
        each,
        states.some(({ name, isSeen }) => name === each.name && isSeen),
      ),
    ),
  ]
  const size = `style="min-width:${Math.ceil(READABLE * width)}px" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg class="diagram" role="img" aria-label="${escapeMarkup(title)}" ${size}>${content.join('')}</svg>`
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
