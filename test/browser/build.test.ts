// The way into Opik's web app that docs/web-app.md shows, in an app of ours that Vite has built.
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { build } from 'vite'
import { it } from 'vitest'
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
