// Many callers at once: each job is handed out exactly once and in order, and none is lost when callers hang up, whenever
// they do.
import { afterAll, describe, expect, it } from 'vitest'
import { createJob, drainJobs, pair, pendingJobs } from './given.js'
import { closeMsw, stageOver, until, type TransportName, type World } from './harness.js'

const MANY = { max_pending_jobs_per_runner: 1000, bridge_max_pending_per_runner: 1000 }

/** Numbers from 0. */
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

afterAll(closeMsw)

/** CI has them all. */
const transports: readonly TransportName[] =
  process.env['KIT_ALL_TARGETS'] === undefined ? ['http'] : ['handle', 'fetch', 'msw', 'http']

describe.each(transports)('pollers over %s', (transport) => {
  const open = (): Promise<World> => stageOver(transport).open({ settings: MANY, journalSize: 0 })

  it('lose no job by hanging up while jobs are created', async () => {
    const { api, waiting } = await open()
    const runner = await pair(api)
    const received: string[] = []
    const pollers = range(100).map(() => {
      const hanging = new AbortController()
      const path = { runnerId: runner.id }
      const poll = api.expect(200, 'nextJob', { path, signal: hanging.signal }).then(
        ({ body }) => body !== null && received.push(body.id),
        () => undefined,
      )
      return { poll, hangUp: () => hanging.abort() }
    })
    await waiting('nextJob', 100)
    const creating = range(100).map((index) => {
      const created = createJob(api, runner)
      pollers[index]?.hangUp()
      return created
    })
    const created = await Promise.all(creating)
    await Promise.all(pollers.map(({ poll }) => poll))
    await until(
      'the return of every job',
      async () => (await pendingJobs(api, runner)).length + received.length === 100,
    )
    const left = await drainJobs(api, runner, 100 - received.length)
    expect(left).toEqual([...left].sort())
    expect([...received, ...left].sort()).toEqual([...created].sort())
  })
})
