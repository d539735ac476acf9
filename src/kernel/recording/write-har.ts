// Recordings as HAR 1.2, for the tools that read it: browsers, proxies, Playwright. Members that begin with `_` hold what a
// recording knows more exactly than a HAR, so that it is read again as the same recording.
import type {
  HarEntry,
  HarFile,
  HarHeaders,
  RecordedExchange,
  RecordedMessage,
  RecordingHeader,
} from '../../generated/kit-schema.js'
import { version } from '../version.js'
import { NS_PER_MS } from './recorder.js'
import { bytesOf, type Recording } from './recording.js'
import { gunzipInPieces } from './unpack.js'

/**
 * Makes a HAR of a recording: names stand for API keys, as they do in the recording, and gzipped bodies are unpacked.
 * `readRecording` makes the same recording of it again.
 *
 * @example
 * import assert from 'node:assert/strict'
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { readRecording, toHar } from 'opik-runner-kit/watch'
 *
 * const mock = createRunnerMock()
 * await mock.fetch('http://localhost/api/v1/private/projects')
 * const har = await toHar(await mock.journal.recording())
 * const { exchanges } = await readRecording(JSON.stringify(har))
 * assert.equal(exchanges[0]?.status, 200)
 * await mock.close()
 */
export async function toHar({ header, exchanges }: Recording): Promise<HarFile> {
  const entries: HarEntry[] = []
  for (const exchange of exchanges) entries.push(await toHarEntry(exchange, header))
  return { log: { ...harLog(header), entries } }
}

export function harLog(header: RecordingHeader): Omit<HarFile['log'], 'entries'> {
  return { version: '1.2', creator: { name: 'opik-runner-kit', version }, _recording: header }
}

const ORIGIN = /^https?:\/\/[^/?#]+/

export async function toHarEntry(exchange: RecordedExchange, header: RecordingHeader): Promise<HarEntry> {
  const { request: sent, response: told, aborted: _, ...rest } = exchange
  const { method, path, query, status = 0, connection, ...kept } = rest
  const { at_start_ns: start, at_end_ns: end } = kept
  const [origin = 'http://localhost'] = ORIGIN.exec(header.server ?? '') ?? []
  const zero = header.wall_clock_ms_at_zero ?? header.recorder_clock_ms_at_zero ?? 0
  const request = await unpacked(sent)
  const response = await unpacked(told ?? { headers: {} })
  const time = (end - start) / NS_PER_MS
  return {
    startedDateTime: new Date(zero + start / NS_PER_MS).toISOString(),
    time,
    request: {
      method,
      url: origin + path + (query === undefined ? '' : `?${query}`),
      ...{ httpVersion: 'HTTP/1.1', cookies: [], headers: listOf(request.headers) },
      ...{ queryString: [...new URLSearchParams(query)].map(([name, value]) => ({ name, value })) },
      ...(request.body !== undefined && { postData: textOf(request, '_encoding') }),
      ...UNKNOWN_SIZES,
    },
    response: {
      status,
      ...{ statusText: '', httpVersion: 'HTTP/1.1', cookies: [], headers: listOf(response.headers) },
      content: { size: bytesOf(response)?.length ?? 0, ...textOf(response, 'encoding') },
      ...{ redirectURL: '', ...UNKNOWN_SIZES },
    },
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    ...(connection !== undefined && { connection: String(connection) }),
    _recording: kept,
  }
}

const UNKNOWN_SIZES = { headersSize: -1, bodySize: -1 }

function listOf(headers: RecordedMessage['headers']): HarHeaders {
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

function textOf(
  { headers, body = '', base64 }: RecordedMessage,
  encoding: 'encoding' | '_encoding',
): { mimeType: string; text: string } {
  return { mimeType: headers['content-type'] ?? '', text: body, ...(base64 === true && { [encoding]: 'base64' }) }
}

/** Bodies that unpack to more bytes, or to so many times their length, stay packed. */
const MAX_UNPACKED = 8 * 1024 * 1024
const MAX_RATIO = 50

/** Tools expect texts as they were before they were packed. */
async function unpacked(message: RecordedMessage): Promise<RecordedMessage> {
  const { 'content-encoding': encoding, ...headers } = message.headers
  const bytes = encoding?.trim().toLowerCase() === 'gzip' ? bytesOf(message) : undefined
  if (bytes === undefined) return message
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    let body = ''
    const max = Math.min(MAX_UNPACKED, MAX_RATIO * bytes.length)
    for await (const piece of gunzipInPieces(bytes, max)) body += decoder.decode(piece, { stream: true })
    return { headers, body: body + decoder.decode() }
  } catch {
    return message
  }
}
