// The scenario for pages: each of its projects is in the state that docs/web-app.md says, and stays so under its own steam.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunnerMock, type LocalRunnerJob, type LocalRunnerPage, type RunnerMock } from '../../src/index.js'
import { checkReply } from '../../src/mocks/adapters/node.js'
import { createIdentity } from '../../src/mocks/base/identity.js'
import { playgroundPages } from '../../src/mocks/scenarios/playground.js'
import { root } from '../docs/blocks.js'
import { callerOf } from '../mocks/harness.js'

let mock: RunnerMock
beforeAll(async () => {
  mock = createRunnerMock({ scenario: 'playground', now: '2026-07-01T12:00:00Z', frozen: true, checkReply })
  await mock.ready
  await mock.clock.advance({ seconds: 5 })
})
afterAll(() => mock.close())

const OWNER = createIdentity('default', 'admin')

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
    const path = `agent-configs/blueprints/history/projects/${idOf('Prompts')}?page=1&size=50`
    const { content } = await read<{ content: { name: string; envs?: string[] }[] }>(path)
    expect(content.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, at) => `v${12 - at}`))
    expect(content.flatMap(({ name, envs = [] }) => envs.map((env) => `${env} ${name}`))).toEqual([
      'dev v12',
      'staging v11',
      'prod v9',
    ])
  })

  it('has prompts with versions in environments, and a draft with which its agent runs', async () => {
    const { content } = await read<{ content: { id: string; name: string; version_count: number }[] }>(
      `projects/${idOf('Prompts')}/prompts?sorting=${encodeURIComponent('[{"field":"name","direction":"ASC"}]')}`,
    )
    expect(content.map(({ name, version_count: count }) => `${name} ${count}`)).toEqual(['answer 3', 'greeting 2'])
    const promptId = content[0]?.id ?? ''
    const versions = await read<{ content: { version_number: string; environments?: string[] }[] }>(
      `prompts/${promptId}/versions`,
    )
    expect(
      versions.content.map(({ version_number: number, environments = [] }) => `${number} ${environments.join()}`),
    ).toEqual(['v3 development', 'v2 staging', 'v1 production'])
    const drafts = mock.inspect(({ collections }) => collections.promptVersions.list(OWNER, { prompt_id: promptId }))
    const draft = drafts.entries.find((version) => version['version_type'] === 'mask')
    expect(await answer(undefined)).toMatchObject({ prompt: 'Answer: Why?', version: 'v1' })
    expect(await answer({ [promptId]: String(draft?.['id']) })).toMatchObject({
      prompt: 'Answer as a pirate: Why?',
      version: 'draft',
    })
  })

  /** Runs the agent that uses a prompt; resolves with its result. */
  async function answer(prompt_masks: Record<string, string> | undefined): Promise<unknown> {
    const [runner] = await runnersOf('Prompts')
    const asked = { agent_name: 'answer-question', project_id: idOf('Prompts'), inputs: { question: 'Why?' } }
    const created = await callerOf(mock)('POST', '/local-runners/jobs', { ...asked, prompt_masks })
    expect(created.status).toBe(201)
    await mock.clock.advance({ seconds: 1 })
    const { content } = await read<{ content: LocalRunnerJob[] }>(`local-runners/${runner?.id}/jobs`)
    return content[0]?.result
  }

  it('has traces of each environment with scores and comments, and threads', async () => {
    const project = idOf('Scores and comments')
    interface Judged {
      environment?: string
      feedback_scores: { name: string }[]
      comments?: { text: string }[]
    }
    const { content } = await read<{ content: Judged[] }>(`traces?project_id=${project}&size=50`)
    const environments = content.map(({ environment }) => environment ?? 'none')
    expect([...new Set(environments)].toSorted()).toEqual(['development', 'none', 'production', 'staging'])
    expect(
      content
        .at(-1)
        ?.feedback_scores.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['politeness', 'relevance'])
    expect(content.at(-1)?.comments?.map(({ text }) => text)).toEqual(['Check this one.', 'Fine by me.'])
    expect((await read<{ total: number }>(`traces/threads?project_id=${project}`)).total).toBe(3)
  })

  it('has issues that diagnostics have found', async () => {
    const project = idOf('Diagnostics')
    expect(await read(`agent-insights/jobs/${project}`)).toMatchObject({ status: 'enabled' })
    const { content } = await read<{ content: { name: string; total_occurrences: number }[] }>(
      `agent-insights/issues?project_id=${project}`,
    )
    expect(content.map(({ name, total_occurrences: count }) => `${name} ${count}`).toSorted()).toEqual([
      'KeyError in order-status 3',
      'TimeoutError in order-status 3',
    ])
  })

  it.each(['opik@2.0', 'opik@2.0.1'] as const)('is complete under %s, without what is newer', async (profile) => {
    const older = createRunnerMock({ scenario: 'playground', profile, now: '2026-07-01T12:00:00Z', frozen: true })
    await older.ready
    const { status } = await older.fetch(`http://mock/api/v1/private/agent-insights/jobs/${idOf('Diagnostics')}`)
    expect(status).toBe(404)
    const prompts = await older.fetch(`http://mock/api/v1/private/projects/${idOf('Prompts')}/prompts`)
    expect(await prompts.json()).toMatchObject({ total: 2 })
    await older.close()
  })

  it('refuses one more job where the queue is full, and repeats a state where its agent is run again', async () => {
    const create = (project: string, agent_name: string) =>
      callerOf(mock)('POST', '/local-runners/jobs', { agent_name, project_id: idOf(project) })
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
