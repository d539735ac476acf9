// Runners made live by mock.agents.start: what they do, how they end, and two processes that send heartbeats for one runner.
import { beforeEach, describe, expect, it } from 'vitest'
import { type RunnerMock, createRunnerMock, type GivenRunner } from '../../src/index.js'
import { connectAgent } from '../../src/mocks/agents/index.js'
import { createJob, frozenMock, readJob, send, statusOf } from './play.js'

let mock: RunnerMock

beforeEach(() => {
  mock = frozenMock()
})

const advance = (seconds: number): Promise<void> => mock.clock.advance({ seconds })

async function agentsOf(runnerId: string): Promise<unknown> {
  const { body } = await send(mock, 'GET', `/local-runners/${runnerId}`)
  return (body as { agents: unknown }).agents
}

describe('agents.start', () => {
  it('keeps a runner connected and executes its jobs, for whomever it belongs to', async () => {
    const runner = await mock.given.connectedRunner({ agents: ['echo'], as: { workspace: 'team', apiKey: 'k' } })
    mock.agents.register('echo', ({ inputs }) => inputs)
    await mock.agents.start(runner)
    const id = await createJob(mock, runner, 'echo', { a: 1 })
    await advance(3600)
    expect(await statusOf(mock, runner)).toBe('connected')
    const job = await send(mock, 'GET', `/local-runners/jobs/${id}`, { runner })
    expect(job.body).toMatchObject({ status: 'completed', result: { a: 1 } })
  })

  it.each(['heartbeat', 'nextJob', 'reportJobResult'] as const)(
    'hangs up on %s that is never answered, and goes on',
    async (operation) => {
      mock.agents.register('echo', { result: 'here' })
      const runner = await mock.given.connectedRunner({ agents: ['echo'] })
      await mock.agents.start(runner)
      await advance(1)
      mock.faults.inject({ operation, hang: 'before', times: 2 })
      // The poll that waits already is not met.
      await advance(12)
      const id = await createJob(mock, runner, 'echo')
      await advance(300)
      expect(await readJob(mock, id)).toMatchObject({ status: 'completed', result: 'here' })
      expect(await statusOf(mock, runner)).toBe('connected')
    },
  )

  it('beats on while somebody acts on each of its beats', async () => {
    const runner = await mock.given.connectedRunner()
    await mock.agents.start(runner, { takesWork: false })
    const begun = mock.clock.now()
    const acted: number[] = []
    const act = async (): Promise<void> => {
      for (let step = 0; step < 20; step++) await Promise.resolve()
      acted.push((mock.clock.now() - begun) / 1000)
    }
    mock.on('request', () => void act())
    await advance(17)
    expect(acted).toEqual([5, 10, 15])
  })

  it('presents the agents that it is given, and describes them as they are registered', async () => {
    const runner = await mock.given.connectedRunner({ agents: { old: { description: 'kept' } } })
    mock.agents.register('echo', {}, { description: 'first', timeout: 3 })
    await mock.agents.start(runner, { agents: ['echo', 'later'] })
    expect(await agentsOf(runner.id)).toMatchObject([
      { name: 'echo', description: 'first', timeout: 3 },
      { name: 'later' },
    ])
    mock.agents.register('later', {}, { params: [{ name: 'x', type: 'integer', presence: 'optional' }] })
    expect(await agentsOf(runner.id)).toMatchObject([{ name: 'echo' }, { name: 'later', params: [{ name: 'x' }] }])
  })

  it('keeps what is registered when it is given no names', async () => {
    const runner = await mock.given.connectedRunner({ agents: { old: { description: 'kept' } } })
    await mock.agents.start(runner)
    expect(await agentsOf(runner.id)).toMatchObject([{ name: 'old', description: 'kept' }])
  })

  it('runs an agent that is registered after the start, and fails jobs of one that never is', async () => {
    const runner = await mock.given.connectedRunner()
    await mock.agents.start(runner, { agents: ['late', 'never'] })
    const never = await createJob(mock, runner, 'never')
    await advance(1)
    mock.agents.register('late', { result: 'here' })
    const late = await createJob(mock, runner, 'late')
    await advance(1)
    expect(await readJob(mock, late)).toMatchObject({ status: 'completed', result: 'here' })
    expect((await readJob(mock, never)).status).toBe('failed')
  })

  it('does once what is handed out twice', async () => {
    mock.agents.register('echo', { result: 'here' })
    const endpoint = await mock.given.connectedRunner({ agents: ['echo'] })
    const connect = await mock.given.connectedRunner({ type: 'connect' })
    mock.faults.inject({ operation: ['nextJob', 'nextBridgeCommands'], duplicate: true })
    const reports: unknown[] = []
    mock.on('request', ({ operation }) => operation?.startsWith('report') && reports.push(operation))
    await mock.agents.start(endpoint)
    await mock.agents.start(connect, connectAgent())
    await createJob(mock, endpoint, 'echo')
    await mock.given.command({ runner: connect })
    await advance(60)
    // A job is reported when it begins, too.
    expect(reports.toSorted()).toEqual(['reportBridgeResult', 'reportJobResult', 'reportJobResult'])
  })

  it('refuses to start a runner that is gone', async () => {
    const runner = await mock.given.evictedRunner()
    await expect(mock.agents.start(runner)).rejects.toThrow()
  })
})

describe('the end of a started runner', () => {
  it('may come with its beginning, by what it had in work', async () => {
    mock.agents.register('slow', ({ sleep }) => sleep(5000))
    const runner = await mock.given.connectedRunner({ agents: ['slow'] })
    await mock.agents.start(runner)
    await createJob(mock, runner, 'slow')
    await advance(1)
    const snapshot = mock.snapshot()
    mock.agents.register('slow', ({ die }) => die('now'))
    mock.restore(snapshot)
    await mock.ready
    expect(mock.agents.alive()).toEqual([])
    await mock.close()
  })

  it('lets the heartbeat lapse after stop, and reports nothing more', async () => {
    const runner = await mock.given.connectedRunner({ agents: ['slow'] })
    mock.agents.register('slow', { latency_ms: 5000 })
    const started = await mock.agents.start(runner)
    const job = await createJob(mock, runner, 'slow')
    await advance(1)
    await started.stop()
    expect(started.isAlive).toBe(false)
    await advance(20)
    expect(await statusOf(mock, runner)).toBe('disconnected')
    expect((await readJob(mock, job)).status).toBe('running')
  })

  it('is a goodbye after disconnect', async () => {
    const runner = await mock.given.connectedRunner()
    const started = await mock.agents.start(runner)
    await started.disconnect()
    expect(await statusOf(mock, runner)).toBe(404)
    const calls = mock.journal.entries().length
    await advance(60)
    expect(mock.journal.entries().length).toBe(calls)
  })

  it('begins with the goodbye, as of daemons: what works is stopped after it, and its job has failed', async () => {
    mock.agents.register('slow', { latency_ms: 60_000 })
    const runner = await mock.given.connectedRunner({ agents: ['slow'] })
    const started = await mock.agents.start(runner)
    await createJob(mock, runner, 'slow')
    await advance(1)
    const told: unknown[] = []
    mock.on('job.failed', () => told.push(['job failed', started.isAlive]))
    mock.on('request', ({ operation }) => operation === 'disconnectRunner' && told.push([operation, started.isAlive]))
    await started.disconnect()
    expect(told).toEqual([
      ['job failed', true],
      ['disconnectRunner', true],
    ])
    expect(started.isAlive).toBe(false)
    await advance(60)
    expect(mock.journal.entries({ operation: 'reportJobResult' })).toHaveLength(1)
  })

  it('comes by itself when the runner is evicted', async () => {
    const runner = await mock.given.connectedRunner()
    const started = await mock.agents.start(runner)
    await mock.given.connectedRunner()
    await advance(6)
    expect(started.isAlive).toBe(false)
  })

  it('does not come from trouble that passes', async () => {
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    mock.agents.register('echo', { result: 'ok' })
    const started = await mock.agents.start(runner)
    for (const operation of ['nextJob', 'reportJobResult', 'appendJobLogs'] as const) {
      mock.faults.inject({ operation, status: 503, times: 2 })
    }
    const job = await createJob(mock, runner, 'echo')
    await advance(60)
    expect(started.isAlive).toBe(true)
    expect(await readJob(mock, job)).toMatchObject({ status: 'completed', result: 'ok' })
  })
})

async function startSupervised(): Promise<GivenRunner> {
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
    const runner = await startSupervised()
    const seen = [await capabilitiesOf(runner)]
    for (let second = 0; second < 30; second++) {
      await advance(0.5)
      seen.push(await capabilitiesOf(runner))
    }
    const changes = seen.filter((value, at) => at > 0 && value !== seen[at - 1])
    expect(changes.slice(0, 4)).toEqual(['jobs,bridge', 'jobs', 'jobs,bridge', 'jobs'])
  })

  it('hears of a cancellation now and then at best, aborts no job, and reports late what changes nothing', async () => {
    const runner = await startSupervised()
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
    const runner = await startSupervised()
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
    const runner = await startSupervised()
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
