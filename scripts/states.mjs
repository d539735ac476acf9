// Walks through the states of small worlds, straight from the sources; --write tells the stories that are kept in files.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { at } from './paths.mjs'

const program = at('.cache', 'states', 'main.mjs')
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'))

await build({
  absWorkingDir: at(),
  entryPoints: [at('test', 'lifecycle', 'walk-states.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  define: { KIT_VERSION: JSON.stringify(version) },
  outfile: program,
  logLevel: 'error',
})
process.exitCode =
  spawnSync(process.execPath, [program, ...process.argv.slice(2)], { cwd: at(), stdio: 'inherit' }).status ?? 1
