// `verify --watch`, as somebody uses it who mends a server beside it.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { eventually } from '../../sdk/eventually.js'
import { startMockTarget } from './mock-target.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** Starts the built command; `outcomes` are the last lines of its runs so far, a `notice` is a line about its watching. */
function watch(url: string, options: readonly string[] = ['--check', 'system/is-alive']) {
  const args = ['dist/cli/main.js', 'verify', url, '--watch', ...options]
  const env = { PATH: process.env['PATH'], NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { cwd: root, env })
  ends.push(() => child.kill('SIGKILL'))
  let [text, notices] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (notices += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const outcomes = () => text.match(/^[✓✗] (conforms|does not conform|ended early): .*$/gm) ?? []
  const notice = (count: number) =>
    eventually(`notice ${count}`, () => (notices.split('\n').length > count ? true : undefined))
  const runs = (count: number) =>
    eventually(`run ${count}`, () => (outcomes().length >= count ? outcomes() : undefined))
  return { child, ended, outcomes, runs, notice }
}

describe('verify --watch', () => {
  it('runs what failed again on Enter, and ends with its input and the last outcome', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { child, ended, outcomes, runs } = watch(target.url)
    await runs(1)
    target.mock.faults.clear()
    child.stdin.write('\n')
    await runs(2)
    child.stdin.end()
    expect(await ended).toBe(0)
    expect(outcomes().map((line) => line.slice(0, 3))).toEqual(['✗ d', '✓ c'])
  })

  it('runs again when the server has restarted, and ends at a signal', async () => {
    const broken = createRunnerMock({ scenario: 'empty' })
    broken.faults.inject({ operation: 'isAlive', status: 503 })
    const first = await serve(broken, { port: 0 })
    const { child, ended, runs, notice } = watch(first.url)
    await runs(1)
    await notice(1)
    await first.close()
    const mended = createRunnerMock({ scenario: 'empty' })
    await notice(2)
    // Who is too early is told that nothing is there, and how to go on; then it is waited for as before.
    child.stdin.write('\n')
    await notice(5)
    const second = await serve(mended, { port: Number(new URL(first.url).port) })
    ends.push(() => second.close())
    const outcomes = await runs(2)
    expect(outcomes.at(-1)).toMatch(/^✓ conforms/)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
  })

  it('runs again what had no turn before a run ended early', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { child, ended, runs } = watch(target.url, ['--area', 'system', '--bail', '--concurrency', '1'])
    const [first] = await runs(1)
    expect(first).toMatch(/1 failed, 2 not run/)
    target.mock.faults.clear()
    child.stdin.write('\n')
    const outcomes = await runs(2)
    expect(outcomes.at(-1)).toMatch(/^✓ conforms: 3 passed/)
    child.stdin.end()
    expect(await ended).toBe(0)
  })

  it('asks nothing of a server between its runs', async () => {
    let [requests, connections] = [0, 0]
    const server = createServer((_, response) => {
      requests++
      response.writeHead(503).end()
    }).on('connection', () => connections++)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => server.close())
    const { runs, notice } = watch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await runs(1)
    await notice(1)
    const [asked, met] = [requests, connections]
    await eventually('looks', () => (connections > met + 5 ? true : undefined))
    expect(requests).toBe(asked)
  })
})
