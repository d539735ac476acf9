// A simulated runner as `opik endpoint` makes one: two processes that send heartbeats for one runner.
import { beforeEach, describe, expect, it } from 'vitest'
import { createRunnerMock, type GivenRunner, type RunnerMock } from '../../src/index.js'
import { createJob, frozenMock, readJob, send } from './play.js'

let mock: RunnerMock

beforeEach(() => {
  mock = frozenMock()
})

const advance = (seconds: number): Promise<void> => mock.clock.advance({ seconds })

async function start(): Promise<GivenRunner> {
  mock.agents.register('slow', async ({ sleep, signal }) => {
    const isWhole = await sleep(20_000)
    return { isWhole, aborted: signal.aborted }
  })
  const runner = await mock.given.connectedRunner({ agents: ['slow'] })
  await mock.agents.start(runner, { supervised: true })
  return runner
}

async function capabilitiesOf({ id }: GivenRunner): Promise<string> {
  const { body } = await send(mock, 'GET', `/local-runners/${id}`)
  return (body as { capabilities: string[] }).capabilities.join()
}

describe('a supervised runner', () => {
  it('has capabilities that flap', async () => {
    const runner = await start()
    const seen = [await capabilitiesOf(runner)]
    for (let second = 0; second < 30; second++) {
      await advance(0.5)
      seen.push(await capabilitiesOf(runner))
    }
    const changes = seen.filter((value, at) => at > 0 && value !== seen[at - 1])
    expect(changes.slice(0, 4)).toEqual(['jobs,bridge', 'jobs', 'jobs,bridge', 'jobs'])
  })

  it('hears of a cancellation now and then at best, aborts no job, and reports late what changes nothing', async () => {
    const runner = await start()
    const id = await createJob(mock, runner, 'slow')
    await advance(2)
    expect((await readJob(mock, id)).status).toBe('running')
    const reports: unknown[] = []
    mock.on('request', ({ operation, status }) => operation === 'reportJobResult' && reports.push(status))
    await send(mock, 'POST', `/local-runners/jobs/${id}/cancel`)
    const cancelled = await readJob(mock, id)
    await advance(10)
    expect(reports).toEqual([])
    await advance(10)
    expect(reports).toEqual([204])
    expect(await readJob(mock, id)).toEqual(cancelled)
    expect(cancelled).toMatchObject({ status: 'cancelled' })
  })

  it('gives most cancellations to the supervisor, which throws them away', async () => {
    const runner = await start()
    const takenBy: unknown[] = []
    for (let round = 0; round < 24; round++) {
      const id = await createJob(mock, runner, 'slow')
      await advance(1.1)
      await send(mock, 'POST', `/local-runners/jobs/${id}/cancel`)
      await advance(round % 5)
      await advance(6)
    }
    for (const { request, response } of mock.journal.entries({ operation: 'heartbeat' })) {
      const { cancelled_job_ids: ids } = response.body as { cancelled_job_ids: string[] }
      for (const _ of ids) takenBy.push((request.body as { capabilities: string[] }).capabilities.join())
    }
    const lost = takenBy.filter((who) => who === 'jobs').length
    expect(takenBy).toHaveLength(24)
    expect(lost / takenBy.length).toBeGreaterThan(0.6)
  })

  it('goes on as one from a snapshot', async () => {
    const runner = await start()
    const id = await createJob(mock, runner, 'slow')
    await advance(7)
    const fork = createRunnerMock({ snapshot: structuredClone(mock.snapshot()), frozen: true })
    fork.agents.register('slow', ({ sleep }) => sleep(20_000))
    await fork.ready
    const beats: unknown[] = []
    fork.on('request', ({ operation, at }) => operation === 'heartbeat' && beats.push(at.slice(17)))
    await fork.clock.advance({ seconds: 10 })
    expect(beats).toHaveLength(4)
    await fork.clock.advance({ seconds: 10 })
    expect(await readJob(fork, id)).toMatchObject({ status: 'completed', result: true })
    await fork.close()
  })
})

it('the scenario endpoint-supervised has such a runner, with the agents of the demo', async () => {
  const own = createRunnerMock({ scenario: 'endpoint-supervised', frozen: true })
  await own.ready
  const agents = own.snapshot().world.runners.map(({ agents: names }) => names.map(({ name }) => name))
  expect(agents).toEqual([['echo', 'summarize', 'slow-report', 'research', 'always-fails']])
  const seen = new Set<string>()
  for (let count = 0; count < 12; count++) {
    seen.add(own.snapshot().world.runners[0]?.capabilities.join() ?? '')
    await own.clock.advance({ milliseconds: 500 })
  }
  expect([...seen]).toEqual(expect.arrayContaining(['jobs', 'jobs,bridge']))
  await own.close()
})
