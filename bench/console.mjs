// The console with 2,000 runners and 20,000 jobs, measured in Chromium: when the page is first drawn with its lists, and how
// long after a request left an event is on the screen. Needs a build; run it with `node bench/console.mjs`.
import { chromium } from 'playwright-core'
import { launchOptions, missingChromium } from '../scripts/programs.mjs'
import { at, manifest } from '../scripts/paths.mjs'

const RUNNERS = 2000
const JOBS = 20_000
const ROUNDS = 5
const EVENTS = 40

const missing = missingChromium()
if (missing !== undefined) throw new Error(missing)

const { createRunnerMock } = await import(at('dist', 'index.js'))
const { serve } = await import(at('dist', 'mocks', 'adapters', 'node.js'))

const mock = createRunnerMock({ now: '2026-07-01T12:00:00Z', frozen: true })
const server = await serve(mock, { port: 0 })
const json = (body, headers) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const runners = []
for (let index = 0; index < RUNNERS; index++) {
  const as = { workspace: 'default', apiKey: `key-${index}` }
  runners.push(await mock.given.connectedRunner({ name: `runner-${index}`, agents: ['echo', 'triage'], as }))
}
for (let index = 0; index < JOBS; index++) {
  const headers = { 'content-type': 'application/json', authorization: `key-${index % RUNNERS}` }
  const { projectId } = runners[index % RUNNERS]
  const body = JSON.stringify({ project_id: projectId, agent_name: 'echo', inputs: { index } })
  await mock.handle({ method: 'POST', url: '/v1/private/local-runners/jobs', headers, body })
}

const browser = await chromium.launch(launchOptions())
const paints = []
const delays = []

/** Milliseconds from the start of navigation to the first frame that holds both lists. */
async function firstPaint() {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.addInitScript(() => {
    const look = () => {
      if (document.querySelectorAll('[role=listbox] [role=option]').length > 20)
        requestAnimationFrame(() => (window.drawnAt = performance.now()))
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  await page.goto(server.consoleUrl)
  await page.waitForFunction(() => window.drawnAt !== undefined)
  paints.push(await page.evaluate(() => window.drawnAt))
  return page
}

/** Milliseconds from sending createJob, in the page itself, to the frame that shows one job more. */
async function eventDelay(page) {
  const { projectId } = runners[0]
  const request = json({ project_id: projectId, agent_name: 'triage', inputs: {} }, { authorization: 'key-0' })
  const url = `${server.url}/v1/private/local-runners/jobs`
  return page.evaluate(
    async ([to, init]) => {
      const size = () => document.querySelector('[aria-label=Jobs] [role=option]')?.id
      const before = size()
      const started = performance.now()
      void fetch(to, init)
      return new Promise((resolve) => {
        const look = () =>
          size() === before
            ? requestAnimationFrame(look)
            : requestAnimationFrame(() => resolve(performance.now() - started))
        requestAnimationFrame(look)
      })
    },
    [url, request],
  )
}

try {
  for (let round = 0; round < ROUNDS; round++) await (await firstPaint()).close()
  const page = await firstPaint()
  await page.getByRole('status').getByText('Live').waitFor({ state: 'attached' })
  for (let round = 0; round < EVENTS; round++) delays.push(await eventDelay(page))
} finally {
  await browser.close()
  await server.close()
}

const sorted = (values) => values.toSorted((a, b) => a - b)
const share = (values, part) =>
  Math.round(sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))])
console.log(
  JSON.stringify(
    {
      version: manifest.version,
      node: process.version,
      chromium: browser.version(),
      runners: RUNNERS,
      jobs: JOBS,
      firstPaintMs: { median: share(paints, 0.5), worst: share(paints, 1), rounds: paints.map(Math.round) },
      eventMs: { median: share(delays, 0.5), p95: share(delays, 0.95), worst: share(delays, 1), events: EVENTS },
    },
    null,
    2,
  ),
)
