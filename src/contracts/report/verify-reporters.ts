/**
 * The reporters of verify: they hear a run, draw a line of progress for a terminal and write the report. The page has the
 * lifecycle, as far as it was seen, beside what others have.
 */
import { realClock } from '../../kernel/real-time.js'
import { printable, escapeMarkup } from '../../kernel/printable.js'
import { createPaint, renderReport, renderTerminal, type Paint } from '../../report/text-report.js'
import { writeReport, type ReporterName, type ReporterOutput } from '../../report/write-report.js'
import { count, type Cell } from '../../report/report-document.js'
import { describeRule, hasFailed, type Check, type CheckNeeds } from '../check/check.js'
import type { Report, VerifyEvent } from '../check/report-model.js'
import { requirementOf } from '../suites/requirements.js'
import { verifyDocument } from './verify-document.js'
import { descriptions } from '../../generated/lifecycle-tables.js'
import { renderSection, renderTable } from '../../report/html-report.js'
import { renderStateDiagram } from '../../report/state-diagram.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../check/report-model.js'
import { diagrams, type LabelledDiagram } from '../../generated/lifecycle-diagrams.js'

export interface Reporter {
  hear(event: VerifyEvent): void
}

export function createReporter(name: ReporterName, output: ReporterOutput): Reporter {
  const progress = name === 'pretty' ? createProgressReporter(output) : undefined
  return {
    hear(event) {
      progress?.hear(event)
      if (event.type === 'finished') write(name, event.report, output)
    },
  }
}

function write(name: ReporterName, report: Report, output: ReporterOutput): void {
  const document = verifyDocument(report)
  const columns = output.isInteractive ? output.columns : Infinity
  const file = output.folder === undefined ? undefined : `${output.folder}/report.txt`
  const sections = name === 'html' ? [renderLifecycle(report.lifecycle)] : []
  const pretty = (paint: Paint): string => renderTerminal(document, paint, { columns, file })
  writeReport(name, { document, json: report, pretty, sections, file: 'report' }, output)
  if (name === 'pretty' && file !== undefined) output.save('report.txt', renderReport(document, createPaint(false)))
}

const BAR_WIDTH = 24
/** Between two lines of progress in a log, in milliseconds. */
const MIN_PAUSE_MS = 10_000

/** Creates a reporter that says what is verified and draws the line of progress, and nothing else. */
export function createProgressReporter(output: ReporterOutput): Reporter {
  const paint = createPaint(output.hasColor)
  /** When the wait of each running check is over. */
  const running = new Map<string, number>()
  let [failed, finished, checks] = [0, 0, 0]
  let toldAt = realClock.stopwatch()
  let isDrawn = false
  /** Where no line can be drawn again, one is written now and then. */
  const tell = (): void => {
    if (realClock.stopwatch() - toldAt < MIN_PAUSE_MS) return
    toldAt = realClock.stopwatch()
    output.write(`${finished}/${checks} checks${failed === 0 ? '' : `, ${failed} failed`}\n`)
  }
  const draw = (): void => {
    const done = Math.round((BAR_WIDTH * finished) / Math.max(1, checks))
    const bar = `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`
    const head = `${bar} ${finished}/${checks}`
    const bad = failed === 0 ? '' : `  ${failed} failed`
    const room = Math.max(0, output.columns - head.length - bad.length - 5)
    const rest = paint.dim(describeRunning(running).slice(0, room))
    output.write(`\r\u001B[2K${paint.cyan(head)}${paint.red(bad)}  ${rest}`)
    isDrawn = true
  }
  return {
    hear(event) {
      if (event.type === 'started') {
        const what = `${count(event.checks, 'check')}, seed ${event.seed}`
        output.write(`${paint.bold('verify')} ${printable(event.url)}: ${what}\n`)
      }
      if (event.type === 'check-started') running.set(event.check.id, 0)
      if (event.type === 'waiting' && running.has(event.check.id)) running.set(event.check.id, event.until)
      if (event.type === 'check-finished') {
        running.delete(event.result.id)
        ;({ finished, checks } = event)
        if (hasFailed(event.result)) failed++
      }
      const isNews = event.type === 'check-finished' || (event.type === 'waiting' && (isDrawn || !output.isInteractive))
      if (isNews && output.isInteractive) draw()
      else if (isNews) tell()
      if (event.type === 'finished' && isDrawn) output.write('\r\u001B[2K')
    },
  }
}

/** What goes on: a check at work, or else the wait that ends last, with its end. */
function describeRunning(running: ReadonlyMap<string, number>): string {
  const busy = [...running].find(([, until]) => until === 0)
  if (busy !== undefined) return busy[0]
  const last = [...running].toSorted(([, a], [, b]) => b - a)[0]
  if (last === undefined) return ''
  const others = running.size === 1 ? '' : ` and ${running.size - 1} more`
  return `waiting until ${new Date(last[1]).toLocaleTimeString('en-GB')} for ${last[0]}${others}`
}

export function renderList(checks: readonly Check[]): string {
  const width = Math.max(0, ...checks.map(({ id }) => id.length))
  const lines = checks.map((check) => {
    const { id, severity, title, rule, needs } = check
    const about = [requirementOf(check), describeRule(rule)].filter((text) => text !== undefined).join(', ')
    const needed = partsOf(needs)
    return `${id.padEnd(width)}  ${severity.padEnd(6)}  ${title}  (${about})${needed.length === 0 ? '' : `  [${needed.join(', ')}]`}`
  })
  const areas = new Set(checks.map(({ area }) => area)).size
  return `${[...lines, '', `${count(checks.length, 'check')} in ${count(areas, 'area')}`].join('\n')}\n`
}

export function renderJsonList(checks: readonly Check[]): string {
  const list = checks.map((check) => {
    const { id, area, title, rule, severity, needs } = check
    return { id, area, requirement: requirementOf(check) ?? null, title, rule, severity, needs: partsOf(needs) }
  })
  return `${JSON.stringify(list, null, 2)}\n`
}

function partsOf({ other, clock, limits, when }: CheckNeeds): string[] {
  const parts = [
    other === undefined ? '' : other === 'any' ? 'second identity' : other,
    clock === undefined ? '' : 'time',
    ...Object.keys(limits ?? {}),
    when === undefined ? '' : 'limits that show it',
  ]
  return parts.filter((part) => part !== '')
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
  const drawing = renderDiagram(machine, `${title}: states and moves`)
  return (
    `<h3>${escapeMarkup(title)}</h3><p class="muted">${escapeMarkup(description)}</p>${drawing}` +
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
