// Opik's own clients that the mock is tried with, and how each is installed: unmodified, from its registry, into .cache.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { at } from '../paths.mjs'
import { installPython } from '../programs.mjs'

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

/** Installs a client unless it is there. Throws when that fails. */
export function installClient({ language, version, folder }) {
  if (language === 'python') return installPython(folder, [`opik==${version}`])
  const stamp = join(folder, 'installed')
  if (!existsSync(stamp)) {
    console.log(`Installing opik ${version} from npm ...`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    installFromNpm(folder, `opik@${version}`)
    writeFileSync(stamp, '')
  }
  // A program finds the SDK beside itself.
  for (const name of ['agents.mjs', 'sdk_story.mjs']) cpSync(at('test', 'daemons', name), join(folder, name))
}

function installFromNpm(cwd, name) {
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', name]
  const { status, error } = spawnSync('npm', args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
}
