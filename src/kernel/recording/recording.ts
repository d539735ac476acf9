// Recordings: exchanges with begin and end times, the one form in which traffic is kept, judged and replayed. The form of
// the file is in kit.yaml; this reads it and says where it is broken.
import { RecordedExchange as exchangeForm, RecordingHeader as headerForm } from '../../generated/kit-node.js'
import type { RecordedExchange } from '../../generated/kit-schema.js'
import { KitError } from '../errors.js'
import { expectForm } from '../validate-options.js'
import { gunzipText, TooLongError } from './unpack.js'
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
  return parseRecording(beginsWith(bytes, GZIP) ? await unpack(bytes, name) : new TextDecoder().decode(bytes), name)
}

/**
 * Reads a recording from NDJSON, or from a HAR. A line that is there twice counts once.
 * @param name what it is called in errors
 * @throws KitError as `readRecording` does
 */
export function parseRecording(text: string, name = 'the recording'): Recording {
  if (BEGINS_AS_HAR.test(text)) return parseHar(parseWhole(text, name), name)
  const [first = '', ...lines] = text.replace(BYTE_ORDER_MARK, '').trimEnd().split(/\r?\n/)
  const header = expectForm(headerForm, parseLine(first, `line 1 of ${name}`), `line 1 of ${name}`, 'recording/header')
  const known = new Map<number, string>()
  const exchanges = lines.flatMap((line, at): RecordedExchange[] => {
    const where = `line ${at + 2} of ${name}`
    const exchange = expectForm(exchangeForm, parseLine(line, where), where, 'recording/exchange')
    // Files that are put together may hold the same line twice; nothing was asked twice for that.
    if (known.get(exchange.id) === line) return []
    known.set(exchange.id, line)
    return [exchange]
  })
  // A recorder that could not wait for an answer has written it late.
  return { header, exchanges: exchanges.toSorted((a, b) => a.at_start_ns - b.at_start_ns) }
}

/** Recordings pack to a tenth of their length; what unpacks to so much more is made to fill memory. */
const MAX_RATIO = 50
/** Bytes that a small file may unpack to all the same. */
const MIN_UNPACKED_LIMIT = 32 * 1024 * 1024

async function unpack(bytes: Uint8Array, name: string): Promise<string> {
  try {
    return await gunzipText(bytes, Math.max(MIN_UNPACKED_LIMIT, MAX_RATIO * bytes.length))
  } catch (error) {
    throw error instanceof TooLongError ? tooLong(name, error) : noGzip(name)
  }
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

function parseLine(line: string, where: string): unknown {
  return parseOr(line, 'recording/json', {
    failed: `There is no JSON on ${where}.`,
    value: line.slice(0, 60),
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
