// Commands as the web app sends them, to a connect runner that an agent keeps busy.
import type { BridgeCommand, BridgeCommandType, GivenRunner, RunnerMock } from '../../src/index.js'
import type { ConnectAgent } from '../../src/mocks/agents/index.js'
import { send } from './play.js'

export interface Bridge {
  runner: GivenRunner
  /** Sends a command and waits for its end. */
  ask: (type: BridgeCommandType, args: unknown) => Promise<BridgeCommand>
  /** As `ask`; only the error's code, or undefined. */
  code: (type: BridgeCommandType, args: unknown) => Promise<unknown>
  /** As `ask`; only the result, without its signature. */
  result: (type: BridgeCommandType, args: unknown) => Promise<unknown>
}

export async function bridge(mock: RunnerMock, agent: ConnectAgent): Promise<Bridge> {
  const runner = await mock.given.connectedRunner({ type: 'connect' })
  await mock.agents.start(runner, agent)
  const base = `/local-runners/${runner.id}/bridge/commands`
  const ask: Bridge['ask'] = async (type, args) => {
    const { id } = await send(mock, 'POST', base, { body: { type, args }, runner })
    return (await send(mock, 'GET', `${base}/${id}?wait=true`, { runner })).body as BridgeCommand
  }
  return {
    runner,
    ask,
    code: async (type, args) => codeOf((await ask(type, args)).error),
    async result(type, args) {
      const { result } = await ask(type, args)
      if (typeof result !== 'object' || result === null) return result
      return Object.fromEntries(Object.entries(result).filter(([name]) => name !== '_hmac'))
    },
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code: unknown } | undefined)?.code
}
