// Cases of the states of a job: every operation in every state, and what each leaves behind.
import { describe, expect, it } from 'vitest'
import type { LocalRunnerJob, LocalRunnerJobStatus } from '../../../src/kernel/types.js'
import type { Api } from '../api.js'
import { createJob, pair, readJob, takeJob, type Paired } from '../given.js'
import { NOBODY, START, type Stage, type World } from '../harness.js'

const STATES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const
const TERMINAL = ['completed', 'failed', 'cancelled'] as const

const later = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString()

/** A job in a state, by the operations that lead there; a second passes at the end. */
async function jobIn(
  { api, clock }: World,
  status: LocalRunnerJobStatus,
): Promise<{ jobId: string; runner: Paired; before: LocalRunnerJob }> {
  const runner = await pair(api)
  const jobId = await createJob(api, runner)
  const path = { jobId }
  if (status !== 'pending') await takeJob(api, runner)
  if (status === 'completed') await report(api, jobId, { status, result: 'done' })
  if (status === 'failed') await report(api, jobId, { status, error: 'broken' })
  if (status === 'cancelled') await api.expect(204, 'cancelJob', { path })
  await clock.advance({ seconds: 1 })
  const before = await readJob(api, jobId)
  expect(before.status).toBe(status)
  return { jobId, runner, before }
}

async function report(api: Api, jobId: string, json: unknown): Promise<void> {
  await api.expect(204, 'reportJobResult', { path: { jobId }, json })
}

export function jobStateCases(stage: Stage): void {
  describe('reportJobResult', () => reportCases(stage))
  describe('cancelJob', () => cancelCases(stage))
  describe('an ended job', () => endedCases(stage))
}

function reportCases({ open }: Stage): void {
  it.each(['pending', 'running'] as const)('running stores what it brings for a %s job', async (state) => {
    const world = await open()
    const { jobId, before } = await jobIn(world, state)
    await report(world.api, jobId, { status: 'running', trace_id: NOBODY, result: { part: 1 }, error: 'warning' })
    const wanted = { ...before, trace_id: NOBODY, result: { part: 1 }, error: 'warning' }
    expect(await readJob(world.api, jobId)).toEqual(wanted)
  })

  it.each([
    ['pending', 'completed'],
    ['pending', 'failed'],
    ['running', 'completed'],
    ['running', 'failed'],
  ] as const)('ends a %s job as %s', async (state, status) => {
    const world = await open()
    const { jobId, before, runner } = await jobIn(world, state)
    await report(world.api, jobId, { status, result: [1, null], error: 'e', trace_id: NOBODY })
    const ended = { ...before, status, result: [1, null], error: 'e', trace_id: NOBODY, completed_at: later(1) }
    expect(await readJob(world.api, jobId)).toEqual(ended)
    const poll = world.api.expect(200, 'nextJob', { path: { runnerId: runner.id } })
    await world.waiting('nextJob')
    await world.clock.advance({ seconds: 10 })
    expect((await poll).body).toBeNull()
  })

  it.each(STATES)('answers 400 to a report of pending or cancelled for a %s job', async (state) => {
    const world = await open()
    const { jobId, before } = await jobIn(world, state)
    for (const status of ['pending', 'cancelled']) {
      expect(await world.api.status('reportJobResult', { path: { jobId }, json: { status } })).toBe(400)
    }
    expect(await readJob(world.api, jobId)).toEqual(before)
  })

  it('judges its own body before it asks for the job', async () => {
    const { api } = await open()
    const path = { jobId: NOBODY }
    for (const status of ['pending', 'cancelled', 'done', 'COMPLETED', 7]) {
      expect(await api.status('reportJobResult', { path, json: { status } })).toBe(400)
    }
    expect(await api.status('reportJobResult', { path, json: { status: 'completed', trace_id: 'x' } })).toBe(400)
    expect(await api.status('reportJobResult', { path, json: { status: 'completed', error: {} } })).toBe(400)
    expect(await api.status('reportJobResult', { path, json: { result: 1 } })).toBe(422)
    expect(await api.status('reportJobResult', { path, json: { status: null } })).toBe(422)
    expect(await api.status('reportJobResult', { path, json: { status: 'completed' } })).toBe(404)
  })

  it('keeps a trace id that a later result does not bring', async () => {
    const world = await open()
    const { jobId } = await jobIn(world, 'running')
    await report(world.api, jobId, { status: 'running', trace_id: NOBODY })
    await report(world.api, jobId, { status: 'completed', result: 1 })
    expect(await readJob(world.api, jobId)).toMatchObject({ status: 'completed', result: 1, trace_id: NOBODY })
  })

  it.each([[null], [0], [''], [false], ['text'], [[]], [{ a: null }]])(
    'keeps the result %j as it is',
    async (result) => {
      const world = await open()
      const { jobId } = await jobIn(world, 'running')
      await report(world.api, jobId, { status: 'completed', result })
      expect((await readJob(world.api, jobId)).result).toEqual(result)
    },
  )

  it('leaves out a result that nobody gave', async () => {
    const world = await open()
    const { jobId } = await jobIn(world, 'running')
    await report(world.api, jobId, { status: 'failed', error: 'e' })
    expect(await readJob(world.api, jobId)).not.toHaveProperty('result')
  })
}

function cancelCases({ open }: Stage): void {
  it('takes a pending job out of the queue, and announces nothing', async () => {
    const world = await open()
    const { jobId, runner } = await jobIn(world, 'pending')
    const next = await createJob(world.api, runner)
    await world.api.expect(204, 'cancelJob', { path: { jobId } })
    const job = await readJob(world.api, jobId)
    expect(job).toMatchObject({ status: 'cancelled', completed_at: later(1) })
    expect(job).not.toHaveProperty('started_at')
    expect((await takeJob(world.api, runner)).id).toBe(next)
    const { body } = await world.api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
    expect(body.cancelled_job_ids).toEqual([])
  })

  it('ends a running job, and announces it', async () => {
    const world = await open()
    const { jobId, runner, before } = await jobIn(world, 'running')
    await world.api.expect(204, 'cancelJob', { path: { jobId } })
    expect(await readJob(world.api, jobId)).toEqual({ ...before, status: 'cancelled', completed_at: later(1) })
    const { body } = await world.api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
    expect(body.cancelled_job_ids).toEqual([jobId])
  })

  it('answers 404 to a job that nobody has', async () => {
    const { api } = await open()
    expect(await api.status('cancelJob', { path: { jobId: NOBODY } })).toBe(404)
  })
}

function endedCases({ open }: Stage): void {
  it.each(TERMINAL)('%s, stays as it is', async (state) => {
    const world = await open()
    const { api } = world
    const { jobId, before } = await jobIn(world, state)
    for (const status of ['running', 'completed', 'failed']) {
      await report(api, jobId, { status, result: 'late', error: 'late', trace_id: NOBODY })
    }
    await api.expect(204, 'cancelJob', { path: { jobId } })
    expect(await readJob(api, jobId)).toEqual(before)
  })

  it.each(STATES)('or one that is not, %s, takes logs and shows them', async (state) => {
    const world = await open()
    const { jobId } = await jobIn(world, state)
    const entries = [{ stream: 'stderr', text: ' line ' }]
    await world.api.expect(204, 'appendJobLogs', { path: { jobId }, body: entries })
    expect((await world.api.expect(200, 'getJobLogs', { path: { jobId } })).body).toEqual(entries)
  })

  it.each(TERMINAL)('%s, is kept completed_job_ttl, then answers 404', async (state) => {
    const world = await open({ settings: { dead_runner_purge_seconds: 1e9 } })
    const { api, clock } = world
    const { jobId, runner } = await jobIn(world, state)
    await clock.advance({ days: 7, seconds: -1.001 })
    expect(await api.status('getJob', { path: { jobId } })).toBe(200)
    await clock.advance({ milliseconds: 1 })
    const path = { jobId }
    for (const id of ['getJob', 'getJobLogs', 'cancelJob'] as const) expect(await api.status(id, { path })).toBe(404)
    expect(await api.status('reportJobResult', { path, body: { status: 'completed' } })).toBe(404)
    expect(await api.status('appendJobLogs', { path, body: [] })).toBe(404)
    const { body } = await api.expect(200, 'listJobs', { path: { runnerId: runner.id } })
    expect(body).toMatchObject({ total: 0, content: [] })
  })
}
