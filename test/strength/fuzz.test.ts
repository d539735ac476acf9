// A hundred thousand generated requests against the mock: no failure of its own, no answer outside the spec, no change
// of state by a refused request, no touched prototype. The seed is printed with whatever breaks.
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import type { ApiRequest, ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { anyRequest, populate } from './arbitrary-requests.js'
import { length, seed } from './extent.js'

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
