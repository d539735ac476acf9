// Recordings: exchanges with begin and end times, the one form in which traffic is kept, judged and replayed. The form of
// the file is in kit.yaml; this reads it and says where it is broken.
import { RecordedExchange as exchangeForm, RecordingHeader as headerForm } from '../../generated/kit-node.js'
import type { RecordedExchange, RecordingHeader } from '../../generated/kit-schema.js'
import { KitError } from '../errors.js'
import { expectForm } from '../validate-options.js'
import { gunzipInPieces, TooLongError } from './unpack.js'
import { parseHar } from './har.js'
import type { Recording } from './recorder.js'

export type { Recording } from './recorder.js'
export type { RecordedAuth, RecordedExchange, RecordedMessage, RecordingHeader } from '../../generated/kit-schema.js'

/**
 * Reads a recording, as it is kept in a file: NDJSON, gzipped or not. The HAR file of a browser or of Playwright becomes a
 * recording of the API's calls that are in it, under the default settings.
 * @param bytes the file, or its text
 * @param name what it is called in errors
 * @throws KitError `recording/gzip` for what does not unpack, `recording/size` for what unpacks to far more than a
 *   recording does, `recording/json`, `recording/header` and `recording/exchange` for a line that is not what it should
 *   be, with its number; `recording/har` for a HAR of which nothing can be judged
 */
export async function readRecording(bytes: Uint8Array | string, name = 'the recording'): Promise<Recording> {
  if (typeof bytes === 'string') return parseRecording(bytes, name)
  if (beginsWith(bytes, ZIP)) {
    throw new KitError('recording/har', {
      failed: `${name} is a zip, as Playwright writes them with the bodies beside the HAR.`,
      fix: "Embed the bodies: `recordHar: { path: 'page.har', content: 'embed' }`.",
    })
  }
  return beginsWith(bytes, GZIP) ? readPacked(bytes, name) : parseRecording(new TextDecoder().decode(bytes), name)
}

/**
 * Reads a recording from NDJSON, or from a HAR. A line that is there twice counts once.
 * @param name what it is called in errors
 * @throws KitError as `readRecording` does
 */
export function parseRecording(text: string, name = 'the recording'): Recording {
  if (BEGINS_AS_HAR.test(text)) return parseHar(parseWhole(text, name), name)
  const reader = createLineReader(name)
  for (const line of text.replace(BYTE_ORDER_MARK, '').trimEnd().split('\n')) reader.take(line)
  return reader.finish()
}

/** Reads the lines of a recording, one after the other. */
function createLineReader(name: string) {
  let header: RecordingHeader | undefined
  const exchanges: RecordedExchange[] = []
  const known = new Map<number, RecordedExchange>()
  let count = 0
  return {
    take(line: string): void {
      const where = `line ${++count} of ${name}`
      const value = parseLine(line.trimEnd(), where)
      if (header === undefined) {
        header = expectForm(headerForm, value, where, 'recording/header')
        return
      }
      const exchange = expectForm(exchangeForm, value, where, 'recording/exchange')
      const before = known.get(exchange.id)
      // Files that are put together may hold the same line twice; nothing was asked twice for that.
      if (before !== undefined && JSON.stringify(before) === JSON.stringify(exchange)) return
      known.set(exchange.id, exchange)
      exchanges.push(exchange)
    },
    finish(): Recording {
      // A recorder that could not wait for an answer has written it late.
      const inOrder = exchanges.toSorted((a, b) => a.at_start_ns - b.at_start_ns)
      return { header: header ?? expectForm(headerForm, parseLine('', `line 1 of ${name}`), name), exchanges: inOrder }
    },
  }
}

/** Recordings pack to a tenth of their length; what unpacks to so much more is made to fill memory. */
const MAX_RATIO = 50
/** Bytes that a small file may unpack to all the same. */
const MIN_UNPACKED_LIMIT = 32 * 1024 * 1024
/** The text of two bodies, the longest that servers take, and more. */
const MAX_LINE_LENGTH = 48 * 1024 * 1024
/** Where a HAR shows what it is. */
const HAR_BEGINNING_LENGTH = 1024

/** Reads line by line, so that no more is in memory than what stays. */
async function readPacked(bytes: Uint8Array, name: string): Promise<Recording> {
  const reader = createLineReader(name)
  const decoder = new TextDecoder()
  let rest = ''
  let isHar: boolean | undefined
  try {
    for await (const piece of gunzipInPieces(bytes, Math.max(MIN_UNPACKED_LIMIT, MAX_RATIO * bytes.length))) {
      const text = decoder.decode(piece, { stream: true })
      if (isHar === undefined && rest.length + text.length >= HAR_BEGINNING_LENGTH)
        isHar = BEGINS_AS_HAR.test(rest + text)
      if (isHar !== false) {
        rest += text
        continue
      }
      const [first = '', ...others] = text.split('\n')
      rest += first
      for (const line of others) {
        if (rest.trim() !== '') reader.take(rest)
        rest = line
      }
      if (rest.length > MAX_LINE_LENGTH) throw new TooLongError(`A line is longer than ${MAX_LINE_LENGTH} characters.`)
    }
  } catch (error) {
    if (error instanceof KitError) throw error
    throw error instanceof TooLongError ? tooLong(name, error) : noGzip(name)
  }
  if (isHar !== false) return parseRecording(rest, name)
  if (rest.trim() !== '') reader.take(rest)
  return reader.finish()
}

function noGzip(name: string): KitError {
  return new KitError('recording/gzip', {
    failed: `${name} begins as gzip does and is no whole gzip.`,
    fix: 'Record again; a recorder that was killed may have left it broken.',
  })
}

function tooLong(name: string, cause: TooLongError): KitError {
  const fix = 'Unpack it yourself if you trust it, and give the unpacked file.'
  return new KitError('recording/size', { failed: `${name} is too long. ${cause.message}`, fix }, { cause })
}

const BYTE_ORDER_MARK = /^\uFEFF/
const BEGINS_AS_HAR = /^\uFEFF?\s*\{\s*"log"\s*:/

function parseWhole(text: string, name: string): unknown {
  return parseOr(text.replace(BYTE_ORDER_MARK, ''), 'recording/har', {
    failed: `${name} begins as a HAR does and is no whole JSON.`,
    fix: 'Save it again; a browser that was closed may have left it broken.',
  })
}

function parseLine(text: string, where: string): unknown {
  return parseOr(text, 'recording/json', {
    failed: `There is no JSON on ${where}.`,
    value: text.slice(0, 60),
    fix: 'A recording is NDJSON: a header on its first line, then an exchange a line.',
  })
}

function parseOr(text: string, ...refusal: ConstructorParameters<typeof KitError>): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KitError(...refusal)
  }
}

const GZIP = [0x1f, 0x8b]
const ZIP = [0x50, 0x4b]

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte)
}
