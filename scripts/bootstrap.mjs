// Makes node_modules agree with package-lock.json, by `npm ci` when it does not, and costs a few milliseconds when it does.
// Uses no dependency: it is what brings them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { at, readJson } from './paths.mjs'

const lockFile = at('package-lock.json')
const installedLockFile = at('node_modules', '.package-lock.json')
const stampFile = at('node_modules', '.install-stamp')

/** Installs the locked dependencies unless they are already there. */
export function ensureInstalled() {
  const stamp = installStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  if (!installedMatchesLock()) install()
  writeFileSync(stampFile, stamp)
}

/** Another platform needs other binaries, so the lock file alone does not tell. */
function installStamp() {
  const lockHash = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  return `${process.platform}-${process.arch} ${lockHash}\n`
}

/** True when an `npm install` by hand has already put in place what the lock file asks for. */
function installedMatchesLock() {
  if (existsSync(stampFile) && !readFileSync(stampFile, 'utf8').startsWith(`${process.platform}-${process.arch} `)) {
    return false
  }
  if (!existsSync(installedLockFile)) return false
  const wanted = readJson(lockFile).packages
  const installed = readJson(installedLockFile).packages
  const isSatisfied = ([path, entry]) =>
    path === '' ||
    (installed[path] === undefined ? entry.optional === true : installed[path].integrity === entry.integrity)
  return Object.entries(wanted).every(isSatisfied) && Object.keys(installed).every((path) => path in wanted)
}

function install() {
  console.log('Installing dependencies with npm ci ...')
  // Flags that an outer npm command passes down by the environment (`npm pack --dry-run`) must not reach this one.
  // The lock file decides about versions: what npm has to say of them (engines, ends of support) is no news to who runs it.
  const args = [
    'ci',
    '--loglevel=error',
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--dry-run=false',
    '--json=false',
  ]
  const npm = process.env.npm_execpath
  const result = npm?.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: at(), stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: at(), stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status === 0) return
  console.error(result.error ? `npm could not be started: ${result.error.message}` : 'npm ci failed; see above.')
  process.exit(1)
}
