/** Why checks failed, told shortly: the exchanges that decide, and failures of one cause together. */
import type { OperationId } from '../../kernel/operation.js'
import { type CheckResult, failsRun } from '../check/report-model.js'
import { describeRule } from '../check/check.js'
import type { Finding } from '../target/expectation.js'
import { type Exchange, toCurl } from '../target/recorded-exchange.js'

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

/** The requirement that a check judges, and where the spec says it: `RUN-004, listRunners`. */
export function describeRequirement({ requirement, rule }: Pick<CheckResult, 'requirement' | 'rule'>): string {
  return requirement === null ? describeRule(rule) : `${requirement}, ${describeRule(rule)}`
}

/** What came of an exchange, in a few words. */
export function describeOutcome({ status, failure, responseBody, tookMs }: Exchange): string {
  const took = `${Math.round(tookMs)} ms`
  if (status === null) return `no answer (${failure ?? 'unknown'}) after ${took}`
  return `${status} in ${took}${responseBody === '' ? ', no body' : ''}`
}

/** A finding that checks share: what was due of an operation, and what came. */
export interface Cause {
  /** The operation whose answer shows it; null when no call does. */
  operation: OperationId | null
  expected: string
  actual: string
  /** Ids of the checks, in their order. */
  checks: readonly string[]
}

/** Which causes are told. */
export interface CauseOptions {
  /** Checks that must share one. Default: 3. */
  fewest?: number
  /** How many are told. Default: 8. */
  most?: number
}

const LONGEST = 100

/** The most frequent findings of the failures that count, those of most checks first. */
export function findCauses(results: readonly CheckResult[], { fewest = 3, most = 8 }: CauseOptions = {}): Cause[] {
  const causes = new Map<string, Cause & { checks: string[] }>()
  for (const result of results.filter(failsRun)) {
    const cause = causeOf(result)
    const key = [cause.operation, cause.expected, cause.actual].join('\n')
    const known = causes.get(key) ?? { ...cause, checks: [] }
    known.checks.push(result.id)
    causes.set(key, known)
  }
  return [...causes.values()]
    .filter(({ checks }) => checks.length >= fewest)
    .toSorted((a, b) => b.checks.length - a.checks.length)
    .slice(0, most)
}

function causeOf(result: CheckResult): Omit<Cause, 'checks'> {
  const { verdict } = result
  const [first] = verdict.kind === 'failed' ? verdict.findings : []
  if (first === undefined) {
    return {
      operation: null,
      expected: 'a verdict',
      actual: generalize(verdict.kind === 'error' ? verdict.message : ''),
    }
  }
  const shown = decisiveExchanges(first, result).at(-1)
  const isStatus = first.expected.startsWith('status ')
  const actual = isStatus ? (/^\d{3}/.exec(first.actual)?.[0] ?? first.actual) : first.actual
  return { operation: shown?.operation ?? null, expected: generalize(first.expected), actual: generalize(actual) }
}

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

function generalize(text: string): string {
  const [line = ''] = text.replaceAll(UUID, '<id>').replaceAll(TIME, '<time>').split('\n')
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line
}
