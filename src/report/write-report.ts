/** The reporters by the names that `--reporter` takes, and where they write. The command line decides about files. */
import { printableLines } from '../kernel/printable.js'
import { renderAnnotations, renderStepSummary } from './github-report.js'
import { toCtrf } from './ctrf-report.js'
import { renderHtml } from './html-report.js'
import { renderJunit } from './junit-report.js'
import type { ReporterName } from '../generated/kit-schema.js'
import type { ReportDocument } from './report-document.js'
import { createPaint, type Paint } from './text-report.js'

export type { ReporterName } from '../generated/kit-schema.js'

export interface ReporterOutput {
  write(text: string): void
  /** Whether the terminal can redraw a line. */
  isInteractive: boolean
  columns: number
  hasColor: boolean
  /** The folder for documents; undefined when they go to the terminal. */
  folder: string | undefined
  /** Takes a finished document: the command line puts it into a file, or on the terminal. */
  save(name: string, content: string): void
  /** Takes markup for the summary page of a CI job; undefined without such a page. */
  appendSummary: ((markup: string) => void) | undefined
}

export interface FinishedReport {
  readonly document: ReportDocument
  readonly json: unknown
  /** What people read at the end of a run. */
  readonly pretty: (paint: Paint) => string
  /** Further parts of the page, as HTML. */
  readonly sections?: readonly string[]
  /** Names its files: `FILE.json` and `FILE.html`, `PREFIXjunit.xml` and `PREFIXctrf.json`. */
  readonly file: string
  readonly prefix?: string
}

const writers: Readonly<Record<ReporterName, (report: FinishedReport, output: ReporterOutput) => void>> = {
  pretty: ({ pretty }, output) => output.write(pretty(createPaint(output.hasColor))),
  json: ({ json, file }, output) => output.save(`${file}.json`, renderJson(json)),
  junit: ({ document, prefix = '' }, output) => output.save(`${prefix}junit.xml`, renderJunit(document)),
  ctrf: ({ document, prefix = '' }, output) => output.save(`${prefix}ctrf.json`, renderJson(toCtrf(document))),
  html: ({ document, file, sections }, output) => output.save(`${file}.html`, renderHtml(document, sections)),
  github({ document }, output) {
    output.write(renderAnnotations(document))
    output.appendSummary?.(renderStepSummary(document))
  },
}

export function writeReport(name: ReporterName, report: FinishedReport, output: ReporterOutput): void {
  writers[name](report, output)
}

/** Renders data as JSON, indented; what no terminal should get is escaped. */
export function renderJson(data: unknown): string {
  return `${printableLines(JSON.stringify(data, null, 2))}\n`
}
