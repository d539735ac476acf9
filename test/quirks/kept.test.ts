// What a quirk leaves behind outlives a snapshot; and how the profiles of today's server meet callers: another user,
// one who hangs up, a scenario, the command line.
import { describe, expect, it } from 'vitest'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { Api } from '../mocks/api.js'
import { activation, createJob, pair, submit } from '../mocks/given.js'
import { sendDirectly, stageOver } from '../mocks/harness.js'

const { open } = stageOver('handle')

const RUNNERS = '/v1/private/local-runners'
const keys = {
  ann: { user: 'ann', workspaces: ['default'] },
  bob: { user: 'bob', workspaces: ['default'] },
}
const as = (name: keyof typeof keys): Record<string, string> => ({
  ...{ authorization: name, 'comet-workspace': 'default', 'content-type': 'application/json' },
})

describe('a snapshot under the profile opik', () => {
  it('keeps the place of what was reported while it was pending, and of what is gone', async () => {
    const { mock, api } = await open({ profile: 'opik' })
    const [worker, bridge] = [await pair(api), await pair(api, { type: 'connect' })]
    const jobId = await createJob(api, worker)
    await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'completed', result: 1 } })
    await submit(api, bridge, { timeout_seconds: 1 })
    await mock.clock.advance({ seconds: 63 })
    const reported = await submit(api, await revived(api, bridge))
    await api.expect(204, 'reportBridgeResult', {
      path: { runnerId: bridge.id, commandId: reported },
      body: { status: 'completed', result: 1 },
    })
    await submit(api, bridge)
    const later = await open({ snapshot: mock.snapshot() })
    const one = { path: { runnerId: bridge.id }, body: { max_commands: 1 } }
    const batches: number[] = []
    for (let poll = 0; poll < 3; poll++) {
      batches.push((await later.api.expect(200, 'nextBridgeCommands', one)).body.commands.length)
    }
    expect(batches).toEqual([0, 0, 1])
    const { body } = await later.api.expect(200, 'nextJob', { path: { runnerId: worker.id } })
    expect(body).toMatchObject({ id: jobId, status: 'running' })
  })

  it('keeps how many jobs have expired', async () => {
    const { mock, api } = await open({ profile: 'opik', settings: { completed_job_ttl_seconds: 10 } })
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    await api.expect(204, 'cancelJob', { path: { jobId } })
    await mock.clock.advance({ seconds: 11 })
    const later = await open({ snapshot: mock.snapshot() })
    expect((await later.api.expect(200, 'listJobs', { path: { runnerId: runner.id } })).body.total).toBe(1)
  })

  it('keeps the second owner, whom a second activation has made one', async () => {
    const { mock } = await open({ profile: 'opik', auth: keys })
    const ann = new Api(sendDirectly(mock), as('ann'))
    const runner = await pair(ann)
    const read = async (by: RunnerMock, name: keyof typeof keys): Promise<[number, unknown]> => {
      const { status, body } = await by.handle({ method: 'GET', url: `${RUNNERS}/${runner.id}`, headers: as(name) })
      return [status, (JSON.parse(body) as { name?: string }).name]
    }
    expect((await read(mock, 'bob'))[0]).toBe(404)
    const bob = new Api(sendDirectly(mock), as('bob'))
    await bob.expect(409, 'activatePairingSession', activation(runner.sessionId, 'shared'))
    const both = [
      [200, 'shared'],
      [200, 'shared'],
    ]
    expect([await read(mock, 'ann'), await read(mock, 'bob')]).toEqual(both)
    const later = await open({ snapshot: mock.snapshot(), auth: keys })
    expect([await read(later.mock, 'ann'), await read(later.mock, 'bob')]).toEqual(both)
    const second = await pair(new Api(sendDirectly(later.mock), as('bob')))
    expect(second.id).not.toBe(runner.id)
    expect((await read(later.mock, 'ann'))[0]).toBe(404)
  })
})

it.each([
  { end: 'disconnected', agents: ['echo'] },
  { end: 'purged', agents: [] },
])(
  'a second activation under the profile opik registers a $end runner again with agents: $agents',
  async ({ end, agents }) => {
    const settings = { reaper_interval_seconds: 10, dead_runner_purge_seconds: 0 }
    const { mock, api } = await open({ profile: 'opik', settings })
    const runner = await pair(api)
    const path = { runnerId: runner.id }
    if (end === 'purged') await mock.clock.advance({ seconds: 60 })
    else await api.expect(204, 'disconnectRunner', { path })
    await api.expect(404, 'getRunner', { path })
    await api.expect(409, 'activatePairingSession', activation(runner.sessionId, 'again'))
    const { body } = await api.expect(200, 'getRunner', { path })
    expect(body.agents.map(({ name }) => name)).toEqual(agents)
  },
)

async function revived<Runner extends { id: string }>(api: Api, runner: Runner): Promise<Runner> {
  await api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
  return runner
}

it.each(['spec', 'opik'] as const)(
  'a caller of fetch who hangs up is told at once under %s, whatever becomes of the poll',
  async (profile) => {
    const { mock, api } = await open({ profile })
    const runner = await pair(api)
    const caller = new AbortController()
    const url = `http://opik.test/api${RUNNERS}/${runner.id}/jobs/next`
    const poll = mock.fetch(new Request(url, { method: 'POST', signal: caller.signal }))
    await Promise.resolve()
    caller.abort(new Error('enough'))
    await expect(poll).rejects.toThrow('enough')
    const jobId = await createJob(api, runner)
    const { body } = await api.expect(200, 'getJob', { path: { jobId } })
    expect(body.status).toBe(profile === 'opik' ? 'running' : 'pending')
  },
)

describe('the profile opik@2.0', () => {
  const start_time = '2026-07-01T10:00:00Z'

  it.each([
    { op: 'createTrace', body: { start_time, id: '', end_time: '', ttft: '' }, spec: 400, opik: 201 },
    { op: 'createTrace', body: { start_time: '' }, spec: 400, opik: 422 },
    { op: 'createTrace', body: { start_time, error_info: '' }, spec: 400, opik: 400 },
    { op: 'createTraces', body: { traces: [null] }, spec: 422, opik: 500 },
    { op: 'deleteTraces', body: { ids: [''] }, spec: 400, opik: 400 },
  ] as const)('answers $op with $body by $opik', async ({ op, body, spec, opik }) => {
    for (const [profile, status] of [['spec', spec] as const, ['opik@2.0', opik] as const]) {
      const { mock } = await open({ profile })
      const paths = { createTrace: 'traces', createTraces: 'traces/batch', deleteTraces: 'traces/delete' }
      const url = `/v1/private/${paths[op]}`
      const headers = { 'content-type': 'application/json' }
      const reply = await mock.handle({ method: 'POST', url, headers, body: JSON.stringify(body) })
      expect([profile, reply.status]).toEqual([profile, status])
    }
  })

  it('tells names of projects with blanks around them apart', async () => {
    for (const [profile, total] of [['spec', 1] as const, ['opik@2.0', 2] as const]) {
      const { api } = await open({ profile })
      for (const project_name of ['shop', ' shop'])
        await api.expect(201, 'createTrace', { body: { start_time, project_name } })
      const { body } = await api.expect(200, 'findProjects', { query: { name: 'shop' } })
      expect([profile, body.total]).toEqual([profile, total])
    }
  })
})

it('the scenario demo under opik@2.0.1 is set up although runners are switched off, and seen once they are on', async () => {
  const { mock } = await open({ profile: 'opik@2.0.1', scenario: 'demo' })
  await mock.ready
  const [id] = mock.inspect((world) => [...world.runners.values()].map((runner) => runner.id))
  const status = async (): Promise<number> => (await mock.handle({ method: 'GET', url: `${RUNNERS}/${id}` })).status
  expect(await status()).toBe(501)
  expect(mock.changeSettings({ runners_enabled: true })).toEqual([])
  expect(await status()).toBe(200)
})
