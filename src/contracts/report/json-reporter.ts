/** The report as JSON: the report model as it is, described in docs/report.md. */
import type { Report } from '../check/report-model.js'

/** Renders a report as JSON, indented. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`
}
