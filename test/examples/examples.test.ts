// Each example does what its README says, with the packed tarball and nothing of this checkout.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { launchOptions, freePort } from '../../scripts/programs.mjs'
import { install, answers, exampleFolder, examples, run, start } from './harness/workshop.js'

/** Examples that use another one. */
const needs: Readonly<Record<string, readonly string[]>> = { playwright: ['react-playground'] }

describe.concurrent('npm install && npm test', () => {
  it.each(examples)('passes in %s', async (name) => {
    for (const each of [...(needs[name] ?? []), name]) await install(each)
    const ports = { OPIK_PORT: String(await freePort()), APP_PORT: String(await freePort()) }
    const { executablePath = '' } = launchOptions()
    await run('npm', ['test'], exampleFolder(name), { ...ports, CHROMIUM_PATH: executablePath, CI: '1' })
  })
})

/** The playground as its developer sees it: a script that serves it, and a page of a browser. */
async function openPlayground(script: string, env: Record<string, string> = {}): Promise<Page> {
  await install('react-playground')
  const url = `http://127.0.0.1:${await freePort()}/`
  const args = ['run', script, '--', '--host', '127.0.0.1', '--port', new URL(url).port]
  const dev = start('npm', args, exampleFolder('react-playground'), env)
  onTestFinished(() => dev.stop())
  await answers(url)
  const browser = await chromium.launch(launchOptions())
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  await page.goto(url)
  return page
}

describe('react-playground', () => {
  it('runs with its backend in the page: npm run dev', async () => {
    const page = await openPlayground('dev')
    await page.getByLabel('message').fill('hello')
    await page.getByRole('button', { name: 'Run echo' }).click()
    await page.getByText('"message": "hello"').waitFor()
  })

  it.each(['dev', 'dev:serve'] as const)('edits and deploys a prompt: npm run %s', async (script) => {
    await install('react-playground')
    const api = `http://127.0.0.1:${await freePort()}/`
    if (script === 'dev:serve') {
      const args = ['opik-runner-kit', 'serve', '--scenario', 'playground', '--port', new URL(api).port]
      const served = start('npx', args, exampleFolder('react-playground'))
      onTestFinished(() => served.stop())
      await answers(api)
    }
    const env = { VITE_OPIK_PROJECT: 'Prompts', VITE_OPIK_SCENARIO: 'playground', OPIK_URL: api }
    const page = await openPlayground(script, env)
    const run = () => page.getByRole('button', { name: 'Run answer-question' }).click()
    const prompt = page.getByLabel('answer', { exact: true })

    await prompt.fill('Answer loudly: {{question}}')
    await page.getByRole('textbox', { name: 'question' }).fill('Why?')
    await run()
    const result = page.getByLabel('Result')
    await result.getByText('"prompt": "Answer loudly: Why?"').waitFor()
    await result.getByText('"version": "draft"').waitFor()

    await page.getByRole('button', { name: 'Save answer' }).click()
    await page.getByText('v4', { exact: true }).waitFor()
    await page.getByLabel('Environment of answer').selectOption('production')
    await page.getByRole('button', { name: 'Deploy answer' }).click()
    await page.getByText('v4 production', { exact: true }).waitFor()
    await run()
    await result.getByText('"version": "v4"').waitFor()

    const traces = page.getByRole('list', { name: 'Traces' }).getByRole('listitem')
    await expect.poll(() => traces.count()).toBe(6)
    await page.getByLabel('Environment', { exact: true }).selectOption('staging')
    await expect.poll(() => traces.allInnerTexts()).toEqual(['answer-question staging'])
  })

  it('carries nothing of the mock into production', async () => {
    await install('react-playground')
    const folder = exampleFolder('react-playground')
    await run('npx', ['vite', 'build', '--outDir', 'production'], folder)
    const assets = join(folder, 'production', 'assets')
    const text = readdirSync(assets)
      .map((file) => readFileSync(join(assets, file), 'utf8'))
      .join('')
    expect(text).toContain('Agent playground')
    expect(text).not.toMatch(/mockServiceWorker|demo-laptop|always-fails/)
  })
})

it('node-service starts and talks to a server: npm run build && npm start', async () => {
  await install('node-service')
  const folder = exampleFolder('node-service')
  await run('npm', ['run', 'build'], folder)
  const [apiPort, port] = [await freePort(), await freePort()]
  const api = start('npx', ['opik-runner-kit', 'serve', '--port', String(apiPort)], folder)
  onTestFinished(() => api.stop())
  const env = { OPIK_URL_OVERRIDE: `http://127.0.0.1:${apiPort}/api`, PORT: String(port) }
  const service = start('npm', ['start'], folder, env)
  onTestFinished(() => service.stop())
  await Promise.all([answers(env.OPIK_URL_OVERRIDE), answers(`http://127.0.0.1:${port}`)])
  const response = await fetch(`http://127.0.0.1:${port}/reports`, { method: 'POST', body: '{"topic":"tea"}' })
  expect(await response.json()).toEqual({ error: 'no-agent' })
})
