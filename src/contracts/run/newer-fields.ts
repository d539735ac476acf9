/**
 * Checks of fields that not every version of Opik has, where nobody has said which one the target is: as long as the target
 * shows no sign of the field, it is not there yet, and no check of it fails.
 */
import { newerField, sinceOf } from '../../kernel/all-operations.js'
import { operationOf, subjectOf, type Check } from '../check/check.js'
import type { CheckRun } from './check-run.js'

/** Why a check has no verdict whose subject is newer than the target. */
export function notThereYet(what: string, since: string | undefined): string {
  return `not there yet: ${what} came with Opik ${String(since)} (--server opik@${String(since)} demands it, server)`
}

interface HeldRun {
  readonly check: Check
  readonly run: CheckRun
}

/** Keeps account of newer fields over a run. */
export class NewerFields {
  private readonly held: HeldRun[] = []
  private readonly shown = new Set<string>()

  /** Keeps a failure back until the run ends; false when the check is about no newer field, or has passed. */
  hold(check: Check, run: CheckRun): boolean {
    const name = nameOf(check)
    if (name === undefined) return false
    if (run.verdict.kind === 'passed') this.shown.add(name)
    if (run.verdict.kind !== 'failed') return false
    this.held.push({ check, run })
    return true
  }

  /** What was held back: failures of what the target has, in part; else not run. */
  settle(): { check: Check; run: CheckRun }[] {
    return this.held.map(({ check, run }) => {
      const name = nameOf(check) ?? ''
      if (this.shown.has(name)) return { check, run }
      const reason = notThereYet(name, sinceOf(subjectOf(check)))
      return { check, run: { ...run, verdict: { kind: 'not-run' as const, reason } } }
    })
  }
}

function nameOf(check: Check): string | undefined {
  const field = newerField(subjectOf(check))
  return field === undefined ? undefined : `${field.split('/').at(-1) ?? ''} of ${String(operationOf(check.rule))}`
}
