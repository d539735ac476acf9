// The page on developing a frontend: its snippets compile as they stand, and run in the browser against the built package.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { openSiteForTest } from './harness/site.js'
import { visit } from './harness/visitor.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(root, 'docs/browser.md'), 'utf8')
const snippets = [...page.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, text = '']) => text)

/** The snippet that contains a text. */
function snippetWith(text: string): string {
  const found = snippets.find((snippet) => snippet.includes(text))
  if (found === undefined) throw new Error(`The page has no snippet with ${text}.`)
  return found
}

describe('docs/browser.md', () => {
  it('has snippets that compile', () => {
    const folder = join(root, '.cache', 'docs-browser')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const nameOf = (snippet: string, at: number): string => /^\/\/ src\/(\S+)/.exec(snippet)?.[1] ?? `snippet-${at}.ts`
    snippets.forEach((snippet, at) => writeFileSync(join(folder, nameOf(snippet, at)), `${snippet}\nexport {}\n`))
    const compilerOptions = {
      ...{ strict: true, noEmit: true, module: 'esnext', moduleResolution: 'bundler', target: 'es2022' },
      ...{ lib: ['es2022', 'dom', 'dom.iterable'], types: ['vite/client'] },
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
    expect(snippets.length).toBeGreaterThan(4)
  })

  it('mounts an app after the mock', async () => {
    const pages = { '/app': { code: snippetWith('// src/main.ts'), modules: { app: snippetWith('// src/app.ts') } } }
    const { origin } = await openSiteForTest({ pages })
    const tab = await (await visit()).open(`${origin}/app`)
    await tab.getByText('demo-laptop is connected').waitFor()
  })

  it('keeps agents at work over a reload', async () => {
    const code = `${snippetWith('isRestored')}\nObject.assign(globalThis, { mock })`
    const { origin } = await openSiteForTest({ pages: { '/agents': { code } } })
    const tab = await (await visit()).open(`${origin}/agents`)
    await tab.waitForFunction(() => 'mock' in globalThis)
    const job = await tab.evaluate(async () => {
      const { content } = (await (await fetch('/api/v1/private/projects')).json()) as { content: { id: string }[] }
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ agent_name: 'weather', project_id: content[0]?.id })
      const created = await fetch('/api/v1/private/local-runners/jobs', { method: 'POST', headers, body })
      return created.headers.get('location') ?? ''
    })
    await tab.reload()
    await tab.waitForFunction(() => 'mock' in globalThis)
    const read = async () => tab.evaluate(async (url) => (await fetch(url)).json() as Promise<unknown>, job)
    await expect.poll(read).toMatchObject({ status: 'completed', result: { text: 'sunny' } })
  })

  it('gives the mock to the console', async () => {
    const { origin } = await openSiteForTest({
      pages: { '/console': { code: snippetWith('Object.assign(globalThis') } },
    })
    const tab = await (await visit()).open(`${origin}/console`)
    await tab.waitForFunction(() => 'mock' in globalThis)
    const [, line = ''] = /^Then use the browser's console: (.*)\. \[Agents/m.exec(page) ?? []
    const commands = [...line.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command)
    expect(commands.length).toBeGreaterThan(4)
    for (const command of commands) await tab.evaluate(`(async () => { ${command} })()`)
  })

  it('completes pairing', async () => {
    const pages = { '/daemon': 'daemon.ts', '/pair': { code: snippetWith('decodePairingFragment') } }
    const { origin } = await openSiteForTest({ pages })
    const tab = await (await visit()).open(`${origin}/daemon`)
    await tab.getByRole('link', { name: 'pair' }).click()
    await tab.getByText('Zoë’s laptop: 201').waitFor()
  })
})
