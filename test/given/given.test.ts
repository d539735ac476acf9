// Every state that `mock.given` promises, as a client of the API sees it.
import { beforeEach, describe, expect, it } from 'vitest'
import type { GivenRunner, RunnerMock } from '../../src/index.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

let mock: RunnerMock

beforeEach(() => {
  mock = openMock({ seed: 3 })
})

const get = (path: string, runner?: GivenRunner) => callerOf(mock, runner?.headers)('GET', path)

describe('given runners', () => {
  it.each(['endpoint', 'connect'] as const)('connects an %s runner with agents', async (type) => {
    const runner = await mock.given.connectedRunner({ type, agents: ['echo'], name: 'mine' })
    expect(await get(`/local-runners/${runner.id}`, runner)).toMatchObject({
      status: 200,
      body: { type, status: 'connected', name: 'mine', agents: [{ name: 'echo', timeout: 0 }] },
    })
  })

  it('lets a heartbeat lapse without moving the clock', async () => {
    const before = mock.clock.iso()
    const runner = await mock.given.disconnectedRunner({ agents: ['echo'] })
    expect(await get(`/local-runners/${runner.id}`)).toMatchObject({ body: { status: 'disconnected', agents: [] } })
    expect(mock.clock.iso()).toBe(before)
  })

  it('evicts a runner', async () => {
    const runner = await mock.given.evictedRunner()
    expect((await get(`/local-runners/${runner.id}`)).status).toBe(404)
    const beat = await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/heartbeats` })
    expect(beat.status).toBe(410)
  })

  it('gives each owner a runner that nobody else sees', async () => {
    const as = { workspace: 'team', apiKey: 'secret' }
    const runner = await mock.given.connectedRunner({ as })
    expect((await get(`/local-runners/${runner.id}`, runner)).status).toBe(200)
    expect((await get(`/local-runners/${runner.id}`)).status).toBe(404)
  })
})

describe('given jobs', () => {
  const fields = {
    pending: [],
    running: ['started_at'],
    completed: ['started_at', 'completed_at', 'result'],
    failed: ['started_at', 'completed_at', 'error'],
    cancelled: ['started_at', 'completed_at'],
  } as const

  it.each(['pending', 'running', 'completed', 'failed', 'cancelled'] as const)('makes a %s job', async (status) => {
    const job = await mock.given.job({ status, inputs: { a: null } })
    expect(job).toMatchObject({ status, inputs: { a: null } })
    const optional = ['started_at', 'completed_at', 'result', 'error', 'trace_id']
    expect(optional.filter((field) => field in job).sort()).toEqual([...fields[status]].sort())
  })

  it('leaves the jobs that were pending before in their queue', async () => {
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const first = await mock.given.job({ runner })
    const second = await mock.given.job({ runner, status: 'completed', agent: 'another' })
    expect(second.status).toBe('completed')
    expect(await get(`/local-runners/jobs/${first.id}`)).toMatchObject({ body: { status: 'pending' } })
  })

  it("are for the runner's first agent, and leave its agents as they are", async () => {
    const runner = await mock.given.connectedRunner({ agents: ['summarize', 'echo'] })
    expect(await mock.given.job({ runner })).toMatchObject({ agent_name: 'summarize' })
    expect(mock.snapshot().world.runners[0]?.agents.map(({ name }) => name)).toEqual(['summarize', 'echo'])
    expect(await mock.given.job()).toMatchObject({ agent_name: 'echo' })
  })

  it('writes logs and reports a trace', async () => {
    const traceId = '01934f2c-7a3b-7c4d-8e5f-60718293a4b5'
    const job = await mock.given.job({ status: 'running', traceId, logs: [{ stream: 'stdout', text: 'hi' }] })
    expect(job.trace_id).toBe(traceId)
    expect((await get(`/local-runners/jobs/${job.id}/logs`)).body).toEqual([{ stream: 'stdout', text: 'hi' }])
  })
})

it.each(['pending', 'picked_up', 'completed', 'failed', 'timed_out'] as const)(
  'given commands makes a %s command',
  async (status) => {
    const command = await mock.given.command({ status, type: 'Exec', args: { command: 'ls' } })
    expect(command).toMatchObject({ status, type: 'Exec', args: { command: 'ls' } })
    expect('picked_up_at' in command).toBe(status !== 'pending')
    expect('completed_at' in command).toBe(['completed', 'failed', 'timed_out'].includes(status))
  },
)

it.each([
  ['open', 201],
  ['activated', 409],
  ['expired', 404],
] as const)('given sessions makes an %s session', async (status, answer) => {
  const session = await mock.given.session({ status, type: 'connect' })
  const path = `/pairing/sessions/${session.id}/activate`
  expect((await callerOf(mock)('POST', path, session.activation)).status).toBe(answer)
})

it('given projects makes a project that runners can belong to', async () => {
  const project = await mock.given.project({ name: 'bots' })
  const runner = await mock.given.connectedRunner({ projectId: project.id })
  expect(await get(`/local-runners/${runner.id}`)).toMatchObject({ body: { project_id: project.id } })
})
