// `watch <url>`: official-like traffic through it is what it would be without it, and what is wrong is told at once.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { validate } from 'ctrf'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTime } from '../../src/kernel/recording/recorder.js'
import { createLiveTraffic } from '../../src/cli/run-watch.js'
import { Relay } from '../../src/cli/watch/relay.js'
import { judge, readRecording, type Recording, type Verdict } from '../../src/contracts/watch/judge-recording.js'
import { signActivation } from '../../src/kernel/pairing.js'
import { createRunnerMock } from '../../src/index.js'
import { serve, type ServeOptions } from '../../src/mocks/adapters/node.js'
import { putBefore, type Layer } from '../mutants/broken-mock.js'
import { editResource } from '../mutants/spoils.js'
import { originOf } from '../sdk/listening.js'
import { startProgram } from '../sdk/program.js'
import { temporaryFolder } from '../temporary-folder.js'

const folder = temporaryFolder()

const pemOf = (name: string): string => fileURLToPath(new URL(`certificate/${name}.pem`, import.meta.url))
const certified = (name: string) => ({ cert: readFileSync(pemOf(name)), key: readFileSync(pemOf('key')) })

/** A mock that answers two alike in the same way, with polls that wait for seconds. */
async function serveMock(options: Pick<ServeOptions, 'cert' | 'key'> = {}, layers: Layer[] = []): Promise<string> {
  const settings = { next_job_poll_timeout_seconds: 60 }
  const mock = createRunnerMock({ seed: 7, now: '2026-11-01T00:00:00Z', frozen: true, settings })
  const server = await serve(putBefore(mock, layers), { port: 0, ...options })
  onTestFinished(() => server.close())
  return server.url.replace('/api', '')
}

/** A relay that judges, in this process. */
async function relayTo(origin: string, tell: (verdict: Verdict) => void = () => undefined, startsEmpty = true) {
  const lines: object[] = []
  const settings = { next_job_poll_timeout_seconds: 60 }
  const header = { format: 'opik-runner-recording/1', settings, base_path: '' } as const
  const { zero, now } = startTime()
  const traffic = createLiveTraffic({
    ...{ now, header: { ...header, recorder_clock_ms_at_zero: zero } },
    ...{ bases: ['/api', ''], startsEmpty, sides: ['server', 'client'], oneUser: false, keepKeys: false },
    ...{ write: (line) => lines.push(line), tell, looked: () => undefined },
  })
  const relay = new Relay(new URL(origin), traffic.listener)
  const url = await originOf(relay.server)
  onTestFinished(() => relay.close())
  return { url, traffic, relay, lines }
}

interface Answer {
  status: number
  body: string
  location: string | null
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>

/** Asks a server, and keeps what a browser would keep of it. */
function askerOf(origin: string): { ask: Ask; har: () => string } {
  const entries: object[] = []
  const namedValues = (pairs: Iterable<[string, string]>) => Array.from(pairs, ([name, value]) => ({ name, value }))
  return {
    async ask(method, path, sent) {
      const url = `${origin}/api/v1/private/${path}`
      const text = sent === undefined ? undefined : JSON.stringify(sent)
      const headers = { authorization: 'a-key-of-somebody', ...(text && { 'content-type': 'application/json' }) }
      const start = Date.now()
      const response = await fetch(url, { method, headers, ...(text && { body: text }) })
      const { status } = response
      const body = await response.text()
      entries.push({
        startedDateTime: new Date(start).toISOString(),
        time: Date.now() - start,
        request: { method, url, headers: namedValues(Object.entries(headers)), ...(text && { postData: { text } }) },
        response: { status, headers: namedValues(response.headers), content: { size: body.length, text: body } },
      })
      return { status, body, location: response.headers.get('location')?.replace(/^.*\//, '') ?? null }
    },
    har: () => JSON.stringify({ log: { entries } }),
  }
}

/** Pairs as a page and a daemon do together. */
async function pair(page: Ask, daemon: Ask) {
  const { location: project_id } = await page('POST', 'projects', { name: 'watched' })
  const key = new Uint8Array(32).fill(5)
  const activation_key = Buffer.from(key).toString('base64')
  const { body } = await page('POST', 'pairing/sessions', { project_id, activation_key, type: 'endpoint' })
  const { session_id: session = '', runner_id: runner = '' } = JSON.parse(body) as Record<string, string>
  await page('GET', `local-runners/${runner}`)
  const hmac = await signActivation(key, session, 'mine')
  await daemon('POST', `pairing/sessions/${session}/activate`, { runner_name: 'mine', hmac })
  return { project_id, runner }
}

/** What a daemon and a page ask, one after the other but for the poll. */
async function flow(origin: string, askAsPage?: Ask): Promise<Answer[]> {
  const answers: Answer[] = []
  const noting =
    (by: Ask): Ask =>
    async (...asked) => {
      const answer = await by(...asked)
      answers.push(answer)
      return answer
    }
  const ask = noting(askerOf(origin).ask)
  const page = askAsPage === undefined ? ask : noting(askAsPage)
  const { project_id, runner } = await pair(page, ask)
  await ask('PUT', `local-runners/${runner}/agents`, { echo: {} })
  await ask('POST', `local-runners/${runner}/heartbeats`, { capabilities: ['jobs'] })
  const poll = ask('POST', `local-runners/${runner}/jobs/next`)
  const job = (await page('POST', 'local-runners/jobs', { agent_name: 'echo', project_id })).location ?? ''
  await poll
  await ask('POST', `local-runners/jobs/${job}/logs`, [{ stream: 'stdout', text: 'é…' }])
  await ask('POST', `local-runners/jobs/${job}/results`, { status: 'completed', result: { a: [1.0] } })
  await page('GET', `local-runners/jobs/${job}`)
  await page('GET', `local-runners/jobs/${job}/logs`)
  await page('GET', `local-runners/?project_id=${project_id}&size=50`)
  await ask('DELETE', `local-runners/${runner}`)
  await ask('POST', `local-runners/${runner}/heartbeats`)
  return answers
}

describe('watch', () => {
  it('lets a daemon and a page be as they are without it, and finds nothing wrong', async () => {
    const { url, traffic, relay, lines } = await relayTo(await serveMock())
    const [through, direct] = await Promise.all([flow(url), flow(await serveMock())])
    expect(through).toEqual(direct)
    await relay.close()
    const { verdicts, counts } = traffic.finish()
    expect(verdicts).toEqual([])
    expect(counts).toMatchObject({ exchanges: through.length, unknown: 0 })

    const text = lines.map((line) => JSON.stringify(line)).join('\n')
    expect(text).not.toMatch(/a-key-of-somebody|BQUFBQ/)
    const again = judge(await readRecording(text), { startsEmpty: true })
    expect(again).toMatchObject({ verdicts: [], counts })
  })

  it('holds nothing against a server that is stopped while polls wait', async () => {
    const served = await serve(createRunnerMock(), { port: 0 })
    const { url, traffic, relay } = await relayTo(`http://127.0.0.1:${served.port}`)
    const { ask } = askerOf(url)
    const { runner } = await pair(ask, ask)
    const polls = ['jobs/next', 'bridge/commands/next'].map((what) => ask('POST', `local-runners/${runner}/${what}`))
    // What was asked before it is there by now.
    await ask('GET', `local-runners/${runner}`)
    await served.close()
    await Promise.allSettled(polls)
    await relay.close()
    expect(traffic.finish().verdicts).toEqual([])
  })

  it('knows only what it has seen of a server that has long been there', async () => {
    const origin = await serveMock()
    await flow(origin)
    const { url, traffic, relay } = await relayTo(origin, undefined, false)
    await fetch(`${url}/api/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a`)
    await relay.close()
    expect(traffic.finish().verdicts).toEqual([])
  })

  it('tells what is wrong while polls are open', async () => {
    const spoil = editResource((job) => (job['status'] === 'completed' ? { ...job, status: 'running' } : job))
    const origin = await serveMock({}, [{ touches: new Set(['getJob']), spoil }])
    let tell: (verdict: Verdict) => void = () => undefined
    const told = new Promise<Verdict>((resolve) => (tell = resolve))
    const { url } = await relayTo(origin, (each) => tell(each))
    const left = new AbortController()
    const path = '/api/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a/jobs/next'
    const open = fetch(`${url}${path}`, { method: 'POST', signal: left.signal }).catch(() => undefined)
    await flow(url)
    const { rule, story } = await told
    expect(rule).toBe('model/getJob')
    expect(story.length).toBeGreaterThan(1)
    left.abort()
    await open
  })
})

describe('what a page has asked and what has passed a proxy', () => {
  /** A page that asks the server itself, or through the proxy, and a daemon that asks through the proxy. */
  const record = async (isPageProxied = false) => {
    const origin = await serveMock()
    const { url, traffic, relay, lines } = await relayTo(origin)
    const page = askerOf(isPageProxied ? url : origin)
    // A HAR tells times to the millisecond: what lies further apart has an order.
    const pause = () => new Promise((resolve) => setTimeout(resolve, 3))
    const answers = await flow(url, async (...asked) => {
      await pause()
      const answer = await page.ask(...asked)
      await pause()
      return answer
    })
    await relay.close()
    traffic.finish()
    const proxied = await readRecording(lines.map((line) => JSON.stringify(line)).join('\n'))
    const read = async (har: string): Promise<Recording> => {
      const { header, exchanges } = await readRecording(har)
      return { header: { ...header, settings: proxied.header.settings }, exchanges }
    }
    return { har: page.har(), read, proxied, answers }
  }

  it('is judged together, each with its own base path', async () => {
    const { har, read, proxied, answers } = await record()
    const asked = await read(har)
    expect([asked.header.base_path, proxied.header.base_path]).toEqual(['/api', ''])
    const { verdicts, counts } = judge([asked, proxied], { startsEmpty: true })
    expect(verdicts).toEqual([])
    expect(counts).toMatchObject({ exchanges: answers.length, unknown: 0, skipped: 1 })
  })

  it('proves together what neither proves alone', async () => {
    const { har, read, proxied } = await record()
    const spoilt = await read(har.replace('\\"status\\":\\"completed\\"', '\\"status\\":\\"running\\"'))
    expect(judge(spoilt).verdicts.map(({ rule }) => rule)).not.toContain('model/getJob')
    const { verdicts } = judge([spoilt, proxied], { startsEmpty: true })
    expect(verdicts).toMatchObject([{ rule: 'model/getJob', side: 'server', at: [{ recording: 0 }] }])
  })

  it('is refused where both hold the same calls', async () => {
    const { har, read, proxied } = await record(true)
    const asked = await read(har)
    expect(judge(proxied, { startsEmpty: true }).verdicts).toEqual([])
    expect(() => judge([asked, proxied])).toThrow(expect.objectContaining({ code: 'watch/together' }))
  })
})

async function start(origin: string, args: string[] = [], env: Record<string, string> = {}) {
  const program = startProgram('dist/cli/main.js', ['watch', origin, '--port', '0', ...args], env)
  const [, url = ''] = await program.printed(/listening on (\S+),[^]*OPIK_URL_OVERRIDE=\S+\n/)
  return { program, url }
}

describe('the command watch', () => {
  it('ends with a summary on a signal, and keeps a recording', async () => {
    const file = folder.at('kept.ndjson')
    const { program, url } = await start(await serveMock(), ['--starts-empty', '--recording-out', file])
    expect(program.output()).toContain(`OPIK_URL_OVERRIDE=${url}/api`)
    const answers = await flow(url)
    expect(await program.stop()).toBe(0)
    expect(program.output()).toContain(`${answers.length} exchanges`)
    const { exchanges } = await readRecording(readFileSync(file))
    expect(exchanges).toHaveLength(answers.length)
    const args = ['dist/cli/main.js', 'watch', '--starts-empty', '--recording', file, '--json']
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(JSON.parse(stdout)).toMatchObject({ verdicts: [], counts: { exchanges: answers.length } })
  })

  it('ends with 1 when a must was broken, and tells it in every form', async () => {
    const origin = await originOf(createServer((_, response) => response.writeHead(500).end()))
    const reporters = ['--reporter', 'pretty,json,junit,ctrf,html,github', '--out', folder.at()]
    const { program, url } = await start(`${origin}/opik/api`, reporters)
    expect(program.output()).toContain(`OPIK_URL_OVERRIDE=${url}/opik/api`)
    await fetch(`${url}/opik/api/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a`)
    await program.printed(/answer\/status.*must/)
    expect(await program.stop()).toBe(1)
    const { verdicts } = JSON.parse(readFileSync(folder.at('watch.json'), 'utf8')) as { verdicts: unknown[] }
    expect(verdicts).toHaveLength(1)
    expect(readFileSync(folder.at('junit.xml'), 'utf8')).toContain('failures="1"')
    const ctrf: unknown = JSON.parse(readFileSync(folder.at('ctrf.json'), 'utf8'))
    expect(validate(ctrf)).toMatchObject({ valid: true })
    expect(ctrf).toMatchObject({ results: { summary: { tests: 2, passed: 1, failed: 1 } } })
    expect(readFileSync(folder.at('watch.html'), 'utf8')).toContain('<code>answer/status</code>')
    expect(program.output()).toContain('::error title=answer/status::')
  })

  it('ends by itself where it cannot listen, and leaves an earlier recording as it is', async () => {
    const file = folder.at('earlier.ndjson')
    writeFileSync(file, 'a recording')
    const port = new URL(await serveMock()).port
    const args = ['watch', 'http://127.0.0.1:9', '--port', port, '--recording-out', file]
    const program = startProgram('dist/cli/main.js', args)
    expect(await program.closeInput()).toBe(2)
    expect(readFileSync(file, 'utf8')).toBe('a recording')
  })
})

/** CI alone starts as many servers and clients as these. */
describe.runIf(process.env['KIT_ALL_TARGETS'] !== undefined)('the command watch, of servers of other kinds,', () => {
  it.each([
    ['of this machine', 'http://127.0.0.1:9', 'wall_clock_ms_at_zero'],
    ['elsewhere', 'http://watched.invalid', 'recorder_clock_ms_at_zero'],
  ] as const)('says in the recording of a server %s what its clock shows', async (_, origin, clock) => {
    const file = folder.at('clock.ndjson')
    const { program } = await start(origin, ['--recording-out', file])
    expect(await program.stop()).toBe(0)
    const { header } = await readRecording(readFileSync(file))
    const told = [header.wall_clock_ms_at_zero, header.recorder_clock_ms_at_zero].filter((each) => each !== undefined)
    expect(told).toEqual([header[clock]])
  })

  it('watches a server over HTTPS, given what has signed its certificate', async () => {
    const origin = await serveMock(certified('cert'))
    const { program, url } = await start(origin, ['--starts-empty'], { NODE_EXTRA_CA_CERTS: pemOf('cert') })
    expect(await flow(url)).toEqual(await flow(await serveMock()))
    expect(await program.stop()).toBe(0)
  })

  it('tells clients of a certificate that is trusted and made for another name, and which names are in it', async () => {
    const origin = await serveMock(certified('elsewhere'))
    const { program, url } = await start(origin, [], { NODE_EXTRA_CA_CERTS: pemOf('elsewhere') })
    const response = await fetch(`${url}/api/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a`)
    const answer = await response.text()
    const says = [origin, 'elsewhere.test', 'NODE_EXTRA_CA_CERTS'].map((part) => answer.includes(part))
    expect([response.status, ...says]).toEqual([502, true, true, false])
    expect(await program.stop()).toBe(0)
  })

  it('is told by its clients that nobody is there, and says nothing of that itself', async () => {
    const { program, url } = await start('http://127.0.0.1:9')
    const response = await fetch(`${url}/api/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a`)
    expect(response.status).toBe(502)
    expect(await program.stop()).toBe(0)
  })
})
