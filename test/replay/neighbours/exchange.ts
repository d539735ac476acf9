// Reads the recordings of the operations around runners: test/recorded/neighbours, one file a topic.
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** One request and its answer, in the form that test/recorded/README.md describes. */
export interface NeighbourExchange {
  readonly n: number
  readonly op: string
  readonly note?: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly query?: Readonly<Record<string, string>>
    readonly headers?: Readonly<Record<string, string | null>>
    readonly body?: unknown
    readonly raw?: string
    readonly gzip?: true
  }
  readonly capture?: Readonly<Record<string, string>>
  readonly settle?: number
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly stream?: readonly unknown[]
    readonly text?: string
  }
}

const FOLDER = new URL('../../recorded/neighbours/', import.meta.url)
const ENDING = '.ndjson.gz'

/** The topics, in order. */
export const topics: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(ENDING))
  .map((name) => name.slice(0, -ENDING.length))
  .toSorted()

/** The exchanges of a topic, in the order in which they were sent. */
export function readTopic(topic: string): NeighbourExchange[] {
  return gunzipSync(readFileSync(new URL(topic + ENDING, FOLDER)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as NeighbourExchange)
}
