// Cases of the timers: lapse, purge, timeouts, lifetimes; and of what a client should not rely on, where servers
// are known to slip.
import { describe, expect, it } from 'vitest'
import { createJob, pair, readJob, submit, takeJob } from '../given.js'
import type { Api } from '../api.js'
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
  it('leave the deadlines of runners as they were set', async () => {
    const { api, clock, mock } = await open({
      settings: { reaper_interval_seconds: 10, dead_runner_purge_seconds: 100 },
    })
    const [old, young] = [await pair(api), await pair(api, { type: 'connect' })]
    const status = async ({ id }: { id: string }) => {
      const answer = await api.call('getRunner', { path: { runnerId: id } })
      return answer.status === 200 ? answer.body.status : answer.status
    }
    mock.changeSettings({ heartbeat_ttl_seconds: 60 })
    await api.expect(200, 'heartbeat', { path: { runnerId: young.id } })
    await clock.advance({ seconds: 15 })
    expect([await status(old), await status(young)]).toEqual(['disconnected', 'connected'])
    mock.restore(mock.snapshot())
    mock.changeSettings({ heartbeat_ttl_seconds: 1 })
    await clock.advance({ seconds: 44.999 })
    expect(await status(young)).toBe('connected')
    // The reaper has seen one of them dead after 20 s, and sees the other one now.
    mock.changeSettings({ dead_runner_purge_seconds: 10 })
    await clock.advance({ milliseconds: 1 })
    expect(await status(young)).toBe('disconnected')
    await clock.advance({ seconds: 20 })
    expect([await status(old), await status(young)]).toEqual(['disconnected', 404])
    await clock.advance({ seconds: 40 })
    expect(await status(old)).toBe(404)
  })

  it('leave the next run of the reaper where it was', async () => {
    const { api, clock, mock } = await open({ settings: { reaper_interval_seconds: 60, job_timeout_seconds: 1 } })
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    await takeJob(api, runner)
    mock.changeSettings({ reaper_interval_seconds: 5 })
    await clock.advance({ seconds: 59.999 })
    expect((await readJob(api, jobId)).status).toBe('running')
    await clock.advance({ milliseconds: 1 })
    expect((await readJob(api, jobId)).status).toBe('failed')
    const second = await createJob(api, await revived(api, runner))
    await takeJob(api, runner)
    await clock.advance({ seconds: 5 })
    expect((await readJob(api, second)).status).toBe('failed')
  })

  it('leave the ends of jobs and commands, and the time that they have, as they were set', async () => {
    const { api, clock, mock } = await open({ settings: { heartbeat_ttl_seconds: 10_000 } })
    const [runner, connect] = [await pair(api), await pair(api, { type: 'connect' })]
    const end = async (): Promise<{ job: () => Promise<number>; command: () => Promise<number> }> => {
      const jobId = await createJob(api, runner)
      await api.expect(204, 'cancelJob', { path: { jobId } })
      const path = { runnerId: connect.id, commandId: await submit(api, connect) }
      await api.expect(204, 'reportBridgeResult', { path, body: { status: 'completed', result: 1 } })
      return {
        job: () => api.status('getJob', { path: { jobId } }),
        command: () => api.status('getBridgeCommand', { path }),
      }
    }
    mock.changeSettings({ completed_job_ttl_seconds: 50, bridge_completed_command_ttl_seconds: 50 })
    const long = await end()
    mock.changeSettings({ completed_job_ttl_seconds: 10, bridge_completed_command_ttl_seconds: 10 })
    const short = await end()
    mock.changeSettings({ completed_job_ttl_seconds: 100, bridge_completed_command_ttl_seconds: 100 })
    await clock.advance({ seconds: 10 })
    expect([await short.job(), await short.command(), await long.job(), await long.command()]).toEqual([
      404, 404, 200, 200,
    ])
    await clock.advance({ seconds: 40 })
    expect([await long.job(), await long.command()]).toEqual([404, 404])
  })

  it('leave polls, jobs and commands with the time that they began with', async () => {
    const { api, clock, mock, waiting } = await open({ settings: { heartbeat_ttl_seconds: 10_000 } })
    const [runner, connect] = [await pair(api), await pair(api, { type: 'connect' })]
    const [job, command] = [await createJob(api, runner), await submit(api, connect)]
    await takeJob(api, runner)
    const settled: string[] = []
    const path = { runnerId: connect.id }
    const note = (name: string) => () => void settled.push(name)
    const polls = [
      api.call('nextJob', { path: { runnerId: runner.id } }).then(note('job poll')),
      api
        .call('nextBridgeCommands', { path })
        .then(() => api.call('nextBridgeCommands', { path }))
        .then(note('command poll')),
      api
        .call('getBridgeCommand', { path: { ...path, commandId: command }, query: { wait: true, timeout: 1000 } })
        .then(note('reader')),
    ]
    await Promise.all([waiting('nextJob'), waiting('nextBridgeCommands'), waiting('getBridgeCommand')])
    mock.changeSettings({
      ...{ next_job_poll_timeout_seconds: 1, bridge_poll_timeout_seconds: 1, job_timeout_seconds: 1 },
      ...{ bridge_default_command_timeout_seconds: 2, bridge_max_command_timeout_seconds: 2 },
    })
    await clock.advance({ seconds: 9 })
    expect(settled).toEqual([])
    await clock.advance({ seconds: 21 })
    expect(settled).toEqual(['job poll', 'command poll'])
    await clock.advance({ seconds: 90 })
    await Promise.all(polls)
    expect(settled).toEqual(['job poll', 'command poll', 'reader'])
    expect((await readJob(api, job)).timeout).toBe(1800)
    const late = await api.expect(200, 'getBridgeCommand', { path: { ...path, commandId: await submit(api, connect) } })
    expect(late.body.timeout_seconds).toBe(2)
  })

  it('are asked anew for counts, sizes and rates', async () => {
    const { api, mock } = await open()
    const [runner, connect] = [await pair(api), await pair(api, { type: 'connect' })]
    const [jobId, path] = [await createJob(api, runner), { runnerId: connect.id }]
    await submit(api, connect)
    const job = { agent_name: 'echo', project_id: runner.projectId }
    const command = { type: 'Exec', args: { command: 'ls' } } as const
    const entries = [0, 1].map(() => ({ stream: 'stdout', text: 'a' }))
    const attempts = {
      max_pending_jobs_per_runner: () => api.status('createJob', { body: job }),
      max_agents_per_runner: () =>
        api.status('registerAgents', { path: { runnerId: runner.id }, json: { echo: {}, b: {} } }),
      max_log_entries_per_batch: () => api.status('appendJobLogs', { path: { jobId }, body: entries }),
      bridge_max_pending_per_runner: () => api.status('createBridgeCommand', { path, body: command }),
      bridge_max_commands_per_minute: () => api.status('createBridgeCommand', { path, body: command }),
      bridge_max_write_commands_per_minute: () => api.status('createBridgeCommand', { path, body: command }),
      bridge_max_payload_bytes: () => api.status('patchChecklist', { path, json: { a: 'b' } }),
    }
    for (const [name, attempt] of Object.entries(attempts)) {
      const before = mock.settings[name as keyof typeof attempts]
      mock.changeSettings({ [name]: 1 })
      expect(await attempt(), name).toBeGreaterThanOrEqual(400)
      mock.changeSettings({ [name]: before })
      expect(await attempt(), name).toBeLessThan(300)
    }
  })
}

async function revived<R extends { id: string }>(api: Api, runner: R): Promise<R> {
  await api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
  return runner
}
