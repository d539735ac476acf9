// A small web site on loopback: pages bundled as a project would bundle them, served with the headers that a test wants.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join, relative } from 'node:path'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { beforeAll, onTestFinished } from 'vitest'
import { build } from 'esbuild'
import manifest from '../../../package.json' with { type: 'json' }
import type { StartRunnerMockOptions } from '../../../src/mocks/adapters/browser.js'

/** How to make a site. */
export interface SiteOptions {
  /** Scripts of pages by path: `{ '/jobs': 'jobs.ts' }`. */
  pages: Record<string, PageScript>
  /** Files by path that stand beside them. */
  files?: Readonly<Record<string, Buffer>>
  /** Which MSW the pages are bundled with, and whose worker script stands at `/mockServiceWorker.js`. Default `msw`. */
  msw?: MswPackage
  /** The `Content-Security-Policy` of every answer. Default: nothing but the site itself, no inline script, no eval. */
  csp?: string
  /** Answers what is neither page nor script: a backend of the same origin. Default: 404 without a body. */
  backend?: (request: IncomingMessage, response: ServerResponse) => void
}

/** A running site. */
export interface Site {
  /** Where it is, without a slash at the end. */
  readonly origin: string
  close(): Promise<void>
}

/** No plugin, frame, form, inline script or eval; scripts, workers and requests from and to the site alone. */
export const STRICT_CSP =
  "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; object-src 'none'"

/** Bundles the pages and serves them until `close`. */
async function openSite({
  pages,
  files: others = {},
  msw = 'msw',
  csp = STRICT_CSP,
  backend = notFound,
}: SiteOptions): Promise<Site> {
  const files = new Map<string, string | Buffer>(Object.entries(others))
  for (const [path, text] of await bundlePages(pages, msw)) files.set(path, text)
  for (const path of Object.keys(pages)) files.set(path, documentFor(path))
  files.set('/mockServiceWorker.js', await workerScript(msw))
  files.set('/favicon.ico', '')
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', csp)
    response.setHeader('cache-control', 'no-store')
    const path = new URL(request.url ?? '/', 'http://site').pathname
    const file = request.method === 'GET' ? files.get(path) : undefined
    if (file === undefined) return backend(request, response)
    response.setHeader('content-type', mediaTypes[extname(path)] ?? 'text/html; charset=utf-8')
    response.end(file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** As `openSite`, until the running test is over. */
export async function openSiteForTest(options: SiteOptions): Promise<Site> {
  const site = await openSite(options)
  onTestFinished(() => site.close())
  return site
}

/** As `openSite`, for the tests of the file or the group that calls it. */
export function siteForTests(options: SiteOptions): Pick<Site, 'origin'> {
  const site = { origin: '' }
  beforeAll(async () => {
    const opened = await openSite(options)
    site.origin = opened.origin
    return () => opened.close()
  })
  return site
}

const mediaTypes: Record<string, string> = { '.js': 'text/javascript; charset=utf-8', '.ico': 'image/x-icon' }

const documentFor = (path: string): string => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${path}</title></head>
  <body><main id="root"></main><script type="module" src="${path}.js"></script></body>
</html>
`

function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end()
}

/** The very file that `npx msw init` copies. */
function workerScript(msw: MswPackage): Promise<string> {
  return readFile(createRequire(import.meta.url).resolve(`${msw}/mockServiceWorker.js`), 'utf8')
}

/** The names under which MSW 2 and MSW 3 are installed here. */
export type MswPackage = 'msw' | 'msw-3'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const pagesFolder = fileURLToPath(new URL('../pages/', import.meta.url))

/** A page's script: a file of test/browser/pages, or a text, with the texts of modules that it imports by `./name`. */
export type PageScript = string | { code: string; modules?: Record<string, string> }

/**
 * Bundles the scripts of pages. Those in files import the sources, as all tests do; those given as a text import the
 * built package by its name, as a project that has installed it would. By path: `/jobs.js` for the page `/jobs`, and
 * the chunks that they share.
 */
async function bundlePages(pages: Record<string, PageScript>, msw: MswPackage): Promise<Map<string, string>> {
  const entries = Object.entries(pages).map(([path, page]) => ({ in: fileOf(page), out: path.slice(1) }))
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: 'site',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    chunkNames: 'chunks/[name]-[hash]',
    alias: msw === 'msw' ? {} : { msw },
    define: { KIT_VERSION: JSON.stringify(manifest.version), 'import.meta.env.DEV': 'true' },
    write: false,
    logLevel: 'silent',
  })
  return new Map(outputFiles.map((file) => [`/${relative(`${root}site`, file.path)}`, file.text]))
}

/** A text is written to where the built package is found by its name. */
function fileOf(page: PageScript): string {
  if (typeof page === 'string') return pagesFolder + page
  const folder = join(root, '.cache', 'pages', createHash('sha256').update(JSON.stringify(page)).digest('hex'))
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries({ ...page.modules, page: page.code }))
    writeFileSync(join(folder, `${name}.ts`), text)
  return join(folder, 'page.ts')
}

/**
 * Opens the site that most tests need: a small app whose mock starts with the options that its address brings, and a page
 * without an app.
 */
export function agentsSiteForTests(msw: MswPackage = 'msw'): Pick<Site, 'origin'> {
  return siteForTests({ pages: { '/agents': 'agents.ts', '/bare': 'bare.ts' }, msw, backend })
}

/** Address of the app with these options. */
export function agentsPage({ origin }: Pick<Site, 'origin'>, options: StartRunnerMockOptions = {}): string {
  return `${origin}/agents?options=${encodeURIComponent(JSON.stringify(options))}`
}

/**
 * MSW lets go of a page as soon as it is about to be left; what the app still asks then comes here. No answer means no
 * error on the console, and a test that needs one of the mock waits in vain.
 */
function backend({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const isOfApp = /^\/api\/v1\/private\/(local-runners|projects)/.test(url)
  if (!isOfApp) response.writeHead(404).end()
}
