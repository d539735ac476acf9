// Files that 0.1 wrote or took, kept as they were: each is still read.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readAuth, readFaults, readScenario } from '../src/cli/files/serve-files.js'
import { readSettings } from '../src/cli/files/input-file.js'
import { readState } from '../src/cli/state/state-file.js'
import { readBaseline, readWaivers } from '../src/cli/report-options.js'
import { checkReply } from '../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../src/mocks/mock/runner-mock.js'
import { isSnapshot } from '../src/mocks/mock/snapshot-links.js'

const kept = (name: string): string => join(import.meta.dirname, 'kept-0.1', name)

let mock: RunnerMock | undefined
afterEach(() => mock?.close())

async function open(options: RunnerMockOptions): Promise<RunnerMock> {
  mock = createRunnerMock({ frozen: true, now: '2026-07-01T12:00:00Z', ...options })
  await mock.ready
  return mock
}

const snapshot: unknown = JSON.parse(readFileSync(kept('snapshot.json'), 'utf8'))

describe('a file kept from 0.1', () => {
  it('with a scenario is played', async () => {
    const { scenario } = await readScenario(kept('scenario.yaml'))
    const { world, crew } = (await open({ scenario })).snapshot()
    const states = ['completed', 'running', 'running', 'failed', 'cancelled']
    expect(world.jobs.map(({ wire }) => wire.status)).toEqual(states)
    expect([world.runners.length, world.sessions.length, crew?.runners.length]).toEqual([4, 6, 3])
  })

  it('with settings, limits, keys and faults is used', async () => {
    const settings = await readSettings(kept('settings.yaml'))
    expect(await readSettings(kept('limits.json'), 'limits')).toMatchObject({ max_agents_per_runner: 10 })
    const auth = await readAuth(kept('auth.yaml'))
    const faults = await readFaults(kept('faults.yaml'))
    const opened = await open({ settings, auth, faults })
    expect(opened.settings.job_timeout_seconds).toBe(900)
    expect(opened.faults.list().map(({ id }) => id)).toContain('poll')
    const headers = { authorization: 'ann-key', 'comet-workspace': 'lab' }
    opened.faults.clear()
    expect(await opened.handle({ method: 'GET', url: '/v1/private/projects', headers })).toMatchObject({ status: 200 })
  })

  it('with waivers, a report or ids is taken', async () => {
    expect(await readWaivers(kept('waivers.yaml'))).toMatchObject([{ id: 'system/alive' }, { id: 'job/*' }])
    expect(await readBaseline(kept('report.json'))).toBeInstanceOf(Set)
  })

  it('with a snapshot is restored, entry by entry', async () => {
    if (!isSnapshot(snapshot)) throw new Error('The kept snapshot is none.')
    const opened = await open({ snapshot })
    // What was kept beside the rest has a place of its own now.
    const { projects, traces, spans, ...world }: Record<string, unknown> = { ...snapshot.world }
    const now = opened.snapshot()
    expect(now).toMatchObject({ ...snapshot, world: { ...world, collections: { projects, traces, spans } } })
    expect((await open({ snapshot: now })).snapshot()).toEqual(now)
    await opened.clock.advance({ seconds: 10 })
    const states = opened.snapshot().world.commands.map(({ wire }) => `${wire.type} ${wire.status}`)
    expect(states).toContain('Exec completed')
  })

  it('with projects, traces and spans shows them', async () => {
    const state = await readState(kept('entries.json'))
    const opened = await open({ ...(state && { snapshot: state }), checkReply })
    const read = async (path: string): Promise<unknown> => {
      const { body } = await opened.handle({ method: 'GET', url: `/v1/private/${path}` })
      return JSON.parse(body)
    }
    const projects = [{ name: 'Lab', description: 'd' }, { name: 'Default Project' }]
    expect(await read('projects')).toMatchObject({ total: 2, content: projects })
    const summed = { span_count: 1, llm_span_count: 1, usage: { total_tokens: 3 }, providers: ['openai'] }
    const trace = { name: 'echo', input: { a: null }, duration: 2000, visibility_mode: 'default', ...summed }
    const id = '01900000-0000-7000-8000-0000000000a1'
    expect(await read(`traces/${id}`)).toMatchObject(trace)
    expect(await read('traces?project_name=lab')).toMatchObject({ total: 2, content: [{ span_count: 0 }, trace] })
    const spans = { total: 1, content: [{ name: 'call' }] }
    expect(await read(`spans?project_name=Lab&trace_id=${id}`)).toMatchObject(spans)
  })

  it('with a state is gone on from', async () => {
    const state = await readState(kept('snapshot.json'))
    expect(state?.world.runners.length).toBeGreaterThan(0)
    if (state === undefined) return
    expect((await open({ snapshot: state })).snapshot().world.runners).toHaveLength(state.world.runners.length)
  })
})
