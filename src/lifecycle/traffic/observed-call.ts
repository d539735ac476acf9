/** A call that the lifecycle decides, as traffic shows it: who called, for what, when, and what was answered. */
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import type { TimeRange } from '../tracker/time-range.js'

export interface ObservedCall {
  readonly id: number
  readonly operation: RunnerOperationId
  readonly call: ApiCall
  readonly answer: ApiAnswer
  readonly isAborted: boolean
  /** Between these it was under way, in milliseconds of the recording's clock. */
  readonly now: TimeRange
  /** When it has taken effect at the latest: a poll goes on when its caller has hung up. */
  readonly until: number
  /** How long it may be held, in milliseconds; undefined where it is answered at once. */
  readonly waitMs: number | undefined
  /** When it can have taken effect at the earliest. */
  readonly effectFrom: number
  readonly workspace: string
}

/** What a call and its answer are named by. */
export interface NamedCall {
  readonly id: number
  readonly operation: string
  readonly answer: Pick<ApiAnswer, 'status'>
  readonly isAborted: boolean
}

/** A call that matters to a finding. */
export interface StoryCall {
  readonly id: number
  /** Operation and status, for people. */
  readonly what: string
}

/** A call in a story. */
export function toStory({ id, operation, answer, isAborted }: NamedCall): StoryCall {
  return { id, what: `${operation}: ${isAborted ? 'hung up' : answer.status}` }
}

/** Items by a time of theirs; those of one time in the order in which they came. */
export class Timeline<Item> {
  private readonly entries: { readonly at: number; readonly item: Item }[] = []

  add(at: number, item: Item): void {
    const place = 1 + this.entries.findLastIndex((each) => each.at <= at)
    this.entries.splice(place, 0, { at, item })
  }

  /** The time of the first item; for none Infinity. */
  get next(): number {
    return this.entries[0]?.at ?? Infinity
  }

  /** Takes the first item whose time is not after this one. */
  take(until: number): Item | undefined {
    return this.size > 0 && this.next <= until ? this.entries.shift()?.item : undefined
  }

  get items(): readonly Item[] {
    return this.entries.map(({ item }) => item)
  }

  get size(): number {
    return this.entries.length
  }
}
