// Which operation has answered which status in a run of the cases, and what the spec says it must be able to answer.
import { responses, tags } from '../../src/kernel/all-operations.js'
import { operationIds, type OperationId } from '../../src/kernel/operation.js'

/** Statuses that have been seen, by operationId. */
export class Ledger {
  private readonly seen = new Map<OperationId, Set<number>>()

  record(id: OperationId, status: number): void {
    const statuses = this.seen.get(id) ?? new Set()
    this.seen.set(id, statuses.add(status))
  }

  /** Whether the operation has answered anything below 300. */
  hasSucceeded(id: OperationId): boolean {
    return [...(this.seen.get(id) ?? [])].some((status) => status < 300)
  }

  /** `operation status` for everything that the spec declares for these tags and nobody has seen. */
  missing(wanted: readonly string[]): string[] {
    return operationIds
      .filter((id) => wanted.includes(tags[id]))
      .flatMap((id) =>
        Object.keys(responses[id])
          .filter((status) => this.seen.get(id)?.has(Number(status)) !== true)
          .map((status) => `${id} ${status}`),
      )
  }
}
