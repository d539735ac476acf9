/**
 * One process for each state file: a lock beside it holds the number of the process, and is gone when the process is. One
 * that a dead process has left is taken over.
 */
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { KitError } from '../../kernel/errors.js'
import { unlessMissing } from './log-file.js'
import { unusable } from './read-state.js'

/**
 * Keeps a state file for this process until it ends. Gives its path behind all links.
 * @throws KitError `state/locked` when another process has it, `state/unusable` when there can be no lock
 */
export function lockState(name: string): string {
  try {
    const file = existsSync(name) ? realpathSync(name) : name
    const lock = `${file}.lock`
    while (!isTaken(lock)) giveFree(file, lock)
    process.once('exit', () => {
      if (read(lock) === mark(process.pid)) rmSync(lock, { force: true })
    })
    return file
  } catch (error) {
    throw error instanceof KitError ? error : unusable(name, error)
  }
}

function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, mark(process.pid) ?? '', { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Removes a lock that nobody holds. */
function giveFree(file: string, lock: string): void {
  const found = read(lock)
  if (found !== undefined && !/^(\d+ ?\d*\n)?$/.test(found)) throw unusable(lock, 'something else than a lock')
  const pid = Number.parseInt(found ?? '', 10)
  if (pid > 0 && found === mark(pid)) {
    throw new KitError('state/locked', {
      failed: `The state file ${file} is in use.`,
      value: `process ${pid}`,
      fix: 'Stop that process, or name another file.',
    })
  }
  const away = `${lock}.${process.pid}`
  try {
    renameSync(lock, away)
    // Whoever is faster may have made its own meanwhile: that one is put back.
    if (read(away) === found) rmSync(away)
    else renameSync(away, lock)
  } catch (error) {
    unlessMissing(error)
  }
}

function read(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8')
  } catch (error) {
    unlessMissing(error)
    return undefined
  }
}

/** What a lock says of a process: its number, and when it was started where the platform tells; undefined for a dead one. */
function mark(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined
  }
  try {
    const [state, ...rest] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return state === 'Z' ? undefined : `${pid} ${rest[18]}\n`
  } catch {
    return `${pid}\n`
  }
}
