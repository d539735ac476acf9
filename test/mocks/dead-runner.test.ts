// 25 hours with a runner that has died: what fires, in which order, at which time. And jobs and commands in answers that never
// reach their caller: each comes back to its place, once, and only while it is due.
import { describe, expect, it } from 'vitest'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { createJob, pair, readJob, submit, takeJob, type Paired, drainJobs, pendingJobs } from './given.js'
import { START, stageOver } from './harness.js'

const { open } = stageOver('handle')

/** `name@seconds after the start` of every transition and timer. */
function record(mock: RunnerMock): string[] {
  const seen: string[] = []
  const seconds = (at: string): number => (Date.parse(at) - Date.parse(START)) / 1000
  mock.on('*', (event) => {
    if (event.type === 'timer') seen.push(`${event.name}@${seconds(event.at)}`)
    if ('machine' in event) seen.push(`${event.type}@${seconds(event.at)}`)
  })
  return seen
}

const HOUR = 3600

describe('25 hours with a dead runner', () => {
  it('fire lapse, timeouts, lifetimes and purge in order, each at its time', async () => {
    const { mock, api } = await open()
    const runner = await pair(api, { capabilities: ['jobs', 'bridge'] })
    const running = await createJob(api, runner)
    await createJob(api, runner)
    await takeJob(api, runner)
    await submit(api, runner, { timeout_seconds: 120 })
    await api.expect(200, 'nextBridgeCommands', { path: { runnerId: runner.id } })
    await submit(api, runner, { timeout_seconds: 10 })
    const seen = record(mock)
    await mock.clock.advance({ hours: 25 })
    const moves = seen.filter((event) => !event.startsWith('reaper'))
    expect(moves).toEqual([
      'heartbeat_ttl@15',
      'runner.disconnected@15',
      'command_lifetime@80',
      'bridgeCommand.gone@80',
      'command_timeout@180',
      'bridgeCommand.timed_out@180',
      'session_ttl@300',
      'pairingSession.expired@300',
      'job_timeout@1860',
      'job.failed@1860',
      `bridge_completed_command_ttl@${180 + HOUR}`,
      `bridgeCommand.gone@${180 + HOUR}`,
      `dead_runner_purge@${24 * HOUR + 60}`,
      `runner.gone@${24 * HOUR + 60}`,
      `job.failed@${24 * HOUR + 60}`,
    ])
    const runs = seen.filter((event) => event.startsWith('reaper'))
    expect(runs).toEqual(Array.from({ length: 25 * 60 }, (_, index) => `reaper@${(index + 1) * 60}`))
    expect(seen.indexOf('job.failed@1860')).toBe(seen.indexOf('reaper@1860') - 1)
    expect(await api.status('getJob', { path: { jobId: running } })).toBe(404)
  })

  it('are the same in one move and in many', async () => {
    const play = async (steps: number): Promise<string[]> => {
      const { mock, api } = await open()
      const runner = await pair(api)
      await createJob(api, runner)
      const seen = record(mock)
      for (let step = 0; step < steps; step++) await mock.clock.advance({ hours: 25 / steps })
      return seen
    }
    expect(await play(100)).toEqual(await play(1))
  })
})

describe('the reaper', () => {
  it('looks at up to a hundred runners at a time, and at all of them in turn', async () => {
    const { mock, api } = await open({ settings: { reaper_interval_seconds: 10, dead_runner_purge_seconds: 0 } })
    const runners: Paired[] = []
    for (let count = 0; count < 250; count++)
      runners.push(await pair(api.as({ apiKey: `key ${count}` }), { agents: [] }))
    await mock.clock.advance({ seconds: 9 })
    const alive = async (): Promise<number> => {
      const query = { project_id: runners[0]?.projectId ?? '' }
      const lists = await Promise.all(
        runners.map((_, count) => api.as({ apiKey: `key ${count}` }).expect(200, 'listRunners', { query })),
      )
      return lists.filter(({ body }) => body.total === 1).length
    }
    const counts = []
    // The first round begins while all of them live; then each run purges what it finds dead.
    for (let run = 0; run < 6; run++) {
      await mock.clock.advance({ seconds: 10 })
      counts.push(await alive())
    }
    expect(counts.at(-1)).toBe(0)
    expect([...counts].sort((a, b) => b - a)).toEqual(counts)
    for (let run = 1; run < counts.length; run++) expect((counts[run - 1] ?? 0) - (counts[run] ?? 0)).toBeLessThan(101)
  })

  it('goes on in its round and in time after a restore', async () => {
    const { mock, api } = await open({ settings: { reaper_interval_seconds: 10, dead_runner_purge_seconds: 0 } })
    for (let count = 0; count < 130; count++) await pair(api.as({ apiKey: `key ${count}` }), { agents: [] })
    await mock.clock.advance({ seconds: 14 })
    const left = async (): Promise<number[]> => {
      const counts = []
      for (const seconds of [2, 4, 10, 10]) {
        await mock.clock.advance({ seconds })
        counts.push(mock.snapshot().world.runners.length)
      }
      return counts
    }
    const snapshot = mock.snapshot()
    expect(snapshot.world.reaper).toMatchObject({ due: Date.parse(START) + 20_000 })
    const counts = await left()
    expect(counts).toEqual([130, 100, 0, 0])
    mock.restore(snapshot)
    expect(await left()).toEqual(counts)
  })

  it('can be run by hand', async () => {
    const { mock, api } = await open({ settings: { reaper_interval_seconds: 1e6 } })
    const runner = await pair(api)
    await api.expect(204, 'registerAgents', { path: { runnerId: runner.id }, body: { echo: { timeout: 5 } } })
    const jobId = await createJob(api, runner)
    await takeJob(api, runner)
    // The last second of its time is a whole one.
    await mock.clock.advance({ seconds: 5.999 })
    const examined: unknown[] = []
    mock.on('timer', (event) => examined.push(event.name === 'reaper' && event.examined))
    expect(mock.reap()).toBe(1)
    expect(examined).toEqual([1])
    expect((await readJob(api, jobId)).status).toBe('running')
    await mock.clock.advance({ seconds: 0.001 })
    expect((await readJob(api, jobId)).status).toBe('running')
    expect(mock.reap()).toBe(1)
    expect((await readJob(api, jobId)).status).toBe('failed')
  })
})

const MANY = { max_pending_jobs_per_runner: 1000, bridge_max_pending_per_runner: 1000 }

describe('answers that never arrive', () => {
  it('come back to their places in the queue, in whatever order they fail', async () => {
    const { api, mock } = await stageOver('handle').open({ settings: MANY })
    const endpoint = await pair(api)
    const bridge = await pair(api, { type: 'connect' })
    const jobs = []
    const commands = []
    for (let made = 0; made < 6; made++) {
      jobs.push(await createJob(api, endpoint))
      commands.push(await submit(api, bridge))
    }
    const take = async (url: string) =>
      mock.handle({ method: 'POST', url: `/v1/private/local-runners/${url}`, body: '{"max_commands":2}' })
    const lostJobs = []
    for (let taken = 0; taken < 4; taken++) lostJobs.push(await take(`${endpoint.id}/jobs/next`))
    const lostBatches = [
      await take(`${bridge.id}/bridge/commands/next`),
      await take(`${bridge.id}/bridge/commands/next`),
    ]
    for (const index of [1, 3, 0, 2]) lostJobs[index]?.delivery?.failed()
    for (const index of [1, 0]) lostBatches[index]?.delivery?.failed()
    expect(await drainJobs(api, endpoint, 6)).toEqual(jobs)
    const { body } = await api.expect(200, 'nextBridgeCommands', { path: { runnerId: bridge.id } })
    expect(body.commands.map(({ command_id }) => command_id)).toEqual(commands)
  })

  it('go to a waiting poll together, as many as it takes', async () => {
    const { api, mock, waiting } = await stageOver('handle').open({ settings: MANY })
    const { id } = await pair(api, { type: 'connect' })
    const commands = []
    for (let made = 0; made < 5; made++) commands.push(await submit(api, { id }))
    const lost = await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${id}/bridge/commands/next` })
    const poll = async (max_commands: number) => {
      const { body } = await api.expect(200, 'nextBridgeCommands', { path: { runnerId: id }, body: { max_commands } })
      return body.commands.map(({ command_id }) => command_id)
    }
    const polls = [poll(3), poll(20)]
    await waiting('nextBridgeCommands', 2)
    lost.delivery?.failed()
    expect(await Promise.all(polls)).toEqual([commands.slice(0, 3), commands.slice(3)])
  })

  it('come back once, and not when the runner has ended or reported meanwhile', async () => {
    const { api, mock } = await stageOver('handle').open()
    const runner = await pair(api)
    const url = `/v1/private/local-runners/${runner.id}/jobs/next`
    const jobIds = [await createJob(api, runner), await createJob(api, runner), await createJob(api, runner)]
    const lost = [await mock.handle({ method: 'POST', url }), await mock.handle({ method: 'POST', url })]
    await api.expect(204, 'cancelJob', { path: { jobId: jobIds[0] ?? '' } })
    for (const reply of [...lost, ...lost]) reply.delivery?.failed()
    expect(await drainJobs(api, runner, 2)).toEqual(jobIds.slice(1))
    for (const reply of lost) reply.delivery?.failed()
    expect(await pendingJobs(api, runner)).toEqual([])
    const last = await mock.handle({ method: 'POST', url, signal: AbortSignal.abort() })
    await api.expect(204, 'disconnectRunner', { path: { runnerId: runner.id } })
    last.delivery?.failed()
    expect(await api.status('getJob', { path: { jobId: jobIds[1] ?? '' } })).toBe(404)
  })
})
