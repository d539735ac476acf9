/** What is answered, and how: the operations of runners and pairing at once, those around them once they are loaded. */
import { requestFields } from '../../generated/request-fields.js'
import { matchRunnerOperation, type Match, type MatchOperation, type OperationId } from '../../kernel/operation.js'
import type { NeighbourPlans, Plan, RunnerPlans } from './plan.js'

/** The operations around runners, as they are loaded. */
export interface Neighbours {
  readonly matchNeighbourOperation: MatchOperation
  readonly neighbourPlans: NeighbourPlans
  readonly neighbourRequestFields: typeof requestFields
}

/** Finds operations, and how they are answered. */
export class Directory {
  private plans: Readonly<Partial<Record<OperationId, Plan>>>
  private readonly loadNeighbours: () => Promise<Neighbours>
  private matchNeighbour: MatchOperation | undefined
  private fields = requestFields

  /** @param loadNeighbours brings what pages that use runners alone do without */
  constructor(runners: RunnerPlans, loadNeighbours: () => Promise<Neighbours>) {
    this.plans = runners
    this.loadNeighbours = loadNeighbours
  }

  /** Finds the operation for a method and a path, as far as operations are loaded. */
  match(method: string, path: string): Match {
    const found = matchRunnerOperation(method, path)
    return found.kind === 'unknown' ? (this.matchNeighbour?.(method, path) ?? found) : found
  }

  /** Whether all operations are there; `load` brings them. */
  get isWhole(): boolean {
    return this.matchNeighbour !== undefined
  }

  async load(): Promise<void> {
    const { neighbourPlans, matchNeighbourOperation, neighbourRequestFields } = await this.loadNeighbours()
    this.plans = { ...this.plans, ...neighbourPlans }
    this.fields = { ...this.fields, ...neighbourRequestFields }
    this.matchNeighbour = matchNeighbourOperation
  }

  /** How an operation that was matched is answered. */
  planOf(id: OperationId): Plan {
    const plan = this.plans[id]
    if (plan === undefined) throw new Error(`${id} is not loaded.`)
    return plan
  }

  /** The fields that an operation's body may have; none while it is not loaded. */
  fieldsOf(id: OperationId): readonly string[] {
    return this.fields[id]?.split(' ') ?? []
  }
}
