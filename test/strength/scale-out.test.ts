// Two processes behind nginx, by the shipped configuration: a workspace always meets the same process, sees none of the
// others' state, and loses nothing when the other process is replaced. And a long run: virtual days of jobs on the virtual
// clock, in which memory stands still after the beginning, and nothing is left open at the end.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import { createRunnerMock, type Snapshot } from '../../src/mocks/mock/runner-mock.js'
import { startNginx, type Proxy } from '../../scripts/programs.mjs'
import { temporaryFolder } from '../temporary-folder.js'
import { askOf, startServe, type Answer, type Served } from '../sdk/served.js'
import { length } from './extent.js'

const folder = temporaryFolder()
const WORKSPACES = Array.from({ length: 20 }, (_, number) => `team-${number}`)

const start = (...options: string[]): Promise<Served> => startServe(['--scenario', 'empty', ...options])

async function startTwo(...options: string[]): Promise<{ mocks: [Served, Served]; proxy: Proxy }> {
  const [first, second] = await Promise.all([start(), start(...options)])
  const proxy = await startNginx([first.port, second.port])
  onTestFinished(async () => {
    await proxy.stop()
    await Promise.all([first.stop(), second.stop()])
  })
  return { mocks: [first, second], proxy }
}

const createProject = (base: string, workspace: string): Promise<Answer> =>
  askOf(base)('POST', '/projects', { name: `of ${workspace}` }, { 'comet-workspace': workspace })

async function projectsOf(base: string, workspace: string): Promise<string[]> {
  const { body } = await askOf(base)('GET', '/projects', undefined, { 'comet-workspace': workspace })
  return (body as { content: { name: string }[] }).content.map(({ name }) => name)
}

describe('two mocks behind nginx', () => {
  it('keep each workspace on one process, and apart from all others', async () => {
    const { mocks, proxy } = await startTwo()
    const base = `${proxy.origin}/api`
    for (const workspace of WORKSPACES) {
      const created = await createProject(base, workspace)
      expect(created.status).toBe(201)
      expect(created.location).toContain(`${base}/v1/private/projects/`)
    }
    const places = await Promise.all(
      WORKSPACES.map(async (workspace) => {
        expect(await projectsOf(base, workspace)).toEqual(expect.arrayContaining([`of ${workspace}`]))
        expect(await projectsOf(base, workspace)).toHaveLength(2)
        const holds = await Promise.all(mocks.map(async ({ url }) => (await projectsOf(url, workspace)).length === 2))
        return holds.indexOf(true)
      }),
    )
    expect(new Set(places)).toEqual(new Set([0, 1]))
  })

  it('lose only the workspaces of a process that is replaced, and none of them with --state', async () => {
    const { mocks, proxy } = await startTwo('--state', folder.at('second.json'))
    const base = `${proxy.origin}/api`
    for (const workspace of WORKSPACES) await createProject(base, workspace)
    const here = await Promise.all(
      WORKSPACES.map(async (workspace) => (await projectsOf(mocks[0].url, workspace)).length === 2),
    )
    expect(await mocks[1].stop()).toBe(0)
    const again = await start('--port', String(mocks[1].port), '--state', folder.at('second.json'))
    onTestFinished(async () => void (await again.stop()))
    for (const workspace of WORKSPACES) expect(await projectsOf(base, workspace)).toHaveLength(2)

    expect(await mocks[0].stop()).toBe(0)
    const fresh = await start('--port', String(mocks[0].port))
    onTestFinished(async () => void (await fresh.stop()))
    const kept = await Promise.all(WORKSPACES.map(async (workspace) => (await projectsOf(base, workspace)).length))
    expect(kept).toEqual(here.map((wasHere) => (wasHere ? 1 : 2)))
  })

  it('hand a job on to the poll that waits, and not to one whose client has hung up', async () => {
    const { mocks, proxy } = await startTwo()
    const { runner, snapshot } = await makeRunner()
    for (const { admin } of mocks) await fetch(`${admin}/state`, { method: 'PUT', body: JSON.stringify(snapshot) })
    const base = `${proxy.origin}/api/v1/private/local-runners`
    const poll = (signal?: AbortSignal): Promise<Response> =>
      fetch(`${base}/${runner.id}/jobs/next`, { method: 'POST', headers: runner.headers, ...(signal && { signal }) })

    const hangingUp = new AbortController()
    const lost = poll(hangingUp.signal).catch(() => 'hung up')
    await untilParked(mocks, runner.id, 1)
    hangingUp.abort()
    expect(await lost).toBe('hung up')
    await untilParked(mocks, runner.id, 0)
    const body = JSON.stringify({ project_id: runner.projectId, agent_name: 'echo', inputs: { text: 'one' } })
    const headers = { ...runner.headers, 'content-type': 'application/json' }
    const created = await fetch(`${base}/jobs`, { method: 'POST', headers, body })
    expect(created.status).toBe(201)
    expect(await (await poll()).json()).toMatchObject({ inputs: { text: 'one' }, status: 'running' })
  })
})

async function makeRunner(): Promise<{ runner: GivenRunner; snapshot: Snapshot }> {
  const mock = createRunnerMock({ settings: { heartbeat_ttl_seconds: 3600 } })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const snapshot = mock.snapshot()
  await mock.close()
  return { runner, snapshot }
}

/** Waits until so many polls for jobs of a runner are parked, whichever process it lives on. */
async function untilParked(mocks: readonly Served[], runner: string, polls: number): Promise<void> {
  for (;;) {
    const views = await Promise.all(mocks.map(({ ask }) => ask('GET', `/__admin/runners/${runner}`)))
    const seen = views.map(({ body }) => (body as { polls?: { jobs: number } }).polls?.jobs ?? 0)
    if (seen.reduce((sum, count) => sum + count, 0) === polls) return
  }
}

const VIRTUAL_HOURS = length({ short: 8, long: 30 * 24 })
const JOBS_PER_SECOND = 5

setFlagsFromString('--expose-gc')

function heapUsed(): number {
  runInNewContext('gc()')
  return process.memoryUsage().heapUsed
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

it('lets jobs come and go for days of virtual time in the same memory', async () => {
  const timersBefore = process.getActiveResourcesInfo().length
  const settings = { completed_job_ttl_seconds: 1800 }
  const mock = createRunnerMock({ settings, now: '2026-01-01T00:00:00Z', frozen: true, journalSize: 100 })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const root = '/v1/private/local-runners'
  const headers = { ...runner.headers, 'content-type': 'application/json' }
  const creation = JSON.stringify({ project_id: runner.projectId, agent_name: 'echo', inputs: { text: 'Hello' } })
  const call = async (path: string, body: string): Promise<string> => {
    const reply = await mock.handle({ method: 'POST', url: root + path, headers, body })
    expect(reply.status).toBeLessThan(300)
    return reply.headers['location'] ?? ''
  }
  const heap: number[] = []
  for (let second = 0; second <= VIRTUAL_HOURS * 3600; second++) {
    if (second % 10 === 0) await call(`/${runner.id}/heartbeats`, '{}')
    for (let job = 0; job < JOBS_PER_SECOND; job++) {
      const id = (await call('/jobs', creation)).split('/').pop() ?? ''
      await call(`/${runner.id}/jobs/next`, '')
      await call(`/jobs/${id}/logs`, '[{"stream":"stdout","text":"line"}]')
      await call(`/jobs/${id}/results`, '{"status":"completed","result":{}}')
    }
    await mock.clock.advance({ seconds: 1 })
    if (second % 3600 === 0) heap.push(heapUsed())
  }
  // Those of the last half hour; the oldest second of it has just gone.
  expect(mock.snapshot().world.jobs).toHaveLength(JOBS_PER_SECOND * (1800 - 1))
  const [, first = 0, ...later] = heap
  expect(mean(later.slice(-5))).toBeLessThan(first * 1.1)
  await mock.close()
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(timersBefore)
})
