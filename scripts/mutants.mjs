// Runs the checks against the mutants of the mock, straight from the sources: bundled once, then shared by all processes.
import { spawnSync } from 'node:child_process'
import { at, binOf } from './paths.mjs'
import { bundleProgram } from './tool-runs.mjs'

const page = at('docs', 'mutants.md')
const isWatched = process.argv.includes('--watched')
const args = process.argv.slice(2).filter((arg) => arg !== '--watched')
const writes = args.includes('--write')
const program = await bundleProgram(['mutants', isWatched ? 'watched.ts' : 'main.ts'], 'mutants')

const run = (...command) => spawnSync(process.execPath, command, { cwd: at(), stdio: 'inherit' }).status ?? 1
process.exitCode = run(program, ...args.flatMap((arg) => (arg === '--write' ? ['--write', page] : [arg])))
if (writes && process.exitCode === 0) process.exitCode = run(binOf('oxfmt'), page)
