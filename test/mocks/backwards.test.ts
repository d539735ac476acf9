// A clock that is set back: what is due at a moment stays due at it, what waits for a span waits as long, and what is
// made afterwards ends when its own time is over.
import { describe, expect, it } from 'vitest'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const HOUR_MS = 3_600_000

const jobStatus = async (mock: RunnerMock, id: string) =>
  (await mock.handle({ method: 'GET', url: `/v1/private/local-runners/jobs/${id}` })).status

async function setBack(mock: RunnerMock, ms: number): Promise<void> {
  await mock.clock.set(mock.clock.now() - ms)
}

describe('after clock.set to an earlier time', () => {
  it('finished jobs and commands expire when their own time is over', async () => {
    const mock = openMock({ settings: { completed_job_ttl_seconds: 100, bridge_completed_command_ttl_seconds: 100 } })
    const runner = await mock.given.connectedRunner({ type: 'connect', agents: ['echo'] })
    const endpoint = await mock.given.connectedRunner({ agents: ['echo'] })
    const early = await mock.given.job({ runner: endpoint, status: 'completed' })
    const command = () => mock.given.command({ runner, status: 'completed' })
    const commands = [await command()]
    await setBack(mock, 10 * HOUR_MS)
    const late = await mock.given.job({ runner: endpoint, status: 'failed' })
    commands.push(await command())
    await mock.clock.advance({ seconds: 50 })
    await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${endpoint.id}/heartbeats` })
    const later = await mock.given.job({ runner: endpoint, status: 'failed' })
    await mock.clock.advance({ seconds: 50 })
    const statuses = async () => Promise.all([early, late, later].map(({ id }) => jobStatus(mock, id)))
    expect(await statuses()).toEqual([200, 404, 200])
    const base = `/v1/private/local-runners/${runner.id}/bridge/commands`
    const read = async (id = '') => (await mock.handle({ method: 'GET', url: `${base}/${id}` })).status
    expect([await read(commands[0]?.command_id), await read(commands[1]?.command_id)]).toEqual([200, 404])
    await mock.clock.advance({ seconds: 50 })
    expect(await statuses()).toEqual([200, 404, 404])
    await mock.clock.advance({ hours: 10 })
    expect(await statuses()).toEqual([404, 404, 404])
  })

  it('the reaper runs on, and a runner that beats lapses in time', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    await setBack(mock, 10 * HOUR_MS)
    const start = mock.clock.now()
    await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/heartbeats` })
    const timers: [string, number][] = []
    mock.on('timer', ({ name, at }) => timers.push([name, (Date.parse(at) - start) / 1000]))
    await mock.clock.advance({ seconds: 120 })
    expect(timers).toEqual([
      ['heartbeat_ttl', 15],
      ['reaper', 60],
      ['reaper', 120],
    ])
  })

  it('a poll and an agent wait no longer than before', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner()
    const poll = mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/jobs/next` })
    const connect = await mock.given.connectedRunner({ type: 'connect' })
    let slept: boolean | undefined
    mock.agents.register('sleeper', async ({ sleep }) => {
      slept = await sleep(4000)
    })
    const worker = await mock.given.connectedRunner({ projectId: (await mock.given.project({ name: 'p' })).id })
    await mock.agents.start(worker, { agents: ['sleeper'] })
    await mock.given.job({ runner: worker, agent: 'sleeper' })
    await mock.clock.advance({ seconds: 3 })
    await setBack(mock, HOUR_MS)
    await mock.clock.advance({ seconds: 1 })
    expect(slept).toBe(true)
    await mock.clock.advance({ seconds: 6 })
    expect(await poll).toMatchObject({ status: 200, body: 'null' })
    expect(connect.id).not.toBe(worker.id)
  })
})
