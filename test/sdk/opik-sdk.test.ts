// The published `opik` SDK, in a process of its own and in runner mode, where something goes wrong. That it does its jobs, with
// logs, traces and spans, is for test/daemons.
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test, type TestContext } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { eventually } from './eventually.js'
import { startProgram } from './program.js'
import { askOf } from './served.js'

/** The SDK beats every 5 s; a little more than that in silence means that it has stopped. */
const LONGER_THAN_ONE_HEARTBEAT = 5400

/** A mock with the SDK at work on it, once its agents can be seen. */
async function startSdk({ onTestFinished }: TestContext) {
  const mock = createRunnerMock({ scenario: 'empty' })
  const server = await serve(mock, { port: 0 })
  const runner = await mock.given.connectedRunner({ type: 'endpoint' })
  const program = startProgram('test/sdk/agent-program.mjs', [], {
    ...{ OPIK_RUNNER_MODE: 'true', OPIK_RUNNER_ID: runner.id, OPIK_URL_OVERRIDE: server.url },
    ...{ OPIK_PROJECT_NAME: 'Default Project', OPIK_LOG_LEVEL: 'WARN', OPIK_BATCH_DELAY_MS: '25' },
  })
  onTestFinished(async () => void (await Promise.all([program.stop(), server.close()])))
  const calls = (operation?: 'heartbeat' | 'nextJob') => mock.journal.entries({ ...(operation && { operation }) })
  const ask = askOf(server.url)
  const read = async (path: string) => (await ask('GET', path)).body as Record<string, unknown>
  const areThere = async () =>
    JSON.stringify(await read(`/local-runners/${runner.id}`)).includes('breaker') || undefined
  await eventually('registration of the agents', areThere, { details: program.output })
  return { runner, program, calls, ask, read }
}

describe.concurrent('the opik SDK in runner mode', () => {
  test('reports a job as failed, with the error, when the agent throws', async (context) => {
    const { expect } = context
    const { runner, program, calls, ask, read } = await startSdk(context)
    const job = { agent_name: 'breaker', project_id: runner.projectId, inputs: { reason: 'design' } }
    const path = `/local-runners/jobs/${(await ask('POST', '/local-runners/jobs', job)).createdId}`
    const failed = async () => ((await read(path))['status'] === 'failed' ? read(path) : undefined)
    const ended = await eventually('the end of the job', failed, { details: program.output })
    expect(ended).toMatchObject({ error: 'RangeError: broken by design' })
    expect(ended).not.toHaveProperty('result')
    expect(await read(`${path}/logs`)).toContainEqual({ stream: 'stdout', text: 'about to break\n' })
    const cause = { exception_type: 'RangeError', message: 'broken by design' }
    expect(await read(`/traces/${String(ended['trace_id'])}`)).toMatchObject({ name: 'breaker', error_info: cause })
    expect(calls().filter(({ status }) => status >= 300)).toEqual([])
  })

  test('stops by itself once its runner is disconnected', async (context) => {
    const { expect } = context
    const { runner, program, calls, ask } = await startSdk(context)
    expect((await ask('DELETE', `/local-runners/${runner.id}`)).status).toBe(204)
    const isTold = () => calls('heartbeat').some(({ status }) => status === 410) || undefined
    await eventually('a heartbeat answered 410', isTold, { details: program.output })
    const before = calls().length
    await sleep(LONGER_THAN_ONE_HEARTBEAT)
    expect(calls()).toHaveLength(before)
    expect(calls('nextJob').at(-1)).toMatchObject({ status: 404 })
    expect(program.isRunning()).toBe(true)
    expect(await program.closeInput()).toBe(0)
  })
})
