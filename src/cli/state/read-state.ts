/**
 * Reads a state file: up to its last complete commit, whatever a crash has left behind that. Files of version 0.1 may
 * hold one snapshot as JSON, some with lines behind it.
 */
import { readFile, stat } from 'node:fs/promises'
import { KitError } from '../../kernel/errors.js'
import { readJson } from '../../kernel/json-text.js'
import { fromKept } from '../../mocks/mock/kept-snapshot.js'
import type { Snapshot } from '../../mocks/mock/runner-mock.js'
import { isObject } from '../../spec/json-value.js'
import { Fold } from './fold.js'
import { HEADER } from './lines.js'
import { LogFile, unlessMissing } from './log-file.js'

/** What a file holds. */
export interface SavedState {
  readonly snapshot: Snapshot
  /** The file to write on; undefined where it must be made anew. */
  readonly log: LogFile | undefined
}

/**
 * Reads a saved state; undefined when there is none yet.
 * @throws KitError `state/unusable` for a file that holds something else
 */
export async function readState(file: string): Promise<SavedState | undefined> {
  try {
    const found = await stat(file, { bigint: true }).catch(unlessMissing)
    if (found === undefined) return undefined
    if (!found.isFile()) throw new Error('no file')
    const { kept, length, compactLength } = foldState(await readFile(file))
    const snapshot = fromKept(kept)
    if (snapshot === undefined) throw new Error('something else than a saved state')
    // A file that others may read is replaced by one that they may not.
    const isToStay = compactLength > 0 && (found.mode & 0o077n) === 0n
    return { snapshot, log: isToStay ? new LogFile(file, found.ino, length, compactLength) : undefined }
  } catch (error) {
    throw unusable(file, error)
  }
}

/** What is wrong with a state file. */
export function unusable(file: string, reason: unknown): KitError {
  return new KitError('state/unusable', {
    failed: `The state file ${file} cannot be used.`,
    value: reason instanceof Error ? reason.message : String(reason),
    fix: 'Name a file that --state has written, or one that does not exist yet.',
  })
}

/** What bytes add up to: a snapshot that was written down, not judged yet; and how far they can be written on. */
interface Folded {
  readonly kept: unknown
  /** Bytes up to the last commit that counts, and up to the first one; none for a file of version 0.1. */
  readonly length: number
  readonly compactLength: number
}

/**
 * Applies lines commit by commit. A batch with damage is passed over when it is the last one, as after a loss of power;
 * damage before that is not what a crash leaves behind, and the file counts as no state of ours.
 */
function foldState(bytes: Uint8Array): Folded {
  const fold = new Fold()
  const lines = linesIn(bytes)
  const [first = ''] = lines.next().value ?? []
  const [isOfLines, snapshot] = [first === HEADER, parse(first)]
  // Who has formatted a snapshot has more than one line in it.
  if (!isObject(snapshot)) return { kept: parse(new TextDecoder().decode(bytes)), length: 0, compactLength: 0 }
  if (!isOfLines) fold.begin(snapshot)
  let [length, compactLength, isLost] = [0, 0, false]
  let batch: unknown[] = []
  for (const [text, end] of lines) {
    const line = parse(text)
    batch.push(line)
    if (!isObject(line) || !('commit' in line)) continue
    if (isLost) return { kept: undefined, length, compactLength }
    if (batch.every(isObject)) {
      for (const each of batch) fold.apply(each)
      length = end
      if (isOfLines && compactLength === 0) compactLength = end
    } else isLost = true
    batch = []
  }
  return { kept: isOfLines && length === 0 ? undefined : fold.toKept(), length, compactLength }
}

/** Each line and where it ends; one after the other, since all of them may be more than one string can hold. */
function* linesIn(bytes: Uint8Array): Generator<[text: string, end: number], undefined> {
  const decoder = new TextDecoder()
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline + 1
    // What has no end may be torn, and is no line; at the beginning it is a snapshot.
    if (newline >= 0 || start === 0) yield [decoder.decode(bytes.subarray(start, newline < 0 ? end : newline)), end]
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
