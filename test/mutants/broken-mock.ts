// Puts a mutant between the mock and whoever serves it: the same mock, whose `handle` makes the mutant's mistake.
import type { ApiRequest, ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { Call, type Handle } from './call.js'
import type { Mutant } from './mutant.js'
import { Stage } from './stage.js'

/** What meddles with calls: which ones, and how. */
export type Layer = Pick<Mutant, 'touches' | 'spoil'>

/** Creates a mock and breaks it; `crashes`: what went wrong other than by the mistake, thrown or a 5xx that was not meant. */
export function createBrokenMock(mutant: Mutant) {
  const mock = createRunnerMock({ settings: mutant.settings })
  const crashes: string[] = []
  if (mutant.spoil === undefined) return { mock, crashes }
  const broken = putBefore(mock, [mutant])
  const handle = async (exchange: ApiRequest): Promise<ApiResponse> => {
    const reply = await broken.handle(exchange)
    if (reply.status >= 500 && !mutant.answers5xx) crashes.push(`${exchange.method} ${exchange.url}: ${reply.status}`)
    return reply
  }
  return { mock: withHandle(mock, handle), crashes }
}

/** Puts layers before a mock; calls pass the first one first, and what a layer asks on its own account those behind it. */
export function putBefore(mock: RunnerMock, layers: readonly Layer[]): RunnerMock {
  const stage = new Stage(mock)
  const bare = mock.handle.bind(mock)
  const inner = async (exchange: ApiRequest): Promise<ApiResponse> => {
    const reply = await bare(exchange)
    stage.learn(new Call(exchange, inner), reply)
    return reply
  }
  const handle = layers.reduceRight<Handle>((behind, { touches, spoil }) => {
    const spoiler = spoil?.(stage)
    if (spoiler === undefined) return behind
    return (exchange) => {
      const call = new Call(exchange, behind)
      const isTouched = touches === 'all' || (call.operation !== undefined && touches.has(call.operation))
      return isTouched ? spoiler(call) : behind(exchange)
    }
  }, inner)
  return withHandle(mock, handle)
}

/** The same mock in all but `handle`. */
function withHandle(mock: RunnerMock, handle: RunnerMock['handle']): RunnerMock {
  return new Proxy(mock, {
    get(target, name) {
      if (name === 'handle') return handle
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}
