/** The reporter for people at a terminal: a line of progress while a run lasts, then the report in short. */
import { printable } from '../../kernel/printable.js'
import type { CheckResult, VerifyEvent } from '../check/report-model.js'
import { createPaint, type Paint, renderReport } from './pretty-reporter.js'
import type { Reporter, ReporterOutput } from './reporter.js'
import { describePlace } from './suite-lines.js'
import { renderTerminal } from './terminal-report.js'

/** The line of progress. */
interface Progress {
  start(id: string): void
  wait(id: string, until: number): void
  finish(result: CheckResult, finished: number, checks: number): void
  clear(): void
}

const BAR_WIDTH = 24

/** Creates the line; it is drawn from the first finished check on. */
function createProgress(output: ReporterOutput, paint: Paint): Progress {
  /** When the wait of each running check is over. */
  const running = new Map<string, number>()
  let [failed, finished, checks] = [0, 0, 0]
  let isDrawn = false
  const draw = (): void => {
    const done = Math.round((BAR_WIDTH * finished) / Math.max(1, checks))
    const bar = `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`
    const head = `${bar} ${finished}/${checks}`
    const bad = failed === 0 ? '' : `  ${failed} failed`
    const room = Math.max(0, output.columns - head.length - bad.length - 5)
    output.write(
      `\r\u001B[2K${paint.cyan(head)}${paint.red(bad)}  ${paint.dim(describeRunning(running).slice(0, room))}`,
    )
    isDrawn = true
  }
  return {
    start: (id) => void running.set(id, 0),
    wait(id, until) {
      if (running.has(id)) running.set(id, until)
      if (isDrawn) draw()
    },
    finish(result, ...counts) {
      running.delete(result.id)
      ;[finished, checks] = counts
      if (result.verdict.kind === 'failed' || result.verdict.kind === 'error') failed++
      if (output.isInteractive) draw()
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

/** Creates a reporter that says what is verified and draws the line of progress, and nothing else. */
export function createProgressReporter(output: ReporterOutput): Reporter & { clear(): void } {
  const paint = createPaint(output.hasColor)
  const progress = createProgress(output, paint)
  return {
    clear: () => progress.clear(),
    hear(event) {
      switch (event.type) {
        case 'started':
          output.write(`${paint.bold('verify')} ${printable(event.url)}: ${event.checks} checks, seed ${event.seed}\n`)
          return
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

/** Creates the reporter for people; with a folder, the whole report goes there as `report.txt`. */
export function createPrettyReporter(output: ReporterOutput): Reporter {
  const paint = createPaint(output.hasColor)
  const progress = createProgressReporter(output)
  let isTold = false
  const tellMissing = (event: Extract<VerifyEvent, { type: 'missing' }>): void => {
    if (!output.isInteractive || isTold) return
    isTold = true
    progress.clear()
    output.write(`${paint.red(`to build next: ${event.operation}`)}  ${printable(describePlace(event))}\n`)
  }
  return {
    hear(event) {
      progress.hear(event)
      if (event.type === 'missing') tellMissing(event)
      if (event.type !== 'finished') return
      const columns = output.isInteractive ? output.columns : Infinity
      output.write(renderTerminal(event.report, paint, { columns, folder: output.folder }))
      if (output.folder !== undefined) output.save('report.txt', renderReport(event.report, createPaint(false)))
    },
  }
}
