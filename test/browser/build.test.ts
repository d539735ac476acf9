// What documents say of the browser, in it: the way into Opik's web app that docs/web-app.md shows, in an app of ours that Vite has
// built, and the snippets of docs/browser.md, which compile as they stand and run against the built package.
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { transform } from 'esbuild'
import { build } from 'vite'
import { it, describe, expect } from 'vitest'
import { openSiteForTest } from './harness/site.js'
import { visit } from './harness/visitor.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

const INDEX_HTML = '<body><script type="module" src="/src/index-with-mock.ts"></script></body>'

/** As that of the web app: pages are chunks. */
const INDEX = `
export const api = '/api/v1/private'
void import('./page').then(({ show }) => show())
`
const PAGE = `
import { api } from './index'
export async function show() {
  const { content } = await (await fetch(api + '/projects?size=50')).json()
  document.body.append(content.map(({ name }) => name).join(', '))
}
`

/** Writes the app, with the entry of the document. */
function writeApp(name: string): string {
  const folder = join(root, '.cache', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'src'), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'opik-runner-kit'), 'dir')
  const page = readFileSync(join(root, 'docs/web-app.md'), 'utf8')
  const [, entry = ''] = /```ts\n(\/\/ src\/index-with-mock[^]*?)```/.exec(page) ?? []
  const files = {
    'index.html': INDEX_HTML,
    'src/index-with-mock.ts': entry,
    'src/index.tsx': INDEX,
    'src/page.ts': PAGE,
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  return folder
}

it.each([undefined, 'es2022'])(
  'the entry of docs/web-app.md, built by Vite starts the app with the mock, for the target %s',
  async (target) => {
    const folder = writeApp(`built-app-${target ?? 'default'}`)
    const options = target === undefined ? {} : { target }
    await build({ root: folder, configFile: false, logLevel: 'error', build: { ...options, emptyOutDir: true } })
    const assets = readdirSync(join(folder, 'dist', 'assets')).map((file) => `assets/${file}`)
    const files = ['index.html', ...assets].map(
      (file) => [`/${file}`, readFileSync(join(folder, 'dist', file))] as const,
    )
    // Syntax of before there was a top-level `await`: one in a built file would be refused.
    for (const [path, text] of files.slice(1)) await transform(text, { target: 'es2020', sourcefile: path })
    const { origin } = await openSiteForTest({ pages: {}, files: Object.fromEntries(files) })
    const tab = await (await visit()).open(`${origin}/index.html`)
    await tab.getByText('Scores and comments').waitFor()
  },
)

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
