// Puts the npm package's command, with the packages that it loads, into the Python package, and builds the wheel.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { at, manifest, readJson } from '../paths.mjs'
import { installPython, programOf } from '../programs.mjs'

/** Where the programs are that build and judge the Python package. */
export const tools = at('.cache', 'python', 'tools')
const TOOLS = ['hatchling==1.33.0', 'mypy==2.4.1', 'pytest==9.2.0', 'ruff==0.17.6']

/** What the command reads of the npm package. */
const PARTS = ['package.json', 'LICENSE', 'dist/cli', 'dist/console', 'dist/openapi.json', 'dist/openapi.yaml']

/** Builds the wheel from what `npm run build` has made, and returns its path. Throws when that fails. */
export function buildWheel() {
  installPython(tools, TOOLS)
  const kit = at('python', 'src', 'opik_runner_kit', 'kit')
  rmSync(kit, { recursive: true, force: true })
  const isMade = (file) => !file.endsWith('.compiled')
  for (const part of PARTS) cpSync(at(part), join(kit, part), { recursive: true, filter: isMade })
  copyPackages(Object.keys(manifest.dependencies), join(kit, 'node_modules'))
  const wheels = at('.cache', 'python', 'wheel')
  rmSync(wheels, { recursive: true, force: true })
  const args = ['build', '--target', 'wheel', '--directory', wheels]
  const { status } = spawnSync(programOf(tools, 'hatchling'), args, { cwd: at('python'), stdio: 'inherit' })
  if (status !== 0) throw new Error('hatchling has built no wheel.')
  return join(wheels, readdirSync(wheels)[0])
}

/** Copies installed packages and those that they load. */
function copyPackages(names, folder) {
  const isNeeded = (file) => !/\.d\.[cm]?ts$|\.map$/.test(file)
  for (const name of names) {
    const source = at('node_modules', name)
    cpSync(source, join(folder, name), { recursive: true, filter: isNeeded })
    copyPackages(Object.keys(readJson(join(source, 'package.json')).dependencies ?? {}), folder)
  }
}

/** Pythons of this machine that the package supports, by version: those on the PATH, and those of pyenv. */
export function pythons() {
  const versions = join(process.env.PYENV_ROOT ?? join(process.env.HOME ?? '/', '.pyenv'), 'versions')
  const own = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, 'bin', 'python3')) : []
  const onPath = Array.from({ length: 8 }, (_, at) => `python3.${at + 10}`)
  const found = new Map()
  for (const python of [process.env.KIT_PYTHON ?? 'python3', ...onPath, ...own]) {
    const { stdout } = spawnSync(python, ['--version'], { encoding: 'utf8' })
    const [, version, minor] = /^Python (3\.(\d+))/.exec(stdout ?? '') ?? []
    if (Number(minor) >= 10 && !found.has(version)) found.set(version, python)
  }
  return found
}
