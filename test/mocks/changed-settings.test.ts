// Deadlines while settings change, and who may do what.
import { describe, expect, it } from 'vitest'
import type { AuthMode } from '../../src/mocks/base/identity.js'
import { createJob, pair, readJob, submit, takeJob } from './given.js'
import type { Api } from './api.js'
import { stageOver } from './harness.js'
import { goodInput, runnerOperations } from './requests.js'

const { open } = stageOver('handle')

it('a bridge command that nobody finishes frees its place in the queue, and leaves polls waiting', async () => {
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

describe('changed settings', () => {
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
})

async function revived<R extends { id: string }>(api: Api, runner: R): Promise<R> {
  await api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
  return runner
}

const KEYS: AuthMode = {
  'ada-key': { user: 'ada', workspaces: ['lab'] },
  'bob-key': { user: 'bob', workspaces: ['lab', 'den'] },
}

describe('identity by keys', () => {
  it.each(runnerOperations)(
    '%s answers 401 to a key that nobody knows, 403 to one without the workspace',
    async (id) => {
      const { api } = await open({ auth: KEYS })
      const input = goodInput(id)
      expect(await api.as({ workspace: 'lab' }).status(id, input)).toBe(401)
      expect(await api.as({ workspace: 'lab', apiKey: 'Bearer ada-key' }).status(id, input)).toBe(401)
      expect(await api.as({ apiKey: 'ada-key' }).status(id, input)).toBe(403)
      expect(await api.as({ apiKey: 'ada-key', workspace: 'den' }).status(id, input)).toBe(403)
    },
  )

  it('admit a member, whose user owns what it pairs', async () => {
    const { api } = await open({ auth: KEYS })
    const ada = api.as({ apiKey: 'ada-key', workspace: 'lab' })
    const bob = api.as({ apiKey: 'bob-key', workspace: 'lab' })
    const runner = await pair(ada)
    expect(await ada.status('getRunner', { path: { runnerId: runner.id } })).toBe(200)
    expect(await bob.status('getRunner', { path: { runnerId: runner.id } })).toBe(404)
  })

  it('are not asked of isAlive', async () => {
    for (const auth of [KEYS, 'local', 'open'] as const) {
      const { api } = await open({ auth })
      expect(await api.as({ workspace: 'nowhere' }).status('isAlive')).toBe(200)
    }
  })
})

describe('identity of a local install', () => {
  it.each(runnerOperations)('%s answers 404 to any workspace but the default one', async (id) => {
    const { api } = await open({ auth: 'local' })
    expect(await api.as({ workspace: 'lab' }).status(id, goodInput(id))).toBe(404)
  })

  it('is the same user with any key or none', async () => {
    const { api } = await open({ auth: 'local' })
    const runner = await pair(api.as({ apiKey: 'whatever' }))
    for (const caller of [api, api.as({ workspace: 'default' }), api.as({ apiKey: 'else', workspace: 'default' })]) {
      expect(await caller.status('getRunner', { path: { runnerId: runner.id } })).toBe(200)
    }
  })
})
