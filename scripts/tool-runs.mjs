// What Node runs for the tools: vitest with a set of tests, and the compiler that checks the types.
import { at, binOf, manifest } from './paths.mjs'

/**
 * vitest with the set of this name in vitest.config.ts; by default all its tests, and counts for test-counts.mjs.
 *
 * @param {'browser' | 'container' | 'daemons' | 'examples' | 'matrix' | 'mcp' | 'package' | 'python' | 'strength'} mode
 * @param {string[]} args
 */
export function vitestRun(mode, args) {
  const resultsFile = at('.cache', 'test-results', `${mode}.json`)
  const reporter = mode === 'examples' ? 'verbose' : 'default'
  const report = [`--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${resultsFile}`]
  return [binOf('vitest'), 'run', '--mode', mode, ...(args.length > 0 ? args : report)]
}

/** @param {string} project its tsconfig @param {string} name of the compiler's file that shows later changes */
const check = (project, name) => [
  ...[binOf('typescript-7', 'tsc'), '-p', at(project), '--noEmit'],
  ...['--incremental', '--tsBuildInfoFile', at('.cache', 'types', `${name}.tsbuildinfo`)],
]

/**
 * What checks the types, by the name of the step: once for all but the console, which is made for pages, and once for
 * that.
 */
export const typeChecks = () => ({
  types: check('tsconfig.json', 'all'),
  'types of the console': check('src/console/tsconfig.json', 'console'),
})

/**
 * Bundles a program of `test` straight from the sources, so that it needs no build.
 *
 * @param {string[]} entry where it is, below test
 * @param {string} folder of the bundle, in .cache
 * @returns {Promise<string>} the bundle's path
 */
export async function bundleProgram(entry, folder) {
  const { build } = await import('esbuild')
  const outfile = at('.cache', folder, 'main.mjs')
  await build({
    ...{ absWorkingDir: at(), entryPoints: [at('test', ...entry)], outfile, logLevel: 'error' },
    ...{ bundle: true, format: 'esm', platform: 'node', packages: 'external' },
    define: { KIT_VERSION: JSON.stringify(manifest.version) },
  })
  return outfile
}
