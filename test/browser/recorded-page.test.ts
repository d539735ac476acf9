// What a page of a real browser asks can be judged, as Playwright tells it while it happens and as it keeps it in a HAR.
import { readFileSync } from 'node:fs'
import type { BrowserContextOptions } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { defineNetworkFixture } from '@msw/playwright'
import { expectRulesKept, judge, readRecording, recordBrowser } from '../../src/contracts/watch.js'
import { serve, type RunnerServer } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { handlers } from '../../src/mocks/adapters/msw.js'
import { moveTime, type MovableMock } from '../../src/explore/playwright.js'
import { temporaryFolder } from '../temporary-folder.js'
import { siteForTests, STRICT_CSP } from './harness/site.js'
import { visit } from './harness/visitor.js'

const folder = temporaryFolder()
const csp = `${STRICT_CSP}; connect-src 'self' http://127.0.0.1:*`
const site = siteForTests({ pages: { '/app': { code: 'document.body.append("ready")' } }, csp })

async function open(options: BrowserContextOptions = {}) {
  const mock = createRunnerMock()
  const server = await serve(mock, { port: 0 })
  onTestFinished(() => server.close())
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const visitor = await visit(options)
  visitor.tolerateProblem(404)
  const traffic = recordBrowser(visitor.context)
  const page = await visitor.open(`${site.origin}/app`)
  const work = (): Promise<number[]> =>
    page.evaluate(
      async ({ api, id, project }) => {
        const base = `${api}/v1/private/local-runners`
        const headers = { authorization: 'secret-key-1', 'content-type': 'application/json' }
        const poll = (signal: AbortSignal | null = null): Promise<Response> =>
          fetch(`${base}/${id}/jobs/next`, { method: 'POST', signal })
        const body = JSON.stringify({ agent_name: 'echo', project_id: project, inputs: { text: 'Zoë' } })
        const created = await fetch(`${base}/jobs`, {
          method: 'POST',
          body,
          headers: { 'content-type': headers['content-type'], 'comet-workspace': 'default' },
          // As the web app does, whose origin is another one.
          credentials: 'include',
        })
        const polled = await poll()
        const { id: job } = (await polled.json()) as { id: string }
        const read = await fetch(`${base}/jobs/${job}`)
        await read.text()
        const missing = await fetch(`${base}/jobs/${project}`, { headers })
        await missing.text()
        const leaving = new AbortController()
        const waiting = poll(leaving.signal).catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, 100))
        leaving.abort()
        await waiting
        return [created, polled, read, missing].map(({ status }) => status)
      },
      { api: server.url, id: runner.id, project: runner.projectId },
    )
  return { mock, visitor, traffic, work }
}

it('is judged by the events of Playwright', async () => {
  const { traffic, work } = await open()
  expect(await work()).toEqual([201, 200, 200, 404])
  const recording = await traffic.recording()
  expect(recording.header.base_path).toBe('/api')
  expect(recording.exchanges.map(({ status }) => status)).toEqual([201, 200, 200, 404, undefined])
  expect(recording.exchanges.at(-1)).toMatchObject({ aborted: true })
  expect(JSON.stringify(recording)).not.toContain('secret')
  const { verdicts, counts } = judge(recording)
  expect([verdicts, counts.exchanges]).toEqual([[], 5])
})

it('fails a test by what the server did wrong', async () => {
  const { mock, traffic, work } = await open()
  mock.faults.inject({ operation: 'getJob', body: 'invalid' })
  await work()
  const recording = await traffic.recording()
  expect(() => expectRulesKept(recording)).toThrow(/getJob/)
})

it('is judged by the HAR that Playwright keeps', async () => {
  const path = folder.at('page.har')
  const { visitor, work } = await open({ recordHar: { path, content: 'embed' } })
  await work()
  await visitor.context.close()
  const recording = await readRecording(readFileSync(path))
  expect(recording.exchanges.map(({ status }) => status)).toEqual([201, 200, 200, 404, undefined])
  expect(JSON.stringify(recording)).not.toContain('secret')
  expect(judge(recording).verdicts).toEqual([])
})

it('is refused as a HAR whose bodies lie beside it', async () => {
  const path = folder.at('beside.har')
  const { visitor, work } = await open({ recordHar: { path, content: 'attach' } })
  await work()
  await visitor.context.close()
  await expect(readRecording(readFileSync(path))).rejects.toMatchObject({ code: 'recording/har' })
})

const NOW = Date.parse('2026-07-01T12:00:00Z')

/** Reads a runner every five seconds, keeps another alive, and reads its logs a second after each of its polls. */
const PAGE = `
const [api, read, polled] = decodeURIComponent(location.hash.slice(1)).split(' ')
const at = (path, method = 'GET', body) => fetch(api + '/v1/private/local-runners/' + path,
  { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })
setInterval(() => at(read), 5000)
setInterval(() => at(polled + '/heartbeats', 'POST', {}), 7000)
const poll = async () => {
  await at(polled + '/jobs/next', 'POST')
  setTimeout(() => { void at(polled); void poll() }, 1000)
}
void poll()
document.body.append('ready')
`

const appSite = siteForTests({ pages: { '/app': { code: PAGE } }, csp })

const forms: [string, (mock: RunnerMock, served: RunnerServer) => MovableMock][] = [
  ['of this process', (mock) => mock],
  ['that is served', (_, served) => served],
  ['behind a URL', (_, { adminUrl }) => adminUrl],
]

it.each(forms)('moves a page and a mock %s in the order in which timers are due', async (_, formOf) => {
  const settings = { next_job_poll_timeout_seconds: 12 }
  const mock = createRunnerMock({ now: NOW, frozen: true, settings })
  const served = await serve(mock, { port: 0 })
  onTestFinished(() => served.close())
  const [read, polled] = [
    await mock.given.connectedRunner(),
    await mock.given.connectedRunner({ projectId: (await mock.given.project({ name: 'Other' })).id }),
  ]
  const visitor = await visit()
  const page = await visitor.context.newPage()
  await page.clock.install({ time: NOW })
  await page.clock.pauseAt(NOW + 1000)
  await page.goto(`${appSite.origin}/app#${encodeURIComponent(`${served.url} ${read.id} ${polled.id}`)}`)
  await page.getByText('ready').waitFor()

  await moveTime(page, formOf(mock, served), { seconds: 30 })

  expect(mock.clock.now()).toBe(NOW + 30_000)
  expect(await page.evaluate(() => Date.now())).toBe(NOW + 31_000)
  const secondsOf = (about: string, operation: 'getRunner' | 'nextJob') =>
    mock.journal
      .entries({ operation, where: ({ path }) => path.includes(about) })
      .map(({ at }) => Math.round((Date.parse(at) - NOW) / 100) / 10)
  expect(secondsOf(read.id, 'getRunner')).toEqual([5, 10, 15, 20, 25, 30])
  // Each poll ends after twelve seconds, and the next one begins a second later.
  expect(secondsOf(polled.id, 'nextJob')).toEqual([12, 25])
  expect(secondsOf(polled.id, 'getRunner')).toEqual([13, 26])
  const statuses = mock.journal.entries({ operation: 'getRunner', where: ({ path }) => path.includes(read.id) })
  expect(statuses.map(({ response }) => JSON.stringify(response).includes('disconnected'))).toEqual([
    ...[false, false, true, true, true, true],
  ])
})

it('moves a mock that answers a page by @msw/playwright', async () => {
  const mock = createRunnerMock({ now: NOW, frozen: true })
  onTestFinished(() => mock.close())
  const runner = await mock.given.connectedRunner()
  const visitor = await visit()
  // The poll that is under way at the end.
  visitor.tolerateProblem(404)
  const network = defineNetworkFixture({ context: visitor.context, handlers: handlers(mock) })
  await network.enable()
  onTestFinished(() => network.disable())
  const page = await visitor.context.newPage()
  await page.clock.install({ time: NOW })
  await page.clock.pauseAt(NOW + 1000)
  await page.goto(`${appSite.origin}/app#${encodeURIComponent(`${appSite.origin}/api ${runner.id} ${runner.id}`)}`)
  await page.getByText('ready').waitFor()

  await moveTime(page, mock, { seconds: 8 })

  mock.journal.expect('getRunner').toHaveBeenCalledTimes(1)
  mock.journal.expect('heartbeat').toHaveBeenCalledTimes(1)
})

it('tells what a mock that nothing answers for lacks', async () => {
  const visitor = await visit()
  const page = await visitor.context.newPage()
  await page.clock.install()
  const refused = moveTime(page, 'http://127.0.0.1:9/__admin', { seconds: 1 })
  await expect(refused).rejects.toMatchObject({ code: 'clock/served' })
})
