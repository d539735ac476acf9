// What becomes a recording: what goes through a fetch function, by which a test can fail, and a run of verify, moved time
// included, in which `judge` finds nothing wrong, and no secret.
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectRulesKept, judge, recordFetch, type RecordedFetch } from '../../../src/contracts/watch.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { parseRecording, type Recording } from '../../../src/contracts/watch/judge-recording.js'
import { readRecording } from '../../replay/recording.js'
import { handedOutTwice } from '../../watch/corruptions.js'
import { startMockTarget, type MockTarget } from '../framework/mock-target.js'
import { trial } from '../framework/trial-checks.js'

const API = 'http://localhost/api/v1/private'

function start(): { mock: RunnerMock; traffic: RecordedFetch } {
  const mock = createRunnerMock()
  onTestFinished(() => mock.close())
  return { mock, traffic: recordFetch(mock.fetch, { clock: mock.clock }) }
}

const post = (body: unknown, more: RequestInit = {}): RequestInit => ({
  ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  ...more,
})

describe('recordFetch', () => {
  it('begins at the time of all recorders of a machine, beyond the millisecond that a clock shows', () => {
    const starts = Array.from({ length: 12 }, () => {
      const before = performance.now()
      const { header } = recordFetch(fetch).recording()
      return { zero: header.recorder_clock_ms_at_zero ?? 0, before, after: performance.now() }
    })
    // Where the clocks of both agree, one difference explains all; a machine that stands still may spoil a few.
    const agreeing = starts.map(
      ({ zero, before }) =>
        starts.filter((each) => each.zero - each.after <= zero - before && zero - before <= each.zero - each.before)
          .length,
    )
    expect(Math.max(...agreeing)).toBeGreaterThanOrEqual(8)
  })

  it('answers as the function does that it stands for, and keeps what was asked and answered', async () => {
    const { mock, traffic } = start()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const { fetch } = traffic
    const job = { agent_name: 'echo', project_id: runner.projectId, inputs: { text: 'Hi' } }
    const created = await fetch(new Request(`${API}/local-runners/jobs`, post(job)))
    expect(created.status).toBe(201)
    const url = new URL(created.headers.get('location') ?? '')
    expect(await (await fetch(url)).json()).toMatchObject({ status: 'pending', inputs: { text: 'Hi' } })
    const polled = await fetch(`${API}/local-runners/${runner.id}/jobs/next`, { method: 'POST' })
    expect(await polled.json()).toMatchObject({ status: 'running' })
    await mock.clock.advance({ hours: 1 })
    expect(await (await fetch(url)).json()).toMatchObject({ status: 'failed' })
    const recording = traffic.recording()
    expect(recording.header.base_path).toBe('/api')
    expect(recording.exchanges.map(({ status }) => status)).toEqual([201, 200, 200, 200])
    expect(recording.exchanges[0]?.request.body).toBe(JSON.stringify(job))
    expect(judge(recording)).toMatchObject({
      verdicts: [{ rule: 'work/reported', side: 'client' }],
      counts: { exchanges: 4 },
    })
  })

  it('keeps calls by a path alone, and those of another library of fetch', async () => {
    const { mock, traffic } = start()
    class OtherRequest {
      readonly method = 'GET'
      readonly headers = new Headers()
      readonly signal = new AbortController().signal
      readonly url = `${API}/projects`
      clone = (): OtherRequest => new OtherRequest()
      arrayBuffer = (): Promise<ArrayBuffer> => Promise.resolve(new ArrayBuffer(0))
    }
    const other: unknown = new OtherRequest()
    for (const input of ['/api/v1/private/projects', other as Request]) {
      expect((await mock.fetch(input)).status).toBe(200)
      expect((await traffic.fetch(input)).status).toBe(200)
    }
    expect(traffic.recording().exchanges).toMatchObject([{ path: '/api/v1/private/projects' }, { status: 200 }])
  })

  it('leaves out what is none of the API, keys and cookies, and has no answer for who gave up', async () => {
    const { mock, traffic } = start()
    const runner = await mock.given.connectedRunner()
    const headers = { authorization: 'secret-key', cookie: 'secret-cookie' }
    await traffic.fetch('http://localhost/api/nothing-like-it', { headers })
    await traffic.fetch(`${API}/local-runners/${runner.id}`, { headers })
    const leaving = new AbortController()
    const url = `${API}/local-runners/${runner.id}/jobs/next`
    const poll = traffic.fetch(url, { method: 'POST', signal: leaving.signal })
    const pending = (): boolean[] => traffic.recording().exchanges.map(({ aborted = false }) => aborted)
    await expect.poll(pending, { timeout: 300_000 }).toEqual([false, true])
    leaving.abort()
    await expect(poll).rejects.toThrow()
    const recording = traffic.recording()
    expect(recording.exchanges.map(({ aborted }) => aborted)).toEqual([undefined, true])
    expect(JSON.stringify(recording)).not.toContain('secret')
    expect((await traffic.fetch('no URL')).status).toBe(404)
  })

  it('takes the server that most calls about runners went to', async () => {
    const { mock, traffic } = start()
    const runner = await mock.given.connectedRunner()
    await traffic.fetch('http://other.test/v1/private/projects')
    await traffic.fetch('http://other.test/v1/private/projects')
    await traffic.fetch(`${API}/local-runners/${runner.id}`)
    expect(traffic.recording().exchanges.map(({ path }) => path)).toEqual([
      `/api/v1/private/local-runners/${runner.id}`,
    ])
  })
})

describe('expectRulesKept', () => {
  const recording = readRecording('jobs')
  const spoilt = handedOutTwice(recording)

  it('returns the judgement where all is well', () => {
    expect(expectRulesKept(recording, { startsEmpty: true, sides: ['server'] })).toMatchObject({ verdicts: [] })
  })

  it('throws what is wrong, with what proves it', () => {
    const check = (): unknown => expectRulesKept(spoilt.recording, { startsEmpty: true })
    expect(check).toThrow(new RegExp(`must, by the server[^]*#${spoilt.id} nextJob`))
  })

  it('lets what should not be pass, unless it is asked for', () => {
    const { header, exchanges } = recording
    const late = exchanges.map((each) =>
      each.path.endsWith('/jobs/next') ? { ...each, at_end_ns: each.at_end_ns + 3600e9 } : each,
    )
    expect(() => expectRulesKept({ header, exchanges: late }, { sides: ['server'] })).not.toThrow()
    expect(() => expectRulesKept({ header, exchanges: late }, { severity: 'should', sides: ['server'] })).toThrow(
      /should, by the server/,
    )
  })
})

async function record(target: MockTarget, only: string[], keepKeys?: boolean): Promise<Recording> {
  const lines: object[] = []
  const report = await verify(target, { only, recording: { write: (line) => lines.push(line), keepKeys } })
  expect(report.totals).toMatchObject({ failed: 0, errors: 0 })
  return parseRecording(lines.map((line) => JSON.stringify(line)).join('\n'))
}

describe('verify with a recording', () => {
  it('keeps what was asked of several identities, without their keys', async () => {
    const target = await startMockTarget()
    const given = Object.assign(target, { apiKey: 'secret-main', colleagueApiKey: 'secret-colleague' })
    const recording = await record(given, [
      'isolation/lists-per-user',
      'isolation/stranger.getJob',
      'wire/ids-in-capitals',
    ])
    expect(JSON.stringify(recording)).not.toMatch(/secret-|"activation_key\\":\\"(?!A+=)/)
    const { verdicts, counts } = judge(recording, { sides: ['server'] })
    expect(verdicts).toEqual([])
    expect(counts.judged).toBeGreaterThan(10)
    const callers = recording.exchanges.map(({ request: { headers } }) => headers['authorization'])
    expect(new Set(callers).size).toBeGreaterThan(1)
  })

  it('counts time that was moved, and takes no poll that it ended for a late one', async () => {
    const target = await startMockTarget({ clock: true })
    const recording = await record(target, [
      'long-poll/job-poll-ends-with-null',
      'long-poll/job-wakes-poll',
      'time/dead-runner-purged',
    ])
    expect(judge(recording, { sides: ['server'] }).verdicts).toEqual([])
    const polls = recording.exchanges.filter(({ path }) => path.endsWith('/jobs/next'))
    const longest = Math.max(...polls.map(({ at_start_ns, at_end_ns }) => at_end_ns - at_start_ns))
    expect(longest / 1e9).toBeGreaterThan(target.mock.settings.next_job_poll_timeout_seconds)
    expect((recording.exchanges.at(-1)?.at_end_ns ?? 0) / 1e9).toBeGreaterThan(3600)
  })

  it('keeps calls that were given up, and activation keys where they are asked for', async () => {
    const target = await startMockTarget()
    const lines: object[] = []
    const leaving = trial('trial/leaves', async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      const poll = context.open('nextJob', { path: { runnerId: runner.id } })
      await poll.sent
      poll.hangUp()
      await poll.answer.catch(() => undefined)
    })
    await verify(target, { checks: [leaving], recording: { write: (line) => lines.push(line), keepKeys: true } })
    const { exchanges } = parseRecording(lines.map((line) => JSON.stringify(line)).join('\n'))
    expect(exchanges.find(({ path }) => path.endsWith('/jobs/next'))).toMatchObject({ aborted: true })
    const [session] = exchanges.filter(({ path }) => path.endsWith('/pairing/sessions'))
    expect(session?.request.body).not.toMatch(/"A+="/)
  })
})
