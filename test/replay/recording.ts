// Reads recordings of the real server: a header with the settings, then one exchange a line, in the order of arrival.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { ApiKeyEntry } from '../../src/mocks/base/identity.js'
import type { Settings } from '../../src/mocks/base/settings.js'

/** A request or an answer as it was on the wire. */
export interface Message {
  headers: Record<string, string>
  body?: string
  /** The body is base64 of the bytes. */
  base64?: true
}

/** One call and its answer; `response` is missing where the client hung up. */
export interface RecordedExchange {
  id: number
  at_start_ns: number
  at_end_ns: number
  client?: string
  method: string
  path: string
  query?: string
  request: Message
  status?: number
  response?: Message
  aborted?: true
}

/** What a recording says of the server. */
export interface RecordingHeader {
  format: string
  settings: Settings
  base_path: string
  auth: { mode: 'local' } | { mode: 'keys'; identities: Record<string, ApiKeyEntry> }
  wall_clock_ms_at_zero: number
}

/** A whole recording. */
export interface Recording {
  header: RecordingHeader
  exchanges: readonly RecordedExchange[]
}

/** Exchanges that trigger or show one of the accidents. */
export interface Mark {
  accident: string
  exchanges: number[]
}

/** An entry of the manifest. */
export interface RecordingEntry {
  name: string
  mode: 'sequential' | 'overlapping' | 'concurrent'
  exchanges: number
  accidents: Mark[]
}

const FOLDER = new URL('../recorded/', import.meta.url)

/** Every recording that the manifest lists. */
export function readManifest(): RecordingEntry[] {
  const text = readFileSync(new URL('recordings.json', FOLDER), 'utf8')
  return (JSON.parse(text) as { recordings: RecordingEntry[] }).recordings
}

/** Reads a recording by its name in the manifest. */
export function readRecording(name: string): Recording {
  const text = gunzipSync(readFileSync(new URL(`${name}.ndjson.gz`, FOLDER))).toString('utf8')
  const [first = '', ...lines] = text.trimEnd().split('\n')
  const header = JSON.parse(first) as RecordingHeader
  return { header, exchanges: lines.map((line) => JSON.parse(line) as RecordedExchange) }
}

/** The bytes of a body; undefined where there was none. */
export function bytesOf({ body, base64 }: Message): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(body, base64 === true ? 'base64' : 'utf8')
}
