/** The file behind `--state`: replaced as a whole, never through a link, and locked for one process. */
import { constants, existsSync, lstatSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { realTime } from '../../kernel/clock.js'
import { codeOf, KitError, messageOf } from '../../kernel/errors.js'
import { FULL_DISK, isDiskFull } from '../files/input-file.js'
import { nestsTooDeeply, readJson } from '../../kernel/json-text.js'
import { fromKept } from '../../mocks/mock/snapshot-links.js'
import type { Snapshot } from '../../mocks/mock/runner-mock.js'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants

/** The file as this process has written it: another number or size means that something else has changed it. */
export type LeftFile = Readonly<Record<'ino' | 'size', bigint>>

/** Reads a regular file, and no link; undefined when it is missing. */
async function readWhole(file: string): Promise<Buffer | undefined> {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    if (!(await handle.stat()).isFile()) throw new Error('no file')
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

export async function isAsLeft(file: string, left: LeftFile): Promise<boolean> {
  const found = await lstat(file, { bigint: true }).catch(() => undefined)
  return found?.ino === left.ino && found.size === left.size
}

/** Writes a new file, for its owner alone, next to an earlier one, and moves it over that. */
export async function replaceFile(file: string, text: string): Promise<LeftFile> {
  const draft = `${file}.draft`
  let handle: FileHandle | undefined
  try {
    await rm(draft, { force: true })
    handle = await open(draft, 'ax', 0o600)
    await handle.writeFile(text)
    await handle.datasync()
    const left = await handle.stat({ bigint: true })
    await handle.close()
    await rename(draft, file)
    return left
  } finally {
    await handle?.close()
    await rm(draft, { force: true }).catch(() => undefined)
  }
}

/** Locks a state file until this process ends, and gives its path behind all links. Throws KitErrors when it cannot. */
export function lockState(name: string): string {
  try {
    if (name === '') throw new Error('an empty name')
    // A link that leads nowhere may have been put there to have a file made somewhere else.
    const file = lstatSync(name, { throwIfNoEntry: false }) === undefined ? name : realpathSync(name)
    const lock = `${file}.lock`
    while (!isTaken(lock)) giveFree(file, lock)
    process.once('exit', () => {
      if (existsSync(lock) && readFileSync(lock, 'utf8') === MINE) rmSync(lock)
    })
    return file
  } catch (error) {
    throw error instanceof KitError ? error : unusable(name, error)
  }
}

/**
 * When a process began, as the system counts; '' where that is unknown. A number is given to another process once its
 * own has ended.
 */
function startOf(pid: number): string {
  try {
    // Behind the name of the program, which may hold anything.
    return /.*\)(?: \S+){19} (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}

const MINE = `${process.pid} ${startOf(process.pid)}`.trimEnd().concat('\n')
function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, MINE, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (isDiskFull(error)) rmSync(lock, { force: true })
    throw error
  }
}

/** Removes a lock whose process is gone. Processes take turns, so that none removes a lock that another has just made. */
function giveFree(file: string, lock: string): void {
  const turn = `${lock}.turn`
  if (isTaken(turn)) {
    try {
      if (isLeft(file, lock)) rmSync(lock)
    } finally {
      rmSync(turn, { force: true })
    }
  } else if (isOld(turn)) rmSync(turn, { force: true })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
}

/** Whether a lock is there whose process is gone. A lock without a number yet belongs to a process that lives. */
function isLeft(file: string, lock: string): boolean {
  const there = lstatSync(lock, { throwIfNoEntry: false })
  const found = there?.isFile() === false ? 'no file' : there && readFileSync(lock, 'utf8')
  if (found === undefined || (found === '' && !isOld(lock))) return false
  if (!/^(\d+ ?\d*\n)?$/.test(found)) throw unusable(lock, 'something else than a lock')
  const [pid = 0, start] = found.split(' ').map(Number)
  const isSame = start === undefined || startOf(pid) === '' || Number(startOf(pid)) === start
  if (!isAlive(pid) || !isSame) return true
  const [failed, fix] = [`The state file ${file} is in use.`, 'Stop that process, or name another file.']
  throw new KitError('state/locked', { failed, value: `process ${pid}`, fix })
}

/** No process needs five seconds to write a number, or for a turn. */
function isOld(path: string): boolean {
  return realTime() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > 5000
}

/** A lock with the number of this process is of one before it, as in a container that was started again. */
function isAlive(pid: number): boolean {
  try {
    return pid > 0 && pid !== process.pid && process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function unusable(file: string, reason: unknown): KitError {
  return new KitError('state/unusable', {
    failed: `The state file ${file} cannot be used.`,
    value: messageOf(reason),
    fix: isDiskFull(reason) ? FULL_DISK : 'Name a file that --state has written, or one that does not exist yet.',
  })
}

/** Reads a saved state; undefined before the first one. Throws a KitError for a file that holds something else. */
export async function readState(file: string): Promise<Snapshot | undefined> {
  try {
    const bytes = await readWhole(file)
    if (bytes === undefined) return undefined
    const snapshot = fromKept(parse(bytes.toString()))
    if (snapshot === undefined) throw new Error('something else than a saved state')
    return snapshot
  } catch (error) {
    throw unusable(file, error)
  }
}

function parse(text: string): unknown {
  try {
    return nestsTooDeeply(text) ? undefined : readJson(text)
  } catch {
    return undefined
  }
}
