// The cases, played without any transport: plain exchanges.
import { expect, it } from 'vitest'
import { words } from '../../src/generated/lifecycle-tables.js'
import { createRunnerMock } from '../../src/index.js'
import { Api } from './api.js'
import { base64, createJob, KEY, pair } from './given.js'
import { NOBODY, sendDirectly } from './harness.js'
import { playCases } from './wire-cases.js'

playCases('handle')

it('finds a path by its method, and by the profile of the moment, however often it was asked', async () => {
  const mock = createRunnerMock({ frozen: true })
  const runner = await mock.given.connectedRunner()
  const statusOf = async (method: string, url: string): Promise<number> => (await mock.handle({ method, url })).status
  const path = `/v1/private/local-runners/${runner.id}`
  const seen = async () => [await statusOf('GET', path), await statusOf('POST', path), await statusOf('HEAD', path)]
  expect([await seen(), await seen()]).toEqual([
    [200, 405, 200],
    [200, 405, 200],
  ])
  const environments = '/v1/private/environments'
  expect(await statusOf('GET', environments)).toBe(200)
  mock.changeSettings({ profile: 'opik@2.0' })
  expect(await statusOf('GET', environments)).toBe(404)
  mock.changeSettings({ profile: 'opik' })
  expect(await statusOf('GET', environments)).toBe(200)
  await mock.close()
})

it.each([
  ['without dashes', 404, (id: string) => id.replaceAll('-', '')],
  ['in braces', 404, (id: string) => `{${id}}`],
  ['with a zero byte', 404, (id: string) => `${id}%00`],
  ['with a broken escape', 400, (id: string) => `${id}%zz`],
])('knows no id %s: %i', async (_, status, spell) => {
  const mock = createRunnerMock({ frozen: true })
  const { id } = await mock.given.connectedRunner()
  expect(await mock.handle({ method: 'GET', url: `/v1/private/local-runners/${spell(id)}` })).toMatchObject({ status })
  await mock.close()
})

it('takes a parameter without a value as none', async () => {
  const mock = createRunnerMock({ frozen: true })
  expect(await mock.handle({ method: 'GET', url: '/v1/private/projects?page&size=5' })).toMatchObject({ status: 200 })
  await mock.close()
})

it('leads by Location to what it has created, and names in a refusal what it is about', async () => {
  const mock = createRunnerMock({ frozen: true, settings: { max_pending_jobs_per_runner: 2 } })
  const api = new Api(sendDirectly(mock))
  const [runner, bridge] = [await pair(api), await pair(api, { type: 'connect' })]
  for (const _ of [1, 2]) await createJob(api, runner)
  const path = { runnerId: bridge.id }
  const made = await api.expect(201, 'createBridgeCommand', { path, body: { type: 'ReadFile', args: {} } })
  expect(await mock.handle({ method: 'GET', url: made.headers['location'] ?? '' })).toMatchObject({ status: 200 })
  await api.call('nextBridgeCommands', { path })
  const report = { path: { ...path, commandId: made.createdId } }
  await api.expect(204, 'reportBridgeResult', { ...report, body: { status: 'failed', error: {} } })
  const job = { agent_name: 'echo', project_id: runner.projectId }
  const session = { activation_key: base64(KEY), type: 'endpoint' } as const
  const { body } = await api.expect(404, 'getJob', { path: { jobId: NOBODY } })
  expect(body).toMatchObject({ message: words['job']?.[404] })
  for (const [status, refused, ...names] of [
    [429, await api.call('createJob', { body: job }), '2'],
    [409, await api.call('reportBridgeResult', { ...report, body: { status: 'completed', result: {} } }), 'failed'],
    [400, await api.call('createJob', { body: { ...job, agent_name: 'nobody' } }), 'nobody', 'echo'],
    [404, await api.call('createPairingSession', { body: { ...session, project_id: NOBODY } }), NOBODY, 'default'],
  ] as const) {
    expect(refused.status).toBe(status)
    for (const name of names) expect(JSON.stringify(refused.body)).toMatch(new RegExp(`\\b${name}\\b`))
  }
  await mock.close()
})
