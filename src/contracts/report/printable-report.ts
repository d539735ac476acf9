/**
 * A report whose texts may be shown anywhere: what a target has said reaches no terminal, log or page as it came. Every
 * reporter but the JSON one begins with this, whoever calls it.
 */
import { printableData } from '../../kernel/printable.js'
import type { CheckResult, Report } from '../check/report-model.js'

/** A report with all its texts fit to be shown. */
export function printableReport(report: Report): Report {
  const { results, ...rest } = report
  return { ...printableData(rest), results: results.map(printableResult) }
}

/** A result likewise. Requests stay as they were sent: the command that repeats them writes what is odd in its own way. */
export function printableResult(result: CheckResult): CheckResult {
  const { exchanges, ...rest } = result
  const shown = exchanges.map((exchange) => {
    const { url, requestHeaders, requestBody } = exchange
    return { ...printableData(exchange), url, requestHeaders, requestBody }
  })
  return { ...printableData(rest), exchanges: shown }
}
