// A long run: virtual days of jobs on the virtual clock. Memory stands still after the beginning, and nothing is left open at
// the end. served-fuzz.test.ts does the same to a process, in real time.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { length } from './extent.js'

const VIRTUAL_HOURS = length({ short: 8, long: 30 * 24 })
const JOBS_PER_SECOND = 5

setFlagsFromString('--expose-gc')

function heapUsed(): number {
  runInNewContext('gc()')
  return process.memoryUsage().heapUsed
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

it('lets jobs come and go for days of virtual time in the same memory', async () => {
  const timersBefore = process.getActiveResourcesInfo().length
  const settings = { completed_job_ttl_seconds: 1800 }
  const mock = createRunnerMock({ settings, now: '2026-01-01T00:00:00Z', frozen: true, journalSize: 100 })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const root = '/v1/private/local-runners'
  const headers = { ...runner.headers, 'content-type': 'application/json' }
  const creation = JSON.stringify({ project_id: runner.projectId, agent_name: 'echo', inputs: { text: 'Hello' } })
  const call = async (path: string, body: string): Promise<string> => {
    const reply = await mock.handle({ method: 'POST', url: root + path, headers, body })
    expect(reply.status).toBeLessThan(300)
    return reply.headers['location'] ?? ''
  }
  const heap: number[] = []
  for (let second = 0; second <= VIRTUAL_HOURS * 3600; second++) {
    if (second % 10 === 0) await call(`/${runner.id}/heartbeats`, '{}')
    for (let job = 0; job < JOBS_PER_SECOND; job++) {
      const id = (await call('/jobs', creation)).split('/').pop() ?? ''
      await call(`/${runner.id}/jobs/next`, '')
      await call(`/jobs/${id}/logs`, '[{"stream":"stdout","text":"line"}]')
      await call(`/jobs/${id}/results`, '{"status":"completed","result":{}}')
    }
    await mock.clock.advance({ seconds: 1 })
    if (second % 3600 === 0) heap.push(heapUsed())
  }
  // Those of the last half hour; the oldest second of it has just gone.
  expect(mock.snapshot().world.jobs).toHaveLength(JOBS_PER_SECOND * (1800 - 1))
  const [, first = 0, ...later] = heap
  expect(mean(later.slice(-5))).toBeLessThan(first * 1.1)
  await mock.close()
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(timersBefore)
})
