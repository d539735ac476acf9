// What the watching costs and keeps: nothing without being asked, bounded memory, whose calls count, reset and admin API.
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { startProgram } from '../sdk/program.js'
import { COMPLETED, openScene, verdictOn } from './stage.js'

async function readOverAdmin(mock: RunnerMock): Promise<{ status: number; body: unknown }> {
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  const response = await fetch(`${server.adminUrl}/conduct`)
  return { status: response.status, body: await response.json() }
}

it('is an error to ask a mock that watches nobody, and 409 over the admin API', async () => {
  const mock = createRunnerMock()
  expect(() => mock.conduct.report()).toThrow(expect.objectContaining({ code: 'conduct/unwatched' }))
  expect((await readOverAdmin(mock)).status).toBe(409)
})

it('is the same report over the admin API', async () => {
  const { mock, send } = await openScene()
  await send('heartbeat')
  const { status, body } = await readOverAdmin(mock)
  expect(status).toBe(200)
  expect(body).toEqual(mock.conduct.report())
})

it('counts what a runner does, not what is set up or what the web app does', async () => {
  const { mock, send } = await openScene()
  await send('getRunner')
  await send('disconnectRunner')
  expect(mock.conduct.report().runners).toEqual([])
})

it('does not hold the calls of others against a runner', async () => {
  const { mock, runner, send, pass } = await openScene()
  await send('heartbeat')
  const url = `/v1/private/local-runners/${runner.id}/heartbeats`
  await mock.handle({ method: 'POST', url, headers: { authorization: 'somebody-else' } })
  await pass(5)
  await send('heartbeat')
  const report = mock.conduct.report()
  expect(report.runners[0]).toMatchObject({ runner_id: runner.id, calls: 2 })
  expect(verdictOn(report, 'gone/stop')).toMatchObject({ outcome: 'not exercised' })
})

it('remembers the last calls of the last runners only', async () => {
  const { mock, send } = await openScene()
  for (let count = 0; count < 2100; count++) await send('heartbeat')
  expect(mock.conduct.report().runners).toMatchObject([{ calls: 2100, forgotten: 100 }])
  for (let count = 0; count < 60; count++) {
    const id = `01900000-0000-7000-8000-0000000000${String(count).padStart(2, '0')}`
    await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${id}/heartbeats` })
  }
  expect(mock.conduct.report().runners).toHaveLength(50)
})

it('begins anew with a reset and with a restore', async () => {
  const { mock, send } = await openScene()
  const snapshot = mock.snapshot()
  await send('heartbeat')
  mock.restore(snapshot)
  expect(mock.conduct.report().runners).toEqual([])
  await send('heartbeat')
  await mock.reset()
  expect(mock.conduct.report().runners).toEqual([])
})

it('reads compressed reports', async () => {
  const { mock, runner } = await openScene()
  const { id } = await mock.given.job({ runner, status: 'running' })
  const url = `/v1/private/local-runners/jobs/${id}/results`
  const headers = { ...runner.headers, 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const body = gzipSync(JSON.stringify(COMPLETED))
  for (let count = 0; count < 2; count++) await mock.handle({ method: 'POST', url, headers, body })
  expect(verdictOn(mock.conduct.report(), 'work/once')).toMatchObject({ outcome: 'broken', breaches: 1 })
})

it('is switched on in a served mock by an option', async () => {
  const program = startProgram('dist/cli/main.js', ['serve', '--port', '0', '--conduct'])
  onTestFinished(async () => {
    await program.stop()
  })
  const [, origin = ''] = await program.printed(/listening on (http:\/\/[^/]+)/)
  const response = await fetch(`${origin}/__admin/conduct`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ ok: true })
})
