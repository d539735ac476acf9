// The scenario for pages: each of its projects is in the state that docs/web-app.md says, and stays so under its own steam.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunnerMock, type LocalRunnerJob, type LocalRunnerPage, type RunnerMock } from '../../src/index.js'
import { checkReply } from '../../src/mocks/adapters/node.js'
import { playgroundPages } from '../../src/mocks/scenarios/playground.js'
import { root } from '../docs/blocks.js'

let mock: RunnerMock
beforeAll(async () => {
  mock = createRunnerMock({ scenario: 'playground', now: '2026-07-01T12:00:00Z', frozen: true, checkReply })
  await mock.ready
  await mock.clock.advance({ seconds: 5 })
})
afterAll(() => mock.close())

async function read<Body>(path: string): Promise<Body> {
  const response = await mock.fetch(`http://mock/api/v1/private/${path}`)
  expect(response.status).toBe(200)
  return (await response.json()) as Body
}

function idOf(project: string): string {
  const path = playgroundPages.find((page) => page.project === project)?.path ?? ''
  return path.split('/')[3] ?? ''
}

const runnersOf = async (project: string) =>
  (await read<LocalRunnerPage>(`local-runners?project_id=${idOf(project)}`)).content

/** The latest job of the first runner, and how many it has. */
async function jobOf(project: string) {
  const [runner] = await runnersOf(project)
  const page = await read<{ total: number; content: LocalRunnerJob[] }>(`local-runners/${runner?.id}/jobs`)
  return { total: page.total, job: page.content[0] }
}

describe('playground', () => {
  it('has the pages that the document names, in projects of these names', async () => {
    const rows = [
      ...readFileSync(`${root}docs/web-app.md`, 'utf8').matchAll(/^\| ([^|`]+?) +\| (.+?) +\| `(\/[^`]+)` +\|$/gm),
    ]
    expect(rows.map(([, project, shows, path]) => ({ project, shows, path }))).toEqual(playgroundPages)
    for (const { project } of playgroundPages) {
      expect(await read(`projects/${idOf(project)}`)).toMatchObject({ name: project })
    }
  })

  it.each([
    ['No runner', []],
    ['Waiting for pairing', []],
    ['One agent', ['endpoint connected 1']],
    ['Many agents', ['endpoint connected 6']],
    ['No agents', ['endpoint connected 0']],
    ['Connect runner', ['connect connected 0']],
    ['Both runners', ['connect connected 0', 'endpoint connected 1']],
    ['Lapsed', ['endpoint disconnected 0']],
  ])('%s', async (project, expected) => {
    const runners = await runnersOf(project)
    expect(runners.map(({ type, status, agents }) => `${type} ${status} ${agents.length}`)).toEqual(expected)
  })

  it('keeps a session waiting', () => {
    const waiting = mock.inspect(({ sessions }) => [...sessions.values()].filter(({ isActivated }) => !isActivated))
    expect(waiting.map(({ projectId }) => projectId)).toEqual([idOf('Waiting for pairing')])
  })

  it.each([
    ['Job running', 'running', undefined],
    ['Job completed', 'completed', undefined],
    ['Job failed', 'failed', 'TypeError: this agent always fails'],
    ['Job cancelled', 'cancelled', undefined],
    ['Job timed out', 'failed', 'Job timed out after 2s'],
  ])('%s', async (project, status, error) => {
    const { total, job } = await jobOf(project)
    expect([total, job?.status, job?.error]).toEqual([1, status, error])
  })

  it('has results, logs and traces that are large', async () => {
    expect(JSON.stringify((await jobOf('Huge result')).job?.result).length).toBeGreaterThan(300_000)
    expect(await read<unknown[]>(`local-runners/jobs/${(await jobOf('Long logs')).job?.id}/logs`)).toHaveLength(3000)
    const { content } = await read<{ content: { span_count: number }[] }>(`traces?project_id=${idOf('Many spans')}`)
    expect(content.map((trace) => trace.span_count)).toEqual([300])
  })

  it('has twelve versions of a configuration, to which three environments point', async () => {
    const path = `agent-configs/blueprints/history/projects/${idOf('Agent configuration')}?page=1&size=50`
    const { content } = await read<{ content: { name: string; envs?: string[] }[] }>(path)
    expect(content.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, at) => `v${12 - at}`))
    expect(content.flatMap(({ name, envs = [] }) => envs.map((env) => `${env} ${name}`))).toEqual([
      'dev v12',
      'staging v11',
      'prod v9',
    ])
  })

  it('refuses one more job where the queue is full, and repeats a state where its agent is run again', async () => {
    const create = (project: string, agent_name: string) =>
      mock.fetch('http://mock/api/v1/private/local-runners/jobs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ agent_name, project_id: idOf(project) }),
      })
    expect((await create('Queue full', 'order-status')).status).toBe(429)
    expect((await create('Job failed', 'always-fails')).status).toBe(201)
    await mock.clock.advance({ seconds: 1 })
    const { total, job } = await jobOf('Job failed')
    expect([total, job?.status]).toEqual([2, 'failed'])
  })

  it('lets one runner come and go, also after a restore', async () => {
    const seen = async () => (await runnersOf('Flapping'))[0]?.status
    const states = async () => {
      const found = new Set<string | undefined>()
      for (let step = 0; step < 8; step++) {
        found.add(await seen())
        await mock.clock.advance({ seconds: 10 })
      }
      return [...found].toSorted()
    }
    expect(await states()).toEqual(['connected', 'disconnected'])
    mock.restore(mock.snapshot())
    await mock.ready
    expect(await states()).toEqual(['connected', 'disconnected'])
  })
})

describe('busy', () => {
  const open = async (seed: number) => {
    const busy = createRunnerMock({ scenario: 'busy', seed, now: '2026-07-08T12:00:00Z', frozen: true, checkReply })
    const get = async (path: string) =>
      (await busy.fetch(`http://mock/api/v1/private/${path}`)).json() as Promise<{
        total: number
        content: { id: string; start_time: string; span_count: number }[]
      }>
    return { busy, get }
  }

  it('makes traces and spans of a week from the seed, once they are asked for, and keeps them', async () => {
    const { busy, get } = await open(3)
    expect((await get('projects')).total).toBe(50)
    const list = 'traces?project_name=Default%20Project&size=100'
    const first = await get(list)
    const spans = (await get(`spans?project_name=Default%20Project&trace_id=${first.content[0]?.id}`)).total
    expect([first.content[0]?.span_count, spans]).toEqual([20, 20])
    const times = first.content.map(({ start_time }) => Date.parse(start_time))
    expect(Math.min(...times)).toBeGreaterThan(Date.parse('2026-07-01T11:00:00Z'))
    expect(Math.max(...times)).toBeLessThan(Date.parse('2026-07-08T12:00:00Z'))
    const saved = busy.snapshot().world.collections
    const counts = ['traces', 'spans'].map((name) => Object.values(saved?.[name] ?? {}).flat().length)
    expect(counts).toEqual([2000, 40_000])

    await busy.close()
    // Making them takes a second each time.
    if (process.env['KIT_ALL_SEEDS'] === undefined) return
    const [again, other] = [await open(3), await open(4)]
    expect(await again.get(list)).toEqual(first)
    expect(await other.get(list)).not.toEqual(first)
    await Promise.all([again.busy, other.busy].map((mock) => mock.close()))
  })
})
