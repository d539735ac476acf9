// What each reporter of verify makes of a report, as text.
import { createReporter } from '../../../src/cli/verify-output.js'
import type { Report, VerifyEvent } from '../../../src/contracts/check/report-model.js'
import type { ReporterName, ReporterOutput } from '../../../src/report/write-report.js'

/** All that a reporter puts out of a finished run. */
export const shown = (name: ReporterName, report: Report, more: Partial<ReporterOutput> = {}) =>
  hearAll(name, [{ type: 'finished', report }], more)

/** All that a reporter puts out that hears these events. */
export function hearAll(name: ReporterName, events: readonly VerifyEvent[], more: Partial<ReporterOutput> = {}) {
  const saved = new Map<string, string>()
  let [text, summary] = ['', '']
  const reporter = createReporter([name], {
    ...{ write: (part) => void (text += part), save: (file, content) => void saved.set(file, content) },
    ...{ appendSummary: (part) => void (summary += part) },
    ...{ isInteractive: false, columns: 80, hasColor: false, folder: undefined, ...more },
  })
  for (const event of events) reporter(event)
  return { text, summary, saved, document: [...saved.values()].join('') }
}

export const renderAnnotations = (report: Report): string => shown('github', report).text
export const renderStepSummary = (report: Report): string => shown('github', report).summary
export const renderHtml = (report: Report): string => shown('html', report).document
export const renderJunit = (report: Report): string => shown('junit', report).document
export const renderCtrf = (report: Report): string => shown('ctrf', report).document
export const renderJson = (report: Report): string => shown('json', report).document
/** The whole report as text. */
export const renderReport = (report: Report): string =>
  shown('pretty', report, { folder: 'out' }).saved.get('report.txt') ?? ''
/** What a terminal shows of it. */
export const renderTerminal = (report: Report, more: Partial<ReporterOutput> = {}): string =>
  shown('pretty', report, more).text
/** What each reporter puts out. */
export const renderAll = (report: Report): string[] =>
  [
    renderReport,
    renderTerminal,
    renderJson,
    renderJunit,
    renderCtrf,
    renderHtml,
    renderStepSummary,
    renderAnnotations,
  ].map((render) => render(report))
