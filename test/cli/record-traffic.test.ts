// `serve --recording-out` keeps what clients ask and what the mock does itself, in which `watch` finds nothing wrong, and
// no secret.
import { once } from 'node:events'
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, request, type IncomingMessage } from 'node:http'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { spawnSync } from 'node:child_process'
import { describe, expect, it, onTestFinished, afterAll, beforeAll } from 'vitest'
import { CommanderError } from 'commander'
import { addServeCommand } from '../../src/cli/serve.js'
import { recordTraffic } from '../../src/cli/files/recording-file.js'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { readScenario } from '../../src/cli/files/serve-files.js'
import { addScenarioCommand } from '../../src/cli/run-scenario.js'
import { askOf, startServe } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'
import { callerOf } from '../mocks/harness.js'
import { refusalOf, runCommand } from './refusal.js'

const folder = temporaryFolder()

async function record(name: string, options: RunnerMockOptions = {}, keepKeys = false) {
  const told: string[] = []
  const file = folder.at(name)
  const recorder = recordTraffic(file, keepKeys, (trouble) => told.push(trouble))
  const mock = createRunnerMock({ ...options, conduct: recorder.watching() })
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  recorder.start()
  const end = async (): Promise<string> => {
    await recorder.close()
    await server.close()
    const bytes = readFileSync(file)
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  }
  return { mock, server, told, end }
}

/** For what comes at once, but on a busy machine. */
const PATIENT = { timeout: 120_000, interval: 10 }
const API = '/local-runners'

describe('a recording of a served mock', () => {
  it('has no keys and no cookies in it, and pairing that is judged all the same', async () => {
    const auth = { 'secret-key': { user: 'ann', workspaces: ['team'] } }
    const headers = {
      authorization: 'secret-key',
      'comet-workspace': 'team',
      cookie: 'secret-cookie',
      'x-own': 'secret-own',
    }
    const key = randomBytes(32).toString('base64')
    const texts: string[] = []
    for (const keepKeys of [false, true]) {
      const { mock, server, end } = await record(`keys-${keepKeys}.ndjson.gz`, { auth }, keepKeys)
      const project = await mock.given.project({ name: 'mine', as: { apiKey: 'secret-key', workspace: 'team' } })
      const ask = askOf(server.url)
      const offer = { project_id: project.id, activation_key: key, type: 'endpoint' }
      const { body } = await ask('POST', '/pairing/sessions', offer, headers)
      const { session_id, runner_id } = body as { session_id: string; runner_id: string }
      await mock.pairing.activate(session_id, { name: 'mine' })
      expect((await ask('POST', `${API}/${runner_id}/heartbeats`, {}, headers)).status).toBe(200)
      expect((await ask('GET', `${API}/${runner_id}`)).status).toBe(403)
      texts.push(await end())
    }
    for (const text of texts) {
      expect(text).not.toContain('secret-')
      const { verdicts, counts } = judge(await readRecording(text))
      expect(verdicts).toEqual([])
      expect(counts.judged).toBeGreaterThan(0)
    }
    expect(texts.map((text) => text.includes(key))).toEqual([false, true])
  })

  it('keeps the order in which calls began, and who has no answer', async () => {
    const { mock, server, end } = await record('order.ndjson')
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const ask = askOf(server.url)
    const leaving = new AbortController()
    const handle = mock.handle.bind(mock)
    let polls = 0
    mock.handle = (exchange) => {
      const reply = handle(exchange)
      if (exchange.url.endsWith('/jobs/next')) polls++
      return reply
    }
    const url = `${server.url}/v1/private${API}/${runner.id}/jobs/next`
    const poll = fetch(url, { method: 'POST', signal: leaving.signal }).catch(() => undefined)
    await expect.poll(() => polls, PATIENT).toBe(1)
    expect((await ask('GET', `${API}/${runner.id}`)).status).toBe(200)
    leaving.abort()
    await poll
    await expect.poll(() => mock.journal.entries({ operation: 'nextJob' }).length, PATIENT).toBe(1)
    const waiting = ask('POST', `${API}/${runner.id}/jobs/next`).catch(() => undefined)
    await expect.poll(() => polls, PATIENT).toBe(2)
    const recording = await readRecording(await end())
    await waiting
    const { exchanges } = recording
    expect(judge(recording, { startsEmpty: true }).verdicts).toEqual([])
    expect(exchanges.map(({ id }) => id)).toEqual(exchanges.map((_, at) => at + 1))
    const starts = exchanges.map(({ at_start_ns }) => at_start_ns)
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    const unanswered = exchanges.filter(({ aborted }) => aborted === true)
    expect(unanswered.map(({ path }) => path)).toEqual([1, 2].map(() => `/v1/private${API}/${runner.id}/jobs/next`))
  })

  it('tells who shares a connection, and of what needs none, nothing', async () => {
    const { mock, server, end } = await record('connections.ndjson')
    const [one, other] = [1, 2].map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
    onTestFinished(() => [one, other].forEach((agent) => agent?.destroy()))
    for (const agent of [one, other, one]) {
      const asked = request(`${server.url}/v1/private/projects`, { agent }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      await text(answer)
    }
    await mock.fetch('http://localhost/api/v1/private/projects')
    const { exchanges } = await readRecording(await end())
    expect(exchanges.map(({ connection }) => connection)).toEqual([1, 2, 1, undefined])
  })

  it('has nothing wrong in it where requests are odd', async () => {
    const { mock, server, end } = await record('odd.ndjson')
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const [id, other, third] = ['0B', '0C', '0D'].map((last) => `01A21665-2E4E-7000-97A2-91FC404${last}2AA`)
    const ask = askOf(server.url)
    const { createdId: job } = await ask('POST', `${API}/jobs`, {
      ...{ agent_name: 'echo', project_id: runner.projectId.toUpperCase(), inputs: { text: 'Hi' } },
      ...{ prompt_masks: { [String(id)]: other }, metadata: { dataset_id: third } },
    })
    expect((await ask('GET', `${API}/jobs/${job}`)).body).toMatchObject({
      metadata: { dataset_id: third?.toLowerCase() },
      inputs: { text: 'Hi' },
    })
    const refused = await ask('POST', `${API}/${runner.id}/heartbeats`, {}, { accept: 'application/json;q=0' })
    const unread = await ask('GET', `${API}/${runner.id}/bridge/commands/${String(id)}?timeout=soon`)
    expect([refused.status, unread.status]).toEqual([406, 404])
    const { verdicts, counts } = judge(await readRecording(await end()), { startsEmpty: true })
    expect(verdicts).toEqual([])
    expect(counts.judged).toBeGreaterThan(2)
  })

  it('ends when the mock is reset, and says so', async () => {
    const { mock, server, told, end } = await record('reset.ndjson')
    await askOf(server.url)('GET', '/projects')
    await mock.reset()
    await askOf(server.url)('GET', '/projects')
    expect((await readRecording(await end())).exchanges).toHaveLength(1)
    expect(told).toHaveLength(1)
  })
})

describe('serve --recording-out', () => {
  it('leaves a whole file when it is stopped', async () => {
    const file = folder.at('served.har')
    const { ask, stop } = await startServe(['--recording-out', file])
    expect((await ask('GET', '/projects')).status).toBe(200)
    expect(await stop()).toBe(0)
    const { exchanges } = await readRecording(readFileSync(file))
    expect(exchanges.map(({ path }) => path)).toContain('/v1/private/projects')
    // It may hold keys.
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).toBe(0)
  })

  it.skipIf(process.platform === 'win32')(
    "makes a file that was there its owner's alone, and follows no link",
    async () => {
      const [file, link] = [folder.at('open.ndjson'), folder.at('link.ndjson')]
      writeFileSync(file, 'before', { mode: 0o666 })
      symlinkSync(file, link)
      expect(() => recordTraffic(link, false, () => undefined)).toThrow(
        expect.objectContaining({ code: 'recording/file' }),
      )
      expect(readFileSync(file, 'utf8')).toBe('before')
      const recorder = recordTraffic(file, false, () => undefined)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      await recorder.close()
    },
  )

  it.each([[['--recording-out', '/nowhere/at/all.ndjson']], [['--keep-keys']]])('refuses %j', async (args) => {
    expect(await refusalOf(addServeCommand, 'serve', '--port', '0', ...args)).not.toBe('')
  })
})

/** What the command prints. */
const make = async (...args: string[]): Promise<string> =>
  (await runCommand(addScenarioCommand, 'scenario', ...args)).stdout

/** Runs the command as users do. */
function run(...args: string[]) {
  return spawnSync(process.execPath, ['dist/cli/main.js', 'scenario', ...args], { encoding: 'utf8' })
}

/** The demo at work, in a recording with its keys; and where its pages are. */
async function recordDemo(): Promise<{ file: string; mock: RunnerMock; pages: string[]; key: string }> {
  const file = folder.at('demo.ndjson.gz')
  const recorder = recordTraffic(file, true, () => undefined)
  const mock = createRunnerMock({ scenario: 'demo', frozen: true, conduct: recorder.watching() })
  await mock.ready
  const ask = callerOf(mock)
  recorder.start()
  const { content } = (await ask('GET', '/projects')).body as { content: { id: string }[] }
  const project_id = content[0]?.id ?? ''
  const list = `${API}?project_id=${project_id}`
  const runners = (await ask('GET', list)).body as { content: { id: string }[] }
  const runner = runners.content[0]?.id ?? ''
  const create = (agent_name: string, inputs: object) => ask('POST', `${API}/jobs`, { agent_name, project_id, inputs })
  const done = await create('echo', { message: 'a secret message' })
  const failed = await create('always-fails', {})
  await mock.clock.advance({ seconds: 30 })
  const running = await create('slow-report', { steps: 500 })
  await mock.clock.advance({ seconds: 7 })
  const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
  await ask('POST', '/pairing/sessions', { project_id, activation_key: key, type: 'connect' })
  const jobs = [done, failed, running].map(({ id }) => `${API}/jobs/${id}`)
  const pages = [list, `${API}/${runner}/jobs`, ...jobs, ...jobs.map((job) => `${job}/logs`)]
  // Whatever nobody has asked for is in no recording.
  for (const page of pages) await ask('GET', page)
  await recorder.close()
  return { file, mock, pages, key }
}

async function pagesOf(mock: RunnerMock, pages: readonly string[]): Promise<unknown[]> {
  const bodies: unknown[] = []
  for (const page of pages) bodies.push((await callerOf(mock)('GET', page)).body)
  return bodies
}

let demo: Awaited<ReturnType<typeof recordDemo>>
beforeAll(async () => void (demo = await recordDemo()))
afterAll(() => demo.mock.close())

it('the recording of a demo has nothing wrong in it, its own agents and skipped time included', async () => {
  const recording = await readRecording(readFileSync(demo.file))
  const { verdicts, counts } = judge(recording)
  expect(verdicts).toEqual([])
  expect(counts.judged).toBeGreaterThan(2)
  expect(recording.exchanges.some(({ path }) => path.endsWith('/results'))).toBe(true)
})

describe('scenario', () => {
  it('makes a world whose pages are as they were, and which can be recorded again', async () => {
    const { file, mock, pages, key } = demo
    const before = await pagesOf(mock, pages)
    const out = folder.at('verbatim.yaml')
    await make(file, '--out', out, '--verbatim')
    const text = readFileSync(out, 'utf8')
    expect(text).toContain('a secret message')
    expect(text).not.toContain(key)
    const { scenario } = await readScenario(out)
    const again = createRunnerMock({ scenario, frozen: true, now: mock.clock.now() })
    onTestFinished(() => again.close())
    await again.ready
    expect(await pagesOf(again, pages)).toEqual(before)
  })

  it('says nothing that was not its to say', async () => {
    const out = folder.at('plain.yaml')
    writeFileSync(out, 'what was there')
    const printed = await make(demo.file, '--out', out)
    const text = readFileSync(out, 'utf8')
    expect(text).not.toMatch(/secret|laptop|slow-report|what was there/)
    expect(printed).toContain('jobs 3')
    const { scenario } = await readScenario(out)
    expect(scenario).toMatchObject({ name: 'plain', runners: [{ simulate: 'heartbeat', jobs: [{}, {}, {}] }] })
  })

  it('goes as far into a recording as it is told', async () => {
    const out = folder.at('early.yaml')
    const { status, stderr } = run(demo.file, '--out', out, '--at', '31')
    expect([status, stderr]).toEqual([0, ''])
    const { scenario } = await readScenario(out)
    expect(scenario).toMatchObject({ runners: [{ jobs: [{ status: 'completed' }, { status: 'failed' }, {}] }] })
    expect(scenario).not.toHaveProperty('sessions')
  })

  it.each([
    ['no file to write', ['test/recorded/jobs.ndjson.gz']],
    ['no recording', ['--out', 'world.yaml']],
    ['a moment that is none', ['test/recorded/jobs.ndjson.gz', '--out', 'world.yaml', '--at', 'noon']],
  ])('asks for %s', async (_, args) => {
    await expect(make(...args)).rejects.toBeInstanceOf(CommanderError)
  })

  it('refuses what it cannot read or write', async () => {
    const broken = folder.at('broken.ndjson')
    writeFileSync(broken, '{"format":"opik-runner-recording/1","settings":{},"base_path":""}\n{"id":1}\n')
    const nowhere = folder.at('none', 'world.yaml')
    const refused = [
      ['none.ndjson', folder.at('a.yaml'), 'file/unreadable'],
      [broken, folder.at('a.yaml'), 'recording/exchange'],
      ['test/recorded/jobs.ndjson.gz', nowhere, 'scenario/out'],
      ['test/recorded/jobs.ndjson.gz', './test/../test/recorded/jobs.ndjson.gz', 'scenario/out'],
    ]
    for (const [recording = '', out = '', code] of refused)
      await expect(make(recording, '--out', out)).rejects.toMatchObject({ code })
    const { status, stdout, stderr } = run(broken, '--out', nowhere)
    expect([status, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
  })
})
