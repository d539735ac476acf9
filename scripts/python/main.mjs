// `npm run test:python`: builds the wheel of the Python package and tests it in empty venvs. Arguments are vitest's.
import { spawnSync } from 'node:child_process'
import { at } from '../paths.mjs'
import { vitestRun } from '../tool-runs.mjs'
import { buildWheel, pythons, tools } from './wheel.mjs'

const python = { wheel: buildWheel(), tools, pythons: Object.fromEntries(pythons()) }
const env = { ...process.env, KIT_PYTHON_BUILT: JSON.stringify(python) }
const run = spawnSync(process.execPath, vitestRun('python', process.argv.slice(2)), {
  cwd: at(),
  env,
  stdio: 'inherit',
})
process.exitCode = run.status ?? 1
