// Scripted endpoint agents, as a client of the API sees their jobs.
import { beforeEach, describe, expect, it } from 'vitest'
import type { AgentScript, GivenRunner, RunnerMock } from '../../src/index.js'
import { createJob, frozenMock, readJob, readLogs, send, statusOf } from './play.js'

let mock: RunnerMock
let runner: GivenRunner

beforeEach(() => {
  mock = frozenMock()
})

/** Starts a runner with one scripted agent and gives it a job. */
async function run(script: AgentScript, inputs?: unknown, timeout = 0): Promise<string> {
  mock.agents.register('scripted', script, { timeout })
  runner = await mock.given.connectedRunner()
  await mock.agents.start(runner, { agents: ['scripted'] })
  return createJob(mock, runner, 'scripted', inputs)
}

const advance = (seconds: number): Promise<void> => mock.clock.advance({ seconds })

describe('result templates', () => {
  it('fill in inputs with their types, and texts as text', async () => {
    const result = { city: '{{inputs.city}}', days: '{{inputs.days}}', text: '{{ inputs.city }}: {{inputs.days}} days' }
    const job = await run({ result }, { city: 'Oslo', days: 3 })
    await advance(1)
    expect(await readJob(mock, job)).toMatchObject({
      status: 'completed',
      result: { city: 'Oslo', days: 3, text: 'Oslo: 3 days' },
    })
  })

  it('take what is not there, and what was not brought by the job, as nothing', async () => {
    const result = ['{{inputs.none}}', 'a{{inputs.none}}b', '{{inputs.constructor}}', '{{process.env}}', 5, null]
    const job = await run({ result }, {})
    await advance(1)
    expect((await readJob(mock, job)).result).toEqual([null, 'ab', null, '{{process.env}}', 5, null])
  })

  it('fill in errors and logs', async () => {
    const job = await run(
      { error: 'Error: no {{inputs.what}}', logs: [{ text: 'job {{job.agent_name}}' }] },
      { what: 'x' },
    )
    await advance(1)
    expect(await readJob(mock, job)).toMatchObject({ status: 'failed', error: 'Error: no x' })
    expect(await readLogs(mock, job)).toEqual(['job scripted'])
  })
})

describe('time', () => {
  it('brings logs and result at their moments', async () => {
    const logs = [{ after_ms: 4000, text: 'late' }, { text: 'early' }, { after_ms: 1000, text: 'middle' }]
    const job = await run({ logs, latency_ms: 6000 })
    await advance(0)
    expect(await readLogs(mock, job)).toEqual(['early'])
    await advance(1)
    expect(await readLogs(mock, job)).toEqual(['early', 'middle'])
    await advance(4)
    expect(await readLogs(mock, job)).toEqual(['early', 'middle', 'late'])
    expect((await readJob(mock, job)).status).toBe('running')
    await advance(1)
    expect(await readJob(mock, job)).toMatchObject({ status: 'completed', completed_at: '2026-01-01T00:00:06.000Z' })
  })

  it('draws a latency from its range, the same under the same seed', async () => {
    const took = async (seed: number): Promise<number> => {
      mock = frozenMock(seed)
      const id = await run({ latency_ms: { min: 1000, max: 9000 } })
      await advance(10)
      const { started_at, completed_at } = await readJob(mock, id)
      return Date.parse(completed_at!) - Date.parse(started_at!)
    }
    const first = await took(1)
    expect(first).toBeGreaterThanOrEqual(1000)
    expect(first).toBeLessThanOrEqual(9000)
    expect(await took(1)).toBe(first)
    expect(await took(2)).not.toBe(first)
  })

  it('lets a job run into its timeout', async () => {
    const job = await run({ times_out: true }, {}, 20)
    await advance(19)
    expect((await readJob(mock, job)).status).toBe('running')
    await advance(1)
    expect(await readJob(mock, job)).toMatchObject({ status: 'failed', completed_at: '2026-01-01T00:00:20.000Z' })
  })
})

describe('failures', () => {
  it('follow their rate under the seed', async () => {
    const play = async (): Promise<string[]> => {
      mock = frozenMock(5)
      const ids = [await run({ failure_rate: 0.5 })]
      while (ids.length < 20) ids.push(await createJob(mock, runner, 'scripted'))
      await advance(1)
      return Promise.all(ids.map(async (id) => (await readJob(mock, id)).status))
    }
    const first = await play()
    expect(new Set(first)).toEqual(new Set(['completed', 'failed']))
    expect(await play()).toEqual(first)
  })

  it('leave a job to the reaper when the agent never answers, and the runner alive', async () => {
    const job = await run({ never_answers: true }, {}, 30)
    await advance(31)
    expect((await readJob(mock, job)).status).toBe('running')
    await advance(60)
    expect(await readJob(mock, job)).toMatchObject({ status: 'failed', error: 'Job timed out after 30s' })
    expect(await statusOf(mock, runner)).toBe('connected')
  })

  it('leave the first job running when the runner dies at once', async () => {
    const job = await run({ dies_after_jobs: 0 })
    await advance(14)
    expect(await statusOf(mock, runner)).toBe('connected')
    await advance(2)
    expect(await statusOf(mock, runner)).toBe('disconnected')
    expect((await readJob(mock, job)).status).toBe('running')
  })

  it('take the runner away, without a goodbye, after a number of jobs', async () => {
    const jobs = [await run({ dies_after_jobs: 2 })]
    await advance(1)
    for (let n = 0; n < 2; n++) {
      jobs.push(await createJob(mock, runner, 'scripted'))
      await advance(1)
    }
    const statuses = await Promise.all(jobs.map(async (id) => (await readJob(mock, id)).status))
    expect(statuses).toEqual(['completed', 'completed', 'pending'])
    await advance(20)
    expect(await statusOf(mock, runner)).toBe('disconnected')
  })
})

describe('cancellation', () => {
  const script: AgentScript = {
    logs: [{ text: 'one' }, { after_ms: 10_000, text: 'two' }, { after_ms: 20_000, text: 'three' }],
  }

  it.each([
    [false, ['one', 'two']],
    [true, ['one', 'two', 'three']],
  ])('with ignores_cancellation %s writes %j', async (ignores_cancellation, expected) => {
    const job = await run({ ...script, ignores_cancellation })
    await advance(11)
    await send(mock, 'POST', `/local-runners/jobs/${job}/cancel`)
    await advance(30)
    expect(await readLogs(mock, job)).toEqual(expected)
    expect((await readJob(mock, job)).status).toBe('cancelled')
  })
})
