// Walks through the states of small worlds, straight from the sources; --write tells the stories that are kept in files.
import { spawnSync } from 'node:child_process'
import { at } from './paths.mjs'
import { bundleProgram } from './tool-runs.mjs'

const program = await bundleProgram(['lifecycle', 'walk-states.ts'], 'states')
process.exitCode =
  spawnSync(process.execPath, [program, ...process.argv.slice(2)], { cwd: at(), stdio: 'inherit' }).status ?? 1
