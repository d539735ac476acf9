/** Which exchanges a report shows for a finding. */
import type { Exchange } from '../exchange.js'
import type { Finding } from '../expectation.js'
import type { CheckResult } from '../report-model.js'

const MOST_SHOWN = 4

/** The exchanges that a finding names, else the last one of the check; the decisive one last. */
export function decisiveExchanges(finding: Finding, result: CheckResult): readonly Exchange[] {
  // A script repeats what came before.
  if (finding.exchanges.length > 0) return finding.exchanges.slice(finding.script === undefined ? -MOST_SHOWN : -1)
  return result.exchanges.slice(-1)
}

/** What came of an exchange, in a few words. */
export function describeOutcome({ status, failure, responseBody, tookMs }: Exchange): string {
  const took = `${Math.round(tookMs)} ms`
  if (status === null) return `no answer (${failure ?? 'unknown'}) after ${took}`
  return `${status} in ${took}${responseBody === '' ? ', no body' : ''}`
}
