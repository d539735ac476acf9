// What races are made of: calls that overlap, and what each of them saw when it began.
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { Call } from './call.js'
import { isSuccess, membersIn, withBody, type Members } from './reply.js'
import type { Stage } from './stage.js'

/** Lets overlapping calls of one resource share something. */
export class Overlaps<Shared> {
  private readonly current = new Map<string, { shared: Shared; count: number }>()

  async during<Result>(key: string, make: () => Shared, task: (shared: Shared) => Promise<Result>): Promise<Result> {
    const entry = this.current.get(key) ?? { shared: make(), count: 0 }
    this.current.set(key, entry)
    entry.count++
    try {
      return await task(entry.shared)
    } finally {
      if (--entry.count === 0) this.current.delete(key)
    }
  }
}

/** Lets calls that overlap through together, in one moment. */
export function together(stage: Stage): () => Promise<void> {
  let gate: Promise<void> | undefined
  return () => {
    gate ??= stage.overlap().then(() => void (gate = undefined))
    return gate
  }
}

/** Shows fields of jobs in place of the mock's own. */
export function showsInstead(stage: Stage, shown: ReadonlyMap<string, Members>): (call: Call) => Promise<ApiResponse> {
  return async (call) => {
    const reply = await call.proceed()
    const own = shown.get(call.path['jobId'] ?? call.path['commandId'] ?? '')
    if (own === undefined || !isSuccess(reply) || stage.now() === 0) return reply
    const fields = Object.entries({ ...membersIn(reply), ...own }).filter(([, value]) => value !== undefined)
    return withBody(reply, Object.fromEntries(fields))
  }
}
