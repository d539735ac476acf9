// Cases of who may do what: the three modes of identity, and owners that never see each other.
import { describe, expect, it } from 'vitest'
import type { OperationId } from '../../../src/kernel/operation.js'
import type { AuthMode } from '../../../src/mocks/base/identity.js'
import type { Api } from '../api.js'
import { createJob, newProject, pair, readJob, submit } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'
import { goodInput, runnerOperations } from '../requests.js'

const KEYS: AuthMode = {
  'ada-key': { user: 'ada', workspaces: ['lab'] },
  'bob-key': { user: 'bob', workspaces: ['lab', 'den'] },
}

export function identityCases(stage: Stage): void {
  describe('identity by keys', () => keysCases(stage))
  describe('identity of a local install', () => localCases(stage))
  describe('owners', () => ownerCases(stage))
}

function keysCases({ open }: Stage): void {
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
}

function localCases({ open }: Stage): void {
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
}

/** What an operation answers to somebody who does not own the resource that it names. */
const toOthers: readonly (readonly [OperationId, number])[] = [
  ['getRunner', 404],
  ['disconnectRunner', 204],
  ['heartbeat', 410],
  ['registerAgents', 404],
  ['patchChecklist', 404],
  ['nextJob', 404],
  ['listJobs', 404],
  ['getJob', 404],
  ['cancelJob', 404],
  ['reportJobResult', 404],
  ['appendJobLogs', 404],
  ['getJobLogs', 404],
  ['createBridgeCommand', 404],
  ['nextBridgeCommands', 404],
  ['getBridgeCommand', 404],
  ['reportBridgeResult', 404],
]

/** Modes in which there is more than one owner; a local install has one. */
const modes: readonly (readonly [string, AuthMode])[] = [
  ['open', 'open'],
  ['keys', { ada: { user: 'ada', workspaces: ['lab', 'den'] }, bob: { user: 'bob', workspaces: ['lab', 'den'] } }],
]

function ownerCases({ open }: Stage): void {
  const others: [string, string, AuthMode, (api: Api) => Api][] = modes.flatMap(([mode, auth]) => [
    [mode, 'another user of the workspace', auth, (api) => api.as({ apiKey: 'bob', workspace: 'lab' })],
    [mode, 'the same user in another workspace', auth, (api) => api.as({ apiKey: 'ada', workspace: 'den' })],
  ])

  it.each(others)('(%s) keep runners, jobs, logs and commands from %s', async (_mode, _who, auth, become) => {
    const { api } = await open({ auth })
    const ada = api.as({ apiKey: 'ada', workspace: 'lab' })
    const other = become(api)
    const endpoint = await pair(ada)
    const connect = await pair(ada, { type: 'connect' })
    const jobId = await createJob(ada, endpoint)
    const commandId = await submit(ada, connect)
    await ada.expect(204, 'appendJobLogs', { path: { jobId }, body: [{ stream: 'stdout', text: 'mine' }] })
    const before = await readJob(ada, jobId)
    for (const [id, status] of toOthers) {
      const isBridge = id.includes('Bridge')
      const path = { runnerId: isBridge ? connect.id : endpoint.id, jobId, commandId }
      expect(await other.status(id, { ...goodInput(id), path }), id).toBe(status)
    }
    const job = { agent_name: 'echo', project_id: endpoint.projectId }
    expect(await other.status('createJob', { body: job })).toBe(404)
    const { body } = await other.expect(200, 'listRunners', { query: { project_id: endpoint.projectId } })
    expect(body).toMatchObject({ total: 0, content: [] })
    expect(await readJob(ada, jobId)).toEqual(before)
    const logs = await ada.expect(200, 'getJobLogs', { path: { jobId } })
    expect(logs.body).toEqual([{ stream: 'stdout', text: 'mine' }])
    expect(await ada.status('getRunner', { path: { runnerId: endpoint.id } })).toBe(200)
    const path = { runnerId: connect.id, commandId }
    expect((await ada.expect(200, 'getBridgeCommand', { path })).body.status).toBe('pending')
  })

  it.each(modes)('(%s) have projects, traces and spans in their workspace alone', async (_mode, auth) => {
    const { api } = await open({ auth })
    const lab = api.as({ apiKey: 'ada', workspace: 'lab' })
    const den = api.as({ apiKey: 'ada', workspace: 'den' })
    const id = await newProject(lab, 'Secret')
    const trace = { id: NOBODY, project_name: 'Secret', name: 'echo', start_time: '2026-07-01T12:00:00Z' }
    await lab.expect(204, 'createTraces', { body: { traces: [trace] } })
    expect(await lab.status('getTraceById', { path: { id: NOBODY } })).toBe(200)
    expect(await den.status('getTraceById', { path: { id: NOBODY } })).toBe(404)
    expect(await den.status('getProjectById', { path: { id } })).toBe(404)
    expect(await den.status('retrieveProject', { body: { name: 'Secret' } })).toBe(404)
    expect((await den.expect(200, 'findProjects', { query: { name: 'Secret' } })).body.total).toBe(0)
    await den.call('deleteProjectById', { path: { id } })
    expect(await lab.status('getProjectById', { path: { id } })).toBe(200)
  })
}
