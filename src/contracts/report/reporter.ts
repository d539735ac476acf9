/** What a reporter is, and where it writes. Reporters only listen to a run; the command line decides about files. */
import type { VerifyEvent } from '../check/report-model.js'

/** Hears a run and writes about it. */
export interface Reporter {
  hear(event: VerifyEvent): void
}

/** Where a reporter writes. */
export interface ReporterOutput {
  /** Text for the terminal. */
  write(text: string): void
  /** Whether the terminal can redraw a line. */
  isInteractive: boolean
  /** Width of the terminal in characters. */
  columns: number
  hasColor: boolean
  /** The folder for documents; undefined when they go to the terminal. */
  folder: string | undefined
  /** Takes a finished document: the command line puts it into a file, or on the terminal. */
  save(name: string, content: string): void
  /** Takes Markdown for the summary page of a CI job; undefined where there is none. */
  appendSummary: ((markdown: string) => void) | undefined
}

/** A document made from the finished report alone. */
export function documentReporter(
  name: string,
  render: (event: FinishedEvent) => string,
): (output: ReporterOutput) => Reporter {
  return (output) => ({
    hear(event) {
      if (event.type === 'finished') output.save(name, render(event))
    },
  })
}

/** The last event of a run. */
export type FinishedEvent = Extract<VerifyEvent, { type: 'finished' }>
