// A world that is taken from a snapshot goes on as the one goes on that it was taken from: at every moment of a story in
// which runners lapse and are purged, work waits, runs, ends, times out and expires, the rest of the story is played in a copy.
import { describe, expect, it } from 'vitest'
import { collections } from '../../src/generated/collection-tables.js'
import type { RunnerMock, Snapshot } from '../../src/mocks/mock/runner-mock.js'
import { collectionNames } from '../../src/mocks/world/collection.js'
import { openMock } from '../faults/stages.js'
import { Api, type Send, type WireAnswer, type WireRequest } from './api.js'
import {
  activation,
  createJob,
  newProject,
  openSession,
  pair,
  readJob,
  registerAgents,
  submit,
  takeJob,
} from './given.js'
import { sendDirectly } from './harness.js'

const MINUTE = 60
const settings = {
  completed_job_ttl_seconds: 5 * MINUTE,
  bridge_completed_command_ttl_seconds: 5 * MINUTE,
  dead_runner_purge_seconds: 4 * MINUTE,
  job_timeout_seconds: 2 * MINUTE,
}

/** What is done to a mock: a request, or seconds that pass. */
type Step = WireRequest | number

interface Telling {
  /** What was done, and what came of it: answers, and what listeners heard. */
  done: { step: Step; answer: WireAnswer | undefined; heard: unknown[] }[]
  /** The world before each step, as text, so that nothing of it is shared. */
  before: string[]
}

/** What listeners hear, without numbers that each mock counts for itself. */
function listen(mock: RunnerMock): () => unknown[] {
  const heard: unknown[] = []
  mock.on('*', (event) => event.type !== 'request' && heard.push({ ...event, id: 0 }))
  return () => heard.splice(0)
}

/** Tells the story once. */
async function tell(mock: RunnerMock): Promise<Telling> {
  const telling: Telling = { done: [], before: [] }
  const collect = listen(mock)
  const direct = sendDirectly(mock)
  const send: Send = async (step) => {
    telling.before.push(JSON.stringify(mock.snapshot()))
    const answer = await direct(step)
    telling.done.push({ step, answer, heard: collect() })
    return answer
  }
  const pass = async (seconds: number): Promise<void> => {
    telling.before.push(JSON.stringify(mock.snapshot()))
    await mock.clock.advance({ seconds })
    telling.done.push({ step: seconds, answer: undefined, heard: collect() })
  }
  const api = new Api(send)
  const endpoint = await pair(api)
  const projectId = await newProject(api, 'Elsewhere')
  const connect = await pair(api, { type: 'connect', projectId })
  const unused = await openSession(api, { ttlSeconds: 3 * MINUTE })
  const lives = async (): Promise<void> => {
    for (const { id: runnerId } of [endpoint, connect]) await api.expect(200, 'heartbeat', { path: { runnerId } })
  }
  const jobs = []
  for (let made = 0; made < 7; made++) jobs.push(await createJob(api, endpoint))
  const [first = '', second = '', third = '', fourth = '', , cancelled = '', last = ''] = jobs
  for (let taken = 0; taken < 4; taken++) await takeJob(api, endpoint)
  const commands = []
  for (let made = 0; made < 6; made++) commands.push(await submit(api, connect, { timeout_seconds: 100 + made }))
  const [read = '', written = ''] = commands
  const next = { path: { runnerId: connect.id }, body: { max_commands: 3 } }
  await api.expect(200, 'nextBridgeCommands', next)
  const report = async (commandId: string, status: 'completed' | 'failed'): Promise<void> => {
    const body = status === 'completed' ? { status, result: { content: 'x' } } : { status, error: { code: 'NO' } }
    await api.expect(204, 'reportBridgeResult', { path: { runnerId: connect.id, commandId }, body })
  }
  const finish = async (jobId: string, status: 'completed' | 'failed'): Promise<void> => {
    await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status } })
  }
  // What ends first is not what was made first.
  await finish(third, 'completed')
  await report(written, 'failed')
  await pass(10)
  await lives()
  await api.expect(204, 'cancelJob', { path: { jobId: second } })
  await api.expect(204, 'cancelJob', { path: { jobId: cancelled } })
  await pass(10)
  await lives()
  await finish(first, 'failed')
  await report(read, 'completed')
  await finish(last, 'failed')
  for (let round = 0; round < 5; round++) {
    for (let beat = 0; beat < 6; beat++) {
      await pass(14)
      await lives()
    }
    await api.expect(200, 'listJobs', { path: { runnerId: endpoint.id }, query: { page: 0, size: 2 } })
    await api.expect(200, 'listJobs', { path: { runnerId: endpoint.id }, query: { page: 1, size: 2 } })
    for (const jobId of jobs) await api.status('getJob', { path: { jobId } })
    for (const commandId of commands) {
      await api.status('getBridgeCommand', { path: { runnerId: connect.id, commandId } })
    }
  }
  expect(await api.status('activatePairingSession', activation(unused.sessionId, 'late'))).toBe(404)
  expect(await api.status('getJob', { path: { jobId: third } })).toBe(404)
  expect((await readJob(api, fourth)).status).toBe('failed')
  await registerAgents(api, endpoint.id, ['other', 'echo'])
  await createJob(api, endpoint)
  for (let quarter = 0; quarter < 4; quarter++) {
    await pass(2 * MINUTE)
    await api.expect(200, 'listRunners', { query: { project_id: endpoint.projectId } })
  }
  return telling
}

it('a snapshot goes on as the world that it was taken from, from many a moment of it', async () => {
  const mock = openMock({ settings })
  // More than the reaper looks at in one run, so that its round goes on between some moments.
  for (let made = 0; made < 105; made++) {
    const { id } = await mock.given.project({ name: `Project ${made}` })
    await mock.given.connectedRunner({ projectId: id })
  }
  const { done, before } = await tell(mock)
  const step = process.env['KIT_ALL_SEEDS'] === undefined ? 17 : 5
  for (let moment = 0; moment < done.length; moment += step) {
    const snapshot = JSON.parse(before[moment] ?? '') as Snapshot
    const copy = openMock({ snapshot })
    expect(copy.snapshot(), `at ${moment}`).toEqual(snapshot)
    const collect = listen(copy)
    const send = sendDirectly(copy)
    for (const [at, { step, answer, heard }] of done.slice(moment).entries()) {
      if (typeof step === 'number') await copy.clock.advance({ seconds: step })
      else expect(await send(step), `${moment} + ${at}`).toEqual(answer)
      expect(collect(), `${moment} + ${at}`).toEqual(heard)
    }
    await copy.close()
  }
})

describe('createRunnerMock with a snapshot', () => {
  it.each<[string, (world: Snapshot['world']) => object]>([
    [
      'two runners in one slot',
      ({ runners }) => ({ runners: [...runners, { ...runners[0], id: crypto.randomUUID() }] }),
    ],
    [
      'a runner without a type',
      ({ runners }) => ({
        runners: runners.map((runner) => ({ ...runner, wire: { ...runner.wire, type: undefined } })),
      }),
    ],
    ['a job of no runner', () => ({ runners: [] })],
  ])('refuses %s, as the admin API does', async (_what, spoil) => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    await mock.given.job({ runner })
    const { world, ...rest } = mock.snapshot()
    const snapshot = { ...rest, world: { ...world, ...spoil(world) } }
    const refused = async () => openMock({ snapshot }).ready
    await expect(refused()).rejects.toMatchObject({ code: 'snapshot/unusable' })
  })

  it.each(collectionNames)('takes entries of %s that have their key, and no others', async (name) => {
    const { key } = collections[name]
    const { world, ...rest } = openMock().snapshot()
    const saved = (entry: Record<string, string>): Snapshot => ({
      ...rest,
      world: { ...world, collections: { ...world.collections, [name]: { default: [entry] } } },
    })
    const mock = openMock({ snapshot: saved({ [key]: SOME_KEY }) })
    await mock.ready
    expect(mock.snapshot().world.collections?.[name]?.['default']).toEqual([{ [key]: SOME_KEY }])
    const refused = async () => openMock({ snapshot: saved({ [`${key}_of_another`]: SOME_KEY }) }).ready
    await expect(refused()).rejects.toMatchObject({ code: 'snapshot/unusable' })
  })
})

const SOME_KEY = '01900000-0000-7000-8000-000000000001'
