// Cases of a runner's jobs: the queue and its long polls, lists, logs.
import { describe, expect, it } from 'vitest'
import type { RequestBodyOf } from '../../../src/kernel/operation.js'
import { createJob, newProject, pair, readJob, takeJob } from '../given.js'
import { NOBODY, START, type Stage } from '../harness.js'

export function jobCases(stage: Stage): void {
  describe('nextJob', () => queueCases(stage))
  describe('listJobs', () => listCases(stage))
  describe('getJobLogs', () => logCases(stage))
}

function queueCases({ open }: Stage): void {
  it('hands out the oldest pending job first', async () => {
    const { api, clock } = await open()
    const runner = await pair(api)
    const ids = []
    for (let count = 0; count < 4; count++) ids.push(await createJob(api, runner))
    await clock.advance({ seconds: 3 })
    const taken = []
    for (let count = 0; count < 4; count++) taken.push(await takeJob(api, runner))
    expect(taken.map(({ id }) => id)).toEqual(ids)
    const started = new Date(Date.parse(START) + 3000).toISOString()
    for (const job of taken) expect(job).toMatchObject({ status: 'running', started_at: started })
    expect(await readJob(api, ids[0] ?? '')).toEqual(taken[0])
  })

  it('answers null when next_job_poll_timeout has passed, not before', async () => {
    const { api, clock, waiting } = await open()
    const runner = await pair(api)
    let isAnswered = false
    const poll = api.expect(200, 'nextJob', { path: { runnerId: runner.id } }).finally(() => (isAnswered = true))
    await waiting('nextJob')
    await clock.advance({ seconds: 9.999 })
    await waiting('nextJob')
    expect(isAnswered).toBe(false)
    await clock.advance({ milliseconds: 1 })
    expect((await poll).body).toBeNull()
  })

  it('answers at once with a timeout of 0', async () => {
    const { api } = await open({ settings: { next_job_poll_timeout_seconds: 0 } })
    const runner = await pair(api)
    expect((await api.expect(200, 'nextJob', { path: { runnerId: runner.id } })).body).toBeNull()
  })

  it('wakes at once for a job that is created while it waits', async () => {
    const { api, waiting } = await open()
    const runner = await pair(api)
    const poll = takeJob(api, runner)
    await waiting('nextJob')
    const jobId = await createJob(api, runner)
    expect(await poll).toMatchObject({ id: jobId, status: 'running', started_at: START })
  })

  it('serves whoever has waited longest, each job once', async () => {
    const { api, waiting } = await open()
    const runner = await pair(api)
    const polls = []
    for (let count = 1; count <= 3; count++) {
      polls.push(takeJob(api, runner))
      await waiting('nextJob', count)
    }
    const ids = []
    for (let count = 0; count < 3; count++) ids.push(await createJob(api, runner))
    expect((await Promise.all(polls)).map(({ id }) => id)).toEqual(ids)
  })

  it('does not swallow a job when its caller has hung up', async () => {
    const { api, waiting } = await open()
    const runner = await pair(api)
    const hanging = new AbortController()
    const poll = api.call('nextJob', { path: { runnerId: runner.id }, signal: hanging.signal })
    await waiting('nextJob')
    hanging.abort()
    await expect(poll).rejects.toThrow()
    await waiting('nextJob', 0)
    const jobId = await createJob(api, runner)
    expect((await readJob(api, jobId)).status).toBe('pending')
    expect((await takeJob(api, runner)).id).toBe(jobId)
  })

  it('waits for the jobs of its own runner only', async () => {
    const { api, clock, waiting } = await open()
    const runner = await pair(api)
    const other = await pair(api, { projectId: await newProject(api, 'Other') })
    const poll = api.expect(200, 'nextJob', { path: { runnerId: runner.id } })
    await waiting('nextJob')
    await createJob(api, other)
    await clock.advance({ seconds: 10 })
    expect((await poll).body).toBeNull()
  })

  it('works for a lapsed runner and for a connect runner', async () => {
    const { api, clock } = await open({ settings: { next_job_poll_timeout_seconds: 0 } })
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    await clock.advance({ minutes: 10 })
    expect((await takeJob(api, runner)).id).toBe(jobId)
    const { id: runnerId } = await pair(api, { type: 'connect' })
    expect((await api.expect(200, 'nextJob', { path: { runnerId } })).body).toBeNull()
  })

  it('answers 404 to a runner that nobody has', async () => {
    const { api } = await open()
    expect(await api.status('nextJob', { path: { runnerId: NOBODY } })).toBe(404)
  })
}

function listCases({ open }: Stage): void {
  it('lists the newest first, page by page, and counts all', async () => {
    const { api, clock } = await open()
    const runner = await pair(api)
    const ids: string[] = []
    for (let count = 0; count < 5; count++) {
      ids.unshift(await createJob(api, runner))
      if (count === 2) await clock.advance({ seconds: 1 })
    }
    await takeJob(api, runner)
    const path = { runnerId: runner.id }
    const page = async (query: object) => (await api.expect(200, 'listJobs', { path, query: { ...query } })).body
    const all = await page({})
    expect(all).toMatchObject({ page: 0, size: 25, total: 5 })
    expect(all.content.map(({ id }) => id)).toEqual(ids)
    expect(all.content.map(({ status }) => status)).toEqual(['pending', 'pending', 'pending', 'pending', 'running'])
    const second = await page({ page: 1, size: 2 })
    expect(second).toMatchObject({ page: 1, size: 2, total: 5 })
    expect(second.content.map(({ id }) => id)).toEqual(ids.slice(2, 4))
    expect((await page({ page: 2, size: 2 })).content.map(({ id }) => id)).toEqual(ids.slice(4))
  })

  it('filters on the project', async () => {
    const { api } = await open()
    const runner = await pair(api)
    await createJob(api, runner)
    const path = { runnerId: runner.id }
    const total = async (project_id: string): Promise<number> =>
      (await api.expect(200, 'listJobs', { path, query: { project_id } })).body.total
    expect(await total(runner.projectId)).toBe(1)
    expect(await total(runner.projectId.toUpperCase())).toBe(1)
    expect(await total(NOBODY)).toBe(0)
  })

  it('shows each change of a job as soon as it has happened, read again and again', async () => {
    const { api, clock } = await open({ settings: { completed_job_ttl_seconds: 100 } })
    const runner = await pair(api, { agents: ['echo'] })
    const path = { runnerId: runner.id }
    const list = async () => (await api.expect(200, 'listJobs', { path })).body.content
    const jobId = await createJob(api, runner)
    const report = (body: RequestBodyOf<'reportJobResult'>) => () =>
      api.expect(204, 'reportJobResult', { path: { jobId }, body })
    const changes = [
      () => takeJob(api, runner),
      report({ status: 'running', trace_id: NOBODY }),
      report({ status: 'running', result: { half: true } }),
      report({ status: 'completed', result: 1 }),
      () => createJob(api, runner),
    ]
    let before = await list()
    for (const change of changes) {
      await change()
      const after = await list()
      expect(after).not.toEqual(before)
      expect(after).toContainEqual(await readJob(api, jobId))
      expect(await list()).toEqual(after)
      before = after
    }
    await clock.advance({ seconds: 100 })
    expect((await list()).map(({ id }) => id)).not.toContain(jobId)
  })

  it('counts and lists what exists when some jobs have expired', async () => {
    const { api, clock } = await open({ settings: { completed_job_ttl_seconds: 100 } })
    const runner = await pair(api, { agents: ['echo'] })
    const ids: string[] = []
    for (let count = 0; count < 12; count++) ids.push(await createJob(api, runner))
    for (const jobId of [ids[0], ids[4], ids[5], ids[11]]) {
      await api.expect(204, 'cancelJob', { path: { jobId: jobId ?? '' } })
    }
    await clock.advance({ seconds: 100 })
    const path = { runnerId: runner.id }
    const wanted = [10, 9, 8, 7, 6, 3, 2, 1].map((index) => ids[index])
    const pages = [0, 1, 2].map((page) => api.expect(200, 'listJobs', { path, query: { page, size: 3 } }))
    const bodies = (await Promise.all(pages)).map(({ body }) => body)
    expect(bodies.map(({ total }) => total)).toEqual([8, 8, 8])
    expect(bodies.flatMap(({ content }) => content.map(({ id }) => id))).toEqual(wanted)
  })
}

function logCases({ open }: Stage): void {
  it('keeps the order over batches, from an offset on', async () => {
    const { api } = await open()
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    const line = (n: number) => ({ stream: n % 2 === 0 ? 'stdout' : 'stderr', text: `line ${n}` })
    const path = { jobId }
    await api.expect(204, 'appendJobLogs', { path, body: [line(0), line(1)] })
    await api.expect(204, 'appendJobLogs', { path, body: [] })
    await api.expect(204, 'appendJobLogs', { path, body: [line(2)] })
    const from = async (offset: number) => (await api.expect(200, 'getJobLogs', { path, query: { offset } })).body
    expect((await api.expect(200, 'getJobLogs', { path })).body).toEqual([line(0), line(1), line(2)])
    expect(await from(1)).toEqual([line(1), line(2)])
    expect(await from(3)).toEqual([])
    expect(await from(1_000_000)).toEqual([])
  })

  it('is fed by entries with a stream and a text that are not blank', async () => {
    const { api } = await open()
    const runner = await pair(api)
    const path = { jobId: await createJob(api, runner) }
    const good = { stream: 'stdout', text: 'x' }
    for (const bad of [{ stream: '', text: 'x' }, { stream: ' ', text: 'x' }, { text: 'x' }, { stream: 'stdout' }]) {
      expect(await api.status('appendJobLogs', { path, json: [good, bad] }), JSON.stringify(bad)).toBe(422)
    }
    expect(await api.status('appendJobLogs', { path, json: [good, { stream: 'stdout', text: '\n' }] })).toBe(422)
    expect(await api.status('appendJobLogs', { path, json: [good, 7] })).toBe(400)
    expect(await api.status('appendJobLogs', { path, json: { entries: [good] } })).toBe(400)
    expect((await api.expect(200, 'getJobLogs', { path })).body).toEqual([])
  })

  it('is fed by up to max_log_entries_per_batch entries at once, which is judged before the job', async () => {
    const { api } = await open()
    const runner = await pair(api)
    const path = { jobId: await createJob(api, runner) }
    const lines = (count: number) => Array.from({ length: count }, () => ({ stream: 'stdout', text: 'x' }))
    expect(await api.status('appendJobLogs', { path, body: lines(1000) })).toBe(204)
    expect(await api.status('appendJobLogs', { path, body: lines(1001) })).toBe(400)
    expect(await api.status('appendJobLogs', { path: { jobId: NOBODY }, body: lines(1001) })).toBe(400)
    expect(await api.status('appendJobLogs', { path: { jobId: NOBODY }, body: lines(1) })).toBe(404)
    expect((await api.expect(200, 'getJobLogs', { path })).body).toHaveLength(1000)
  })
}
