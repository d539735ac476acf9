// `serve --state` that is killed at any moment under load: the file can always be read, and holds every change that was
// acknowledged more than a second before; with many jobs in it, which is saved less often, it stays whole. And disks that
// are full or take nothing: one message, and serving goes on.
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readState } from '../../src/cli/state/state-file.js'
import { createRandom } from '../../src/kernel/id-source.js'
import { createRunnerMock, type Snapshot } from '../../src/mocks/mock/runner-mock.js'
import { startServe, type Served } from '../sdk/served.js'
import { temporaryFolder } from '../temporary-folder.js'
import { length, seed } from './extent.js'

const run = promisify(execFile)
const KILLS = length({ short: 12, long: 200 })
const AT_ONCE = 4
const KILLS_OF_LARGE = length({ short: 4, long: 40 })
const MANY_JOBS = 20_000
/**
 * What was acknowledged this long before the end must be in the file: a second, and what a busy machine adds. The next
 * save waits nine times as long as the last one took, which may be as long as the slowest answer took.
 */
const graceAfter = (slowestMs: number): number => 1000 + 15 * slowestMs

const { fresh } = temporaryFolder()

/** Creates projects until the server is gone. Gives the time of each acknowledgement by the project's name. */
async function createUntilTheEnd(
  { ask }: Served,
  client: number,
): Promise<{ acknowledged: Map<string, number>; slowestMs: number }> {
  const acknowledged = new Map<string, number>()
  let slowestMs = 0
  for (let number = 0; ; number++) {
    const name = `project ${client}-${number}`
    const sentAt = performance.now()
    try {
      const answer = await ask('POST', '/projects', { name })
      const now = performance.now()
      slowestMs = Math.max(slowestMs, now - sentAt)
      if (answer.status === 201) acknowledged.set(name, now)
    } catch {
      return { acknowledged, slowestMs }
    }
    await delay(1)
  }
}

/** Kills a loaded server after so many milliseconds. Gives what the file has lost that it must not lose. */
async function killAfter(ms: number, file: string): Promise<{ acknowledged: number; lost: string[] }> {
  const served = await startServe(['--scenario', 'empty', '--state', file])
  const clients = [1, 2].map((client) => createUntilTheEnd(served, client))
  await delay(ms)
  const killedAt = performance.now()
  await served.stop('SIGKILL')
  const told = await Promise.all(clients)
  const acknowledged = told.flatMap((each) => [...each.acknowledged])
  const graceMs = graceAfter(Math.max(...told.map(({ slowestMs }) => slowestMs)))
  const due = acknowledged.filter(([, at]) => at < killedAt - graceMs)
  const kept = await namesIn(file)
  const lost = due.map(([name]) => name).filter((name) => !kept.has(name))
  return { acknowledged: acknowledged.length, lost }
}

/** Names of the projects in a file, as a server would find them at its start. */
async function namesIn(file: string): Promise<Set<string>> {
  const saved = await readState(file)
  const projects = saved?.world.collections?.['projects']?.['default'] ?? []
  return new Set(projects.map(({ name }) => String(name)))
}

/** A world with many jobs that have ended. */
async function largeWorld(): Promise<Snapshot> {
  const mock = createRunnerMock()
  await mock.given.job({ status: 'completed' })
  const { world, ...frame } = mock.snapshot()
  await mock.close()
  const jobs = world.jobs.flatMap((job) =>
    Array.from({ length: MANY_JOBS }, (_, number) => {
      const id = `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
      return { ...job, wire: { ...job.wire, id, inputs: { number } } }
    }),
  )
  return { ...frame, world: { ...world, sessions: [], jobs } }
}

describe('a state file', () => {
  it('survives the death of its server at any moment', async () => {
    const random = createRandom(seed)
    const path = fresh()
    let acknowledged = 0
    for (let first = 0; first < KILLS; first += AT_ONCE) {
      const turns = Array.from({ length: AT_ONCE }, (_, place) =>
        // Every other one goes on with the file that its forerunner has left.
        killAfter(100 + random.next() * 2400, join(path, `${first % (2 * AT_ONCE)}-${place}.json`)),
      )
      for (const outcome of await Promise.all(turns)) {
        expect(outcome.lost).toEqual([])
        acknowledged += outcome.acknowledged
      }
    }
    expect(acknowledged).toBeGreaterThan(KILLS)
  })

  it('with many jobs in it survives the death of its server, over and over', async () => {
    const random = createRandom(seed)
    const file = join(fresh(), 'large.json')
    const world = await largeWorld()
    // As earlier versions have written it.
    await writeFile(file, JSON.stringify(world), { mode: 0o600 })
    let acknowledged = 0
    for (let kill = 0; kill < KILLS_OF_LARGE; kill++) {
      const outcome = await killAfter(1500 + random.next() * 2000, file)
      acknowledged += outcome.acknowledged
      const saved = await readState(file)
      expect(saved?.world.jobs).toEqual(world.world.jobs)
    }
    expect(acknowledged).toBeGreaterThan(KILLS_OF_LARGE)
    const last = await startServe(['--scenario', 'empty', '--state', file])
    expect(await last.stop()).toBe(0)
    expect((await readState(file))?.world.jobs).toEqual(world.world.jobs)
  })

  it('that cannot be written is told once, and serving goes on; later it is written after all', async (context) => {
    const path = fresh()
    const disk = await mountSmallDisk(path)
    if (disk === undefined) return context.skip('a disk that is full must be mounted, which only root may do')
    const file = join(path, 'state.json')
    const served = await startServe(['--scenario', 'empty', '--state', file])
    onTestFinished(async () => void (await served.stop()))
    await served.ask('POST', '/projects', { name: 'small' })
    await untilHolds(file, 'small')

    await run('dd', ['if=/dev/zero', `of=${join(path, 'filler')}`, 'bs=1k', 'count=1000']).catch(() => undefined)
    while (served.errors() === '') {
      // What is left of the disk takes some before it takes no more.
      await served.ask('POST', '/projects', { name: `does not fit ${'x'.repeat(100)} ${performance.now()}` })
      await delay(20)
    }
    const complaint = served.errors()
    expect(complaint.trim().split('\n')).toHaveLength(1)
    expect(complaint).toContain(file)
    expect((await served.ask('POST', '/projects', { name: 'serving goes on' })).status).toBe(201)
    expect(await namesIn(file)).toContain('small')

    await rm(join(path, 'filler'))
    await untilHolds(file, 'serving goes on')
    expect(await namesIn(file)).toContain('serving goes on')
    await run('mount', ['-o', 'remount,ro', path])
    expect((await served.ask('POST', '/projects', { name: 'read only' })).status).toBe(201)
    expect((await fetch(`${served.url}/is-alive/ping`)).status).toBe(200)
  })
})

/** A disk of a few hundred kilobytes; undefined where that is not allowed. */
async function mountSmallDisk(path: string): Promise<true | undefined> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path])
  } catch {
    return undefined
  }
  onTestFinished(async () => void (await run('umount', ['-l', path])))
  return true
}

async function untilHolds(file: string, text: string): Promise<void> {
  while (!(await readFile(file, 'utf8').catch(() => '')).includes(text)) await delay(20)
}
