// Makes node_modules agree with package-lock.json, by `npm ci` when it does not, and costs a few milliseconds when it does.
// Uses no dependency: it is what brings them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { at, readJson } from './paths.mjs'

const lockFile = at('package-lock.json')
const installedLockFile = at('node_modules', '.package-lock.json')
const stampFile = at('node_modules', '.install-stamp')

/**
 * Installs the locked dependencies unless they are already there.
 *
 * @param {'all' | 'serving'} [what] `serving`: what `npm start` needs, listed in scripts/serving/package.json; where
 *   everything is installed already, everything stays
 */
export function ensureInstalled(what = 'all') {
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
  const isEnough = (kind) => stamp === installStamp(kind)
  if (isEnough('all') || (what === 'serving' && isEnough('serving'))) return
  const isFresh = !existsSync(at('node_modules')) || stamp.includes(' serving ')
  if (what === 'serving' && isFresh) {
    console.log('Installing what serving needs with npm ci ...')
    install(['--workspace', 'scripts/serving', '--include=dev'])
    writeFileSync(stampFile, installStamp('serving'))
    return
  }
  if (!installedMatchesLock()) {
    console.log('Installing all dependencies with npm ci. This takes a minute, or several on a busy machine ...')
    install(['--include=dev'])
  }
  writeFileSync(stampFile, installStamp('all'))
}

/** Another platform needs other binaries, so the lock file alone does not tell. */
function installStamp(kind) {
  const lockHash = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  return `${process.platform}-${process.arch} ${kind} ${lockHash}\n`
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

/** @param {readonly string[]} which flags that say what to install */
function install(which) {
  // Flags that an outer npm command passes down by the environment (`npm pack --dry-run`) must not reach this one.
  // The lock file decides about versions: what npm has to say of them (engines, ends of support) is no news to who runs it.
  const quiet = ['--loglevel=error', '--ignore-scripts', '--no-audit', '--no-fund', '--dry-run=false', '--json=false']
  const args = ['ci', ...which, ...quiet, ...(process.stderr.isTTY ? ['--progress=true'] : [])]
  const npm = process.env.npm_execpath
  const result = npm?.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: at(), stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: at(), stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status === 0) return
  console.error(result.error ? `npm could not be started: ${result.error.message}` : 'npm ci failed; see above.')
  process.exit(1)
}
