// Takes the pictures of the console in docs/images from the real thing: a served mock with a day's work in it, looked at in
// Chromium, light and dark. Needs a build; run it with `npm run screenshots`.
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { launchOptions, missingChromium } from './programs.mjs'
import { at } from './paths.mjs'

const missing = missingChromium()
if (missing !== undefined) throw new Error(missing)

const { createRunnerMock } = await import(at('dist', 'index.js'))
const { serve } = await import(at('dist', 'mocks', 'adapters', 'node.js'))

/** A world in which something of everything has happened; time stands still, so that pictures differ only by design. */
async function openWorld() {
  const mock = createRunnerMock({ seed: 7, scenario: 'demo', now: '2026-07-01T09:30:00Z', frozen: true })
  const server = await serve(mock, { port: 0 })
  const names = {
    'ci-runner-eu': 'endpoint',
    'research-notebook': 'endpoint',
    'staging-agent': 'endpoint',
    'mias-macbook': 'connect',
  }
  const runners = {}
  for (const [name, type] of Object.entries(names)) {
    const agents = type === 'endpoint' ? ['triage', 'answer-ticket'] : []
    runners[name] = await mock.given.connectedRunner({ name, type, agents, as: { apiKey: name } })
  }
  const { content } = await (await fetch(`${server.url}/v1/private/projects`)).json()
  const post = (path, body) =>
    fetch(`${server.url}/v1/private${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const create = (agent_name, inputs) => post('/local-runners/jobs', { project_id: content[0].id, agent_name, inputs })
  const text = 'The quick brown fox jumps over the lazy dog, again and again and again, until the evening comes.'
  await mock.clock.advance({ seconds: 4 })
  await create('summarize', { text, max_words: 9 })
  await create('always-fails', {})
  await mock.clock.advance({ seconds: 3 })
  await create('slow-report', { steps: 8 })
  await mock.clock.advance({ seconds: 6 })
  await mock.given.job({ runner: runners['ci-runner-eu'], status: 'running' })
  await mock.given.job({ runner: runners['ci-runner-eu'], status: 'pending' })
  await mock.given.command({ runner: runners['mias-macbook'], status: 'completed' })
  mock.faults.inject({ operation: 'heartbeat', status: 503, times: 1 })
  await mock.clock.advance({ seconds: 5 })
  await create('echo', { message: 'good morning' })
  await mock.clock.advance({ seconds: 60 })
  await create('research', { question: 'Which of the three reports is the newest?' })
  await mock.clock.advance({ seconds: 10 })
  await create('slow-report', { steps: 12 })
  await create('summarize', { text })
  await mock.clock.advance({ seconds: 3 })
  return { server }
}

const { server } = await openWorld()
const browser = await chromium.launch(launchOptions())
mkdirSync(at('docs', 'images'), { recursive: true })

async function shoot(name, { theme, hash = '', width = 1400, act }) {
  const page = await browser.newPage({
    viewport: { width, height: 800 },
    colorScheme: theme,
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
  })
  await page.goto(server.consoleUrl + hash)
  await page.getByRole('status').getByText('Live').waitFor({ state: 'attached' })
  await act?.(page)
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  await page.screenshot({ path: at('docs', 'images', `${name}.png`) })
  await page.close()
  console.log(`docs/images/${name}.png`)
}

async function openTrace(page) {
  await page.getByRole('listbox', { name: 'Traces' }).getByText('research').click()
  await page.getByRole('listbox', { name: 'Spans' }).getByText('draft').waitFor()
}

async function openJob(page) {
  await page.getByRole('listbox', { name: 'Runners' }).getByText('demo-laptop').click()
  await page.getByRole('listbox', { name: 'Jobs' }).getByText('summarize').first().click()
  await page.getByRole('img', { name: /reportJobResult to completed/ }).waitFor()
}

try {
  await shoot('console-light', { theme: 'light', act: openJob })
  await shoot('console-dark', { theme: 'dark', act: openJob })
  await shoot('console-trace', { theme: 'light', hash: '#/traces', act: openTrace })
  await shoot('console-narrow', { theme: 'dark', hash: '#/traces', width: 390, act: openTrace })
  const seeAll = async (page) => {
    await page.getByRole('img', { name: /over time/ }).waitFor()
    await page.getByRole('button', { name: 'All', exact: true }).click()
  }
  await shoot('console-timeline', { theme: 'light', hash: '#/timeline', act: seeAll })
  await shoot('console-coverage', {
    theme: 'dark',
    hash: '#/coverage',
    act: (page) => page.getByRole('heading', { name: 'Operations' }).waitFor(),
  })
} finally {
  await browser.close()
  await server.close()
}
