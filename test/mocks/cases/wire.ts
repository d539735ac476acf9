// Cases of the conventions that hold for every operation: paths, ids, queries, times, `Location`, error bodies.
import { describe, expect, it } from 'vitest'
import { operations } from '../../../src/kernel/all-operations.js'
import { pathParametersOf, type OperationId } from '../../../src/kernel/operation.js'
import { createJob, defaultProject, openSession, pair, readJob, submit } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'
import { goodInput, runnerOperations } from '../requests.js'

const withPath = runnerOperations.filter((id) => pathParametersOf(operations[id]).length > 0)

export function wireCases(stage: Stage): void {
  describe('paths', () => pathCases(stage))
  describe('queries', () => queryCases(stage))
  describe('answers', () => answerCases(stage))
}

function pathCases({ open, transport }: Stage): void {
  it.each(withPath)('%s answers 404 to an id that is no UUID', async (id) => {
    const { api } = await open()
    const input = goodInput(id)
    for (const [name] of Object.entries(input.path)) {
      for (const value of ['1', 'not-a-uuid', NOBODY.replaceAll('-', ''), `${NOBODY}0`, `{${NOBODY}}`, '%00']) {
        expect(await api.status(id, { ...input, path: { ...input.path, [name]: value } }), value).toBe(404)
      }
    }
  })

  it('take ids in capitals, and answer them in lower case', async () => {
    const { api } = await open()
    const project_id = (await defaultProject(api)).toUpperCase()
    const { sessionId, runnerId, projectId } = await openSession(api, { projectId: project_id })
    const runner = await pair(api, { projectId: project_id })
    const read = await api.expect(200, 'getRunner', { path: { runnerId: runner.id.toUpperCase() } })
    expect([sessionId, runnerId, read.body.id, read.body.project_id].join()).toMatch(/^[0-9a-f,-]+$/)
    const listed = await api.expect(200, 'listRunners', { query: { project_id } })
    expect(listed.body.content.map(({ id }) => id)).toEqual([runner.id])
    const mask_id = NOBODY.toUpperCase()
    const jobId = await createJob(api, { projectId }, { mask_id, prompt_masks: { [mask_id]: mask_id } })
    await api.expect(204, 'reportJobResult', {
      path: { jobId: jobId.toUpperCase() },
      body: { status: 'running', trace_id: NOBODY.toUpperCase() },
    })
    const job = await readJob(api, jobId.toUpperCase())
    expect(job).toMatchObject({ id: jobId, mask_id: NOBODY, prompt_masks: { [NOBODY]: NOBODY }, trace_id: NOBODY })
  })

  // MSW knows the paths of its handlers only; what none of them matches never reaches the mock.
  it.skipIf(transport === 'msw')('answer 405 to a wrong method, and 404 to a path that nothing has', async () => {
    const { api } = await open()
    const wrong = [
      ['DELETE', '/v1/private/pairing/sessions'],
      ['PUT', `/v1/private/local-runners/${NOBODY}`],
      ['GET', `/v1/private/local-runners/${NOBODY}/heartbeats`],
      ['POST', `/v1/private/local-runners/${NOBODY}/agents`],
    ] as const
    for (const [method, path] of wrong) {
      const answer = await api.raw({ method, path })
      expect(answer.status, `${method} ${path}`).toBe(405)
      expect(answer.headers['allow']).not.toBe('')
    }
    for (const path of ['/v1/private/nothing', '/v1/private/local-runners/x/y/z', '/', '/v2']) {
      expect((await api.raw({ method: 'GET', path })).status, path).toBe(404)
    }
  })
}

function queryCases({ open }: Stage): void {
  const broken: [OperationId, string, string, number][] = [
    ['listRunners', 'project_id', 'not-a-uuid', 404],
    ['listRunners', 'status', 'CONNECTED', 400],
    ['listRunners', 'status', 'gone', 400],
    ['listRunners', 'page', '-1', 400],
    ['listRunners', 'size', '0', 400],
    ['listRunners', 'size', '-5', 400],
    ['listJobs', 'project_id', 'not-a-uuid', 404],
    ['listJobs', 'page', '-1', 400],
    ['listJobs', 'size', '0', 400],
    ['getJobLogs', 'offset', '-1', 400],
    ['listRunners', 'project_id', '', 400],
    ['listRunners', 'page', 'x', 404],
    ['listRunners', 'size', '1.0', 404],
    ['listRunners', 'size', '2147483648', 404],
    ['listJobs', 'page', '-2147483648', 400],
    ['listJobs', 'page', '-2147483649', 404],
    ['getJobLogs', 'offset', 'x', 404],
  ]

  it.each(['', '&more=%20'])('count the first of each parameter, and none without a value%s', async (more) => {
    const { api } = await open()
    const ask = async (query: string): Promise<number> =>
      (await api.raw({ method: 'GET', path: `/v1/private/projects?${query}${more}` })).status
    expect([await ask('size=5&size=x'), await ask('size=x&size=5'), await ask('size'), await ask('=5&size=')]).toEqual([
      200, 404, 200, 200,
    ])
    expect([await ask('size=00000000005'), await ask('size=00000000000')]).toEqual([200, 400])
  })

  it.each(broken)('%s answers a broken %s (%s) with %i', async (id, name, value, status) => {
    const { api } = await open()
    const runner = await pair(api)
    const jobId = await createJob(api, runner)
    const query = { project_id: runner.projectId, [name]: value }
    expect(await api.status(id, { path: { runnerId: runner.id, jobId }, query })).toBe(status)
  })

  it('getBridgeCommand waits for true in any case only, and finds nothing under a timeout that cannot be read', async () => {
    const { api } = await open()
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id, commandId: await submit(api, runner) }
    for (const wait of ['perhaps', '1', 'yes', 'false', '']) {
      expect(await api.status('getBridgeCommand', { path, query: { wait } }), wait).toBe(200)
    }
    for (const timeout of ['long', '1.5', '1e2', '2147483648', ' ', '0x10']) {
      expect(await api.status('getBridgeCommand', { path, query: { timeout } }), timeout).toBe(404)
    }
  })
}

function answerCases({ open }: Stage): void {
  it('name what they have created in an absolute Location whose last segment is its id, but for a session', async () => {
    const { api } = await open()
    const runner = await pair(api)
    const session = await api.expect(201, 'createPairingSession', {
      body: { project_id: runner.projectId, activation_key: 'A'.repeat(43), type: 'connect' },
    })
    expect(session.headers['location']).toBeUndefined()
    const job = await api.expect(201, 'createJob', { body: { agent_name: 'echo', project_id: runner.projectId } })
    expect(new URL(job.headers['location'] ?? '').pathname).toBe(`/api/v1/private/local-runners/jobs/${job.createdId}`)
    expect((await readJob(api, job.createdId)).id).toBe(job.createdId)
    const connect = await pair(api, { type: 'connect' })
    const command = await api.expect(201, 'createBridgeCommand', {
      path: { runnerId: connect.id },
      body: { type: 'ReadFile', args: {} },
    })
    expect(command.createdId).toBe(command.body.command_id)
  })

  it('refuse with a list of errors for a broken constraint, with a code for anything else', async () => {
    const { api } = await open()
    for (const json of [{}, undefined]) {
      const headers = { 'content-type': 'application/json' }
      const broken = await api.expect(422, 'createJob', { ...(json && { json }), headers })
      expect(broken.body).toHaveProperty('errors')
    }
    const unread = { agent_name: 5, project_id: 'none' }
    expect((await api.expect(400, 'createJob', { json: unread })).body).toMatchObject({ code: 400 })
    expect((await api.expect(400, 'createTraces', { json: { traces: [{ start_time: 1 }] } })).body).toMatchObject({
      code: 400,
    })
    const missing = await api.expect(404, 'getJob', { path: { jobId: NOBODY } })
    expect(missing.body).toMatchObject({ code: 404 })
  })
}
