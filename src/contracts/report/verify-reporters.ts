/** The reporters of verify: they hear a run, draw a line of progress for a terminal and write the report. */
import { createClock } from '../../kernel/clock.js'
import { printable } from '../../kernel/printable.js'
import { createPaint, renderReport, renderTerminal, type Paint } from '../../report/text-report.js'
import { writeReport, type ReporterName, type ReporterOutput } from '../../report/write-report.js'
import { count } from '../../report/report-document.js'
import { describeRule, type Check, type CheckNeeds } from '../check/check.js'
import type { CheckResult, Report, VerifyEvent } from '../check/report-model.js'
import { requirementOf } from '../suites/requirements.js'
import { renderLifecycle, renderMatrix } from './html-sections.js'
import { describePlace, verifyDocument } from './verify-document.js'

export interface Reporter {
  hear(event: VerifyEvent): void
}

export function createReporter(name: ReporterName, output: ReporterOutput): Reporter {
  if (name === 'pretty') return createPrettyReporter(output)
  return {
    hear(event) {
      if (event.type === 'finished') write(name, event.report, output)
    },
  }
}

function write(name: ReporterName, report: Report, output: ReporterOutput): void {
  const document = verifyDocument(report)
  const columns = output.isInteractive ? output.columns : Infinity
  const file = output.folder === undefined ? undefined : `${output.folder}/report.txt`
  const sections = name === 'html' ? [renderMatrix(report), renderLifecycle(report.lifecycle)] : []
  const files = { json: 'report.json', junit: 'junit.xml', ctrf: 'ctrf.json', html: 'report.html' }
  const pretty = (paint: Paint): string => renderTerminal(document, paint, { columns, file })
  writeReport(name, { document, json: report, pretty, sections, files }, output)
  if (name === 'pretty' && file !== undefined) output.save('report.txt', renderReport(document, createPaint(false)))
}

function createPrettyReporter(output: ReporterOutput): Reporter {
  const paint = createPaint(output.hasColor)
  const progress = createProgressReporter(output)
  let isTold = false
  return {
    hear(event) {
      progress.hear(event)
      if (event.type === 'finished') write('pretty', event.report, output)
      if (event.type !== 'missing' || !output.isInteractive || isTold) return
      isTold = true
      progress.clear()
      output.write(`${paint.red(`to build next: ${event.operation}`)}  ${printable(describePlace(event))}\n`)
    },
  }
}

/** Creates a reporter that says what is verified and draws the line of progress, and nothing else. */
export function createProgressReporter(output: ReporterOutput): Reporter & { clear(): void } {
  const paint = createPaint(output.hasColor)
  const progress = createProgress(output, paint)
  return {
    clear: () => progress.clear(),
    hear(event) {
      switch (event.type) {
        case 'started': {
          const checks = count(event.checks, 'check')
          output.write(`${paint.bold('verify')} ${printable(event.url)}: ${checks}, seed ${event.seed}\n`)
          return
        }
        case 'check-started':
          progress.start(event.check.id)
          return
        case 'waiting':
          progress.wait(event.check.id, event.until)
          return
        case 'check-finished':
          progress.finish(event.result, event.finished, event.checks)
          return
        case 'finished':
          progress.clear()
          return
        case 'missing':
      }
    },
  }
}

interface Progress {
  start(id: string): void
  wait(id: string, until: number): void
  finish(result: CheckResult, finished: number, checks: number): void
  clear(): void
}

const BAR_WIDTH = 24
/** Between two lines of progress in a log, in milliseconds. */
const MIN_PAUSE_MS = 10_000

function createProgress(output: ReporterOutput, paint: Paint): Progress {
  /** When the wait of each running check is over. */
  const running = new Map<string, number>()
  let [failed, finished, checks] = [0, 0, 0]
  const clock = createClock()
  let toldAt = clock.stopwatch()
  /** Where no line can be drawn again, one is written now and then. */
  const tell = (): void => {
    if (clock.stopwatch() - toldAt < MIN_PAUSE_MS) return
    toldAt = clock.stopwatch()
    output.write(`${finished}/${checks} checks${failed === 0 ? '' : `, ${failed} failed`}\n`)
  }
  let isDrawn = false
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
    start: (id) => void running.set(id, 0),
    wait(id, until) {
      if (running.has(id)) running.set(id, until)
      if (isDrawn) draw()
      else if (!output.isInteractive) tell()
    },
    finish(result, ...counts) {
      running.delete(result.id)
      ;[finished, checks] = counts
      if (result.verdict.kind === 'failed' || result.verdict.kind === 'error') failed++
      if (output.isInteractive) draw()
      else tell()
    },
    clear() {
      if (isDrawn) output.write('\r\u001B[2K')
      isDrawn = false
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
