// Generated requests, a hundred thousand against the mock: no failure of its own, no answer outside the spec, no change of state
// by a refused request, no touched prototype; and against `serve` as a process, with bodies now and then as large as they are broken:
// no 5xx, no request that others wait for, the same memory and no open socket at the end. The seed is printed with whatever breaks.
import { readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import type { ApiRequest, ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock, type Snapshot } from '../../src/mocks/mock/runner-mock.js'
import { operations } from '../../src/kernel/all-operations.js'
import { eventually } from '../sdk/eventually.js'
import { startServe } from '../sdk/served.js'
import { anyRequest, populate, type KnownIds } from './arbitrary-requests.js'
import { length, seed } from './extent.js'
import { metered, readMeter, type Reading } from './meter.js'

const REQUESTS = length({ short: 100_000, long: 2_000_000 })
/** After so many requests the world is as it was, so that it stays small enough to be compared. */
const PER_WORLD = 40

const mock = createRunnerMock({ seed: 3, now: '2026-07-01T12:00:00Z', frozen: true, checkReply, journalSize: 10 })
afterAll(() => mock.close())

/** Everything that a refused request must leave alone, a text for each part. */
function stateOf(): Record<string, string> {
  const { world, ...rest } = mock.snapshot()
  // The default project of a workspace comes into being when somebody first asks about that workspace.
  const { projects = {}, ...others } = world.collections ?? {}
  const made = Object.values(projects)
    .flat()
    .filter(({ name }) => name !== 'Default Project')
  return Object.fromEntries(
    Object.entries({ ...rest, ...world, collections: { ...others, made } }).map(([name, part]) => [
      name,
      JSON.stringify(part),
    ]),
  )
}

/** A long poll finds its time over at once: the clock moves until its wait has ended. */
async function settle(exchange: ApiRequest): Promise<ApiResponse> {
  const answer = mock.handle(exchange)
  if (!(answer instanceof Promise)) return answer
  let late: ApiResponse | undefined
  void answer.then((reply) => (late = reply))
  // What waits for anything but time, such as the unpacking of a body, ends within a few turns.
  for (let turn = 0; turn < 3 && late === undefined; turn++) await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 20 && late === undefined; turn++) await mock.clock.advance({ seconds: 10 })
  return late ?? answer
}

/** What is wrong with the way a request was treated; undefined when nothing is. */
async function treat(request: ApiRequest): Promise<string | undefined> {
  const before = stateOf()
  const reply = await settle(request).catch((error: unknown) => String(error))
  if (typeof reply === 'string') return `failed: ${reply}`
  counts[reply.status] = (counts[reply.status] ?? 0) + 1
  if (reply.status >= 500) return `answered ${reply.status}`
  if (reply.status < 400) return undefined
  const after = stateOf()
  // While it waited, time went on for everybody.
  const changed =
    before['clock'] === after['clock'] ? Object.keys(after).filter((name) => before[name] !== after[name]) : []
  return changed.length === 0 ? undefined : `was refused with ${reply.status} and changed ${changed.join(', ')}`
}

const counts: Record<number, number> = {}

it('any request gets an answer of the spec, and changes nothing when it is refused', async () => {
  const ids = await populate(mock)
  const begin = mock.snapshot()
  const requestOfAnyKind = anyRequest(ids)
  for (let world = 0; world < REQUESTS / PER_WORLD; world++) {
    mock.restore(begin)
    for (const request of fc.sample(requestOfAnyKind, { numRuns: PER_WORLD, seed: seed + world })) {
      const trouble = await treat(request)
      if (trouble !== undefined) throw new Error(`${show(request)} ${trouble} (KIT_SEED=${seed}, world ${world})`)
    }
    expect(Object.keys(Object.prototype)).toEqual([])
  }
  // A fuzzer that never gets through to anything shows nothing.
  for (const status of [200, 201, 204, 400, 404, 405, 409, 410, 415, 422]) {
    expect(counts[status], `answers ${status}`).toBeGreaterThan(REQUESTS / 20_000)
  }
})

function show(request: ApiRequest): string {
  return JSON.stringify(request).slice(0, 1000)
}

const SECONDS = length({ short: 12, long: 1800 })
/** So many even where the machine is too busy for them in that time: its size is compared over them. */
const LEAST_WORLDS = length({ short: 5, long: 150 })
const LANES = 4
/** After so many requests the world is as it was, so that memory can stand still. */
const PER_SERVED_WORLD = 1000
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
    const queue = fc.sample(requests, { numRuns: PER_SERVED_WORLD, seed: seed + world })
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
