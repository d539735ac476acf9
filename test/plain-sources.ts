// The sources as plain JavaScript, made in one go and loaded by Node itself: through vitest's own loader each of its processes
// would take seconds for them.
import { cpSync, readdirSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import type { Plugin } from 'vitest/config'

const root = fileURLToPath(new URL('../', import.meta.url))
const sources = join(root, 'src')
const folder = join(root, '.cache', 'plain-sources')

/** Makes the sources plain when a set of tests with this plugin begins, and lets the tests import those. */
export function plainSources(define: Record<string, string>): Plugin {
  let isReady = false
  return {
    name: 'plain sources',
    enforce: 'pre',
    configResolved() {
      if (!isReady) makePlain(define)
      isReady = true
    },
    resolveId(source, importer) {
      if (!/^\..*\.js$/.test(source) || importer === undefined) return undefined
      const path = join(dirname(importer), source)
      if (!path.startsWith(sources + sep)) return undefined
      return { id: pathToFileURL(join(folder, path.slice(sources.length + 1))).href, external: true }
    },
  }
}

function makePlain(define: Record<string, string>): void {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  buildSync({
    entryPoints: files.filter((name) => /(?<!\.d)\.tsx?$/.test(name)).map((name) => join(sources, name)),
    ...{
      outdir: folder,
      outbase: sources,
      format: 'esm',
      platform: 'node',
      target: 'esnext',
      sourcemap: true,
      sourcesContent: false,
      define,
    },
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact', verbatimModuleSyntax: true } },
  })
  for (const name of files.filter((each) => /\.js(on)?$/.test(each))) cpSync(join(sources, name), join(folder, name))
}
