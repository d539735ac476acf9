// What the watching costs and keeps: nothing without being asked, bounded memory, whose calls count, reset and admin API.
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { startProgram } from '../sdk/program.js'
import { openStage, type Stage } from './stage.js'

function beat({ mock }: Stage, runnerId: string, headers: Record<string, string>): unknown {
  return mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runnerId}/heartbeats`, headers })
}

async function readOverAdmin(mock: Stage['mock']): Promise<{ status: number; body: unknown }> {
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
  const stage = openStage()
  const runner = await stage.mock.given.connectedRunner()
  await beat(stage, runner.id, runner.headers)
  const { status, body } = await readOverAdmin(stage.mock)
  expect(status).toBe(200)
  expect(body).toEqual(stage.mock.conduct.report())
})

it('counts what a runner does, not what is set up or what the web app does', async () => {
  const stage = openStage()
  const runner = await stage.mock.given.connectedRunner({ agents: ['echo'] })
  await stage.mock.handle({ method: 'GET', url: `/v1/private/local-runners/${runner.id}`, headers: runner.headers })
  await stage.mock.handle({ method: 'DELETE', url: `/v1/private/local-runners/${runner.id}`, headers: runner.headers })
  expect(stage.mock.conduct.report().runners).toEqual([])
})

it('does not hold the calls of others against a runner', async () => {
  const stage = openStage()
  const runner = await stage.mock.given.connectedRunner()
  await beat(stage, runner.id, runner.headers)
  await beat(stage, runner.id, { authorization: 'somebody-else' })
  await stage.pass(5)
  await beat(stage, runner.id, runner.headers)
  const [own] = stage.mock.conduct.report().runners
  expect(own).toMatchObject({ runner_id: runner.id, calls: 2 })
  const stop = own?.verdicts.find(({ rule }) => rule === 'gone/stop')
  expect(stop).toMatchObject({ outcome: 'not exercised' })
})

it('remembers the last calls of the last runners only', async () => {
  const stage = openStage()
  const runner = await stage.mock.given.connectedRunner()
  for (let count = 0; count < 2100; count++) await beat(stage, runner.id, runner.headers)
  expect(stage.mock.conduct.report().runners).toMatchObject([{ calls: 2100, forgotten: 100 }])
  for (let count = 0; count < 60; count++) {
    const id = `01900000-0000-7000-8000-0000000000${String(count).padStart(2, '0')}`
    await beat(stage, id, runner.headers)
  }
  expect(stage.mock.conduct.report().runners).toHaveLength(50)
})

it('begins anew with a reset and with a restore', async () => {
  const stage = openStage()
  const runner = await stage.mock.given.connectedRunner()
  const snapshot = stage.mock.snapshot()
  await beat(stage, runner.id, runner.headers)
  stage.mock.restore(snapshot)
  expect(stage.mock.conduct.report().runners).toEqual([])
  await beat(stage, runner.id, runner.headers)
  await stage.mock.reset()
  expect(stage.mock.conduct.report().runners).toEqual([])
})

it('reads compressed reports', async () => {
  const stage = openStage()
  const runner = await stage.mock.given.connectedRunner({ agents: ['echo'] })
  const { id } = await stage.mock.given.job({ runner, status: 'running' })
  for (let count = 0; count < 2; count++) {
    const stream = new Blob([JSON.stringify({ status: 'completed', result: {} })]).stream()
    const body = new Uint8Array(await new Response(stream.pipeThrough(new CompressionStream('gzip'))).arrayBuffer())
    await stage.mock.handle({
      method: 'POST',
      url: `/v1/private/local-runners/jobs/${id}/results`,
      headers: { ...runner.headers, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body,
    })
  }
  const once = stage.mock.conduct.report().runners[0]?.verdicts.find(({ rule }) => rule === 'work/once')
  expect(once).toMatchObject({ outcome: 'broken', breaches: 1 })
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
