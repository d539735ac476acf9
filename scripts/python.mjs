// Python programs from PyPI that tests need: each set of packages in a virtual environment of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program of the virtual environment in a folder, its Python among them. */
export function programOf(folder, name) {
  return process.platform === 'win32' ? join(folder, 'Scripts', `${name}.exe`) : join(folder, 'bin', name)
}

/** Installs packages, such as `opik==2.0.2`, into a folder unless they are there. Throws when that fails. */
export function installPython(folder, packages) {
  const stamp = join(folder, 'installed')
  if (existsSync(stamp)) return
  console.log(`Installing ${packages.join(' and ')} ...`)
  rmSync(folder, { recursive: true, force: true })
  run(process.env.KIT_PYTHON ?? 'python3', ['-m', 'venv', folder])
  run(programOf(folder, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages])
  writeFileSync(stamp, '')
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}
