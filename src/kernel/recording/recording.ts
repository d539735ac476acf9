/**
 * Recordings: exchanges with begin and end times, the one form in which traffic is kept, judged and replayed. The form of
 * the file is in kit.yaml; this reads it and says where it is broken.
 */
import { RecordedExchange as exchangeForm, RecordingHeader as headerForm } from '../../generated/kit-node.js'
import type { RecordedExchange, RecordedMessage, RecordingHeader } from '../../generated/kit-schema.js'
import { KitError } from '../errors.js'
import { expectForm } from '../form.js'
import { fromBase64 } from '../pairing.js'
import { parseHar } from './har.js'
import type { Recording } from './recorder.js'

export type { Recording } from './recorder.js'
export type { RecordedAuth, RecordedExchange, RecordedMessage, RecordingHeader } from '../../generated/kit-schema.js'

/**
 * Reads a recording, as it is kept in a file: NDJSON, gzipped or not. The HAR file of a browser or of Playwright becomes a
 * recording of the API's calls that are in it, under the default settings.
 * @param bytes the file, or its text
 * @param name what it is called in errors
 * @throws KitError `recording/gzip` for what does not unpack, `recording/json`, `recording/header` and
 *   `recording/exchange` for a line that is not what it should be, with its number; `recording/har` for a HAR of which
 *   nothing can be judged
 */
export async function readRecording(bytes: Uint8Array | string, name = 'the recording'): Promise<Recording> {
  return parseRecording(typeof bytes === 'string' ? bytes : await unpack(bytes, name), name)
}

/**
 * Reads a recording from NDJSON, or from a HAR. A line that is there twice counts once.
 * @param name what it is called in errors
 * @throws KitError as `readRecording` does
 */
export function parseRecording(text: string, name = 'the recording'): Recording {
  if (BEGINS_AS_HAR.test(text)) return parseHar(parseWhole(text, name), name)
  const [first = '', ...lines] = text.replace(BYTE_ORDER_MARK, '').trimEnd().split('\n')
  const header = parseLine(first, `line 1 of ${name}`)
  expectHeader(header, `line 1 of ${name}`)
  const known = new Map<number, string>()
  const exchanges = lines.flatMap((text, at) => {
    const [line, where] = [text.trimEnd(), `line ${at + 2} of ${name}`]
    const exchange = parseLine(line, where)
    expectExchange(exchange, where)
    // Files that are put together may hold the same line twice; nothing was asked twice for that.
    if (known.get(exchange.id) === line) return []
    known.set(exchange.id, line)
    return [exchange]
  })
  // A recorder that could not wait for an answer has written it late.
  return { header, exchanges: exchanges.toSorted((a, b) => a.at_start_ns - b.at_start_ns) }
}

const BYTE_ORDER_MARK = /^\uFEFF/
const BEGINS_AS_HAR = /^\uFEFF?\s*\{\s*"log"\s*:/

function parseWhole(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text.replace(BYTE_ORDER_MARK, ''))
    return value
  } catch {
    throw new KitError('recording/har', {
      failed: `${name} begins as a HAR does and is no whole JSON.`,
      fix: 'Save it again; a browser that was closed may have left it broken.',
    })
  }
}

function parseLine(text: string, where: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    throw new KitError('recording/json', {
      failed: `There is no JSON on ${where}.`,
      value: text.slice(0, 60),
      fix: 'A recording is NDJSON: a header on its first line, then an exchange a line.',
    })
  }
}

function expectHeader(value: unknown, where: string): asserts value is RecordingHeader {
  expectForm(headerForm, value, where, 'recording/header')
}

function expectExchange(value: unknown, where: string): asserts value is RecordedExchange {
  expectForm(exchangeForm, value, where, 'recording/exchange')
}

const GZIP = [0x1f, 0x8b]
const ZIP = [0x50, 0x4b]

async function unpack(bytes: Uint8Array, name: string): Promise<string> {
  const begins = (magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte)
  if (begins(ZIP)) {
    throw new KitError('recording/har', {
      failed: `${name} is a zip, as Playwright writes them with the bodies beside the HAR.`,
      fix: "Embed the bodies: `recordHar: { path: 'page.har', content: 'embed' }`.",
    })
  }
  if (!begins(GZIP)) return new TextDecoder().decode(bytes)
  try {
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'))
    return await new Response(stream).text()
  } catch {
    throw new KitError('recording/gzip', {
      failed: `${name} begins as gzip does and is no whole gzip.`,
      fix: 'Record again; a recorder that was killed may have left it broken.',
    })
  }
}

/** The bytes of a body as they were sent; undefined for none. */
export function bytesOf({ body, base64 }: RecordedMessage): Uint8Array | undefined {
  if (body === undefined) return undefined
  return base64 === true ? fromBase64(body) : new TextEncoder().encode(body)
}
