// Cases of runners: reading and listing them, their end, their heartbeats.
import { describe, expect, it } from 'vitest'
import type { Api } from '../api.js'
import { createJob, newProject, pair, readJob, registerAgents, submit, takeJob } from '../given.js'
import { NOBODY, START, type Stage } from '../harness.js'

const later = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString()

export function runnerCases(stage: Stage): void {
  describe('listRunners', () => listCases(stage))
  describe('getRunner', () => readCases(stage))
  describe('disconnectRunner', () => disconnectCases(stage))
  describe('heartbeat', () => heartbeatCases(stage))
}

function listCases({ open }: Stage): void {
  const ids = async (api: Api, query: Record<string, string | number>): Promise<string[]> =>
    (await api.expect(200, 'listRunners', { query })).body.content.map(({ id }) => id)

  it('lists the runners of the project, the latest activation first', async () => {
    const { api } = await open()
    const endpoint = await pair(api)
    const connect = await pair(api, { type: 'connect' })
    await pair(api, { projectId: await newProject(api, 'Other') })
    const query = { project_id: endpoint.projectId }
    expect(await ids(api, query)).toEqual([connect.id, endpoint.id])
    const again = await pair(api)
    expect(await ids(api, query)).toEqual([again.id, connect.id])
  })

  it('shows what getRunner shows', async () => {
    const { api } = await open()
    const runner = await pair(api, { agents: ['echo', 'sum'] })
    const { body } = await api.expect(200, 'listRunners', { query: { project_id: runner.projectId } })
    const read = await api.expect(200, 'getRunner', { path: { runnerId: runner.id } })
    expect(body).toEqual({ page: 0, size: 25, total: 1, content: [read.body] })
  })

  it('filters on the status of the moment', async () => {
    const { api, clock } = await open()
    const endpoint = await pair(api)
    await clock.advance({ seconds: 10 })
    const connect = await pair(api, { type: 'connect' })
    await clock.advance({ seconds: 5 })
    const query = { project_id: endpoint.projectId }
    expect(await ids(api, { ...query, status: 'connected' })).toEqual([connect.id])
    expect(await ids(api, { ...query, status: 'disconnected' })).toEqual([endpoint.id])
    expect(await ids(api, { ...query, status: 'pairing' })).toEqual([])
    expect(await ids(api, query)).toEqual([connect.id, endpoint.id])
  })

  it('cuts pages from 0, and counts all matches', async () => {
    const { api } = await open()
    const endpoint = await pair(api)
    const connect = await pair(api, { type: 'connect' })
    const query = { project_id: endpoint.projectId, size: 1 }
    const pages = await Promise.all(
      [0, 1, 2].map((page) => api.expect(200, 'listRunners', { query: { ...query, page } })),
    )
    expect(pages.map(({ body }) => [body.page, body.size, body.total])).toEqual([
      [0, 1, 2],
      [1, 1, 2],
      [2, 1, 2],
    ])
    expect(pages.map(({ body }) => body.content.map(({ id }) => id))).toEqual([[connect.id], [endpoint.id], []])
  })

  it('is empty for a project that nobody has', async () => {
    const { api } = await open()
    const { body } = await api.expect(200, 'listRunners', { query: { project_id: NOBODY } })
    expect(body).toEqual({ page: 0, size: 25, total: 0, content: [] })
  })
}

function readCases({ open }: Stage): void {
  it('shows agents only while the runner is connected', async () => {
    const { api, clock } = await open()
    const { id: runnerId } = await pair(api, { agents: ['b', 'a'] })
    const path = { runnerId }
    const read = async () => (await api.expect(200, 'getRunner', { path })).body
    expect((await read()).agents.map(({ name }) => name)).toEqual(['b', 'a'])
    await clock.advance({ seconds: 15 })
    expect(await read()).toMatchObject({ status: 'disconnected', agents: [] })
    await api.expect(200, 'heartbeat', { path })
    expect((await read()).agents.map(({ name }) => name)).toEqual(['b', 'a'])
  })

  it('answers 404 to an unknown runner', async () => {
    const { api } = await open()
    expect(await api.status('getRunner', { path: { runnerId: NOBODY } })).toBe(404)
  })
}

function disconnectCases({ open }: Stage): void {
  it('ends the runner: runner, jobs and commands answer 404, heartbeat 410', async () => {
    const { api } = await open()
    const endpoint = await pair(api)
    const connect = await pair(api, { type: 'connect' })
    const jobId = await createJob(api, endpoint)
    const commandId = await submit(api, connect)
    for (const { id } of [endpoint, connect]) {
      const path = { runnerId: id, commandId }
      expect(await api.status('disconnectRunner', { path })).toBe(204)
      for (const operation of ['getRunner', 'nextJob', 'listJobs', 'nextBridgeCommands', 'getBridgeCommand'] as const) {
        expect(await api.status(operation, { path }), operation).toBe(404)
      }
      expect(await api.status('heartbeat', { path })).toBe(410)
      expect(await api.status('disconnectRunner', { path })).toBe(204)
    }
    expect(await api.status('getJob', { path: { jobId } })).toBe(404)
    expect(await api.status('getJobLogs', { path: { jobId } })).toBe(404)
    expect(await api.status('cancelJob', { path: { jobId } })).toBe(404)
    const job = { agent_name: 'echo', project_id: endpoint.projectId }
    expect(await api.status('createJob', { body: job })).toBe(404)
  })

  it('answers 204 to a runner that nobody has', async () => {
    const { api } = await open()
    expect(await api.status('disconnectRunner', { path: { runnerId: NOBODY } })).toBe(204)
  })

  it('frees the slot without touching a later runner in it', async () => {
    const { api } = await open()
    const first = await pair(api)
    const second = await pair(api)
    await api.expect(204, 'disconnectRunner', { path: { runnerId: first.id } })
    expect(await api.status('heartbeat', { path: { runnerId: second.id } })).toBe(200)
    await api.expect(204, 'disconnectRunner', { path: { runnerId: second.id } })
    const third = await pair(api)
    expect(await api.status('heartbeat', { path: { runnerId: third.id } })).toBe(200)
  })

  it('answers whoever polls the runner', async () => {
    const { api, waiting } = await open()
    const { id: runnerId } = await pair(api)
    const poll = api.expect(200, 'nextJob', { path: { runnerId } })
    await waiting('nextJob')
    const batch = api.expect(200, 'nextBridgeCommands', { path: { runnerId } })
    await waiting('nextBridgeCommands')
    await api.expect(204, 'disconnectRunner', { path: { runnerId } })
    expect((await poll).body).toBeNull()
    expect((await batch).body).toEqual({ commands: [] })
  })
}

function heartbeatCases({ open }: Stage): void {
  const status = async (api: Api, runnerId: string): Promise<string> =>
    (await api.expect(200, 'getRunner', { path: { runnerId } })).body.status

  it('keeps a runner connected for heartbeat_ttl, and revives a lapsed one', async () => {
    const { api, clock } = await open()
    const { id } = await pair(api)
    await clock.advance({ seconds: 14.999 })
    expect(await status(api, id)).toBe('connected')
    await api.expect(200, 'heartbeat', { path: { runnerId: id } })
    await clock.advance({ seconds: 14.999 })
    expect(await status(api, id)).toBe('connected')
    await clock.advance({ milliseconds: 1 })
    expect(await status(api, id)).toBe('disconnected')
    await api.expect(200, 'heartbeat', { path: { runnerId: id } })
    expect(await status(api, id)).toBe('connected')
    const { body } = await api.expect(200, 'getRunner', { path: { runnerId: id } })
    expect(body.connected_at).toBe(later(0))
  })

  it('replaces the capabilities by a list with entries, and keeps them otherwise', async () => {
    const { api } = await open()
    const { id: runnerId } = await pair(api)
    const path = { runnerId }
    const seen: string[][] = []
    for (const body of [{ capabilities: ['bridge', 'jobs'] }, { capabilities: [] }, {}, { capabilities: ['a_b'] }]) {
      await api.expect(200, 'heartbeat', { path, body })
      seen.push((await api.expect(200, 'getRunner', { path })).body.capabilities)
    }
    expect(seen).toEqual([['bridge', 'jobs'], ['bridge', 'jobs'], ['bridge', 'jobs'], ['a_b']])
    await api.expect(200, 'heartbeat', { path })
    expect((await api.expect(200, 'getRunner', { path })).body.capabilities).toEqual(['a_b'])
  })

  it.each([[['Bridge']], [['jobs', 'b2']], [['jobs ']], [['a-b']], [['']], [['jobs\n']], [[' ']]])(
    'answers 400 to the capabilities %j, and changes nothing',
    async (capabilities) => {
      const { api, clock } = await open()
      const { id: runnerId } = await pair(api)
      const path = { runnerId }
      await clock.advance({ seconds: 14 })
      expect(await api.status('heartbeat', { path, body: { capabilities } })).toBe(400)
      await clock.advance({ seconds: 1 })
      const { body } = await api.expect(200, 'getRunner', { path })
      expect(body).toMatchObject({ status: 'disconnected', capabilities: ['jobs'] })
      expect(await api.status('heartbeat', { path, body: { capabilities } })).toBe(400)
      expect(await status(api, runnerId)).toBe('disconnected')
    },
  )

  it('answers 410 to a runner that nobody has, and 400 before that to a body of wrong types', async () => {
    const { api } = await open()
    const path = { runnerId: NOBODY }
    expect(await api.status('heartbeat', { path })).toBe(410)
    expect(await api.status('heartbeat', { path, body: { capabilities: ['NOT VALID'] } })).toBe(410)
    expect(await api.status('heartbeat', { path, json: { capabilities: 'jobs' } })).toBe(400)
    expect(await api.status('heartbeat', { path, json: { capabilities: [1] } })).toBe(400)
  })

  it('announces the cancellation of a running job once', async () => {
    const { api } = await open()
    const runner = await pair(api)
    const path = { runnerId: runner.id }
    const first = await createJob(api, runner)
    const second = await createJob(api, runner)
    const third = await createJob(api, runner)
    await takeJob(api, runner)
    await takeJob(api, runner)
    for (const jobId of [second, first, third, first]) await api.expect(204, 'cancelJob', { path: { jobId } })
    const { body } = await api.expect(200, 'heartbeat', { path })
    expect([...body.cancelled_job_ids].sort()).toEqual([first, second])
    expect((await api.expect(200, 'heartbeat', { path })).body.cancelled_job_ids).toEqual([])
    expect((await readJob(api, first)).status).toBe('cancelled')
  })

  it('keeps an announcement until the runner is back', async () => {
    const { api, clock } = await open()
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    await takeJob(api, runner)
    await clock.advance({ seconds: 20 })
    await api.expect(204, 'cancelJob', { path: { jobId } })
    const { body } = await api.expect(200, 'heartbeat', { path: { runnerId: runner.id } })
    expect(body.cancelled_job_ids).toEqual([jobId])
  })

  it('is the only call that counts as one', async () => {
    const { api, clock } = await open()
    const runner = await pair(api)
    const path = { runnerId: runner.id }
    const jobId = await createJob(api, runner)
    await clock.advance({ seconds: 14 })
    await takeJob(api, runner)
    await registerAgents(api, runner.id, ['echo'])
    await api.expect(204, 'patchChecklist', { path, body: { a: 1 } })
    await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'running' } })
    await api.expect(200, 'getRunner', { path })
    await clock.advance({ seconds: 1 })
    expect(await status(api, runner.id)).toBe('disconnected')
    expect(await api.status('listJobs', { path })).toBe(200)
    expect(await api.status('appendJobLogs', { path: { jobId }, body: [{ stream: 'stdout', text: 'x' }] })).toBe(204)
    expect(await api.status('reportJobResult', { path: { jobId }, body: { status: 'completed' } })).toBe(204)
  })
}
