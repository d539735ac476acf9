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

/** A page's script: a file of test/browser/pages, or a text, with the texts of modules that it imports by `./name`. */
export type PageScript = string | { code: string; modules?: Record<string, string> }

/** The scripts by path: `/jobs.js` for the page `/jobs`, and the chunks that they share. */
export async function bundlePages(pages: Record<string, PageScript>, msw: MswPackage): Promise<Map<string, string>> {
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
    define: { KIT_VERSION: JSON.stringify(manifest.version), 'import.meta.env.DEV': 'true' },
    plugins: [pagesPlugin(pages)],
    write: false,
    logLevel: 'silent',
  })
  return new Map(outputFiles.map((file) => [`/${relative(`${root}site`, file.path)}`, file.text]))
}

function pagesPlugin(pages: Record<string, PageScript>): Plugin {
  const textOf = (path: string, module?: string): string | undefined => {
    const page = pages[path]
    if (typeof page !== 'object') return undefined
    return module === undefined ? page.code : page.modules?.[module]
  }
  return {
    name: 'pages',
    setup(hooks) {
      hooks.onResolve({ filter: /^page:/ }, ({ path: specifier }) => {
        const path = specifier.slice('page:'.length)
        const page = pages[path]
        return typeof page === 'string' ? { path: pagesFolder + page } : { path, namespace: 'page' }
      })
      hooks.onResolve({ filter: /^\.\//, namespace: 'page' }, ({ path, importer }) => ({
        ...{ path: importer, namespace: 'page', suffix: `#${path.slice('./'.length)}` },
      }))
      hooks.onLoad({ filter: /./, namespace: 'page' }, ({ path, suffix }) => {
        const contents = textOf(path, suffix === '' ? undefined : suffix.slice('#'.length))
        return contents === undefined ? undefined : { contents, loader: 'ts', resolveDir: root }
      })
    },
  }
}
