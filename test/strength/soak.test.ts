// Long runs: virtual days of jobs on the virtual clock, and real time at a thousand requests a second. Memory stands still
// after the beginning, and nothing is left open at the end.
import { readFileSync, readdirSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { startServe } from '../sdk/served.js'
import { length } from './extent.js'

const VIRTUAL_HOURS = length({ short: 8, long: 30 * 24 })
const JOBS_PER_SECOND = 5
const REAL_SECONDS = length({ short: 12, long: 600 })
const REQUESTS_PER_SECOND = 1000

setFlagsFromString('--expose-gc')

function heapUsed(): number {
  runInNewContext('gc()')
  return process.memoryUsage().heapUsed
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('the virtual clock', () => {
  it('lets jobs come and go for days in the same memory', async () => {
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
})

describe('serve', () => {
  it('answers a thousand requests a second in the same memory, and closes every socket', async () => {
    const served = await startServe(['--scenario', 'empty'])
    onTestFinished(async () => void (await served.stop()))
    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    const socketsBefore = readdirSync(`/proc/${served.pid}/fd`).length
    const memory: number[] = []
    const started = performance.now()
    let sent = 0
    while (performance.now() - started < REAL_SECONDS * 1000) {
      const due = ((performance.now() - started) / 1000) * REQUESTS_PER_SECOND
      await Promise.all(
        Array.from({ length: Math.min(Math.max(due - sent, 1), 200) }, () => ask(served.url, agent, sent++)),
      )
      if (sent % 500 < 200) memory.push(residentMemory(served.pid))
      await delay(1)
    }
    agent.destroy()
    const third = Math.floor(memory.length / 3)
    expect(mean(memory.slice(-third))).toBeLessThan(mean(memory.slice(third, 2 * third)) * 1.1 + 4e6)
    while (readdirSync(`/proc/${served.pid}/fd`).length > socketsBefore) await delay(20)
    expect(served.errors()).toBe('')
  })
})

/** Different requests in turn: read, refused, unknown, and one that changes something and takes it back. */
async function ask(url: string, agent: Agent, turn: number): Promise<void> {
  const calls = [
    ['GET', '/is-alive/ping'],
    ['GET', '/v1/private/projects?size=5'],
    ['POST', '/v1/private/local-runners/jobs', '{"agent_name":7}'],
    ['GET', `/v1/private/local-runners/jobs/${turn}`],
    ['POST', '/v1/private/projects/retrieve', '{"name":"Default Project"}'],
  ] as const
  const [method, path, body] = calls[turn % calls.length] ?? calls[0]
  await new Promise<void>((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const call = request(url + path, { method, agent, headers }, (answer) => {
      answer.resume().on('end', resolve)
    })
    call.on('error', reject).end(body)
  })
}

/** Bytes. */
function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}
