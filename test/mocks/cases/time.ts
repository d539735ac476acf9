// Cases of the timers: lapse, purge, timeouts, lifetimes; and of what a client should not rely on, where servers
// are known to slip.
import { describe, expect, it } from 'vitest'
import { createJob, pair, readJob, submit, takeJob } from '../given.js'
import { START, type Stage } from '../harness.js'

const later = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString()

export function timeCases(stage: Stage): void {
  describe('the reaper', () => reaperCases(stage))
  describe('a bridge command that nobody finishes', () => commandCases(stage))
  describe('changed settings', () => settingsCases(stage))
}

function reaperCases({ open }: Stage): void {
  it('purges a runner dead_runner_purge_time after it first saw it dead', async () => {
    const { api, clock } = await open()
    const runner = await pair(api)
    const connect = await pair(api, { type: 'connect' })
    const jobId = await createJob(api, runner)
    const path = { runnerId: runner.id }
    await clock.advance({ hours: 24, seconds: 59.999 })
    expect((await api.expect(200, 'getRunner', { path })).body.status).toBe('disconnected')
    expect((await readJob(api, jobId)).status).toBe('pending')
    await clock.advance({ milliseconds: 1 })
    for (const { id } of [runner, connect]) {
      expect(await api.status('getRunner', { path: { runnerId: id } })).toBe(404)
      expect(await api.status('heartbeat', { path: { runnerId: id } })).toBe(410)
    }
    expect(await api.status('getJob', { path: { jobId } })).toBe(404)
    const { body } = await api.expect(200, 'listRunners', { query: { project_id: runner.projectId } })
    expect(body.total).toBe(0)
  })

  it('counts the time of a runner that came back from its last death', async () => {
    const { api, clock } = await open()
    const { id: runnerId } = await pair(api)
    const path = { runnerId }
    await clock.advance({ hours: 23 })
    await api.expect(200, 'heartbeat', { path })
    await clock.advance({ hours: 23 })
    expect(await api.status('getRunner', { path })).toBe(200)
    await clock.advance({ hours: 1, minutes: 2 })
    expect(await api.status('getRunner', { path })).toBe(404)
  })

  it.each([
    ['a connected', true],
    ['a lapsed', false],
  ])('fails a job of %s runner that runs for longer than its timeout', async (_what, isAlive) => {
    const { api, clock } = await open({ settings: { heartbeat_ttl_seconds: isAlive ? 1000 : 15 } })
    const runner = await pair(api)
    await api.expect(204, 'registerAgents', { path: { runnerId: runner.id }, body: { echo: { timeout: 60 } } })
    const jobId = await createJob(api, runner)
    const waiting = await createJob(api, runner)
    await clock.advance({ seconds: 0.001 })
    await takeJob(api, runner)
    await clock.advance({ seconds: 60 })
    expect((await readJob(api, jobId)).status).toBe('running')
    await clock.advance({ seconds: 60 })
    const job = await readJob(api, jobId)
    expect(job).toMatchObject({ status: 'failed', error: 'Job timed out after 60s', completed_at: later(120) })
    expect((await readJob(api, waiting)).status).toBe('pending')
  })

  it('does not fail a job that ended in time', async () => {
    const { api, clock } = await open()
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    await takeJob(api, runner)
    await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'completed', result: 1 } })
    const before = await readJob(api, jobId)
    await clock.advance({ hours: 1 })
    expect(await readJob(api, jobId)).toEqual(before)
  })

  it.each(['connect', 'endpoint'] as const)('times a command of an %s runner out when it is overdue', async (type) => {
    const { api, clock } = await open({ settings: { heartbeat_ttl_seconds: 1000 } })
    const runner = await pair(api, { type, capabilities: ['bridge'] })
    const commandId = await submit(api, runner, { timeout_seconds: 40 })
    const path = { runnerId: runner.id, commandId }
    await clock.advance({ seconds: 9.999 })
    await api.expect(200, 'nextBridgeCommands', { path })
    await clock.advance({ seconds: 50.001 })
    const read = await api.expect(200, 'getBridgeCommand', { path })
    expect(read.body).toMatchObject({ status: 'timed_out', completed_at: later(60) })
    expect(await api.status('reportBridgeResult', { path, body: { status: 'completed', result: 1 } })).toBe(409)
  })

  it('wakes whoever waits for a command that times out', async () => {
    const { api, clock, waiting } = await open({ settings: { reaper_interval_seconds: 1 } })
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id, commandId: await submit(api, runner, { timeout_seconds: 5 }) }
    await api.expect(200, 'nextBridgeCommands', { path })
    const reader = api.expect(200, 'getBridgeCommand', { path, query: { wait: true, timeout: 120 } })
    await waiting('getBridgeCommand')
    await clock.advance({ seconds: 15 })
    await waiting('getBridgeCommand')
    await clock.advance({ seconds: 1 })
    expect((await reader).body.status).toBe('timed_out')
  })
}

function commandCases({ open }: Stage): void {
  it('disappears twice its timeout and a minute after it was submitted', async () => {
    const { api, clock } = await open({ settings: { heartbeat_ttl_seconds: 1000, bridge_poll_timeout_seconds: 0 } })
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id, commandId: await submit(api, runner, { timeout_seconds: 10 }) }
    await clock.advance({ seconds: 79.999 })
    expect((await api.expect(200, 'getBridgeCommand', { path })).body.status).toBe('pending')
    await clock.advance({ milliseconds: 1 })
    expect(await api.status('getBridgeCommand', { path })).toBe(404)
    expect(await api.status('reportBridgeResult', { path, body: { status: 'completed', result: 1 } })).toBe(404)
    expect((await api.expect(200, 'nextBridgeCommands', { path })).body.commands).toEqual([])
  })

  it('frees its place in the queue, and leaves polls waiting', async () => {
    const settings = { heartbeat_ttl_seconds: 1000, bridge_max_pending_per_runner: 1, bridge_poll_timeout_seconds: 100 }
    const { api, clock, waiting } = await open({ settings })
    const runner = await pair(api, { type: 'connect' })
    await submit(api, runner, { timeout_seconds: 1 })
    await clock.advance({ seconds: 62 })
    const poll = api.expect(200, 'nextBridgeCommands', { path: { runnerId: runner.id } })
    await waiting('nextBridgeCommands')
    const commandId = await submit(api, runner)
    expect((await poll).body.commands.map(({ command_id }) => command_id)).toEqual([commandId])
  })

  it('is gone for whoever waits for it, too', async () => {
    const { api, clock, waiting } = await open()
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id, commandId: await submit(api, runner, { timeout_seconds: 1 }) }
    const reader = api.status('getBridgeCommand', { path, query: { wait: true, timeout: 120 } })
    await waiting('getBridgeCommand')
    await clock.advance({ seconds: 62 })
    expect(await reader).toBe(404)
  })

  it('is kept bridge_completed_command_ttl when it ends', async () => {
    const { api, clock } = await open()
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id, commandId: await submit(api, runner, { timeout_seconds: 1 }) }
    await api.expect(204, 'reportBridgeResult', { path, body: { status: 'completed', result: 1 } })
    await clock.advance({ seconds: 3599.999 })
    expect(await api.status('getBridgeCommand', { path })).toBe(200)
    await clock.advance({ milliseconds: 1 })
    expect(await api.status('getBridgeCommand', { path })).toBe(404)
    expect(await api.status('reportBridgeResult', { path, body: { status: 'completed', result: 1 } })).toBe(404)
  })
}

function settingsCases({ open }: Stage): void {
  it('hold at once for what has been there before', async () => {
    const { api, clock, mock } = await open()
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    await api.expect(204, 'cancelJob', { path: { jobId } })
    await clock.advance({ seconds: 20 })
    const path = { runnerId: runner.id }
    const status = async () => (await api.expect(200, 'getRunner', { path })).body.status
    expect(await status()).toBe('disconnected')
    expect(mock.changeSettings({ heartbeat_ttl_seconds: 60, completed_job_ttl_seconds: 30 })).toEqual([])
    expect(await status()).toBe('connected')
    await clock.advance({ seconds: 9.999 })
    expect(await api.status('getJob', { path: { jobId } })).toBe(200)
    await clock.advance({ milliseconds: 1 })
    expect(await api.status('getJob', { path: { jobId } })).toBe(404)
  })
}
