// Opik's own clients that the mock is tried with, and how each is installed: unmodified, from its registry, into .cache.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { at } from '../paths.mjs'

/** Language and version of each; the newest of a language comes first. */
const published = [
  { language: 'python', version: '2.2.122' },
  { language: 'python', version: '2.0.2' },
  { language: 'typescript', version: '2.0.40' },
  { language: 'typescript', version: '1.11.14' },
]

/** All clients, or the newest of each language. */
export function clientsOf(isAll) {
  const isNewest = (each) => published.find(({ language }) => language === each.language) === each
  return published.filter((each) => isAll || isNewest(each)).map((each) => ({ ...each, folder: folderOf(each) }))
}

const folderOf = ({ language, version }) => at('.cache', 'daemons', `${language}-${version}`)

/** The command line of Opik, or the Python, in a client's folder. */
export function commandOf(folder, name) {
  return process.platform === 'win32' ? join(folder, 'Scripts', `${name}.exe`) : join(folder, 'bin', name)
}

/** Installs a client unless it is there. Throws when that fails. */
export function installClient({ language, version, folder }) {
  const stamp = join(folder, 'installed')
  if (!existsSync(stamp)) {
    console.log(`Installing opik ${version} for ${language} ...`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    if (language === 'python') {
      run(process.env.KIT_PYTHON ?? 'python3', ['-m', 'venv', folder])
      run(commandOf(folder, 'pip'), ['install', '--quiet', '--disable-pip-version-check', `opik==${version}`])
    } else {
      writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
      run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `opik@${version}`], folder)
    }
    writeFileSync(stamp, '')
  }
  // A program finds the SDK beside itself.
  if (language === 'typescript') cpSync(at('test', 'daemons', 'agents.mjs'), join(folder, 'agents.mjs'))
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}
