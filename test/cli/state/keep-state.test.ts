// What `serve --state` writes, held against what the mock holds: after every save the file adds up to a snapshot.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isFields } from '../../../src/cli/state/fields.js'
import { changedParts, commitLine, HEADER } from '../../../src/cli/state/lines.js'
import { foldState, readState } from '../../../src/cli/state/read-state.js'
import { keepState, type KeepOptions, type StateKeeper } from '../../../src/cli/state/keep-state.js'
import { createCall } from '../../../src/mocks/agents/api-call.js'
import {
  createRunnerMock,
  type RunnerMock,
  type RunnerMockOptions,
  type Snapshot,
} from '../../../src/mocks/mock/runner-mock.js'
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

/** Many turns for everything, and new files often. */
const HURRIED: KeepOptions = { stint: { records: 3, characters: 10_000 }, leastGrowth: 2000 }

/** What a file holds, as data. */
function readKept(file: string): Record<string, unknown> {
  const { kept } = foldState(readFileSync(file))
  if (typeof kept !== 'object' || kept === null) throw new Error(`${file} holds nothing.`)
  return Object.fromEntries(Object.entries(kept).filter(([name]) => name !== 'saved_at'))
}

function runnersIn(file: string): unknown {
  const { world } = readKept(file)
  return isFields(world) ? world['runners'] : undefined
}

const SECRETS = new Set(['_hmac', 'activationKey', 'bridgeKey', 'apiKey'])

/** What a file should hold: a snapshot as JSON, without secrets; in place of their keys simulated runners have users. */
function holdings(mock: RunnerMock): unknown {
  const { world, crew, ...frame } = mock.snapshot()
  const ownerOf = (id: string) => world.runners.find((runner) => runner.id === id)?.owner
  const live = crew?.runners.flatMap(({ as, ...simulation }) => {
    const owner = ownerOf(simulation.runner.id)
    return owner === undefined ? [] : [{ ...simulation, as: { workspace: owner.workspace, user: owner.user } }]
  })
  const text = JSON.stringify({ ...frame, crew: crew && { ...crew, runners: live }, world: { ...world, sessions: [] } })
  const value: unknown = JSON.parse(text, (name, member: unknown) => (SECRETS.has(name) ? undefined : member))
  return value
}

async function restart(file: string): Promise<{ mock: RunnerMock; keeper: StateKeeper }> {
  const saved = await readState(file)
  const mock = openMock(saved === undefined ? {} : { snapshot: saved.snapshot })
  await mock.ready
  return { mock, keeper: keepState(file, mock, { ...HURRIED, extent: saved?.extent }) }
}

/** Each seed is another way of the same kind; CI goes them all. */
const allSeeds = process.env['KIT_ALL_SEEDS'] !== undefined

describe('keepState', () => {
  it.each(allSeeds ? [1, 2, 3, 4] : [1])('holds all that happens, save by save (seed %i)', async (seed) => {
    const file = fileInFolder()
    const mock = openMock({ seed, scenario: 'demo' })
    await mock.ready
    const troubles: string[] = []
    const keeper = keepState(file, mock, { ...HURRIED, onTrouble: (message) => troubles.push(message) })
    const busy = new BusyMock(mock, seed)
    let [size, made] = [0, 0]
    for (let count = 0; count < (allSeeds ? 400 : 200); count++) {
      await busy.act()
      if (count % 3 === 0) continue
      await keeper.save()
      expect(readKept(file)).toEqual(holdings(mock))
      const earlier = size
      size = statSync(file).size
      if (size < earlier) made++
    }
    expect(troubles).toEqual([])
    expect(made).toBeGreaterThan(1)
    expect(busy.acts.size).toBe(18)
    await keeper.close()
    expect(readKept(file)).toEqual(holdings(mock))
  })

  it.each(allSeeds ? [5, 6] : [5])('holds what happens while it saves (seed %i)', async (seed) => {
    const file = fileInFolder()
    const mock = openMock({ seed })
    const keeper = keepState(file, mock, HURRIED)
    const busy = new BusyMock(mock, seed)
    for (let count = 0; count < 60; count++) {
      const saving = keeper.save()
      for (let act = 0; act < 8; act++) await busy.act()
      await saving
      // At any moment the file is one that a server can start from.
      await expect(readState(file)).resolves.toBeDefined()
      await keeper.save()
      expect(readKept(file)).toEqual(holdings(mock))
    }
  })

  it('goes on behind what an earlier run has left, torn or not', async () => {
    const file = fileInFolder()
    for (let run = 0; run < 8; run++) {
      const { mock, keeper } = await restart(file)
      const busy = new BusyMock(mock, run)
      const { ino } = run === 0 ? { ino: 0 } : statSync(file)
      for (let count = 0; count < 12; count++) {
        await busy.act()
        await keeper.save()
        expect(readKept(file)).toEqual(holdings(mock))
        if (count === 0 && run > 0) expect(statSync(file).ino).toBe(ino)
      }
      if (run % 2 === 0) await keeper.close()
      else appendFileSync(file, '{"job":{"wire":{"id":"cut')
    }
  })

  it('writes only what has changed, and nothing when nothing has', async () => {
    const { file, mock, keeper } = await keepJobs(500)
    const size = () => statSync(file).size
    const before = size()
    await keeper.save()
    expect(size()).toBe(before)
    await createCall((exchange) => mock.handle(exchange))('createProject', { body: { name: 'one more' } })
    await keeper.save()
    expect(size()).toBeGreaterThan(before)
    expect(size() - before).toBeLessThan(1000)
    const between = size()
    await createCall((exchange) => mock.handle(exchange))('findProjects')
    await keeper.save()
    expect(size()).toBe(between)
  })

  it('keeps the order of a queue that an undelivered answer has gone back to', async () => {
    const { snapshot, runner } = await queuedJobs()
    const [first, second, third] = snapshot.world.runners[0]?.pendingJobs ?? []
    Object.assign(snapshot.world.runners[0] ?? {}, { pendingJobs: [third, first, second] })
    const file = fileInFolder()
    const mock = openMock({ snapshot })
    const keeper = keepState(file, mock, HURRIED)
    await keeper.save()
    expect(runnersIn(file)).toMatchObject([{ pendingJobs: [third, first, second] }])
    const reply = await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner}/jobs/next` })
    await keeper.save()
    expect(runnersIn(file)).toMatchObject([{ pendingJobs: [first, second] }])
    reply.delivery?.failed()
    await keeper.save()
    expect(runnersIn(file)).toMatchObject([{ pendingJobs: [first, second, third] }])
    expect(readKept(file)).toEqual(holdings(mock))
  })

  it('keeps the order of traces, when the oldest go and one of them comes back', async () => {
    const file = fileInFolder()
    const mock = openMock()
    const keeper = keepState(file, mock, { leastGrowth: 100_000_000 })
    const call = createCall((exchange) => mock.handle(exchange))
    const create = async (from: number, to: number) => {
      const start_time = mock.clock.iso()
      const traces = Array.from({ length: to - from }, (_, place) => ({ id: uuidOf(from + place), start_time }))
      expect((await call('createTraces', { body: { traces } })).status).toBe(204)
    }
    for (let from = 0; from < 10_000; from += 1000) await create(from, from + 1000)
    await keeper.save()
    await create(10_000, 10_002)
    await create(0, 1)
    await keeper.save()
    expect(readKept(file)).toEqual(holdings(mock))
  })

  it('writes the next world when the one that it writes is replaced', async () => {
    const { file, mock, keeper } = await keepJobs(50)
    const empty = createRunnerMock({ now: '2026-01-01T00:00:00Z', frozen: true })
    await mock.given.job()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    for (let count = 0; count < 20; count++) await mock.given.job({ runner })
    const saving = keeper.save()
    await turn()
    mock.restore(empty.snapshot())
    await saving
    expect(readKept(file)).toEqual(holdings(mock))
    await empty.close()
  })

  it('tells once that it cannot write, and catches up when it can', async () => {
    const troubles: string[] = []
    const { file, mock, keeper } = await keepJobs(5, { onTrouble: (message) => troubles.push(message) })
    renameSync(file, `${file}.away`)
    mkdirSync(file)
    await mock.given.job()
    await keeper.save()
    await mock.given.job()
    await keeper.save()
    expect(troubles).toHaveLength(1)
    expect(troubles[0]).toContain(file)
    rmdirSync(file)
    renameSync(`${file}.away`, file)
    await keeper.save()
    expect(troubles).toHaveLength(2)
    expect(readKept(file)).toEqual(holdings(mock))
  })

  it('goes on in the same file while no new one can be made, and says so once', async () => {
    const troubles: string[] = []
    const onTrouble = (message: string) => troubles.push(message)
    const { file, mock, keeper } = await keepJobs(5, { onTrouble, leastGrowth: 0 })
    const inTheWay = `${file}.${process.pid}.tmp`
    mkdirSync(inTheWay)
    const { ino } = statSync(file)
    for (let count = 0; count < 80; count++) {
      await mock.given.job()
      await keeper.save()
      expect(readKept(file)).toEqual(holdings(mock))
    }
    expect(statSync(file).ino).toBe(ino)
    expect(troubles).toHaveLength(1)
    const { size } = statSync(file)
    rmdirSync(inTheWay)
    await keeper.close()
    expect(readKept(file)).toEqual(holdings(mock))
    expect(statSync(file).size).toBeLessThan(size)
  })

  it('writes a file anew that somebody has removed, changed or cut', async () => {
    const { file, mock, keeper } = await keepJobs(5)
    const meddle = [
      () => rmSync(file),
      () => writeFileSync(file, 'something else'),
      () => appendFileSync(file, 'something else'),
      () => writeFileSync(file, ''),
    ]
    for (const interfere of meddle) {
      interfere()
      await mock.given.job()
      await keeper.save()
      expect(readKept(file)).toEqual(holdings(mock))
    }
    rmSync(file)
    await keeper.close()
    expect(readKept(file)).toEqual(holdings(mock))
  })

  it('leaves one compact file, for its owner only', async () => {
    const { file, mock, keeper } = await keepJobs(50)
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const job = await mock.given.job({ runner })
    const call = createCall((exchange) => mock.handle(exchange))
    for (let count = 0; count < 50; count++) {
      await call('appendJobLogs', { path: { jobId: job.id }, body: [{ stream: 'stdout', text: `${count}` }] })
      await keeper.save()
    }
    await keeper.close()
    const lines = readFileSync(file, 'utf8').split('\n')
    const jobs = mock.snapshot().world.jobs.length
    expect(lines.filter((line) => line.startsWith('{"job":'))).toHaveLength(jobs)
    expect(lines.filter((line) => line.startsWith('{"logs":'))).toEqual([])
    expect(readdirSync(dirname(file))).toEqual(['state.json'])
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
  })
})

describe('readState', () => {
  it('forgets what is no more beside records', () => {
    const parts = changedParts(new Map([['random', '1']]), new Map(Object.entries({ random: '1', crew: '{}' })))
    expect(parts).toEqual([['crew', 'null']])
    const lines = [
      HEADER,
      commitLine([
        ['random', '1'],
        ['crew', '{}'],
      ]),
      commitLine(parts),
    ]
    const { kept } = foldState(new TextEncoder().encode(`${lines.join('\n')}\n`))
    expect(kept).toMatchObject({ random: 1 })
    expect(kept).not.toHaveProperty('crew')
  })

  it('gives the state before or after a batch, wherever the batch was cut', async () => {
    const { file, mock, keeper } = await keepJobs(3)
    const earlier = holdings(mock)
    const { size } = statSync(file)
    await mock.given.job()
    await keeper.save()
    const bytes = readFileSync(file)
    for (let length = size; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length))
      const isWhole = length === bytes.length
      expect(readKept(file)).toEqual(isWhole ? holdings(mock) : earlier)
      if (length % 50 !== 0 && length < bytes.length - 2) continue
      const next = await restart(file)
      await next.mock.given.job()
      await next.keeper.save()
      expect(readKept(file)).toEqual(holdings(next.mock))
    }
  })

  it('reads the snapshots of earlier versions, formatted or not, and goes on with them', async () => {
    const { snapshot } = await queuedJobs()
    const texts = [JSON.stringify(snapshot), `${JSON.stringify(snapshot)}\n`, JSON.stringify(snapshot, undefined, 2)]
    for (const text of texts) {
      const file = fileInFolder()
      writeFileSync(file, text, { mode: 0o600 })
      const { mock, keeper } = await restart(file)
      expect(holdings(mock)).toEqual(JSON.parse(JSON.stringify(snapshot)))
      await mock.given.job()
      await keeper.save()
      expect(readKept(file)).toEqual(holdings(mock))
      const { kept } = foldState(readFileSync(file))
      expect(kept).toHaveProperty('saved_at')
    }
  })

  it('refuses what is no state, and damage that no crash explains', async () => {
    const { file, mock, keeper } = await keepJobs(3)
    await mock.given.job()
    await keeper.save()
    await mock.given.job()
    await keeper.save()
    const lines = readFileSync(file, 'utf8').split('\n')
    const refuse = async (text: string) => {
      writeFileSync(file, text)
      await expect(readState(file)).rejects.toMatchObject({ code: 'state/unusable' })
    }
    const first = lines.findIndex((line) => line.startsWith('{"commit":'))
    for (const damaged of [2, first + 1]) await refuse(lines.with(damaged, 'x').join('\n'))
    for (const text of ['', '{}', '[]', '{"state_log":1}\n', '{"state_log":2}\n{"commit":{}}\n', 'a\nb'])
      await refuse(text)
    expect(await readState(join(dirname(file), 'missing'))).toBeUndefined()
  })
})

/** A kept mock with so many jobs on one runner, all of them saved. */
async function keepJobs(
  count: number,
  options: KeepOptions = {},
): Promise<{ file: string; mock: RunnerMock; keeper: StateKeeper }> {
  const file = fileInFolder()
  const mock = openMock({ settings: { max_pending_jobs_per_runner: 1000 } })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  for (let made = 0; made < count; made++) await mock.given.job({ runner })
  const keeper = keepState(file, mock, { ...HURRIED, leastGrowth: 100_000_000, ...options })
  await keeper.save()
  return { file, mock, keeper }
}

async function queuedJobs(): Promise<{ snapshot: Snapshot; runner: string }> {
  const mock = openMock()
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  for (let made = 0; made < 3; made++) await mock.given.job({ runner })
  const snapshot = mock.snapshot()
  return { snapshot: { ...snapshot, world: { ...snapshot.world, sessions: [] } }, runner: runner.id }
}

const uuidOf = (number: number): string => `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
