/**
 * A report whose texts may be shown anywhere: what a target has said reaches no terminal, log or page as it came. Every
 * reporter but the JSON one begins with this, whoever calls it.
 */
import { printableData } from '../../kernel/printable.js'
import type { CheckResult, Report } from '../check/report-model.js'
import type { Exchange } from '../target/recorded-exchange.js'

/** A report with all its texts fit to be shown. */
export function printableReport(report: Report): Report {
  const { results, missing, ...rest } = report
  const shown = missing.map((each) => ({ ...printableData(each), exchange: printableExchange(each.exchange) }))
  return { ...printableData(rest), missing: shown, results: results.map(printableResult) }
}

/** A result likewise. */
export function printableResult(result: CheckResult): CheckResult {
  const { exchanges, ...rest } = result
  return { ...printableData(rest), exchanges: exchanges.map(printableExchange) }
}

/** Requests stay as they were sent: the command that repeats them writes what is odd in its own way. */
function printableExchange<Told extends Exchange>(exchange: Told): Told {
  const { url, requestHeaders, requestBody } = exchange
  return { ...printableData(exchange), url, requestHeaders, requestBody }
}
