// Replays a topic: every request in its turn on an empty mock, with the ids that the mock made in place of the server's.
import { gzipSync } from 'node:zlib'
import { checkReply } from '../../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import type { Flaw } from '../flaws.js'
import { compareAnswer, NOW_YEAR, type Answer } from './compare.js'
import type { NeighbourExchange } from './exchange.js'

/** An exchange that went otherwise, and how. */
export interface Difference {
  readonly exchange: NeighbourExchange
  readonly flaws: readonly Flaw[]
}

const SENT_HEADERS = { accept: 'application/json', 'comet-workspace': 'default', 'content-type': 'application/json' }

/** Replays exchanges to a fresh mock; those that went otherwise, in order. */
export async function replayNeighbours(
  exchanges: readonly NeighbourExchange[],
  options: RunnerMockOptions,
): Promise<Difference[]> {
  const now = `${NOW_YEAR}-28T08:00:00.000Z`
  const mock = createRunnerMock({ auth: 'local', seed: 5, now, frozen: true, checkReply, ...options })
  const captured = new Map<string, string>()
  const differences: Difference[] = []
  try {
    for (const exchange of exchanges) {
      const answer = await ask(mock, exchange, captured)
      capture(exchange, answer, captured)
      const flaws = compareAnswer(exchange, answer, captured)
      if (flaws.length > 0) differences.push({ exchange, flaws })
      await mock.clock.advance({ milliseconds: 7 })
    }
  } finally {
    await mock.close()
  }
  return differences
}

async function ask(mock: RunnerMock, exchange: NeighbourExchange, captured: Map<string, string>): Promise<Answer> {
  const { method, path, query, headers, body, raw, gzip } = exchange.request
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (name, key: string) => captured.get(key) ?? name)
  const search = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, fill(value)])).toString()
  const url = fill(path) + (search === '' ? '' : `?${search}`)
  const all: Record<string, string | null> = {
    ...SENT_HEADERS,
    ...(gzip && { 'content-encoding': 'gzip' }),
    ...headers,
  }
  const sent = Object.entries(all)
  const text = raw ?? (body === undefined ? undefined : fill(JSON.stringify(body)))
  const reply = await mock.handle({
    ...{ method, url, base: 'http://mock/api' },
    headers: Object.fromEntries(sent.filter((header): header is [string, string] => header[1] !== null)),
    body: text === undefined || gzip === undefined ? text : gzipSync(text),
  })
  return { status: reply.status, headers: reply.headers, body: reply.body }
}

function capture({ capture: names }: NeighbourExchange, answer: Answer, captured: Map<string, string>): void {
  for (const [name, from] of Object.entries(names ?? {})) {
    const found = from === 'location' ? answer.headers['location']?.split('/').at(-1) : memberAt(answer.body, from)
    if (found !== undefined) captured.set(name, found)
  }
}

/** The text at a path such as `latest_version.id` of an answer. */
function memberAt(body: string, path: string): string | undefined {
  let value: unknown = body.startsWith('{') ? JSON.parse(body) : undefined
  for (const key of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }
  return typeof value === 'string' ? value : undefined
}
