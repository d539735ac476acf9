/**
 * Checks of operations and fields that only some versions of Opik have, for a target of unknown version: as long as the
 * target shows no sign of one, it counts as absent, and no check of it fails.
 */
import { newerField, newestVersion, sinceOf, type Version } from '../../kernel/all-operations.js'
import { operationOf, subjectOf, type Check } from '../check/check.js'
import type { OperationId } from '../../kernel/operation.js'
import type { CheckRun } from './check-run.js'
import type { VerifyOptions } from './select-checks.js'

/** Why a check has no verdict whose subject is newer than the target. */
export function notThereYet(what: string, since: string | undefined): string {
  return `not there yet: ${what} came with Opik ${String(since)} (--server opik@${String(since)} demands it, server)`
}

interface HeldRun {
  readonly check: Check
  readonly run: CheckRun
}

/** The version that a server is of; undefined where none is named. */
export function versionOf(server: VerifyOptions['server']): Version | undefined {
  if (server === undefined) return undefined
  if (server === 'opik') return newestVersion
  return server === 'opik@2.1' ? '2.1' : '2.0'
}

export class NewerParts {
  private readonly held: HeldRun[] = []
  private readonly shown = new Set<string>()
  private readonly version: Version | undefined
  private readonly hasSucceeded: (operation: OperationId) => boolean

  /**
   * @param version that the target is judged as; then all that it has must be there
   * @param hasSucceeded whether a call of the operation has ever succeeded
   */
  constructor(version: Version | undefined, hasSucceeded: (operation: OperationId) => boolean) {
    this.version = version
    this.hasSucceeded = hasSucceeded
  }

  /** Keeps a failure back until the run ends; false when the check is about nothing newer, or has passed. */
  hold(check: Check, run: CheckRun): boolean {
    const name = fieldOf(check)
    if (this.version !== undefined || sinceOf(subjectOf(check)) === undefined) return false
    if (run.verdict.kind === 'passed' && name !== undefined) this.shown.add(name)
    if (run.verdict.kind !== 'failed') return false
    this.held.push({ check, run })
    return true
  }

  /** The results that were held back: failures of operations that the target has in part; else not run. */
  settle(): { check: Check; run: CheckRun }[] {
    return this.held.map(({ check, run }) => {
      const { operation } = subjectOf(check)
      const name = fieldOf(check)
      const isThere =
        name === undefined ? operation === undefined || this.hasSucceeded(operation) : this.shown.has(name)
      if (isThere) return { check, run }
      const reason = notThereYet(name ?? operation ?? '', sinceOf(subjectOf(check)))
      return { check, run: { ...run, verdict: { kind: 'not-run' as const, reason } } }
    })
  }
}

/** The newer field of a request that a check is about, with its operation. */
function fieldOf(check: Check): string | undefined {
  const field = newerField(subjectOf(check))
  return field === undefined ? undefined : `${field.split('/').at(-1) ?? ''} of ${String(operationOf(check.rule))}`
}
