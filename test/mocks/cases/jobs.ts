// Cases of a runner's jobs: the queue and its long polls, lists, logs.
import { describe, expect, it } from 'vitest'
import type { RequestBodyOf } from '../../../src/kernel/operation.js'
import { createJob, pair, readJob, takeJob } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'

export function jobCases(stage: Stage): void {
  describe('nextJob', () => queueCases(stage))
  describe('listJobs', () => listCases(stage))
}

function queueCases({ open }: Stage): void {
  it('answers at once with a timeout of 0', async () => {
    const { api } = await open({ settings: { next_job_poll_timeout_seconds: 0 } })
    const runner = await pair(api)
    expect((await api.expect(200, 'nextJob', { path: { runnerId: runner.id } })).body).toBeNull()
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
}

function listCases({ open }: Stage): void {
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
