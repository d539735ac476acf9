/** Totals for a terminal: by area and operation, lifecycle coverage, what did not run and why, waivers, the outcome. */
import type { Share } from '../check/coverage-report.js'
import type { CheckResult, Report, Totals } from '../check/report-model.js'
import { findCauses } from './failure-causes.js'
import type { Paint } from './colours.js'

/** Renders everything after the failures. */
export function renderSummary(report: Report, paint: Paint): string {
  const blocks = [
    renderCauses(report, paint),
    renderTable('area', report.areas, paint),
    renderTable('operation', report.operations, paint),
    renderLifecycle(report, paint),
    renderNotRun(report.results, paint),
    renderUnsteady(report, paint),
    renderAccidents(report, paint),
    renderNotices(report, paint),
    renderOutcome(report, paint),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function renderCauses({ results }: Report, paint: Paint): string {
  const lines = findCauses(results).map(({ expected, actual, checks }) => {
    const count = paint.red(String(checks.length).padStart(6))
    return `${count}  expected ${expected}; got ${actual}`
  })
  return lines.length === 0 ? '' : [paint.dim('checks  most frequent findings'), ...lines].join('\n')
}

const COLUMNS = ['passed', 'failed', 'unsteady', 'waived', 'notRun', 'errors'] as const

function renderTable(title: string, rows: Readonly<Record<string, Totals | undefined>>, paint: Paint): string {
  const width = Math.max(title.length, ...Object.keys(rows).map((name) => name.length)) + 2
  const head = `${title.padEnd(width)}${COLUMNS.map((name) => toWords(name).padStart(9)).join('')}`
  const lines = Object.entries(rows).map(([name, totals]) => {
    const cells = COLUMNS.map((column) => renderCell(column, totals?.[column] ?? 0, paint))
    return `${name.padEnd(width)}${cells.join('')}`
  })
  return [paint.dim(head), ...lines].join('\n')
}

function renderCell(column: (typeof COLUMNS)[number], count: number, paint: Paint): string {
  const text = (count === 0 ? '·' : String(count)).padStart(9)
  if (count === 0) return paint.dim(text)
  if (column === 'passed') return paint.green(text)
  return column === 'failed' || column === 'errors' ? paint.red(text) : paint.yellow(text)
}

function toWords(column: string): string {
  return column === 'notRun' ? 'not run' : column
}

function renderLifecycle({ lifecycle }: Report, paint: Paint): string {
  const { states, transitions, timers, pairs } = lifecycle
  const parts = [
    `states ${describeShare(states)}`,
    `transitions ${describeShare(transitions)}`,
    `timers ${describeShare(timers)}`,
    `state x operation ${describeShare(pairs)}`,
  ]
  return `${paint.dim('lifecycle')}  ${parts.join(', ')}`
}

/** A share in words, `12 of 20 (60%)`. */
export function describeShare({ seen, total }: Share): string {
  return `${seen} of ${total} (${total === 0 ? 100 : Math.floor((100 * seen) / total)}%)`
}

function renderNotRun(results: readonly CheckResult[], paint: Paint): string {
  const byReason = new Map<string, string[]>()
  for (const { id, verdict } of results) {
    if (verdict.kind === 'not-run') byReason.set(verdict.reason, [...(byReason.get(verdict.reason) ?? []), id])
  }
  if (byReason.size === 0) return ''
  const lines = [...byReason].map(([reason, ids]) => `  ${reason}\n    ${paint.dim(ids.join(', '))}`)
  return `${paint.yellow('not run')}\n${lines.join('\n')}`
}

function renderUnsteady({ results }: Report, paint: Paint): string {
  const ids = results.filter(({ verdict }) => verdict.kind === 'unsteady').map(({ id }) => id)
  return ids.length === 0 ? '' : `${paint.yellow('unsteady')}  lost at first, went well alone\n  ${ids.join(', ')}`
}

function renderAccidents({ accidents }: Report, paint: Paint): string {
  if (accidents.length === 0) return ''
  const lines = accidents.flatMap(({ id, what, checks, operations }) => [
    `  ${paint.yellow(id)}  ${what}`,
    `    ${paint.dim(`${checks.join(', ')}${operations.length === 0 ? '' : `; on ${operations.join(', ')}`}`)}`,
  ])
  return [`known accidents of today's server: ${accidents.length} seen`, ...lines].join('\n')
}

function renderNotices({ waivers, fixed }: Report, paint: Paint): string {
  const lines = waivers.map(({ kind, message }) => `  ${paint.yellow(kind)}  ${message}`)
  const better = fixed.map((id) => `  ${paint.green('fixed')}  ${id} passes; it can leave the baseline.`)
  return [...lines, ...better].join('\n')
}

function renderOutcome({ totals, aborted, durationMs, requests, exitCode, seed }: Report, paint: Paint): string {
  const counts = COLUMNS.filter((name) => totals[name] > 0).map((name) => `${totals[name]} ${toWords(name)}`)
  const known = totals.known > 0 ? [`${totals.known} of them known`] : []
  const text = `${[...counts, ...known].join(', ')} in ${(durationMs / 1000).toFixed(1)} s, ${requests} requests, seed ${seed}`
  if (aborted !== null) return `${paint.red('ended early')}: ${aborted}; ${text}`
  return exitCode === 0 ? `${paint.green('✓ conforms')}: ${text}` : `${paint.red('✗ does not conform')}: ${text}`
}
