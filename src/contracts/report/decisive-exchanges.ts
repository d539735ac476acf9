/** Which exchanges a report shows for a finding. */
import { toCurl, type Exchange } from '../target/recorded-exchange.js'
import type { Finding } from '../target/expectation.js'
import type { CheckResult } from '../check/report-model.js'

const MOST_SHOWN = 4

/** A finding with the exchanges that show it; empty when an earlier finding of the check has shown them. */
export interface ProvenFinding {
  finding: Finding
  exchanges: readonly Exchange[]
}

/** The findings of a check that failed or was waived. */
export function provenFindings(result: CheckResult): ProvenFinding[] {
  const { verdict } = result
  if (verdict.kind !== 'failed' && verdict.kind !== 'waived' && verdict.kind !== 'unsteady') return []
  const shown = new Set<number>()
  return verdict.findings.map((finding) => {
    const exchanges = decisiveExchanges(finding, result).filter(({ number }) => !shown.has(number))
    for (const { number } of exchanges) shown.add(number)
    return { finding, exchanges }
  })
}

/** The exchanges that a finding names, else the last one of the check; the decisive one last. */
export function decisiveExchanges(finding: Finding, result: CheckResult): readonly Exchange[] {
  // A script repeats what came before.
  if (finding.exchanges.length > 0) return finding.exchanges.slice(finding.script === undefined ? -MOST_SHOWN : -1)
  return result.exchanges.slice(-1)
}

const LONGEST_BODY = 600

/** An exchange as lines of text: the command that repeats it, and what came. */
export function describeExchange(exchange: Exchange): string[] {
  const { responseBody: body } = exchange
  const shown = body.length > LONGEST_BODY ? `${body.slice(0, LONGEST_BODY)}...` : body
  return [`$ ${toCurl(exchange)}`, `  ${describeOutcome(exchange)}`, ...(shown === '' ? [] : [`  ${shown}`])]
}

/** What came of an exchange, in a few words. */
export function describeOutcome({ status, failure, responseBody, tookMs }: Exchange): string {
  const took = `${Math.round(tookMs)} ms`
  if (status === null) return `no answer (${failure ?? 'unknown'}) after ${took}`
  return `${status} in ${took}${responseBody === '' ? ', no body' : ''}`
}
