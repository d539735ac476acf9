/** One line that is redrawn while checks run; silent where a terminal cannot redraw. */
import type { CheckResult } from '../check/report-model.js'
import type { Paint } from './colours.js'
import type { ReporterOutput } from './reporter.js'

/** The line of progress. */
export interface Progress {
  start(id: string): void
  finish(result: CheckResult, finished: number, checks: number): void
  clear(): void
}

const BAR_WIDTH = 24

/** Creates the line; it is drawn from the first finished check on. */
export function createProgress(output: ReporterOutput, paint: Paint): Progress {
  const running = new Set<string>()
  let failed = 0
  let isDrawn = false
  const draw = (finished: number, checks: number): void => {
    const done = Math.round((BAR_WIDTH * finished) / Math.max(1, checks))
    const bar = `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`
    const head = `${bar} ${finished}/${checks}`
    const bad = failed === 0 ? '' : `  ${failed} failed`
    const [now = ''] = running
    const room = Math.max(0, output.columns - head.length - bad.length - 5)
    output.write(`\r\u001B[2K${paint.cyan(head)}${paint.red(bad)}  ${paint.dim(now.slice(0, room))}`)
    isDrawn = true
  }
  return {
    start: (id) => void running.add(id),
    finish(result, finished, checks) {
      running.delete(result.id)
      if (result.verdict.kind === 'failed' || result.verdict.kind === 'error') failed++
      if (output.isInteractive) draw(finished, checks)
    },
    clear() {
      if (isDrawn) output.write('\r\u001B[2K')
      isDrawn = false
    },
  }
}
