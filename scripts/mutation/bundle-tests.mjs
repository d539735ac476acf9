// Makes plain JavaScript of the tests that judge mutants: those that need no other process, no port and no compiler.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build, stop } from 'esbuild'

/** In the order in which they run: what is quick to notice something comes first. */
const folders = ['kernel', 'given', 'journal', 'faults', 'mocks', 'accidents', 'worlds', 'replay']

const leftOut = new Set([
  // These ask the compiler.
  'kernel/types',
  'mocks/resolver-types',
  'worlds/user',
  // These change the tables of the rules, or the platform's timers, for everybody in the process.
  'mocks/rules',
  'mocks/fake-timers',
  // The same cases as without a transport, by a longer way.
  'mocks/fetch',
  'mocks/http',
  'mocks/msw',
  'mocks/msw-adapter',
  'mocks/node-adapter',
  'mocks/prism-proxy',
  // Other processes, hundreds of callers at a time, the size of memory, ports, and pages of the documentation.
  'mocks/concurrency',
  'mocks/dead-runner',
  'mocks/life',
  'mocks/in-flight',
  'faults/broken-connections',
  'faults/serve-faults',
  'faults/docs',
  'faults/presets',
  'worlds/side-by-side',
])

/**
 * Bundles the tests of the project in the working directory, with what they import but packages.
 *
 * @param {string} into folder for the bundles
 * @returns {Promise<string[]>} the bundles to import
 */
export async function bundleTests(into) {
  const names = folders.flatMap((folder) =>
    readdirSync(`test/${folder}`)
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${basename(file, '.test.ts')}`),
  )
  const chosen = names.filter((name) => !leftOut.has(name))
  await build({
    entryPoints: chosen.map((name) => ({ in: `test/${name}.test.ts`, out: bundleOf(name) })),
    // By itself esbuild stays where it was loaded.
    absWorkingDir: process.cwd(),
    outdir: into,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  })
  await stop()
  return chosen.map((name) => join(into, `${bundleOf(name)}.mjs`))
}

/** All in one folder, as deep as the tests are, from where some of them read files of the project. */
const bundleOf = (name) => name.replace('/', '-')
