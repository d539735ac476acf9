// The stream of events: what arrives, how a client that comes back catches up, and how it ends.
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EventStreams } from '../../src/mocks/adapters/admin/event-stream.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'
import { openSite } from './site.js'

interface Message {
  id: string
  event: { id?: number; type: string; cause?: string; missed?: number } | undefined
}

/** A client that understands the format of server-sent events. */
class Reader {
  readonly messages: Message[] = []
  lastId = ''
  comments = 0
  isEnded = false
  private rest = ''
  private wake: () => void = () => undefined

  readonly write = (text: string): boolean => {
    const blocks = (this.rest + text).split('\n\n')
    this.rest = blocks.pop() ?? ''
    for (const block of blocks) this.take(block)
    this.wake()
    return true
  }

  readonly end = (): void => {
    this.isEnded = true
    this.wake()
  }

  /** Events of the stream, up to the first one of a type, or as soon as there are so many. */
  async until(isThere: string | number): Promise<Message['event'][]> {
    const isDone = (): boolean =>
      typeof isThere === 'number'
        ? this.messages.length >= isThere
        : this.messages.some(({ event }) => event?.type === isThere)
    while (!isDone() && !this.isEnded) await new Promise<void>((resolve) => (this.wake = resolve))
    return this.messages.map(({ event }) => event)
  }

  private take(block: string): void {
    const lines = block.split('\n')
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    this.comments += lines.filter((line) => line.startsWith(':')).length
    this.lastId = field('id') ?? this.lastId
    const data = field('data')
    if (data !== undefined) this.messages.push({ id: this.lastId, event: JSON.parse(data) as Message['event'] })
  }
}

/** Opens a stream over HTTP. */
async function listen(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ reader: Reader; leave: () => void }> {
  const leaving = new AbortController()
  const response = await fetch(url, { headers, signal: leaving.signal })
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  const reader = new Reader()
  const decoder = new TextDecoder()
  void (async () => {
    for await (const chunk of response.body ?? []) reader.write(decoder.decode(chunk, { stream: true }))
  })()
    .catch(() => undefined)
    .finally(() => reader.end())
  return { reader, leave: () => leaving.abort() }
}

describe('GET /events', () => {
  it('tells of transitions, requests, timers, faults and moves of the clock', async () => {
    const { mock, adminUrl, url } = await openSite()
    const { reader } = await listen(`${adminUrl}/events`)
    await mock.given.connectedRunner()
    mock.faults.inject({ operation: 'isAlive', status: 500 })
    await fetch(`${url}/is-alive/ping`)
    await mock.clock.advance({ seconds: 16 })
    const types = (await reader.until('clock')).map((event) => event?.type)
    const expected = ['pairingSession.open', 'runner.connected', 'runner.disconnected', 'request', 'timer', 'fault']
    expect(types).toEqual(expect.arrayContaining([...expected, 'clock']))
    const ids = reader.messages.map(({ event }) => event?.id ?? 0)
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
  })

  it('gives only the types that are asked for', async () => {
    const { mock, adminUrl } = await openSite()
    const { reader } = await listen(`${adminUrl}/events?type=runner.*,clock&type=job.running`)
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    await mock.given.job({ runner, status: 'running' })
    await mock.clock.advance({ seconds: 1 })
    const types = (await reader.until('clock')).map((event) => event?.type)
    expect(types).toEqual(['runner.pairing', 'runner.connected', 'job.running', 'clock'])
  })

  it('refuses a type that does not exist', async () => {
    const { call } = await openSite()
    for (const type of ['job.done', 'jobs.*', '*']) expect((await call('GET', `/events?type=${type}`)).status).toBe(400)
  })

  it('resumes where a client has left, without loss or repetition', async () => {
    const { mock, adminUrl } = await openSite()
    const first = await listen(`${adminUrl}/events?type=clock`)
    await mock.clock.advance({ seconds: 1 })
    await mock.clock.advance({ seconds: 2 })
    await first.reader.until(2)
    first.leave()
    await mock.clock.advance({ seconds: 3 })
    await mock.clock.advance({ seconds: 4 })
    const again = await listen(`${adminUrl}/events?type=clock`, { 'last-event-id': first.reader.messages[0]!.id })
    await mock.clock.advance({ seconds: 5 })
    const resumed = await again.reader.until(4)
    const ids = resumed.map((event) => event?.id)
    expect(ids).toEqual([2, 3, 4, 5])
  })

  it('ends when the server closes', async () => {
    const { adminUrl, close } = await openSite()
    const { reader } = await listen(`${adminUrl}/events`)
    await close()
    await reader.until(1)
    expect(reader.isEnded).toBe(true)
  })

  it('makes no events of requests until somebody listens', async () => {
    const { mock, adminUrl, url } = await openSite()
    await (await fetch(`${url}/is-alive/ping`)).text()
    const { reader } = await listen(`${adminUrl}/events?type=clock`)
    await mock.clock.advance({ seconds: 1 })
    expect(await reader.until(1)).toMatchObject([{ id: 1 }])
  })
})

describe('streams', () => {
  function prepare(heartbeatMs?: number) {
    const mock = openMock()
    const streams = new EventStreams(mock, 10, heartbeatMs)
    onTestFinished(() => streams.close())
    const open = (lastEventId = '', types: string[] = []): Reader => {
      const reader = new Reader()
      streams.open({ types, lastEventId }, reader)
      return reader
    }
    return { mock, streams, open }
  }

  const freeze = (mock: RunnerMock, times: number): void => {
    for (let count = 0; count < times; count++) {
      mock.clock.resume()
      mock.clock.freeze()
    }
  }

  it('say that a client comes too late when its events are gone', () => {
    const { mock, open } = prepare()
    const { lastId } = open()
    freeze(mock, 7)
    const late = open(lastId)
    expect(late.messages.map(({ event }) => event)).toMatchObject([{ type: 'reset', cause: 'gap', missed: 14 }])
  })

  it('lose nothing up to the last event that is kept', () => {
    const { mock, open } = prepare()
    const first = open()
    freeze(mock, 1)
    const { lastId } = first
    freeze(mock, 5)
    const ids = open(lastId).messages.map(({ event }) => event?.id)
    expect(ids).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('tell a client of another run, of the future or of nonsense to start over', () => {
    const { mock, open } = prepare()
    const run = open().lastId.split('-')[0] ?? ''
    freeze(mock, 1)
    for (const id of ['abc-1', `${run}-99`, 'nonsense', '5', `${run}-1e3`]) {
      expect(open(id).messages).toMatchObject([{ event: { type: 'reset', cause: 'gap' } }])
    }
    expect(open(`${run}-2`).messages).toEqual([])
  })

  it('let a client resume that has not been sent anything yet', async () => {
    const { mock, open } = prepare()
    const first = open('', ['job.*'])
    const { lastId } = first
    freeze(mock, 1)
    expect(open(lastId).messages).toHaveLength(2)
  })

  it('tell everybody that the world was replaced, whatever they listen for', async () => {
    const { mock, open } = prepare()
    const reader = open('', ['job.*'])
    await mock.reset()
    mock.restore(mock.snapshot())
    expect(await reader.until(2)).toMatchObject([
      { type: 'reset', cause: 'reset' },
      { type: 'reset', cause: 'restore' },
    ])
  })

  it('give signs of life that carry the latest id', async () => {
    const { mock, open } = prepare(1)
    const reader = open('', ['job.*'])
    const { lastId } = reader
    freeze(mock, 1)
    while (reader.comments < 3) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(reader.lastId).not.toBe(lastId)
    expect(reader.messages).toEqual([])
  })

  it('end for a reader that is too far behind, and forget one that is gone', async () => {
    const { mock, streams, open } = prepare()
    let isEnded = false
    streams.open(
      { types: [], lastEventId: '' },
      { write: (text) => !text.includes('data'), end: () => (isEnded = true) },
    )
    const gone = new Reader()
    streams.open({ types: [], lastEventId: '' }, gone)()
    const there = open()
    freeze(mock, 1)
    await there.until(2)
    expect([isEnded, gone.messages.length]).toEqual([true, 0])
  })
})

it('a stream whose client leaves before it begins is not read on', async () => {
  const leaving = new AbortController()
  let cancel = (): void => undefined
  const cancelled = new Promise<void>((resolve) => (cancel = resolve))
  const answer = async ({ signal }: Request): Promise<Response> => {
    leaving.abort()
    await once(signal, 'abort')
    const headers = { 'content-type': 'text/event-stream' }
    return new Response(new ReadableStream({ cancel: () => cancel() }), { headers })
  }
  const { adminUrl } = await openSite({}, { mcp: () => answer })
  await expect(fetch(`${adminUrl}/mcp`, { method: 'POST', signal: leaving.signal })).rejects.toThrow()
  await cancelled
})
