// A small web site on loopback: pages bundled as a project would bundle them, served with the headers that a test wants.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { bundlePages, type MswPackage, type PageScript } from './bundle-pages.js'

/** How to make a site. */
export interface SiteOptions {
  /** Scripts of pages by path: `{ '/jobs': 'jobs.ts' }`. */
  pages: Record<string, PageScript>
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
export async function openSite({
  pages,
  msw = 'msw',
  csp = STRICT_CSP,
  backend = notFound,
}: SiteOptions): Promise<Site> {
  const files = await bundlePages(pages, msw)
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
