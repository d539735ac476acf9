// What the state file holds beside a running mock, held against what the mock holds.
import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { StateKeeper } from '../../../src/cli/state/keep-state.js'
import { readState } from '../../../src/cli/state/read-state.js'
import { createCall } from '../../../src/mocks/agents/call-api.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { eventually } from '../../sdk/eventually.js'
import { BusyMock } from './busy-mock.js'

function fileInFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'opik-runner-kit-state-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'state.json')
}

/** A mock whose time stands still, so that nothing happens between a save and a look. */
function openMock(options: RunnerMockOptions = {}): RunnerMock {
  const mock = createRunnerMock({ now: '2026-01-01T00:00:00Z', frozen: true, ...options })
  onTestFinished(() => mock.close())
  return mock
}

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

/** What it does hold. A mock lists commands by runner, a file as they came. */
async function holdingsOf(file: string): Promise<unknown> {
  const { saved_at: _, ...kept } = { saved_at: 0, ...(await readState(file)) }
  const { runners = [], commands = [] } = kept.world ?? {}
  const byRunner = runners.flatMap(({ id }) => commands.filter(({ wire }) => wire.runner_id === id))
  return { ...kept, world: { ...kept.world, commands: byRunner } }
}

/** Waits for the file, and says what differs when it does not come to hold the state. */
async function expectSaved(file: string, mock: RunnerMock): Promise<void> {
  const due = holdings(mock)
  // What somebody has put in its place is no state.
  const isSaved = async () => isDeepStrictEqual(await holdingsOf(file).catch(() => undefined), due) || undefined
  await eventually('the state in its file', isSaved, { interval: 10, tries: 1500 }).catch(() => undefined)
  expect(await holdingsOf(file)).toEqual(due)
}

function watch(mock: RunnerMock): { file: string; keeper: StateKeeper; troubles: string[] } {
  const [file, troubles]: [string, string[]] = [fileInFolder(), []]
  return { file, troubles, keeper: new StateKeeper(file, mock, { everyMs: 1, tell: (text) => troubles.push(text) }) }
}

vi.setConfig({ testTimeout: 120_000 })

/** CI has them all. */
const SEEDS = process.env['KIT_ALL_SEEDS'] === undefined ? [1] : [1, 2, 3, 4]

describe('StateKeeper', () => {
  it.each(SEEDS)('holds all that happens (seed %i)', async (seed) => {
    const mock = openMock({ seed, scenario: 'demo' })
    await mock.ready
    const { file, keeper, troubles } = watch(mock)
    await keeper.start()
    const busy = new BusyMock(mock, seed)
    for (let count = 0; count < 400; count++) {
      await busy.act()
      if (count % 7 === 0) await expectSaved(file, mock)
    }
    expect(troubles).toEqual([])
    expect(busy.acts.size).toBe(18)
    await keeper.close()
    expect(await holdingsOf(file)).toEqual(holdings(mock))
  })

  it('writes only what has changed, and nothing when nothing has', async () => {
    const mock = openMock({ settings: { max_pending_jobs_per_runner: 1000 } })
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    for (let made = 0; made < 500; made++) await mock.given.job({ runner })
    const { file, keeper } = watch(mock)
    await keeper.start()
    const before = statSync(file).size
    const call = createCall((exchange) => mock.handle(exchange))
    await call('createProject', { body: { name: 'one more' } })
    await expectSaved(file, mock)
    const after = statSync(file)
    expect(after.size - before).toBeLessThan(3000)
    await call('findProjects')
    await expectSaved(file, mock)
    expect(statSync(file).mtimeMs).toBe(after.mtimeMs)
    await keeper.close()
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

  it('goes on in the same file while no new one can be made', async () => {
    const mock = openMock()
    const { file, keeper, troubles } = watch(mock)
    await keeper.start()
    mkdirSync(`${file}.draft`)
    const { ino } = statSync(file)
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const job = await mock.given.job({ runner })
    const call = createCall((exchange) => mock.handle(exchange))
    while (troubles.length === 0) {
      const body = [{ stream: 'stdout' as const, text: 'x'.repeat(10_000) }]
      await call('appendJobLogs', { path: { jobId: job.id }, body })
      await expectSaved(file, mock)
    }
    await mock.given.job({ runner })
    await expectSaved(file, mock)
    expect(statSync(file).ino).toBe(ino)
    rmdirSync(`${file}.draft`)
    await keeper.close()
    expect(await holdingsOf(file)).toEqual(holdings(mock))
    expect(statSync(file).ino).not.toBe(ino)
  })
})
