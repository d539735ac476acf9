// Bundles page scripts with esbuild. Those in files import the sources, as all tests do; those given as a text import
// the built package by its name, as a project that has installed it would.
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import manifest from '../../../package.json' with { type: 'json' }

/** The names under which MSW 2 and MSW 3 are installed here. */
export type MswPackage = 'msw' | 'msw-3'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const pagesFolder = fileURLToPath(new URL('../pages/', import.meta.url))

/** The scripts by path: `/jobs.js` for the page `/jobs`, and the chunks that they share. */
export async function bundlePages(
  pages: Record<string, string | { code: string }>,
  msw: MswPackage,
): Promise<Map<string, string>> {
  const entries = Object.keys(pages).map((path) => ({ in: `page:${path}`, out: path.slice(1) }))
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
    define: { KIT_VERSION: JSON.stringify(manifest.version) },
    plugins: [pagesPlugin(pages)],
    write: false,
    logLevel: 'silent',
  })
  return new Map(outputFiles.map((file) => [`/${relative(`${root}site`, file.path)}`, file.text]))
}

function pagesPlugin(pages: Record<string, string | { code: string }>): Plugin {
  return {
    name: 'pages',
    setup(hooks) {
      hooks.onResolve({ filter: /^page:/ }, ({ path }) => {
        const page = pages[path.slice('page:'.length)]
        return typeof page === 'string' ? { path: pagesFolder + page } : { path, namespace: 'page' }
      })
      hooks.onLoad({ filter: /./, namespace: 'page' }, ({ path }) => {
        const page = pages[path.slice('page:'.length)]
        return { contents: typeof page === 'object' ? page.code : '', loader: 'ts', resolveDir: root }
      })
    },
  }
}
