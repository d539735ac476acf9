// HAR files as recordings, and recordings as HAR 1.2, for the tools that read it. From the files of browsers and Playwright,
// only the API's calls among all requests of a page are used, to the millisecond, and only the page's side of them. In a file
// written here, members that begin with `_` hold what a recording knows more exactly, so that it is read without loss.
import { HarFile as form } from '../../generated/kit-node.js'
import type {
  HarEntry,
  HarHeaders,
  RecordedExchange,
  RecordedMessage,
  HarFile,
  RecordingHeader,
} from '../../generated/kit-schema.js'
import { KitError } from '../errors.js'
import { expectForm } from '../validate-options.js'
import { fromBase64 } from '../pairing.js'
import { readApiUrl, toRecording, type HeardCall } from './recorded-call.js'
import { NS_PER_MS, bytesOf, type Recording } from './recorder.js'
import { version } from '../version.js'
import { gunzipText } from './unpack.js'

/**
 * Makes a recording of a HAR. It holds no cookies and no keys: names stand for API keys, zeros for activation keys.
 * @param name what it is called in errors
 * @throws KitError `recording/har` for what is no HAR, has no call of the API in it, or has left out what was answered
 */
export function parseHar(har: unknown, name: string): Recording {
  const { entries, _recording: header } = expectForm(form, har, name, 'recording/har').log
  // What has further entries by now is read as any HAR.
  const same = entries.flatMap((entry) => toSameExchange(entry) ?? [])
  if (header !== undefined && same.length === entries.length)
    return { header, exchanges: same.toSorted((a, b) => a.at_start_ns - b.at_start_ns) }
  const calls = entries.flatMap((entry) => readEntry(entry) ?? [])
  if (calls.length === 0) {
    throw new KitError('recording/har', {
      failed: `No request in ${name} is one of the API's.`,
      value: `${entries.length} requests`,
      fix: 'Keep the traffic of a page that asks it, such as POST …/v1/private/local-runners/jobs.',
    })
  }
  expectBodies(calls, name)
  return toRecording(calls)
}

const ORIGIN_AND_QUERY = /^https?:\/\/[^/?#]+|\?.*$/gs

/** The exchange that an entry was written of; undefined for an entry that was not. */
function toSameExchange(entry: HarEntry): RecordedExchange | undefined {
  const { request, response, connection, _recording: kept } = entry
  if (kept === undefined) return undefined
  const [, query] = /\?(.*)$/s.exec(request.url) ?? []
  return {
    ...kept,
    ...(Number.isInteger(Number(connection)) && { connection: Number(connection) }),
    ...{ method: request.method, path: request.url.replaceAll(ORIGIN_AND_QUERY, '') },
    ...(query !== undefined && { query }),
    request: messageOf(request.headers, request.postData?.text, request.postData?._encoding),
    ...(!isStatus(response.status)
      ? { aborted: true }
      : {
          status: response.status,
          response: messageOf(response.headers, response.content.text, response.content.encoding),
        }),
  }
}

function messageOf(headers: HarHeaders, text: string | undefined, encoding: string | undefined): RecordedMessage {
  return {
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    ...(text !== undefined && text !== '' && { body: text, ...(encoding === 'base64' && { base64: true }) }),
  }
}

/** An entry that is a call of the API. */
interface HarCall extends HeardCall {
  readonly entry: HarEntry
}

/** undefined for a request of something else, and for what the server was not asked for. */
function readEntry(entry: HarEntry): HarCall | undefined {
  const { request, response, startedDateTime, time, _fromCache: cache } = entry
  const asked = readApiUrl(request.method, request.url)
  if (asked === undefined || (cache !== undefined && cache !== null)) return undefined
  const startMs = Date.parse(startedDateTime)
  const { text = '', encoding } = response.content
  const body = encoding === 'base64' ? (fromBase64(text) ?? '') : text
  const isAnswered = isStatus(response.status) && !lacksBody(entry)
  return {
    ...asked,
    ...{ entry, method: request.method, headers: headersOf(request.headers), body: request.postData?.text },
    startNs: startMs * NS_PER_MS,
    // Times are cut to the millisecond, so that it may have ended one later.
    endNs: (startMs + Math.max(0, time) + 1) * NS_PER_MS,
    answer: isAnswered ? { status: response.status, headers: headersOf(response.headers), body } : undefined,
  }
}

/** @throws KitError for a HAR whose answers lie beside it, or nowhere */
function expectBodies(calls: readonly HarCall[], name: string): void {
  const contents = calls.map(({ entry }) => entry.response.content)
  const isBeside = contents.some(({ _file }) => _file !== undefined)
  const isWithout = contents.every(({ text }) => text === undefined) && calls.some(({ entry }) => lacksBody(entry))
  if (!isBeside && !isWithout) return
  throw new KitError('recording/har', {
    failed: `${name} does not hold what was answered.`,
    value: isBeside ? 'bodies are files beside it' : 'all bodies are left out',
    fix: "Embed them: `recordHar: { path: 'page.har', content: 'embed' }` in Playwright, `Save all as HAR with content` in a browser.",
  })
}

function isStatus(status: number): boolean {
  return status >= 100 && status <= 599
}

/** A page that has not read an answer has none of it kept; one without a body is whole all the same. */
function lacksBody({ request, response: { status, headers, content } }: HarEntry): boolean {
  if (content.text !== undefined || request.method === 'HEAD' || status === 204) return false
  return content.size !== 0 && headersOf(headers)['content-length'] !== '0'
}

/** Browsers have unpacked the bodies. */
function headersOf(list: HarHeaders): Record<string, string> {
  const headers = Object.fromEntries(list.map(({ name, value }) => [name.toLowerCase(), value]))
  const { 'content-encoding': _encoding, ...rest } = headers
  return rest
}

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
    return { headers, body: await gunzipText(bytes, Math.min(MAX_UNPACKED, MAX_RATIO * bytes.length), decoder) }
  } catch {
    return message
  }
}
