// What the state file holds beside a running mock, held against what the mock holds.
import { mkdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { keepState } from '../../../src/cli/state/keep-state.js'
import { readState } from '../../../src/cli/state/state-file.js'
import { createCall } from '../../../src/mocks/agents/call-api.js'
import type { RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { openMock } from '../../faults/stages.js'
import { eventually } from '../../sdk/eventually.js'
import { temporaryFolder } from '../../temporary-folder.js'

const folder = temporaryFolder()
const fileInFolder = (): string => join(folder.fresh(), 'state.json')

const SECRETS = new Set(['_hmac', 'activationKey', 'bridgeKey', 'apiKey'])

/** What a file should hold: a snapshot without sessions and secrets; simulated runners have users in place of keys. */
function holdings(mock: RunnerMock): unknown {
  const { world, crew, ...frame } = mock.snapshot()
  const live = crew?.runners.flatMap(({ as, ...simulation }) => {
    const owner = world.runners.find(({ id }) => id === simulation.runner.id)?.owner
    return owner === undefined ? [] : [{ ...simulation, as: { workspace: owner.workspace, user: owner.user } }]
  })
  const text = JSON.stringify({ ...frame, crew: crew && { ...crew, runners: live }, world: { ...world, sessions: [] } })
  const value: unknown = JSON.parse(text, (name, member: unknown) => (SECRETS.has(name) ? undefined : member))
  return value
}

/** What it does hold. */
async function holdingsOf(file: string): Promise<unknown> {
  const { saved_at: _, ...kept } = { saved_at: 0, ...(await readState(file)) }
  return kept
}

/** Waits for the file, and says what differs when it does not come to hold the state. */
async function expectSaved(file: string, mock: RunnerMock): Promise<void> {
  const due = holdings(mock)
  // What somebody has put in its place is no state.
  const isSaved = async () => isDeepStrictEqual(await holdingsOf(file).catch(() => undefined), due) || undefined
  await eventually('the state in its file', isSaved, { interval: 10, tries: 1500 }).catch(() => undefined)
  expect(await holdingsOf(file)).toEqual(due)
}

function watch(mock: RunnerMock): { file: string; keeper: ReturnType<typeof keepState>; troubles: string[] } {
  const [file, troubles]: [string, string[]] = [fileInFolder(), []]
  return { file, troubles, keeper: keepState(file, mock, (text) => troubles.push(text), 1) }
}

/** Waits for something, and gives it once it has been looked at. */
async function* step<Value>(made: Promise<Value>): AsyncGenerator<unknown, Value> {
  const value = await made
  yield value
  return value
}

vi.setConfig({ testTimeout: 120_000 })

describe('keepState', () => {
  it('notices whatever changes the world', async () => {
    const mock = openMock({ scenario: 'demo' })
    await mock.ready
    const { file, keeper, troubles } = watch(mock)
    await keeper.start()
    const changes = async function* (): AsyncGenerator {
      const { given, clock } = mock
      const runner = yield* step(given.connectedRunner({ agents: ['echo'] }))
      const daemon = yield* step(given.connectedRunner({ type: 'connect' }))
      const call = createCall((exchange) => mock.handle(exchange), runner.as)
      const path = { runnerId: runner.id }
      yield call('heartbeat', { path, body: { capabilities: ['jobs'] } })
      yield call('registerAgents', { path, body: { other: { language: 'python', timeout: 5 } } })
      yield call('patchChecklist', { path, body: { step: 1 } })
      const { id: jobId } = yield* step(given.job({ runner }))
      yield call('nextJob', { path })
      yield call('appendJobLogs', { path: { jobId }, body: [{ stream: 'stdout', text: 'line' }] })
      yield call('reportJobResult', { path: { jobId }, body: { status: 'completed', result: { a: 1 } } })
      yield call('cancelJob', { path: { jobId: (yield* step(given.job({ runner }))).id } })
      const args = { path: 'a.txt', _hmac: 'c2lnbmF0dXJl' }
      const command = yield* step(given.command({ runner: daemon, type: 'ReadFile', args }))
      const { command_id: commandId } = command
      yield call('nextBridgeCommands', { path: { runnerId: daemon.id } })
      const result = { status: 'completed', result: { content: 'x', _hmac: 'c2lnbmF0dXJl' } } as const
      yield call('reportBridgeResult', { path: { runnerId: daemon.id, commandId }, body: result })
      yield call('createProject', { body: { name: 'one more' } })
      const [start_time, id] = [clock.iso(), '01900000-0000-7000-8000-0000000000a1']
      yield call('createTraces', { body: { traces: [{ id, project_name: 'New', start_time }] } })
      yield call('updateTrace', { path: { id }, body: { project_name: 'New', tags: ['x'] } })
      yield call('createSpans', { body: { spans: [{ trace_id: id, project_name: 'New', start_time }] } })
      yield mock.changeSettings({ completed_job_ttl_seconds: 10 })
      const kept = mock.snapshot()
      yield clock.advance({ hours: 1 })
      yield clock.set(clock.now() - 3000)
      yield given.lapse(runner)
      yield given.evict(daemon)
      yield mock.reset({ scenario: 'empty' })
      yield given.job()
      mock.restore(kept)
      yield mock.ready
    }
    for await (const _ of changes()) await expectSaved(file, mock)
    expect(troubles).toEqual([])
    await keeper.close()
    expect(await holdingsOf(file)).toEqual(holdings(mock))
  })

  it('writes nothing when nothing has changed', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    for (let made = 0; made < 20; made++) await mock.given.job({ runner })
    const { file, keeper } = watch(mock)
    await keeper.start()
    const { ino } = statSync(file)
    await createCall((exchange) => mock.handle(exchange))('findProjects')
    await keeper.close()
    expect(statSync(file).ino).toBe(ino)
  })

  it('makes a file anew that somebody has removed, replaced or cut', async () => {
    const mock = openMock()
    const { file, keeper } = watch(mock)
    await keeper.start()
    for (const meddle of [() => rmSync(file), () => writeFileSync(file, ''), () => renameSync(file, `${file}.away`)]) {
      meddle()
      await mock.given.job()
      await expectSaved(file, mock)
    }
    await keeper.close()
  })

  it('tells once that it cannot write, and catches up when it can', async () => {
    const mock = openMock()
    const { file, keeper, troubles } = watch(mock)
    await keeper.start()
    rmSync(file)
    mkdirSync(file)
    await eventually('trouble', () => troubles[0], { interval: 10, tries: 1500 })
    for (let count = 0; count < 20; count++) await mock.given.job()
    rmdirSync(file)
    await expectSaved(file, mock)
    await keeper.close()
    expect(troubles).toHaveLength(2)
    expect(troubles[0]).toContain(file)
  })
})
