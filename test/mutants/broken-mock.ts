// Puts a mutant between the mock and whoever serves it: the same mock, whose `handle` makes the mutant's mistake.
import type { Exchange, Reply } from '../../src/mocks/engine/exchange.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/runner-mock.js'
import { Call } from './call.js'
import type { Mutant } from './mutant.js'
import { Stage } from './stage.js'

/** A mock with a mistake in it. */
export interface BrokenMock {
  readonly mock: RunnerMock
  /** What went wrong other than by the mistake: something was thrown, or a 5xx came that was not meant. */
  readonly crashes: readonly string[]
}

/** Creates a mock and breaks it. */
export function createBrokenMock(mutant: Mutant): BrokenMock {
  const mock = createRunnerMock({ settings: mutant.settings })
  const crashes: string[] = []
  const { spoil } = mutant
  if (spoil === undefined) return { mock, crashes }
  const stage = new Stage(mock)
  const spoiler = spoil(stage)
  const inner = async (exchange: Exchange): Promise<Reply> => {
    const reply = await mock.handle(exchange)
    stage.learn(new Call(exchange, inner), reply)
    return reply
  }
  const isTouched = ({ operation }: Call): boolean =>
    mutant.touches === 'all' || (operation !== undefined && mutant.touches.has(operation))
  const handle = async (exchange: Exchange): Promise<Reply> => {
    const call = new Call(exchange, inner)
    if (!isTouched(call)) return inner(exchange)
    const reply = await spoiler(call)
    if (reply.status >= 500 && !mutant.answers5xx) crashes.push(`${exchange.method} ${exchange.url}: ${reply.status}`)
    return reply
  }
  return { mock: withHandle(mock, handle), crashes }
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
