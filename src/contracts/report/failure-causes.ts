/**
 * What many failures have in common: a server that gets one thing wrong everywhere fails hundreds of checks, and nobody
 * reads them one by one. Findings that differ in ids, numbers and operations alone count as one.
 */
import { operationIds } from '../../kernel/operation.js'
import { failsRun, type CheckResult } from '../check/report-model.js'

/** A finding that several checks share. */
export interface Cause {
  expected: string
  actual: string
  /** Ids of the checks, in their order. */
  checks: readonly string[]
}

/** Checks that must share a finding for it to be told. */
const FEWEST = 3
const MOST_TOLD = 8
const LONGEST = 100

/** The most frequent findings of the failures that count, those of most checks first. */
export function findCauses(results: readonly CheckResult[]): Cause[] {
  const causes = new Map<string, Cause & { checks: string[] }>()
  for (const { id, verdict } of results.filter(failsRun)) {
    const [first] = verdict.kind === 'failed' ? verdict.findings : []
    if (first === undefined) continue
    const [expected, actual] = [generalize(first.expected), generalize(first.actual)]
    const key = `${expected}\n${actual}`
    const cause = causes.get(key) ?? { expected, actual, checks: [] }
    cause.checks.push(id)
    causes.set(key, cause)
  }
  return [...causes.values()]
    .filter(({ checks }) => checks.length >= FEWEST)
    .toSorted((a, b) => b.checks.length - a.checks.length)
    .slice(0, MOST_TOLD)
}

const OPERATION = new RegExp(`\\b(?:${operationIds.join('|')})\\b`, 'g')
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

function generalize(text: string): string {
  const general = text.replaceAll(OPERATION, '<operation>').replaceAll(UUID, '<id>').replaceAll(TIME, '<time>')
  const [line = ''] = general.split('\n')
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line
}
