/** The lifecycle part of the HTML report: per machine the diagram of its moves, and the table of state by operation. */
import { descriptions } from '../../generated/lifecycle-tables.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../check/coverage-report.js'
import { renderDiagram } from './diagram-svg.js'
import { breakable, escapeHtml } from './html-text.js'

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
    `<div class="share"><p><span><b>${percent}%</b> ${escapeHtml(name)}</span><small>${seen} of ${total}</small></p>` +
    `<span class="bar"><i style="width:${percent}%"></i></span></div>`
  )
}

function renderMachine(machine: MachineCoverage): string {
  const { title, description } = descriptions.machines[machine.machine]
  return (
    `<h3>${escapeHtml(title)}</h3><p class="muted">${escapeHtml(description)}</p>` +
    `<div class="scroll">${renderDiagram(machine, `${title}: states and moves`)}</div>` +
    `<details><summary>state × operation</summary><div class="scroll">${renderPairs(machine)}</div></details>`
  )
}

function renderPairs({ states, edges }: MachineCoverage): string {
  const operations = [...new Set(edges.filter(({ kind }) => kind === 'operation').map(({ on }) => on))]
  const head = operations.map((operation) => `<th scope="col">${breakable(operation)}</th>`).join('')
  const rows = states.map(({ name }) => {
    const cells = operations.map((on) => renderCell(edges.filter((edge) => edge.on === on && edge.from === name)))
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}</tr>`
  })
  return `<table class="pairs"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** Several decisions of one pair differ in where they lead. */
function renderCell(edges: readonly EdgeCoverage[]): string {
  if (edges.length === 0) return '<td></td>'
  const seen = edges.filter(({ outcome }) => outcome !== 'not-seen')
  if (edges.some(({ outcome }) => outcome === 'failed')) return '<td class="failed">✗</td>'
  if (seen.length === 0) return '<td class="not-seen">·</td>'
  return `<td class="passed">${seen.length === edges.length ? '✓' : `${seen.length}/${edges.length}`}</td>`
}
