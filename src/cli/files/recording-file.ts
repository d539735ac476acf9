/** Files of recordings: NDJSON, gzipped when the name says so. They may hold keys, so they are for their owner. */
import { createWriteStream, ftruncateSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { codeOf, KitError } from '../../kernel/errors.js'
import { readRecording, type Recording } from '../../kernel/recording/recording.js'
import { unreadable } from './input-file.js'

/** @throws KitError `file/unreadable`, and those of `readRecording` */
export async function readRecordingFile(name: string): Promise<Recording> {
  const bytes = await readFile(name).catch((error: unknown) => {
    throw unreadable(name, 'recording', error)
  })
  return readRecording(bytes, name)
}

/** A recording on its way to a file. */
export interface RecordingFile {
  readonly name: string
  /** Adds a line; the first one takes the place of what the file held. */
  write(line: object): void
  /** Resolves when everything is in the file. */
  close(): Promise<void>
}

/** The options about recordings, of each command that makes one. */
export interface RecordingFlags {
  readonly recordingOut?: string
  readonly keepKeys?: true
}

/** @throws KitError `recording/keep-keys` for an option about a recording where none is asked for */
export function expectRecording({ recordingOut, keepKeys }: RecordingFlags): void {
  if (recordingOut !== undefined || keepKeys === undefined) return
  throw new KitError('recording/keep-keys', {
    failed: '--keep-keys is about a recording.',
    fix: 'Give --recording-out FILE as well.',
  })
}

/**
 * Opens a file for a recording. What it holds stays until there is a first line.
 * @param onError told, once, that it can be written no longer
 * @throws KitError `recording/file` for a file that cannot be written
 */
export function openRecordingFile(name: string, onError: (error: Error) => void): RecordingFile {
  const handle = open(name)
  const sink = createWriteStream(name, { fd: handle })
  sink.once('error', onError)
  const gzip = name.endsWith('.gz') ? createGzip() : undefined
  gzip?.pipe(sink)
  const output = gzip ?? sink
  let isNew = true
  return {
    name,
    write(line) {
      if (isNew) ftruncateSync(handle)
      isNew = false
      output.write(`${JSON.stringify(line)}\n`)
    },
    async close() {
      output.end()
      await finished(sink).catch(() => undefined)
    },
  }
}

function open(name: string): number {
  try {
    return openSync(name, 'a', 0o600)
  } catch (error) {
    throw new KitError(
      'recording/file',
      {
        failed: `The recording ${name} cannot be written.`,
        value: codeOf(error) ?? String(error),
        fix: 'Give --recording-out a file in a folder that is there.',
      },
      { cause: error },
    )
  }
}
