// What verify says of a server of which a part is there: operations that are missing, and checks that wait for them.
import { describe, expect, it } from 'vitest'
import type { CheckResult, Report, VerifyEvent } from '../../../src/contracts/check/report-model.js'
import { expectAnyStatus, expectStatus, expectThat } from '../../../src/contracts/target/expectation.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { outcomeOf } from '../../../src/contracts/suite-run.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { openMockApp, type MockApp } from './mock-target.js'
import { passing, trial } from './trial-checks.js'
import { renderHtml } from './shown-report.js'

/** Answers calls to an operation as a server that lacks it. */
function takeAway(target: MockApp, path: RegExp, answer: { status: number; body?: string }): void {
  const handle = target.mock.handle.bind(target.mock)
  target.mock.handle = async (exchange) => {
    const reply = await handle(exchange)
    if (!path.test(`${exchange.method} ${new URL(exchange.url, 'http://localhost').pathname}`)) return reply
    return { ...reply, status: answer.status, headers: { 'content-type': 'text/plain' }, body: answer.body ?? 'none' }
  }
}

const NEXT_JOB = /^POST .*\/jobs\/next$/
const REGISTER = /^PUT .*\/agents$/

const polls = (id: string) =>
  trial(id, async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await runner.createJob()
    await runner.takeJob()
  })
const own = trial(
  'trial/own',
  async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await runner.createJob()
    await runner.takeJob()
  },
  { rule: { operation: 'nextJob' } },
)
const pollers = ['a', 'b', 'c', 'd'].map((name) => polls(`trial/polls-${name}`))

const kindsOf = ({ results }: Report) => results.map(({ verdict }) => verdict.kind)
const blockedBy = ({ verdict }: CheckResult) => (verdict.kind === 'not-run' ? verdict.blockedBy : undefined)

describe('an operation that is not there', () => {
  it.each([
    ['404 without an error body', { status: 404 }, 'not-implemented'],
    ['404 of another form', { status: 404, body: '{"error":"Not Found"}' }, 'not-implemented'],
    ['405', { status: 405 }, 'not-implemented'],
    ['501', { status: 501 }, 'not-implemented'],
    ['500', { status: 500 }, 'not-working'],
  ] as const)('is reported once when it answers %s, and blocks what calls it', async (_, answer, kind) => {
    const target = openMockApp()
    takeAway(target, NEXT_JOB, answer)
    const report = await verify(target, { checks: [...pollers, own, passing], concurrency: 1 })
    expect(report.missing).toMatchObject([
      { operation: 'nextJob', kind, checks: 5, exchange: { operation: 'nextJob' } },
    ])
    expect(report.totals).toMatchObject({ failed: 1, notRun: 4, passed: 1, errors: 0 })
    const [failed] = report.results.flatMap(({ verdict }) => (verdict.kind === 'failed' ? verdict.findings[0] : []))
    expect(failed?.exchanges).toMatchObject([{ operation: 'nextJob', status: answer.status }])
    expect(report.results.flatMap((each) => blockedBy(each) ?? [])).toEqual(Array(4).fill('nextJob'))
    expect(report.exitCode).toBe(1)
  })

  it.each([
    [
      '404 in the form of this API',
      { status: 404, body: '{"code":404,"message":"HTTP 404 Not Found"}' },
      'not-implemented',
    ],
    ['200', { status: 200 }, 'not-working'],
    ['a redirect', { status: 301 }, 'not-working'],
    ['422', { status: 422, body: '{"errors":["name must not be blank"]}' }, 'not-working'],
  ] as const)('is createProject, too, when it answers %s', async (_, answer, kind) => {
    const target = openMockApp()
    takeAway(target, /^POST .*\/projects$/, answer)
    const report = await verify(target, { checks: [own] })
    expect(renderHtml(report)).toMatch(/not (implemented|working): createProject/)
    expect(report.missing).toMatchObject([
      { operation: 'createProject', kind, checks: 1, exchange: { status: answer.status } },
    ])
  })

  it('is told by the same check, whichever have met it first', async () => {
    const failedOf = async (concurrency: number) => {
      const target = openMockApp()
      takeAway(target, NEXT_JOB, { status: 404 })
      const { results } = await verify(target, { checks: [...pollers, own], concurrency })
      return results.filter(({ verdict }) => verdict.kind === 'failed').map(({ id }) => id)
    }
    expect(await failedOf(1)).toEqual(['trial/own'])
    expect(await failedOf(5)).toEqual(['trial/own'])
  })

  it('is there when any answer shows it: then each failure counts', async () => {
    const refused = trial('trial/refused', async (context) => {
      const answer = await context.call('nextJob', { path: { runnerId: context.random.uuid() } })
      expectAnyStatus(answer, [404])
    })
    const target = openMockApp()
    takeAway(target, NEXT_JOB, { status: 405 })
    const handle = target.mock.handle.bind(target.mock)
    let polled = 0
    target.mock.handle = async (exchange) => {
      const isFirst = NEXT_JOB.test(`${exchange.method} ${exchange.url}`) && ++polled === 1
      if (!isFirst) return handle(exchange)
      return { status: 404, headers: { 'content-type': 'application/json' }, body: '{"code":404,"message":"gone"}' }
    }
    const report = await verify(target, { checks: [refused, ...pollers], concurrency: 1 })
    expect(report.missing).toEqual([])
    expect(kindsOf(report)).toEqual(['passed', 'failed', 'failed', 'failed', 'failed'])
  })

  it('is behind every failure that it was met on the way to', async () => {
    const target = openMockApp()
    takeAway(target, NEXT_JOB, { status: 404 })
    const careless = trial('trial/careless', async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      // A poll that finds one does not wait.
      await runner.createJob()
      const poll = await context.call('nextJob', { path: { runnerId: runner.id } })
      const read = await context.call('getRunner', { path: { runnerId: runner.id } })
      expectThat(false, 'a job', 'none', [poll, read])
    })
    const report = await verify(target, { checks: [careless, own], concurrency: 1 })
    expect(report.missing).toMatchObject([{ operation: 'nextJob', checks: 2 }])
    expect(report.totals).toMatchObject({ failed: 1, notRun: 1 })
  })

  it('is not called again once it is known', async () => {
    const target = openMockApp()
    takeAway(target, REGISTER, { status: 404 })
    await verify(target, { checks: pollers, concurrency: 1 })
    expect(target.mock.journal.entries({ operation: 'registerAgents' })).toHaveLength(3)
  })

  it('is told while the run lasts', async () => {
    const target = openMockApp()
    takeAway(target, REGISTER, { status: 404 })
    const events: VerifyEvent[] = []
    await verify(target, { checks: pollers, concurrency: 1, onEvent: (event) => events.push(event) })
    expect(events.filter(({ type }) => type === 'missing')).toMatchObject([{ operation: 'registerAgents' }])
  })

  it('may be waived, and known from a baseline, by the check that fails for it', async () => {
    const target = openMockApp()
    takeAway(target, NEXT_JOB, { status: 404 })
    const checks = [...pollers, own]
    const first = await verify(target, { checks, concurrency: 1 })
    const baseline = new Set(first.results.filter(({ verdict }) => verdict.kind === 'failed').map(({ id }) => id))
    expect(await verify(target, { checks, concurrency: 1, baseline })).toMatchObject({
      exitCode: 0,
      totals: { known: 1 },
    })
    const waivers = [{ id: 'trial/*', reason: 'not yet' }]
    expect(await verify(target, { checks, concurrency: 1, waivers })).toMatchObject({
      exitCode: 0,
      totals: { waived: 1 },
    })
  })

  it('fails one test of a test runner, and skips those that wait', async () => {
    const target = openMockApp()
    takeAway(target, NEXT_JOB, { status: 404 })
    const { results } = await verify(target, { checks: pollers, concurrency: 1 })
    expect(results.map((each) => outcomeOf(each).kind).toSorted()).toEqual(['failed', 'skipped', 'skipped', 'skipped'])
  })
})

describe('a server without projects', () => {
  it('lacks createProject, which --project goes round', async () => {
    const target = openMockApp()
    const { id } = await target.mock.given.project({ name: 'Mine' })
    takeAway(target, /^POST .*\/projects$/, { status: 404 })
    const without = await verify(target, { checks: pollers })
    expect(without).toMatchObject({ exitCode: 1, missing: [{ operation: 'createProject', checks: 4 }] })
    const given = await verify({ ...target, project: id }, { checks: pollers })
    expect(given).toMatchObject({ exitCode: 0, missing: [], totals: { passed: 4 } })
  })
})

describe('checks', () => {
  it('run in the order of what they rest on', async () => {
    const order: string[] = []
    const about = (operation: OperationId) =>
      trial(`trial/${operation}`, async () => void order.push(operation), { rule: { operation } })
    const operations = ['createTraces', 'nextBridgeCommands', 'nextJob', 'isAlive', 'createPairingSession'] as const
    await verify(openMockApp(), { checks: operations.map(about), concurrency: 1 })
    expect(order).toEqual(['isAlive', 'createPairingSession', 'nextJob', 'nextBridgeCommands', 'createTraces'])
  })
})

describe('bail', () => {
  const broken = Array.from({ length: 500 }, (_, at) =>
    trial(`trial/broken-${at}`, async (context) => {
      const runner = await context.pair()
      expectStatus(await context.call('disconnectRunner', { path: { runnerId: runner.id } }), 204)
      expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 200)
    }),
  )

  it.each([
    [true, 1],
    [7, 7],
  ])('ends a run of 500 faults at %s', async (bail, failed) => {
    const report = await verify(openMockApp(), { checks: broken, bail })
    expect(report).toMatchObject({ exitCode: 1, totals: { failed, notRun: 500 - failed } })
  })

  it('counts a missing operation once', async () => {
    const target = openMockApp()
    takeAway(target, NEXT_JOB, { status: 404 })
    const report = await verify(target, { checks: [...pollers, ...broken], bail: 2, concurrency: 1 })
    expect(report.totals.failed).toBe(2)
    expect(report.missing).toMatchObject([{ operation: 'nextJob' }])
  })

  it('does not count what is waived or known', async () => {
    const waivers = [{ id: 'trial/broken-0', reason: 'known' }]
    const baseline = new Set(['trial/broken-1'])
    const some = broken.slice(0, 5)
    const report = await verify(openMockApp(), { checks: some, bail: 1, waivers, baseline, concurrency: 1 })
    expect(kindsOf(report)).toEqual(['waived', 'failed', 'failed', 'not-run', 'not-run'])
  })
})
