// Cases of media types and methods, of odd paths and bodies, and of the numbers in JSON that callers store.
import { describe, expect, it } from 'vitest'
import { createJob, pair, readJob, submit, takeJob } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'
import { goodInput } from '../requests.js'

const RUNNERS = '/v1/private/local-runners'
const ODD_NUMBERS = '{"n":12345678901234567890123,"f":1.0,"z":-0.0,"e":1E5,"t":1e-7,"d":0.10,"h":1e400,"i":[1.0,2]}'

export function mediaCases(stage: Stage): void {
  describe('media types', () => typeCases(stage))
  describe('methods', () => methodCases(stage))
  describe('odd paths', () => oddPathCases(stage))
  describe('odd bodies', () => oddBodyCases(stage))
  describe('numbers in stored JSON', () => numberCases(stage))
}

function typeCases({ open, transport }: Stage): void {
  it.each(['getRunner', 'createJob'] as const)(
    '%s answers 406 to who takes no JSON, and 415 before that',
    async (id) => {
      const { api } = await open({ auth: { 'a-key': { user: 'ann', workspaces: ['default'] } } })
      const input = goodInput(id)
      for (const accept of [
        'text/html',
        'application/xml, text/*',
        'application/json; q=0.0',
        'application/json;q=0',
        'application/json;q=0.000;charset=utf-8',
        'application/problem+json',
      ]) {
        expect(await api.status(id, { ...input, headers: { accept } }), accept).toBe(406)
      }
      const both = { accept: 'text/html', 'content-type': 'text/plain' }
      // Nobody is asked who they are before, and no id is looked at.
      expect(
        await api.status(id, {
          ...input,
          path: { runnerId: 'x', jobId: 'x', commandId: 'x', sessionId: 'x' },
          headers: both,
        }),
      ).toBe(415)
      for (const accept of [
        '*/*',
        'application/*',
        'text/html, application/json;q=0.1',
        'application/json;q=0.01',
        'Application/JSON;charset=utf-8',
      ]) {
        expect(await api.status(id, { ...input, headers: { accept } }), accept).toBe(403)
      }
    },
  )

  it.skipIf(transport === 'msw')('are judged after the method', async () => {
    const { api } = await open()
    const headers = { accept: 'text/html', 'content-type': 'text/plain' }
    expect((await api.raw({ method: 'PUT', path: `${RUNNERS}/${NOBODY}`, headers })).status).toBe(405)
  })
}

function methodCases({ open, transport }: Stage): void {
  // These ask the mock itself; test/mocks/msw-adapter.test.ts asks through MSW.
  const here = it.skipIf(transport === 'msw')

  here('HEAD answers as GET does, without the body', async () => {
    const { api, mock } = await open()
    const { id } = await pair(api)
    for (const [path, status] of [
      [`${RUNNERS}/${id}`, 200],
      [`${RUNNERS}/${NOBODY}`, 404],
      [`${RUNNERS}/jobs`, 404],
    ] as const) {
      const reply = await mock.handle({ method: 'HEAD', url: path })
      expect([reply.status, reply.body]).toEqual([status, ''])
    }
  })

  here('OPTIONS lists the methods of a known path', async () => {
    const { mock } = await open()
    const ask = async (path: string): Promise<unknown[]> => {
      const { status, headers, body } = await mock.handle({ method: 'OPTIONS', url: path })
      return [status, headers['allow']?.split(', ').sort().join(' '), body]
    }
    expect(await ask(`${RUNNERS}/${NOBODY}`)).toEqual([200, 'DELETE GET HEAD OPTIONS', ''])
    expect(await ask(`${RUNNERS}/jobs`)).toEqual([200, 'OPTIONS POST', ''])
    expect((await ask('/v1/private/nothing'))[0]).toBe(404)
  })

  here('TRACE is told nothing of the others', async () => {
    const { mock } = await open()
    const ask = async (method: string) => mock.handle({ method, url: `${RUNNERS}/${NOBODY}` })
    expect([(await ask('TRACE')).status, (await ask('TRACE')).headers['allow']]).toEqual([405, undefined])
    expect((await ask('PATCH')).headers['allow']?.split(', ').sort()).toEqual(['DELETE', 'GET', 'OPTIONS'])
  })

  here('a word in the place of an id is one for methods that the word has not', async () => {
    const { api } = await open()
    for (const method of ['GET', 'DELETE']) {
      expect((await api.raw({ method, path: `${RUNNERS}/jobs` })).status).toBe(404)
    }
    expect((await api.raw({ method: 'PUT', path: `${RUNNERS}/jobs` })).status).toBe(405)
  })
}

function oddPathCases({ open, transport }: Stage): void {
  it.skipIf(transport === 'msw')('with encoded letters and parameters name what they would without', async () => {
    const { api, mock } = await open()
    const { id } = await pair(api)
    const encoded = `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`
    for (const path of [`${RUNNERS}/${encoded}`, `${RUNNERS};x=1/${id};a=b`, `${RUNNERS}/${id}/`]) {
      expect((await mock.handle({ method: 'GET', url: path })).status, path).toBe(200)
    }
  })

  it.skipIf(transport === 'msw')('with an empty segment or an encoded slash are 400', async () => {
    const { mock } = await open()
    for (const path of [
      `${RUNNERS}//${NOBODY}`,
      `${RUNNERS}/${NOBODY}//`,
      `${RUNNERS}/${NOBODY}%2Fjobs`,
      `${RUNNERS}/%zz`,
    ]) {
      expect((await mock.handle({ method: 'GET', url: path })).status, path).toBe(400)
    }
  })
}

function oddBodyCases({ open }: Stage): void {
  it('may begin with a byte order mark; of a key that comes twice the last value counts', async () => {
    const { api } = await open()
    const { projectId } = await pair(api)
    const bytes = `\uFEFF{"agent_name":"nobody","agent_name":"echo","project_id":"${projectId}","inputs":{"a":1,"a":2.0}}`
    const { createdId } = await api.expect(201, 'createJob', { bytes })
    expect((await readJob(api, createdId)).inputs).toEqual({ a: 2 })
  })

  it('appendJobLogs answers 422 to a null among entries, and 400 to another type', async () => {
    const { api } = await open()
    const path = { jobId: NOBODY }
    expect(await api.status('appendJobLogs', { path, json: [{ stream: 'stdout', text: 'a' }, null] })).toBe(422)
    expect(await api.status('appendJobLogs', { path, json: [null, 5] })).toBe(400)
  })

  it('answer 400 to a whole number past 32 bits', async () => {
    const { api } = await open()
    const path = { runnerId: NOBODY, commandId: NOBODY }
    expect(await api.status('nextBridgeCommands', { path, json: { max_commands: 2 ** 31 } })).toBe(400)
    expect(await api.status('nextBridgeCommands', { path, bytes: '{"max_commands":12345678901234567890}' })).toBe(400)
    expect(await api.status('registerAgents', { path, json: { a: { timeout: -(2 ** 31) - 1 } } })).toBe(400)
    expect(
      await api.status('createBridgeCommand', { path, json: { type: 'Exec', args: {}, timeout_seconds: 2 ** 31 } }),
    ).toBe(400)
  })

  it('reportBridgeResult takes a duration that is null for none', async () => {
    const { api } = await open()
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id, commandId: await submit(api, runner) }
    await api.expect(204, 'reportBridgeResult', { path, json: { status: 'completed', result: {}, duration_ms: null } })
    expect((await api.expect(200, 'getBridgeCommand', { path })).body).not.toHaveProperty('duration_ms')
  })
}

function numberCases({ open, transport }: Stage): void {
  /** The whole answer, as it came. */
  const textOf = async (mock: Awaited<ReturnType<Stage['open']>>['mock'], path: string): Promise<string> =>
    (await mock.handle({ method: 'GET', url: path })).body

  it('come back as they were written, in jobs and their results', async () => {
    const { api, mock } = await open()
    const runner = await pair(api)
    const job = (inputs: string): string =>
      `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":${inputs}}`
    const { createdId: jobId } = await api.expect(201, 'createJob', { bytes: job(ODD_NUMBERS) })
    const bytes = `{"status":"running","result":1.0}`
    await takeJob(api, runner)
    await api.expect(204, 'reportJobResult', { path: { jobId }, bytes })
    const text = await textOf(mock, `${RUNNERS}/jobs/${jobId}`)
    expect(text).toContain(`"inputs":${ODD_NUMBERS}`)
    expect(text).toContain('"result":1.0')
    expect(await textOf(mock, `${RUNNERS}/${runner.id}/jobs`)).toContain(ODD_NUMBERS)
  })

  it('come back as they were written, in commands and checklists, and over snapshots', async () => {
    const { api, mock } = await open()
    const runner = await pair(api, { type: 'connect' })
    const path = { runnerId: runner.id }
    const bytes = `{"type":"ReadFile","args":${ODD_NUMBERS},"timeout_seconds":30.0}`
    const { body } = await api.expect(201, 'createBridgeCommand', { path, bytes })
    await api.expect(204, 'patchChecklist', { path, bytes: '{"a":{"b":1.0,"c":1.0},"d":1.0}' })
    await api.expect(204, 'patchChecklist', { path, bytes: '{"a":{"c":1},"e":[2.0]}' })
    mock.restore(mock.snapshot())
    const command = await textOf(mock, `${RUNNERS}/${runner.id}/bridge/commands/${body.command_id}`)
    expect(command).toContain(`"args":${ODD_NUMBERS}`)
    expect(command).toContain('"timeout_seconds":30,')
    expect(await textOf(mock, `${RUNNERS}/${runner.id}`)).toContain('{"a":{"b":1.0,"c":1},"d":1.0,"e":[2.0]}')
  })

  it('come back as they were written where they stand alone, and when they are handed out', async () => {
    const { api, mock } = await open()
    const runner = await pair(api, { capabilities: ['bridge'] })
    const path = { runnerId: runner.id }
    const handOut = async (queue: string): Promise<string> =>
      (await mock.handle({ method: 'POST', url: `${RUNNERS}/${runner.id}/${queue}/next` })).body
    const bytes = `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":1.0}`
    await api.expect(201, 'createJob', { bytes })
    expect(await handOut('jobs')).toContain('"inputs":1.0')
    const { createdId: jobId } = await api.expect(201, 'createJob', { bytes })
    for (const result of ['1', '1.0']) {
      const ended = `{"status":"completed","result":${result}}`
      await api.expect(204, 'reportJobResult', { path: { jobId }, bytes: ended })
    }
    expect(await textOf(mock, `${RUNNERS}/jobs/${jobId}`)).toContain('"result":1,')
    const submitted = await api.expect(201, 'createBridgeCommand', { path, bytes: '{"type":"Exec","args":-0.0}' })
    expect(await handOut('bridge/commands')).toContain('"args":-0.0')
    const commandId = submitted.body.command_id
    const report = '{"status":"failed","result":1e5,"error":2.50}'
    await api.expect(204, 'reportBridgeResult', { path: { ...path, commandId }, bytes: report })
    const command = await textOf(mock, `${RUNNERS}/${runner.id}/bridge/commands/${commandId}`)
    for (const part of ['"args":-0.0', '"result":1e5', '"error":2.50']) expect(command).toContain(part)
  })

  it('are plain numbers for programs, and strings where they are none', async () => {
    const { api, mock } = await open()
    const runner = await pair(api)
    const bytes = `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":{"a":NaN,"b":[-Infinity,1.0]}}`
    await api.expect(201, 'createJob', { bytes })
    expect(mock.snapshot().world.jobs[0]?.wire.inputs).toEqual({ a: 'NaN', b: ['-Infinity', 1] })
  })

  it.skipIf(transport !== 'http')('keep their digits in what the admin API gives out and takes back', async () => {
    const { api, url, mock } = await open()
    const runner = await pair(api)
    await createJob(api, runner)
    const bytes = `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":${ODD_NUMBERS}}`
    const { createdId } = await api.expect(201, 'createJob', { bytes })
    const snapshot = `${new URL(url).origin}/__admin/state`
    const kept = await (await fetch(snapshot)).text()
    expect((await fetch(snapshot, { method: 'PUT', body: kept })).ok).toBe(true)
    expect(await textOf(mock, `${RUNNERS}/jobs/${createdId}`)).toContain(ODD_NUMBERS)
  })
}
