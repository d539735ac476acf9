/** The reporters by the names that `--reporter` takes. */
import { createGithubReporter } from './github-reporter.js'
import { renderHtml } from './html-reporter.js'
import { renderJson } from './json-reporter.js'
import { renderJunit } from './junit-reporter.js'
import { createPrettyReporter } from './pretty-reporter.js'
import { documentReporter, type Reporter, type ReporterOutput } from './reporter.js'

/** Names of reporters. */
export const reporterNames = ['pretty', 'json', 'junit', 'html', 'github'] as const

/** Name of a reporter. */
export type ReporterName = (typeof reporterNames)[number]

const creators: Readonly<Record<ReporterName, (output: ReporterOutput) => Reporter>> = {
  pretty: createPrettyReporter,
  json: documentReporter('report.json', ({ report }) => renderJson(report)),
  junit: documentReporter('junit.xml', ({ report }) => renderJunit(report)),
  html: documentReporter('report.html', ({ report }) => renderHtml(report)),
  github: createGithubReporter,
}

/** Creates a reporter. */
export function createReporter(name: ReporterName, output: ReporterOutput): Reporter {
  return creators[name](output)
}
