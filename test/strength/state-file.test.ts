// `serve --state` that is killed at any moment under load: the file can always be read, and holds every change that was
// acknowledged more than a second before. And disks that are full or take nothing: one message, and serving goes on.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRandom } from '../../src/id-source.js'
import { startServe, type Served } from './command.js'
import { length, seed } from './extent.js'

const run = promisify(execFile)
const KILLS = length({ short: 12, long: 200 })
const AT_ONCE = 4
/** What was acknowledged this long before the end must be in the file. */
const GRACE_MS = 1000

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'opik-runner-kit-state-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Creates projects until the server is gone. Gives the time of each acknowledgement by the project's name. */
async function createUntilTheEnd({ url }: Served, client: number): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>()
  for (let number = 0; ; number++) {
    const name = `project ${client}-${number}`
    try {
      const answer = await createProject(url, name)
      if (answer.status === 201) acknowledged.set(name, performance.now())
    } catch {
      return acknowledged
    }
    await delay(1)
  }
}

const createProject = (url: string, name: string): Promise<Response> =>
  fetch(`${url}/v1/private/projects`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })

/** Kills a loaded server after so many milliseconds. Gives what the file has lost that it must not lose. */
async function killAfter(ms: number, file: string): Promise<{ acknowledged: number; lost: string[] }> {
  const served = await startServe('--state', file)
  const clients = [1, 2].map((client) => createUntilTheEnd(served, client))
  await delay(ms)
  const killedAt = performance.now()
  await served.stop('SIGKILL')
  const acknowledged = (await Promise.all(clients)).flatMap((names) => [...names])
  const text = await readFile(file, 'utf8').catch(() => '')
  const due = acknowledged.filter(([, at]) => at < killedAt - GRACE_MS)
  if (text !== '') JSON.parse(text)
  const lost = due.map(([name]) => name).filter((name) => !text.includes(JSON.stringify(name)))
  return { acknowledged: acknowledged.length, lost }
}

describe('a state file', () => {
  it('survives the death of its server at any moment', async () => {
    const random = createRandom(seed)
    const path = await folder()
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

  it('that cannot be written is told once, and serving goes on; later it is written after all', async (context) => {
    const path = await folder()
    const disk = await mountSmallDisk(path)
    if (disk === undefined) return context.skip('a disk that is full must be mounted, which only root may do')
    const file = join(path, 'state.json')
    const served = await startServe('--state', file)
    onTestFinished(async () => void (await served.stop()))
    await createProject(served.url, 'small')
    await untilHolds(file, 'small')

    await run('dd', ['if=/dev/zero', `of=${join(path, 'filler')}`, 'bs=1k', 'count=1000']).catch(() => undefined)
    await createProject(served.url, 'does not fit')
    while (served.trouble() === '') await delay(20)
    const complaint = served.trouble()
    expect(complaint.trim().split('\n')).toHaveLength(1)
    expect(complaint).toContain(file)
    expect((await createProject(served.url, 'serving goes on')).status).toBe(201)
    expect(JSON.parse(await readFile(file, 'utf8'))).toBeTypeOf('object')

    await rm(join(path, 'filler'))
    await untilHolds(file, 'serving goes on')
    await run('mount', ['-o', 'remount,ro', path])
    expect((await createProject(served.url, 'read only')).status).toBe(201)
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
