/** What is answered, and how: the operations of runners and pairing at once, those around them once they are loaded. */
import { requestFields } from '../../generated/request-fields.js'
import { matchRunnerOperation, type Match, type MatchOperation, type OperationId } from '../../kernel/operation.js'
import type { Plan, Plans } from './plan.js'

export interface Neighbours {
  readonly matchNeighbourOperation: MatchOperation
  readonly neighbourPlans: Plans
  readonly neighbourRequestFields: typeof requestFields
}

/** Paths that are remembered for each method, and the length of one. */
const MAX_REMEMBERED = 1000
const MAX_REMEMBERED_LENGTH = 200

export class Directory {
  private plans: Plans
  private readonly loadNeighbours: () => Promise<Neighbours>
  private matchNeighbour: MatchOperation | undefined
  private fields = requestFields
  /** What was found for the paths asked for last, by method: clients repeat the same few, and reading one costs a split. */
  private readonly found = new Map<string, Map<string, Match>>()

  /** @param loadNeighbours brings what pages that use runners alone do without */
  constructor(runners: Plans, loadNeighbours: () => Promise<Neighbours>) {
    this.plans = runners
    this.loadNeighbours = loadNeighbours
  }

  /** Finds the operation for a method and a path, as far as operations are loaded. */
  match(method: string, path: string): Match {
    const before = this.found.get(method)?.get(path)
    if (before !== undefined) return before
    const first = matchRunnerOperation(method, path)
    const found = first.kind === 'unknown' ? (this.matchNeighbour?.(method, path) ?? first) : first
    if (found.kind === 'operation' && path.length <= MAX_REMEMBERED_LENGTH) this.remember(method, path, found)
    return found
  }

  private remember(method: string, path: string, found: Match): void {
    const paths = this.found.get(method) ?? new Map<string, Match>()
    if (paths.size >= MAX_REMEMBERED) paths.clear()
    this.found.set(method, paths.set(path, found))
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
