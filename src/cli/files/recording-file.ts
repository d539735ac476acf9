/** Files of recordings: NDJSON or HAR, gzipped or not, as the name says. They may hold keys, so they are for their owner. */
import { constants, createWriteStream, fchmodSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { RecordingFlags } from '../../generated/kit-schema.js'
import { codeOf, KitError } from '../../kernel/errors.js'
import { readRecording } from '../../kernel/recording/recording.js'
import type { RecordedExchange, Recording, RecordingHeader } from '../../kernel/recording/recording.js'
import { harLog, toHarEntry } from '../../kernel/recording/write-har.js'
import { FULL_DISK, isDiskFull, readBytes } from './input-file.js'

/** @throws KitError `file/unreadable`, and those of `readRecording` */
export async function readRecordingFile(name: string): Promise<Recording> {
  return readRecording(await readBytes(name, 'recording'), name)
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
 * Opens a file for a recording. Its content stays until the first line is written.
 * @param onError told, once, that it can be written no longer
 * @throws KitError `recording/file` for a file that cannot be written
 */
export function openRecordingFile(name: string, onError: (error: Error) => void) {
  const handle = open(name)
  const sink = createWriteStream(name, { fd: handle })
  sink.once('error', onError)
  const gzip = name.endsWith('.gz') ? createGzip() : undefined
  gzip?.pipe(sink)
  const output = gzip ?? sink
  const form = /\.har(\.gz)?$/i.test(name) ? createHarForm() : LINES
  let isNew = true
  let written = Promise.resolve()
  return {
    /** Adds a line; the first one replaces the content of the file. */
    write(line: RecordingHeader | RecordedExchange): void {
      if (isNew) ftruncateSync(handle)
      isNew = false
      const text = form.textOf(line)
      if (typeof text === 'string') output.write(text)
      else written = Promise.all([text, written]).then(([made]) => void output.write(made))
    },
    async close(): Promise<void> {
      await written
      output.end(isNew ? '' : form.end)
      await finished(sink).catch(() => undefined)
    },
  }
}

interface Form {
  readonly end: string
  textOf(line: RecordingHeader | RecordedExchange): string | Promise<string>
}

const LINES: Form = { end: '', textOf: (line) => `${JSON.stringify(line)}\n` }

/** A HAR, entry by entry, so that no more than one is in memory. */
function createHarForm(): Form {
  let header: RecordingHeader | undefined
  let separator = ''
  return {
    end: '\n]}}\n',
    textOf(line) {
      if ('format' in line) {
        header = line
        return JSON.stringify({ log: { ...harLog(line), entries: [] } }).replace(/\]\}\}$/, '\n')
      }
      if (header === undefined) return ''
      const before = separator
      separator = ',\n'
      return toHarEntry(line, header).then((entry) => before + JSON.stringify(entry))
    },
  }
}

function open(name: string): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants
  try {
    // A link may have been put there to have another file overwritten; Windows has no such flag.
    const handle = openSync(name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
    if (fstatSync(handle).isFile()) fchmodSync(handle, 0o600)
    return handle
  } catch (error) {
    throw new KitError(
      'recording/file',
      {
        failed: `The recording ${name} cannot be written.`,
        value: codeOf(error) ?? String(error),
        fix: isDiskFull(error) ? FULL_DISK : 'Give --recording-out a file, and no link, in a folder that is there.',
      },
      { cause: error },
    )
  }
}
