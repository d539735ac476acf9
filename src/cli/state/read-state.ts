/**
 * Reads a state file: up to its last complete commit, whatever a crash has left behind that. Files of earlier versions
 * hold one snapshot as JSON.
 */
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KitError } from '../../kernel/errors.js'
import { readJson } from '../../kernel/json-text.js'
import { fromKept } from '../../mocks/mock/kept-snapshot.js'
import type { Snapshot } from '../../mocks/mock/runner-mock.js'
import { isSnapshot } from '../../mocks/mock/snapshot-links.js'
import { isFields } from './fields.js'
import { Fold } from './fold.js'
import type { Extent } from './log-file.js'
import { HEADER } from './lines.js'

/** What a file holds. */
export interface SavedState {
  readonly snapshot: Snapshot
  /** How far the file can be gone on with; undefined where it must be written anew. */
  readonly extent: Extent | undefined
}

/** What the bytes of a file add up to. */
export interface Folded {
  /** In the form of a snapshot that was written down, and not judged yet. */
  readonly kept: unknown
  /** How much of the file counts; undefined where nothing can be written behind it. */
  readonly extent?: Omit<Extent, 'ino'>
}

/**
 * Reads a saved state; undefined when there is none yet.
 * @throws KitError `state/unusable` for a file that holds something else, or that can never be written for want of a folder
 */
export async function readState(file: string): Promise<SavedState | undefined> {
  try {
    const handle = await open(file, 'r')
    try {
      return await readFrom(handle)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && (await hasFolder(file)))
      return undefined
    throw unusable(file, error instanceof Error ? error.message : String(error))
  }
}

async function hasFolder(file: string): Promise<boolean> {
  return stat(dirname(file)).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function readFrom(handle: FileHandle): Promise<SavedState> {
  const { ino, mode } = await handle.stat({ bigint: true })
  const { kept, extent } = foldState(await handle.readFile())
  const snapshot = fromKept(kept)
  if (snapshot === undefined) throw new Error('something else than a saved state')
  // A file that others may read is replaced by one that they may not.
  const isPrivate = (mode & 0o077n) === 0n
  return { snapshot, extent: isPrivate && extent !== undefined ? { ...extent, ino } : undefined }
}

/** Adds up a file: as lines, or else as the one snapshot that files of earlier versions hold. */
export function foldState(bytes: Uint8Array): Folded {
  const lines = linesIn(bytes)
  const first = lines.next()
  if (first.done === true) return { kept: undefined }
  const { text, end, isWhole } = first.value
  if (text === HEADER) return foldLines(new Fold(), lines, undefined)
  const snapshot = parse(text)
  // Who has formatted the file has more than one line in it.
  if (!isSnapshot(snapshot)) return { kept: parse(new TextDecoder().decode(bytes)) }
  const fold = new Fold()
  fold.begin({ ...snapshot })
  return foldLines(fold, lines, { length: end, compactLength: end, isOpen: !isWhole })
}

/**
 * Applies lines commit by commit. A batch with damage is passed over when it is the last one, as after a loss of power;
 * damage before that is not what a crash leaves behind, and the file counts as no state of ours.
 */
function foldLines(fold: Fold, lines: Iterable<Line>, begun: Folded['extent']): Folded {
  let extent = begun
  let batch: unknown[] = []
  let isLost = false
  for (const { text, end, isWhole } of lines) {
    if (!isWhole) break
    const line = parse(text)
    batch.push(line)
    if (!isFields(line) || !('commit' in line)) continue
    if (isLost) return { kept: undefined }
    if (batch.every(isFields)) {
      for (const each of batch) fold.apply(each)
      extent = { length: end, compactLength: extent?.compactLength ?? end }
    } else isLost = true
    batch = []
  }
  return extent === undefined ? { kept: undefined } : { kept: fold.toKept(), extent }
}

interface Line {
  readonly text: string
  /** Bytes up to the end of the line. */
  readonly end: number
  /** Whether its end is there, too. */
  readonly isWhole: boolean
}

/** One after the other, since all of them together may be more than one string can hold. */
function* linesIn(bytes: Uint8Array): Generator<Line, void> {
  const decoder = new TextDecoder()
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const isWhole = newline >= 0
    const end = isWhole ? newline + 1 : bytes.length
    yield { text: decoder.decode(bytes.subarray(start, isWhole ? newline : end)), end, isWhole }
    start = end
  }
}

const NEWLINE = 10

function parse(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}

function unusable(file: string, found: string): KitError {
  return new KitError('state/unusable', {
    failed: `The state file ${file} cannot be used.`,
    value: found,
    fix: 'Name a file that --state has written, or one that does not exist yet.',
  })
}
