/** How far the machines of the spec were judged, as a section of the page: shares, and each machine with its moves. */
import { descriptions } from '../generated/lifecycle-tables.js'
import { diagrams, type LabelledDiagram } from '../generated/lifecycle-diagrams.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage } from '../generated/kit-schema.js'
import { escapeMarkup } from '../kernel/printable.js'
import { renderSection, renderTable } from './html-report.js'
import type { Cell } from './report-document.js'
import { renderStateDiagram } from './state-diagram.js'
import { sharesOf } from './verify-document.js'

export function renderLifecycle(lifecycle: LifecycleCoverage): string {
  const shares = sharesOf(lifecycle).map(
    ({ name, seen, total, percent }) =>
      `<div class="share"><p><span><b>${percent}%</b> ${name}</span><small>${seen} of ${total}</small></p>` +
      `<span class="bar"><i style="width:${percent}%"></i></span></div>`,
  )
  const legend =
    '<p class="legend"><span class="passed">✓ exercised</span><span class="failed">✗ failed</span>' +
    '<span class="not-seen">· not seen</span></p>'
  const machines = lifecycle.machines.map(renderMachine).join('')
  return renderSection('Lifecycle', `<div class="shares">${shares.join('')}</div>${legend}${machines}`)
}

function renderMachine(machine: MachineCoverage): string {
  const { title, description } = descriptions.machines[machine.machine]
  const drawing = renderDiagram(machine, `${title}: states and moves`)
  return (
    `<h3>${escapeMarkup(title)}</h3><p class="muted">${escapeMarkup(description)}</p>${drawing}` +
    `<details><summary>state x operation</summary>${renderPairs(machine)}</details>`
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

const MARKS: Readonly<Record<EdgeCoverage['outcome'], string>> = { passed: '✓', failed: '✗', 'not-seen': '·' }

/** A diagram wider than the page shrinks so far, and is scrolled from there on. */
const READABLE = 0.8

function renderDiagram({ machine, edges, states }: MachineCoverage, title: string): string {
  const diagram: LabelledDiagram = diagrams[machine]
  const drawing = renderStateDiagram(diagram, {
    ...{ id: machine, title },
    triggersOf: ({ from, to, triggers }) =>
      triggers.map((on) => {
        const edge = edges.find((each) => each.on === on && each.from === from && each.to === to)
        const tone = edge?.outcome ?? 'not-seen'
        return { tone, words: `${MARKS[tone]} ${on}` }
      }),
    kindsOf: ({ name, kind }) => {
      const isReached =
        kind === 'end'
          ? edges.some(({ from, to, outcome }) => to === name && from !== to && outcome === 'passed')
          : states.some((each) => each.name === name && each.isSeen)
      return isReached ? 'passed' : 'not-seen'
    },
  })
  return `<div class="scroll"><div style="min-width:${Math.ceil(READABLE * diagram.width)}px">${drawing}</div></div>`
}
