// What a page of a real browser asks can be judged, as Playwright tells it while it happens and as it keeps it in a HAR.
import { readFileSync } from 'node:fs'
import type { BrowserContextOptions } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { expectRulesKept, judge, readRecording, recordBrowser } from '../../src/contracts/watch.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
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
