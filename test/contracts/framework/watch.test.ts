// `verify --watch`, as somebody uses it who mends a server beside it.
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { eventually } from '../../sdk/eventually.js'
import { originOf } from '../../sdk/listening.js'
import { startProgram } from '../../sdk/program.js'
import { startMockTarget } from './mock-target.js'

/** Starts the built command; `runs` are the last lines of its runs so far, a `notice` is a line about its watching. */
function watch(url: string, options: readonly string[] = ['--check', 'system/is-alive']) {
  const program = startProgram('dist/cli/main.js', ['verify', url, '--watch', ...options])
  onTestFinished(async () => void (await program.stop('SIGKILL')))
  const outcomes = () => program.output().match(/^[✓✗] (conforms|does not conform|ended early): .*$/gm) ?? []
  const notice = (count: number) =>
    eventually(`notice ${count}`, () => program.errors().split('\n').length > count || undefined)
  const runs = (count: number) =>
    eventually(`run ${count}`, () => (outcomes().length >= count ? outcomes() : undefined))
  return { ...program, runs, notice }
}

describe('verify --watch', () => {
  it('runs what failed again on Enter, and ends with its input and the last outcome', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { type, closeInput, runs } = watch(target.url)
    await runs(1)
    target.mock.faults.clear()
    type('\n')
    expect((await runs(2)).map((line) => line.slice(0, 3))).toEqual(['✗ d', '✓ c'])
    expect(await closeInput()).toBe(0)
  })

  it('runs again when the server has restarted, and ends at a signal', async () => {
    const broken = createRunnerMock({ scenario: 'empty' })
    broken.faults.inject({ operation: 'isAlive', status: 503 })
    const first = await serve(broken, { port: 0 })
    const { type, stop, runs, notice } = watch(first.url)
    await runs(1)
    await notice(1)
    await first.close()
    const mended = createRunnerMock({ scenario: 'empty' })
    await notice(2)
    // Who is too early is told that nothing is there, and how to go on; then it is waited for as before.
    type('\n')
    await notice(5)
    const second = await serve(mended, { port: Number(new URL(first.url).port) })
    onTestFinished(() => second.close())
    const outcomes = await runs(2)
    expect(outcomes.at(-1)).toMatch(/^✓ conforms/)
    expect(await stop('SIGINT')).toBe(130)
  })

  it('runs again what had no turn before a run ended early', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'isAlive', status: 503 })
    const { type, closeInput, runs } = watch(target.url, ['--area', 'system', '--bail', '--concurrency', '1'])
    const [first] = await runs(1)
    expect(first).toMatch(/1 failed, 2 not run/)
    target.mock.faults.clear()
    type('\n')
    expect((await runs(2)).at(-1)).toMatch(/^✓ conforms: 3 passed/)
    expect(await closeInput()).toBe(0)
  })

  it('asks nothing of a server between its runs', async () => {
    let [requests, connections] = [0, 0]
    const server = createServer((_, response) => {
      requests++
      response.writeHead(503).end()
    }).on('connection', () => connections++)
    const { runs, notice } = watch(await originOf(server))
    await runs(1)
    await notice(1)
    const [asked, met] = [requests, connections]
    await eventually('looks', () => (connections > met + 5 ? true : undefined))
    expect(requests).toBe(asked)
  })
})
