// Jobs and commands in answers that never reach their caller: each comes back to its place, once, and only while it is due.
import { describe, expect, it } from 'vitest'
import { createJob, drainJobs, pair, pendingJobs, submit } from './given.js'
import { stageOver } from './harness.js'

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
