/**
 * Files of recordings: NDJSON or HAR, gzipped or not, as the name says. They may hold keys, so they are for their owner.
 * And what `serve` and `conduct` write there for `watch`: what a mock is asked and answers, in times of its own clock, so
 * that time which is skipped has passed.
 */
import { constants, createWriteStream, fchmodSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { RecordingFlags, RecordedSpan } from '../../generated/kit-schema.js'
import { codeOf, KitError } from '../../kernel/errors.js'
import { readRecording } from '../../kernel/recording/recording.js'
import type { RecordedExchange, Recording, RecordingHeader } from '../../kernel/recording/recording.js'
import { harLog, toHarEntry } from '../../kernel/recording/har.js'
import { FULL_DISK, isDiskFull, readBytes } from './input-file.js'
import { gunzipKeyBody } from '../../contracts/target/unpack-body.js'
import { NS_PER_MS, Recorder, type RecordedCall } from '../../kernel/recording/recorder.js'
import type { Sleep } from '../../conduct/conduct-trace.js'
import { version } from '../../kernel/version.js'
import type { ApiRequest } from '../../mocks/base/exchange.js'
import { unwatched, type ConductContext, type WatchConduct } from '../../mocks/conduct/watch-conduct-types.js'
import { recordable, watchedHandle } from '../../mocks/conduct/watched-handle.js'
import { say } from './terminal.js'

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

const LINES = { end: '', textOf: (line: RecordingHeader | RecordedExchange) => `${JSON.stringify(line)}\n` }

/** A HAR, entry by entry, so that no more than one is in memory. */
function createHarForm() {
  let header: RecordingHeader | undefined
  let separator = ''
  return {
    end: '\n]}}\n',
    textOf(line: RecordingHeader | RecordedExchange): string | Promise<string> {
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

/** @throws KitError `recording/file`, `recording/keep-keys` */
export function openRecorder(flags: RecordingFlags): TrafficRecorder | undefined {
  expectRecording(flags)
  const { recordingOut, keepKeys } = flags
  return recordingOut === undefined ? undefined : recordTraffic(recordingOut, keepKeys, say)
}

/** For so long an answer may turn out not to have reached its caller. */
const GRACE_NS = 2000 * NS_PER_MS

export type TrafficRecorder = ReturnType<typeof recordTraffic>

/**
 * Keeps the traffic of one mock in a file, from `start` to `close`.
 * @param keepKeys keeps activation keys, which a replay needs; else as many zeros stand for one
 * @param tell told, once, when the recording ends before its time
 * @throws KitError `recording/file` for a file that cannot be written
 */
export function recordTraffic(name: string, keepKeys: boolean | undefined, tell: (trouble: string) => void) {
  /** Each gives the spans that have come since it was asked. */
  const heeded: (() => readonly Sleep[])[] = []
  let context: ConductContext | undefined
  let recorder: Recorder | undefined
  const end = (): void => {
    recorder?.close()
    recorder = undefined
  }
  const stop = (why: string): void => {
    if (recorder !== undefined) tell(`The recording ${name} ends here: ${why}.`)
    end()
  }
  const file = openRecordingFile(name, ({ message }) => stop(`it cannot be written: ${message}`))
  /** undefined for a request beside the API, and for a caller who is refused. */
  const begin = (exchange: ApiRequest): RecordedCall | undefined => {
    const request = recorder && context && recordable(exchange, context.authenticate)
    return request && recorder?.begin({ ...request, connection: exchange.connection })
  }
  return {
    /** The option `conduct` of the mock that is recorded; `inner` grades it beside. */
    watching(inner: WatchConduct = () => unwatched): WatchConduct {
      return (given) => {
        context = given
        const grading = inner(given)
        return {
          ...grading,
          watch: (handle, isOwners) => watchedHandle(grading.watch(handle, isOwners), begin),
          clear: () => {
            grading.clear()
            stop('the mock was reset')
          },
        }
      }
    },
    start(): void {
      if (context === undefined) return
      const { clock, settings } = context
      const zero = clock.now()
      recorder = new Recorder(
        {
          ...{ format: 'opik-runner-recording/1', server: `opik-runner-kit ${version}`, settings: { ...settings } },
          ...{ base_path: '', wall_clock_ms_at_zero: zero },
        },
        {
          ...{ keepKeys, gunzip: gunzipKeyBody, graceNs: GRACE_NS },
          now: () => (clock.now() - zero) * NS_PER_MS,
          write: (line) => file.write(line),
          standstills: () => heeded.flatMap((latest) => latest()).map((span) => toRecorded(span, zero)),
        },
      )
    },
    /** Keeps these spans of the mock's clock, which grow in number: the machine kept its clients waiting. */
    heed(spans: readonly Sleep[]): void {
      let count = 0
      heeded.push(() => spans.slice(count, (count = spans.length)))
    },
    /** Writes the rest. What is still under way counts as hung up. */
    async close(): Promise<void> {
      end()
      await file.close()
    },
  }
}

function toRecorded({ from, to }: Sleep, zero: number): RecordedSpan {
  return { from_ns: (from - zero) * NS_PER_MS, to_ns: (to - zero) * NS_PER_MS }
}
