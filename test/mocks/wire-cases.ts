// Cases of the wire, which a transport might get wrong: request bodies, media types, numbers in JSON; and of the end of a mock
// and its return to the beginning, at which whoever waits is answered. What the suites of `verify` say of any server, they
// say of the mock, too: see test/contracts/checks.
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { createJob, defaultProject, pair, readJob, submit, type Paired } from './given.js'
import { closeMsw, NOBODY, stageOver, type Stage, type TransportName, type World } from './harness.js'
import { goodInput } from './requests.js'

/** The mock takes 16 MiB. */
const LIMIT = 16 * 1024 * 1024
const TOO_MUCH = LIMIT + 1024 * 1024
const BOMB = gzipSync(Buffer.alloc(TOO_MUCH, ' '))

/** Plays the cases over a transport; `handle` is none. */
export function playCases(transport: TransportName): void {
  describe(`over ${transport}`, () => {
    const stage = stageOver(transport)
    afterAll(closeMsw)
    bodyCases(stage)
    describe('media types', () => typeCases(stage))
    describe('numbers in stored JSON', () => numberCases(stage))
    closingCases(stage)
  })
}

function bodyCases({ open, transport }: Stage): void {
  // To a transport, one large body is like another.
  const isLean = transport === 'fetch' || transport === 'msw'

  describe('request bodies', () => {
    it.each(['createJob', 'heartbeat'] as const)(
      '%s answers 413 to a body that unpacks to more than the limit',
      async (id) => {
        const { api } = await open()
        const { path, query } = goodInput(id)
        expect(await api.status(id, { path, query, bytes: BOMB, headers: { 'content-encoding': 'gzip' } })).toBe(413)
      },
    )

    it.skipIf(isLean)('answer 413 to a plain body over the limit, and go on answering', async () => {
      const { api } = await open()
      const project_id = await defaultProject(api)
      const json = { agent_name: 'echo', project_id, inputs: 'x'.repeat(TOO_MUCH) }
      expect(await api.status('createJob', { json })).toBe(413)
      const whole = JSON.stringify({ ...json, inputs: 'x' })
      expect(await api.status('createJob', { bytes: whole.padEnd(LIMIT) })).toBe(404)
      expect(await api.status('createJob', { bytes: whole.padEnd(LIMIT + 1) })).toBe(413)
      expect(await api.status('createJob', { json: { ...json, inputs: 'x' } })).toBe(404)
    })

    it('answer 400 to what only claims to be compressed', async () => {
      const { api } = await open()
      const whole = gzipSync(JSON.stringify({ agent_name: 'echo', project_id: NOBODY }))
      for (const bytes of [whole.subarray(0, -9), new TextEncoder().encode('{}'), gzipSync('{')]) {
        expect(await api.status('createJob', { bytes, headers: { 'content-encoding': 'gzip' } })).toBe(400)
      }
    })

    it('may say that they are not compressed', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const body = { agent_name: 'echo', project_id: runner.projectId }
      for (const encoding of ['identity', ' Identity ', '']) {
        expect(await api.status('createJob', { body, headers: { 'content-encoding': encoding } })).toBe(201)
      }
    })

    it('name the first violations only, and answer by those that follow, too', async () => {
      const { api } = await open()
      const path = { jobId: NOBODY }
      const blank = Array.from({ length: 400 }, () => ({ stream: 's', text: '' }))
      const send = async (...more: object[]) => {
        const { status, body } = await api.call('appendJobLogs', { path, json: [...blank, ...more] })
        return [status, JSON.stringify(body).length < 2000]
      }
      expect(await send()).toEqual([422, true])
      expect(await send({ stream: 's', text: 7 })).toEqual([400, true])
    })

    it('are refused when they nest without end', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
      const job = (inputs: string): string =>
        `{"agent_name":"echo","project_id":"${runner.projectId}","inputs":${inputs}}`
      expect(await api.status('createJob', { bytes: job(nested(500)) })).toBe(201)
      expect(await api.status('createJob', { bytes: job(nested(100_000)) })).toBe(400)
    })

    it('keep keys of JavaScript objects as any other: in inputs, names of agents and checklists', async () => {
      const { api } = await open()
      const runner = await pair(api)
      const path = { runnerId: runner.id }
      const odd = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":{},"":0}'
      const json = JSON.parse(odd) as Record<string, unknown>
      const jobId = await createJob(api, runner, { inputs: json })
      expect(JSON.stringify((await readJob(api, jobId)).inputs)).toBe(odd)
      for (let count = 0; count < 2; count++) await api.expect(204, 'patchChecklist', { path, json })
      const { '': _none, ...agents } = json
      await api.expect(204, 'registerAgents', { path, json: agents })
      const { body } = await api.expect(200, 'getRunner', { path })
      expect(JSON.stringify(body.checklist)).toBe(odd)
      expect(body.agents.map(({ name }) => name)).toEqual(['__proto__', 'constructor', 'toString'])
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    })
  })
}

const RUNNERS = '/v1/private/local-runners'
const ODD_NUMBERS = '{"n":12345678901234567890123,"f":1.0,"z":-0.0,"e":1E5,"t":1e-7,"d":0.10,"h":1e400,"i":[1.0,2]}'

function typeCases({ open }: Stage): void {
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
}

function numberCases({ open, transport }: Stage): void {
  /** The whole answer, as it came. */
  const textOf = async (mock: Awaited<ReturnType<Stage['open']>>['mock'], path: string): Promise<string> =>
    (await mock.handle({ method: 'GET', url: path })).body

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

function closingCases({ open }: Stage): void {
  describe('whoever waits', () => {
    const ends: [string, (world: World) => unknown][] = [
      ['is closed', ({ close }) => close()],
      ['is reset', ({ mock }) => mock.reset()],
      ['returns to a snapshot', ({ mock }) => mock.restore(mock.snapshot())],
    ]

    it.each(ends)('is answered with what there is when the mock %s', async (_how, end) => {
      const world = await open()
      const runner = await pair(world.api, { type: 'connect' })
      const answers = await waitForEverything(world, runner)
      await end(world)
      const [job, batch, command] = await Promise.all(answers)
      expect(job).toBeNull()
      expect(batch).toEqual({ commands: [] })
      expect(command).toMatchObject({ status: 'picked_up' })
    })
  })

  describe('a mock', () => {
    it('begins anew after a reset: same calls, same answers', async () => {
      const { api, mock, clock } = await open()
      const play = async (): Promise<unknown[]> => {
        const runner = await pair(api, { type: 'connect' })
        await clock.advance({ seconds: 3 })
        const commandId = await submit(api, runner)
        const path = { runnerId: runner.id, commandId }
        return [runner, (await api.expect(200, 'getBridgeCommand', { path })).body]
      }
      const first = await play()
      await mock.reset()
      expect(await play()).toEqual(first)
    })
  })
}

async function waitForEverything({ api, waiting }: World, runner: Paired): Promise<Promise<unknown>[]> {
  const path = { runnerId: runner.id, commandId: await submit(api, runner) }
  await api.expect(200, 'nextBridgeCommands', { path })
  const job = api.expect(200, 'nextJob', { path }).then(({ body }) => body)
  await waiting('nextJob')
  const batch = api.expect(200, 'nextBridgeCommands', { path }).then(({ body }) => body)
  await waiting('nextBridgeCommands')
  const command = api.expect(200, 'getBridgeCommand', { path, query: { wait: true } }).then(({ body }) => body)
  await waiting('getBridgeCommand')
  return [job, batch, command]
}
