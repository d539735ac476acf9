// `serve --recording-out` keeps what clients ask and what the mock does itself, in which `watch` finds nothing wrong, and
// no secret.
import { once } from 'node:events'
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, request, type IncomingMessage } from 'node:http'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { addServeCommand } from '../../src/cli/serve.js'
import { recordTraffic } from '../../src/cli/files/recording-file.js'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { serve, type RunnerServer } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { askOf, startServe } from '../sdk/served.js'
import { refusalOf } from './refusal.js'
import { temporaryFolder } from '../temporary-folder.js'

const folder = temporaryFolder()

interface Recorded {
  mock: RunnerMock
  server: RunnerServer
  /** What the recorder has told. */
  told: string[]
  /** Ends the recording, and gives its text. */
  end: () => Promise<string>
}

async function record(name: string, options: RunnerMockOptions = {}, keepKeys = false): Promise<Recorded> {
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
