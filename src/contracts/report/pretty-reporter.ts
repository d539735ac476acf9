/** The report for a terminal: a line of progress while it runs, then failures unfolded and the totals. */
import type { CheckResult, Report } from '../check/report-model.js'
import { createPaint, type Paint } from './colours.js'
import { createProgress } from './progress-reporter.js'
import { renderFailure } from './pretty-failure.js'
import { renderSummary } from './pretty-summary.js'
import type { Reporter, ReporterOutput } from './reporter.js'

/** Creates the reporter for people. */
export function createPrettyReporter(output: ReporterOutput): Reporter {
  const paint = createPaint(output.hasColor)
  const progress = createProgress(output, paint)
  return {
    hear(event) {
      switch (event.type) {
        case 'started':
          output.write(`${paint.bold('verify')} ${event.url}: ${event.checks} checks, seed ${event.seed}\n`)
          return
        case 'check-started':
          progress.start(event.check.id)
          return
        case 'check-finished':
          progress.finish(event.result, event.finished, event.checks)
          return
        case 'finished':
          progress.clear()
          output.write(renderReport(event.report, paint))
      }
    },
  }
}

/** The whole report as text. */
export function renderReport(report: Report, paint: Paint): string {
  const failures = report.results.filter(isShown).map((result) => renderFailure(result, paint))
  return [...failures, renderSummary(report, paint)].join('\n')
}

function isShown({ verdict, isKnown }: CheckResult): boolean {
  return !isKnown && (verdict.kind === 'failed' || verdict.kind === 'error')
}
