// What races are made of: calls that overlap, and what they share.
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { Call } from './call.js'
import type { Spoil } from './mutant.js'
import type { Stage } from './stage.js'

/** Lets calls of one key that overlap share what the first of them makes. */
export function overlapping<Shared>(
  keyOf: (call: Call, stage: Stage) => string,
  make: (call: Call, stage: Stage) => Shared,
  act: (call: Call, shared: Shared, stage: Stage) => Promise<ApiResponse>,
): Spoil {
  return (stage) => {
    const current = new Map<string, { shared: Shared; count: number }>()
    return async (call) => {
      const key = keyOf(call, stage)
      const entry = current.get(key) ?? { shared: make(call, stage), count: 0 }
      current.set(key, entry)
      entry.count++
      try {
        return await act(call, entry.shared, stage)
      } finally {
        if (--entry.count === 0) current.delete(key)
      }
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
