// Measures what a web page that imports the package would load: bundled for the browser, minified, gzipped. What it
// loads when a part is first used, behind a dynamic import, does not count.
// Imports go through the package's own exports into dist. A bundle over its budget, or one that needs a Node built-in, fails.
import { readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { at, manifest } from './paths.mjs'

/** `external`: packages that the page brings itself. */
const budgets = [
  {
    name: 'mock and handlers, without msw',
    entry: `export { createRunnerMock } from 'opik-runner-kit'; export { handlers } from 'opik-runner-kit/msw'`,
    external: ['msw'],
    limitKb: 53,
  },
  {
    name: 'startRunnerMock, without msw',
    entry: `export { startRunnerMock } from 'opik-runner-kit/browser'`,
    external: ['msw'],
    limitKb: 54,
  },
  {
    name: 'fixtures',
    entry: `export { fixtures } from 'opik-runner-kit/fixtures'`,
    external: [],
    limitKb: 67,
  },
  {
    name: 'a page that imports fixtures and uses none',
    entry: `import { createFixtures, fixtures } from 'opik-runner-kit/fixtures'`,
    external: [],
    limitKb: 0.1,
  },
]

async function measure({ name, entry, external, limitKb }) {
  const { outputFiles } = await bundle(entry, external)
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).byteLength
  const isWithin = size <= limitKb * 1000
  console.log(`${name}: ${kb(size)} of ${limitKb} kB min+gzip (${kb(outputFiles[0].contents.byteLength)} min)`)
  if (!isWithin) console.log(await largestSources(entry, external))
  return isWithin
}

/** Leaves what is imported dynamically to a later request. */
const loadedLater = {
  name: 'loaded later',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined))
  },
}

const bundle = (entry, external) =>
  build({
    absWorkingDir: at(),
    stdin: { contents: entry, resolveDir: at(), sourcefile: 'page.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['browser'],
    external,
    plugins: [loadedLater],
    metafile: true,
    write: false,
    logLevel: 'error',
  })

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/** The chunks of dist say little about who is heavy, so this bundles once more, straight from the sources. */
async function largestSources(entry, external) {
  const fromSources = entry.replaceAll(/'opik-runner-kit(\/[^']*)?'/g, (_, subpath = '') => {
    const built = manifest.exports[`.${subpath}`].default
    return `'${built.replace('./dist/', './src/').replace(/\.js$/, '.ts')}'`
  })
  const { metafile } = await bundle(fromSources, external)
  const [{ inputs }] = Object.values(metafile.outputs)
  return Object.entries(inputs)
    .sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
    .slice(0, 12)
    .map(([path, { bytesInOutput }]) => `  ${kb(bytesInOutput).padStart(9)} min  ${path}`)
    .join('\n')
}

/** The console is built whole; its page, script, style and icon count. */
const consoleLimitKb = 120

function measureConsole() {
  const files = readdirSync(at('dist', 'console')).filter((name) => !name.endsWith('.txt'))
  const sizes = files.map((name) => gzipSync(readFileSync(at('dist', 'console', name)), { level: 9 }).byteLength)
  const size = sizes.reduce((sum, each) => sum + each, 0)
  console.log(`console: ${kb(size)} of ${consoleLimitKb} kB gzip (${files.join(', ')})`)
  return size <= consoleLimitKb * 1000
}

const verdicts = [measureConsole()]
for (const budget of budgets) verdicts.push(await measure(budget).catch(() => false))
if (verdicts.includes(false)) process.exitCode = 1
