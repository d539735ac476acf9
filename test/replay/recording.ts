// Finds the recordings of the real server and their manifest; the package reads them.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { bytesOf } from '../../src/kernel/recording/recorder.js'
import { parseRecording, type RecordedMessage, type Recording } from '../../src/kernel/recording/recording.js'

export type { RecordedExchange, Recording, RecordingHeader } from '../../src/kernel/recording/recording.js'
export { bytesOf } from '../../src/kernel/recording/recorder.js'

/** Exchanges that trigger or show one of the quirks. */
export interface Mark {
  quirk: string
  exchanges: number[]
}

/** An entry of the manifest. */
export interface RecordingEntry {
  name: string
  mode: 'sequential' | 'overlapping' | 'concurrent'
  exchanges: number
  quirks: Mark[]
}

const FOLDER = new URL('../recorded/', import.meta.url)

/** Every recording that the manifest lists. */
export function readManifest(): RecordingEntry[] {
  const text = readFileSync(new URL('recordings.json', FOLDER), 'utf8')
  return (JSON.parse(text) as { recordings: RecordingEntry[] }).recordings
}

/** Whether all is tried, which takes a minute; the short recordings say most of it, and are enough at home. */
export const isLong = process.env['KIT_ALL_TARGETS'] !== undefined
const SHORT = 100

/** The recordings that are tried here: all, or the short ones. */
export function recordingsToTry(): RecordingEntry[] {
  return readManifest().filter(({ exchanges }) => isLong || exchanges <= SHORT)
}

/** Reads a recording by its name in the manifest. */
export function readRecording(name: string): Recording {
  return parseRecording(gunzipSync(readFileSync(new URL(`${name}.ndjson.gz`, FOLDER))).toString('utf8'), name)
}

/** The text of a body, unpacked. */
export function plainTextOf(message: RecordedMessage | undefined): string {
  const bytes = message && bytesOf(message)
  if (bytes === undefined) return ''
  const isPacked = message?.headers['content-encoding'] === 'gzip'
  return Buffer.from(isPacked ? gunzipSync(bytes) : bytes).toString('utf8')
}
