/** What verify writes: its list of checks, a line of progress for a terminal, and the reports of a finished run. */
import { describeRule, verifyDocument } from '../report/verify-document.js'
import { renderLifecycle } from '../report/lifecycle-section.js'
import { createPaint, renderReport, renderTerminal, type Paint } from '../report/text-report.js'
import { writeReport, type ReporterName, type ReporterOutput } from '../report/write-report.js'
import { count, hasFailed } from '../report/report-document.js'
import type { Check, CheckNeeds } from '../contracts/check/check.js'
import type { VerifyListener } from '../contracts/check/report-model.js'
import { requirementOf } from '../contracts/suites/requirements.js'
import type { Report } from '../generated/kit-schema.js'
import { realClock } from '../kernel/real-time.js'
import { printable } from '../kernel/printable.js'

/** Hears a run: draws its progress where people read along, and writes a report for each reporter at its end. */
export function createReporter(names: readonly ReporterName[], output: ReporterOutput): VerifyListener {
  const tellProgress = names.includes('pretty') ? createProgress(output) : undefined
  return (event) => {
    tellProgress?.(event)
    if (event.type === 'finished') for (const name of names) write(name, event.report, output)
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

/** Hears a run: says what is verified, and draws the line of progress. */
export function createProgress(output: ReporterOutput): VerifyListener {
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
  return (event) => {
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
