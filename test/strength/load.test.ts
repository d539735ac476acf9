// Two hundred clients at once, with and without faults: afterwards every rule of the lifecycle has held, each job was
// handed out once and in its turn, nothing that was acknowledged is lost.
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRandom } from '../../src/kernel/id-source.js'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import { presetNames } from '../../src/mocks/engine/faults/faults.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { Client, Notes, type ClientParts } from './clients.js'
import { length, seed } from './extent.js'
import { watchLifecycle } from './lifecycle-watch.js'

const CLIENTS = 200
const SECONDS = length({ short: 6, long: 60 })
const SECONDS_UNDER_FAULTS = length({ short: 3, long: 60 })

const settings = {
  next_job_poll_timeout_seconds: 0.3,
  bridge_poll_timeout_seconds: 0.3,
  heartbeat_ttl_seconds: 3600,
  bridge_max_commands_per_minute: 1_000_000,
}

async function load(mock: RunnerMock, seconds: number): Promise<{ notes: Notes; bugs: unknown[] }> {
  const bugs: unknown[] = []
  const server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error) })
  onTestFinished(() => server.close())
  const runners: ClientParts['runners'] = { endpoint: [], connect: [] }
  for (const name of ['one', 'two', 'three']) {
    const project = await mock.given.project({ name })
    runners.endpoint.push(await mock.given.connectedRunner({ agents: ['echo'], projectId: project.id }))
    runners.connect.push(await mock.given.connectedRunner({ type: 'connect', projectId: project.id }))
  }
  const notes = new Notes()
  const until = performance.now() + seconds * 1000
  const work = Array.from({ length: CLIENTS }, async (_, number) => {
    const random = createRandom(seed + number)
    const client = new Client({ name: `client ${number}`, url: server.url, runners, random, notes })
    while (performance.now() < until) await client.act()
  })
  await Promise.all(work)
  await delay(0)
  return { notes, bugs }
}

const tooOften = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].filter(([, times]) => times > 1).map(([id]) => id)

/** Lines that were acknowledged and are not there, or are there twice. */
function lostLines(mock: RunnerMock, { logged }: Notes): string[] {
  const { jobs } = mock.snapshot().world
  return jobs.flatMap(({ wire, logs }) => {
    const texts = logs.map(({ text }) => text)
    const lost = (logged.get(wire.id) ?? []).filter((line) => !texts.includes(line))
    return [...lost, ...texts.filter((line, place) => texts.indexOf(line) !== place)]
  })
}

describe('two hundred clients', () => {
  it('find every rule kept', async () => {
    const mock = createRunnerMock({ seed, settings, checkReply })
    const watch = watchLifecycle(mock)
    const { notes, bugs } = await load(mock, SECONDS)
    expect(bugs).toEqual([])
    expect(watch.troubles).toEqual([])
    expect(watch.transitions).toBeGreaterThan(100)
    expect(tooOften(notes.received)).toEqual([])
    expect(tooOften(notes.announced)).toEqual([])
    expect(tooOften(notes.accepted)).toEqual([])
    expect(lostLines(mock, notes)).toEqual([])
    expect([...notes.statuses.keys()].filter((status) => status >= 500)).toEqual([])
  })

  it.each(presetNames)('find every rule kept under the faults of %s', async (preset) => {
    const mock = createRunnerMock({ seed, settings, checkReply, faults: { preset } })
    const watch = watchLifecycle(mock)
    const { notes, bugs } = await load(mock, SECONDS_UNDER_FAULTS)
    expect(bugs).toEqual([])
    expect(watch.troubles).toEqual([])
    expect(tooOften(notes.accepted)).toEqual([])
    expect(lostLines(mock, notes)).toEqual([])
  })
})
