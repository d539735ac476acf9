// Generated requests, and now and then a body as large as it is broken, against `serve` as a process, for seconds or for
// half an hour: no 5xx, no request that others wait for, the same memory and no open socket at the end.
import { readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { operations } from '../../src/kernel/all-operations.js'
import type { ApiRequest } from '../../src/mocks/base/exchange.js'
import { createRunnerMock, type Snapshot } from '../../src/mocks/mock/runner-mock.js'
import { anyRequest, populate, type KnownIds } from './arbitrary-requests.js'
import { eventually } from '../sdk/eventually.js'
import { startServe } from '../sdk/served.js'
import { length, seed } from './extent.js'
import { metered, readMeter, type Reading } from './meter.js'

const SECONDS = length({ short: 12, long: 1800 })
/** So many even where the machine is too busy for them in that time: its size is compared over them. */
const LEAST_WORLDS = length({ short: 5, long: 150 })
const LANES = 4
/** After so many requests the world is as it was, so that memory can stand still. */
const PER_WORLD = 1000
const MEGABYTE = 1024 * 1024
/** What is compiled late and tables that fill once; a leak of 250 bytes a request is more in 17,000 of them. */
const WARMING_UP = 4 * MEGABYTE

const settings = {
  heartbeat_ttl_seconds: 86_400,
  next_job_poll_timeout_seconds: 0.05,
  bridge_poll_timeout_seconds: 0.05,
}

const listOf = (item: string): string =>
  `[${Array(Math.floor(MEGABYTE / (item.length + 1)))
    .fill(item)
    .join()}]`
const nested = (open: string): string => open.repeat(Math.floor(MEGABYTE / open.length))
const BROKEN = [
  listOf('7'),
  listOf('{}'),
  listOf('""'),
  nested('['),
  nested('{"a":'),
  `"${'\\u0000'.repeat(MEGABYTE / 6)}"`,
  `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":null`).join()}}`,
]
const fieldNames = 'spans traces ids values envs filters capabilities args inputs name keys'.split(' ')
const BOMB = gzipSync(Buffer.alloc(100 * MEGABYTE, '[7,'))

/** A request whose body is large and wrong: of any operation, as it is, in one of its fields, or packed. */
const largeRequest: fc.Arbitrary<ApiRequest> = fc
  .tuple(
    fc.constantFrom(...Object.values(operations).filter(({ method }) => method !== 'GET')),
    fc.constantFrom(...BROKEN),
    fc.option(fc.constantFrom(...fieldNames)),
    fc.constantFrom('plain', 'plain', 'packed', 'bomb'),
    fc.uuid(),
  )
  .map(([{ method, path }, body, field, packing, id]) => {
    const text = field === null ? body : `{"${field}":${body}}`
    return {
      method,
      url: path.replaceAll(/\{\w+\}/g, id),
      headers: {
        'content-type': 'application/json',
        ...(packing !== 'plain' && { 'content-encoding': 'gzip' }),
      },
      body: packing === 'bomb' ? BOMB : packing === 'packed' ? gzipSync(text) : text,
    }
  })

/** The status of an answer; 0 where the server hung up, as it may on what is too large. */
function send(agent: Agent, base: string, { method, url, headers = {}, body }: ApiRequest): Promise<number> {
  return new Promise((answered) => {
    const sendable = Object.entries(headers).map(([name, value]) => [name, String(value).replaceAll(/[^\t -~]/g, '?')])
    // Node says the length of a body by itself for some methods only.
    const size = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { method, agent, headers: { ...(Object.fromEntries(sendable) as Record<string, string>), ...size } }
    const call = request(base + url, options, (answer) => {
      answer.resume().on('close', () => answered(answer.statusCode ?? 0))
    })
    call.on('error', () => answered(0))
    call.end(body)
  })
}

async function makeWorld(): Promise<{ ids: KnownIds; snapshot: Snapshot }> {
  const mock = createRunnerMock({ seed: 3, settings })
  const ids = await populate(mock)
  const snapshot = mock.snapshot()
  await mock.close()
  return { ids, snapshot }
}

it('any request is answered in time, by a server that grows no larger', async () => {
  const served = await startServe(['--scenario', 'empty'], metered)
  const agent = new Agent({ keepAlive: true, maxSockets: LANES })
  onTestFinished(async () => {
    agent.destroy()
    await served.stop()
  })
  const sockets = (): number => readdirSync(`/proc/${served.pid}/fd`).length
  const socketsBefore = sockets()
  const { ids, snapshot } = await makeWorld()
  const state = JSON.stringify(snapshot)
  const rewind = async (): Promise<void> => {
    const { status } = await fetch(`${served.admin}/state`, { method: 'PUT', body: state })
    expect(status).toBeLessThan(300)
  }
  const requests = fc.oneof({ weight: 300, arbitrary: anyRequest(ids) }, { weight: 1, arbitrary: largeRequest })
  const counts = new Map<number, number>()
  const readings: Reading[] = []
  const begin = performance.now()
  for (let world = 0; world < LEAST_WORLDS || performance.now() - begin < SECONDS * 1000; world++) {
    await rewind()
    if (world % length({ short: 2, long: 50 }) === 0) readings.push(await readMeter(served))
    const queue = fc.sample(requests, { numRuns: PER_WORLD, seed: seed + world })
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (let next; (next = queue.pop()) !== undefined;) {
          const status = await send(agent, served.url, next)
          counts.set(status, (counts.get(status) ?? 0) + 1)
          const what = `${next.method} ${next.url.slice(0, 300)} (KIT_SEED=${seed}, world ${world})`
          expect(status, what).toBeLessThan(500)
        }
      }),
    )
  }
  await rewind()
  readings.push(await readMeter(served))
  const [first, second, ...later] = readings
  const last = later.at(-1)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  console.log(JSON.stringify({ requests: all, statuses: Object.fromEntries(counts), first, second, last }))
  expect(counts.get(0) ?? 0, 'without an answer').toBeLessThan(all / 200)
  for (const status of [200, 201, 204, 400, 404, 422]) expect(counts.get(status), `${status}`).toBeGreaterThan(0)
  agent.destroy()
  await eventually('the end of every socket', () => sockets() <= socketsBefore || undefined)
  for (const { heldMs } of readings) expect(heldMs).toBeLessThan(1000)
  expect(last?.heapUsed).toBeLessThan((second?.heapUsed ?? 0) + WARMING_UP)
})
