// Runs the checks against the mutants of the mock, straight from the sources: bundled once, then shared by all processes.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { at, binOf } from './paths.mjs'

const page = at('docs', 'mutants.md')
const program = at('.cache', 'mutants', 'main.mjs')
const isWatched = process.argv.includes('--watched')
const args = process.argv.slice(2).filter((arg) => arg !== '--watched')
const writes = args.includes('--write')
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'))

await build({
  absWorkingDir: at(),
  entryPoints: [at('test', 'mutants', isWatched ? 'watched.ts' : 'main.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  define: { KIT_VERSION: JSON.stringify(version) },
  outfile: program,
  logLevel: 'error',
})

const run = (...command) => spawnSync(process.execPath, command, { cwd: at(), stdio: 'inherit' }).status ?? 1
process.exitCode = run(program, ...args.flatMap((arg) => (arg === '--write' ? ['--write', page] : [arg])))
if (writes && process.exitCode === 0) process.exitCode = run(binOf('oxfmt'), page)
