// What the agents' tests share: a mock whose time stands still, and short ways to act as a client of it.
import type { GivenRunner, LocalRunnerJob, RunnerMock, BridgeCommand, BridgeCommandType } from '../../src/index.js'
import type { ConnectAgent } from '../../src/mocks/agents/index.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

export const frozenMock = (seed = 7): RunnerMock => openMock({ seed, now: '2026-01-01T00:00:00Z' })

/** Speaks to the mock as the runner's user. */
export const send = (
  mock: RunnerMock,
  method: string,
  path: string,
  { body, runner }: { body?: object; runner?: GivenRunner } = {},
) => callerOf(mock, runner?.headers)(method, path, body)

/** Creates a job and returns its id. */
export async function createJob(mock: RunnerMock, runner: GivenRunner, agent: string, inputs?: unknown) {
  const body = { agent_name: agent, project_id: runner.projectId, inputs }
  return (await send(mock, 'POST', '/local-runners/jobs', { body, runner })).id
}

export async function readJob(mock: RunnerMock, id: string): Promise<LocalRunnerJob> {
  return (await send(mock, 'GET', `/local-runners/jobs/${id}`)).body as LocalRunnerJob
}

export async function readLogs(mock: RunnerMock, id: string): Promise<string[]> {
  const { body } = await send(mock, 'GET', `/local-runners/jobs/${id}/logs`)
  return (body as { text: string }[]).map(({ text }) => text)
}

export async function statusOf(mock: RunnerMock, runner: GivenRunner): Promise<unknown> {
  const { status, body } = await send(mock, 'GET', `/local-runners/${runner.id}`, { runner })
  return status === 200 ? (body as { status: string }).status : status
}

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
