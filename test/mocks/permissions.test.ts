// What a key may do: the calls that its permissions guard, what it is told of them, and contents that it may not read.
import { describe, expect, it } from 'vitest'
import { callerOf } from './harness.js'
import { verify } from '../../src/contracts/run/verify.js'
import type { RunnerMock, RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const TABLE = {
  'ann-key': { user: 'ann', workspaces: ['lab'] },
  'eve-key': { user: 'eve', workspaces: ['lab'], permissions: ['project_data_view'] },
}

const open = (options: RunnerMockOptions = {}): RunnerMock => openMock({ auth: TABLE, seed: 3, ...options })

const ask = (mock: RunnerMock, key: string, ...call: [method: string, path: string, body?: object]) =>
  callerOf(mock, { authorization: key, 'comet-workspace': 'lab' })(...call)

describe('a key with permissions', () => {
  it('is refused what it has none for, as every key is with a code, and may do all else', async () => {
    const mock = open()
    const refused = await ask(mock, 'eve-key', 'POST', '/projects', { name: 'New' })
    expect(refused).toMatchObject({ status: 403, body: { code: 403, message: expect.any(String) as string } })
    expect((await ask(mock, 'eve-key', 'GET', '/prompts')).status).toBe(403)
    expect((await ask(mock, 'eve-key', 'GET', '/projects')).status).toBe(200)
    expect((await ask(mock, 'eve-key', 'GET', '/toggles')).status).toBe(200)
    expect((await ask(mock, 'ann-key', 'POST', '/projects', { name: 'New' })).status).toBe(201)
  })

  it('is told which it has, where a key for everything is told nothing', async () => {
    const told = await ask(open(), 'eve-key', 'GET', '/workspace-permissions')
    expect(told.body).toMatchObject({ user_name: 'eve', workspace_name: 'lab' })
    expect((told.body as { permissions: object[] }).permissions).toEqual(
      expect.arrayContaining([
        { permission_name: 'project_data_view', permission_value: 'true' },
        { permission_name: 'project_create', permission_value: 'false' },
      ]),
    )
    expect((await ask(open(), 'ann-key', 'GET', '/workspace-permissions')).body).toMatchObject({ permissions: [] })
  })

  it('is refused a runner call once a setting guards it', async () => {
    const mock = open()
    const list = '/local-runners?project_id=0190babc-62a0-71d2-832a-0feffa4676eb'
    expect((await ask(mock, 'eve-key', 'GET', list)).status).toBe(200)
    expect(mock.changeSettings({ permissions: { listRunners: 'local_runner_view' } })).toEqual([])
    expect((await ask(mock, 'eve-key', 'GET', list)).status).toBe(403)
    expect((await ask(mock, 'ann-key', 'GET', list)).status).toBe(200)
  })

  it('may do everything on a server of April', async () => {
    const mock = open({ profile: 'opik@2.0' })
    expect((await ask(mock, 'eve-key', 'POST', '/projects', { name: 'New' })).status).toBe(201)
  })

  it('reads traces without their contents where a setting says so', async () => {
    const mock = open({ settings: { contents_permission: 'trace_content_view' } })
    const secret = { secret: 1 }
    const contents = { input: secret, output: secret, metadata: secret, error_info: { exception_type: 'secret' } }
    const trace = { project_name: 'Lab', name: 'call', start_time: '2026-07-01T12:00:00Z', ...contents, thread_id: 'a' }
    await ask(mock, 'ann-key', 'POST', '/traces/batch', { traces: [trace, { ...trace, input: null }] })
    const found = { total: 2, content: [{ name: 'call' }, { name: 'call' }] }
    for (const [path, shown] of [
      ['/traces?project_name=Lab', found],
      ['/traces/threads?project_name=Lab', { total: 1, content: [{ id: 'a' }] }],
    ] as const) {
      const [theirs, own] = [await ask(mock, 'eve-key', 'GET', path), await ask(mock, 'ann-key', 'GET', path)]
      expect(theirs.body).toMatchObject(shown)
      expect(JSON.stringify(theirs.body)).not.toContain('secret')
      expect(JSON.stringify(own.body)).toContain('secret')
    }
    expect(await ask(mock, 'eve-key', 'GET', '/traces/0190babc-62a0-71d2-832a-0feffa4676eb')).toMatchObject({
      status: 404,
    })
  })

  it('is judged by verify', async () => {
    const target = { app: open(), apiKey: 'ann-key', workspace: 'lab', readerApiKey: 'eve-key' }
    const only = ['isolation/permissions-hold']
    expect((await verify(target, { only })).totals).toMatchObject({ passed: 1 })
    const { readerApiKey: _, ...without } = target
    expect((await verify(without, { only })).totals).toMatchObject({ notRun: 1 })
  })
})

it('getServiceToggles answers the switches of its version, with those that are set', async () => {
  const mock = openMock({ settings: { toggles: { agent_insights_enabled: true } } })
  const read = async () => (await callerOf(mock)('GET', '/toggles')).body
  expect(await read()).toMatchObject({ agent_insights_enabled: true, ollie_enabled: false, default_page_size: 100 })
  expect(await read()).not.toHaveProperty('csv_upload_enabled')
  mock.changeSettings({ profile: 'opik@2.0' })
  expect(await read()).toMatchObject({ csv_upload_enabled: false })
  expect(await read()).not.toHaveProperty('ollie_enabled')
})
