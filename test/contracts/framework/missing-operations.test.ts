// What verify says of a server of which a part is there or does otherwise: missing operations, refused projects, quirks, races.
import { describe, expect, it } from 'vitest'
import type { CheckDefinition } from '../../../src/contracts/check/check.js'
import type { CheckResult, Report, VerifyEvent } from '../../../src/contracts/check/report-model.js'
import { expectAnyStatus, expectStatus, expectThat } from '../../../src/contracts/target/expectation.js'
import { verify } from '../../../src/contracts/run/verify.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { quirkIds } from '../../../src/contracts/check/seen-quirks.js'
import type { Layer } from '../../mutants/broken-mock.js'
import { refusal } from '../../mutants/reply.js'
import { editReply } from '../../mutants/spoils.js'
import { openMockApp, startMockTarget } from './mock-target.js'
import { passing, trial, codeOf } from './trial-checks.js'
import { renderHtml, renderAll } from './shown-report.js'
import { sendJson, startStub } from './stub-server.js'

/** Answers calls to an operation as a server that lacks it. */
const lacking = (operation: OperationId, status: number, body = 'none'): Layer => {
  const headers = { 'content-type': 'text/plain' }
  const spoil = editReply((reply) => ({ ...reply, status, headers, body }))
  return { touches: new Set([operation]), spoil }
}
const openWithout = (...lack: Parameters<typeof lacking>) => openMockApp({ layers: [lacking(...lack)] })

const poll: CheckDefinition['run'] = async (context) => {
  const runner = await context.pair({ agents: ['echo'] })
  await runner.createJob()
  await runner.takeJob()
}
const own = trial('trial/own', poll, { rule: { operation: 'nextJob' } })
const pollers = ['a', 'b', 'c', 'd'].map((name) => trial(`trial/polls-${name}`, poll))

const kindsOf = ({ results }: Report) => results.map(({ verdict }) => verdict.kind)
const blockedBy = ({ verdict }: CheckResult) => (verdict.kind === 'not-run' ? verdict.blockedBy : undefined)

describe('an operation that is not there', () => {
  it.each([
    [404, 'none', 'not-implemented'],
    [404, '{"error":"Not Found"}', 'not-implemented'],
    [405, 'none', 'not-implemented'],
    [501, 'none', 'not-implemented'],
    [500, 'none', 'not-working'],
  ] as const)('is reported once when it answers %i %s, and blocks what calls it', async (status, body, kind) => {
    const report = await verify(openWithout('nextJob', status, body), {
      checks: [...pollers, own, passing],
      concurrency: 1,
    })
    expect(report.missing).toMatchObject([
      { operation: 'nextJob', kind, checks: 5, exchange: { operation: 'nextJob' } },
    ])
    expect(report.totals).toMatchObject({ failed: 1, notRun: 4, passed: 1, errors: 0 })
    const [failed] = report.results.flatMap(({ verdict }) => (verdict.kind === 'failed' ? verdict.findings[0] : []))
    expect(failed?.exchanges).toMatchObject([{ operation: 'nextJob', status }])
    expect(report.results.flatMap((each) => blockedBy(each) ?? [])).toEqual(Array(4).fill('nextJob'))
    expect(report.exitCode).toBe(1)
  })

  it.each([
    [404, '{"code":404,"message":"HTTP 404 Not Found"}', 'not-implemented'],
    [200, 'none', 'not-working'],
    [301, 'none', 'not-working'],
    [422, '{"errors":["name must not be blank"]}', 'not-working'],
  ] as const)('is createProject, too, when it answers %i %s', async (status, body, kind) => {
    const report = await verify(openWithout('createProject', status, body), { checks: [own] })
    expect(renderHtml(report)).toMatch(/not (implemented|working): createProject/)
    expect(report.missing).toMatchObject([{ operation: 'createProject', kind, checks: 1, exchange: { status } }])
  })

  it('is told by the same check, whichever have met it first', async () => {
    const failedOf = async (concurrency: number) => {
      const { results } = await verify(openWithout('nextJob', 404), { checks: [...pollers, own], concurrency })
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
    let polled = 0
    const first: Layer = {
      touches: new Set(['nextJob']),
      spoil: () => (call) => (++polled === 1 ? refusal(404) : call.proceed()),
    }
    const target = openMockApp({ layers: [first, lacking('nextJob', 405)] })
    const report = await verify(target, { checks: [refused, ...pollers], concurrency: 1 })
    expect(report.missing).toEqual([])
    expect(kindsOf(report)).toEqual(['passed', 'failed', 'failed', 'failed', 'failed'])
  })

  it('is behind every failure that it was met on the way to', async () => {
    const careless = trial('trial/careless', async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      // A poll that finds one does not wait.
      await runner.createJob()
      const poll = await context.call('nextJob', { path: { runnerId: runner.id } })
      const read = await context.call('getRunner', { path: { runnerId: runner.id } })
      expectThat(false, 'a job', 'none', [poll, read])
    })
    const report = await verify(openWithout('nextJob', 404), { checks: [careless, own], concurrency: 1 })
    expect(report.missing).toMatchObject([{ operation: 'nextJob', checks: 2 }])
    expect(report.totals).toMatchObject({ failed: 1, notRun: 1 })
  })

  it('is told while the run lasts, and not called again once it is known', async () => {
    const target = openWithout('registerAgents', 404)
    const events: VerifyEvent[] = []
    await verify(target, { checks: pollers, concurrency: 1, onEvent: (event) => events.push(event) })
    expect(target.mock.journal.entries({ operation: 'registerAgents' })).toHaveLength(3)
    expect(events.filter(({ type }) => type === 'missing')).toMatchObject([{ operation: 'registerAgents' }])
  })

  it('may be waived, and known from a baseline, by the check that fails for it', async () => {
    const target = openWithout('nextJob', 404)
    const given = { checks: [...pollers, own], concurrency: 1 }
    const { results } = await verify(target, given)
    const baseline = new Set(results.filter(({ verdict }) => verdict.kind === 'failed').map(({ id }) => id))
    expect(await verify(target, { ...given, baseline })).toMatchObject({ exitCode: 0, totals: { known: 1 } })
    const waivers = [{ id: 'trial/*', reason: 'not yet' }]
    expect(await verify(target, { ...given, waivers })).toMatchObject({ exitCode: 0, totals: { waived: 1 } })
  })
})

it('checks run in the order of what they rest on', async () => {
  const order: string[] = []
  const about = (operation: OperationId) =>
    trial(`trial/${operation}`, async () => void order.push(operation), { rule: { operation } })
  const operations = ['createTraces', 'nextBridgeCommands', 'nextJob', 'isAlive', 'createPairingSession'] as const
  await verify(openMockApp(), { checks: operations.map(about), concurrency: 1 })
  expect(order).toEqual(['isAlive', 'createPairingSession', 'nextJob', 'nextBridgeCommands', 'createTraces'])
})

describe('bail', () => {
  const broken = Array.from({ length: 100 }, (_, at) =>
    trial(`trial/broken-${at}`, async (context) => {
      const runner = await context.pair()
      expectStatus(await context.call('disconnectRunner', { path: { runnerId: runner.id } }), 204)
      expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 200)
    }),
  )

  it.each([
    [true, 1],
    [7, 7],
  ])('ends a run of 100 faults at %s', async (bail, failed) => {
    const report = await verify(openMockApp(), { checks: broken, bail })
    expect(report).toMatchObject({ exitCode: 1, totals: { failed, notRun: 100 - failed } })
  })

  it('counts a missing operation once', async () => {
    const report = await verify(openWithout('nextJob', 404), {
      checks: [...pollers, ...broken],
      bail: 2,
      concurrency: 1,
    })
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

describe('verify, before any check', () => {
  it('says soon that nothing answers', async () => {
    const { url } = await startStub(() => undefined)
    const silent = verify({ url }, { checks: [passing], firstAnswerSeconds: 0.2 })
    await expect(silent).rejects.toMatchObject({ code: 'target/unreachable' })
  })

  it('says that the credentials are refused', async () => {
    const keys = await startStub((_, response) => sendJson(response, 401, { code: 401, message: 'no' }))
    expect(await codeOf({ url: keys.url })).toBe('target/refused')
    const gate = await startStub((_, response) => void response.writeHead(401, { 'www-authenticate': 'Basic' }).end())
    expect(await codeOf({ url: gate.url })).toBe('target/refused')
  })

  it('works in a given project, one check at a time, where none can be created', async () => {
    const target = await startMockTarget()
    const project = await target.mock.given.project({ name: 'Shared' })
    target.mock.faults.inject({ operation: 'createProject', status: 403 })
    let running = 0
    let most = 0
    const slots = ['a', 'b', 'c'].map((name) =>
      trial(`trial/slot-${name}`, async (context) => {
        most = Math.max(most, ++running)
        const runner = await context.pair()
        if (runner.project.id !== project.id) throw new Error('another project')
        running--
      }),
    )
    const two = trial('trial/two', async (context) => {
      await context.newProject()
    })
    const without = await verify(target, { checks: slots })
    expect(without).toMatchObject({ exitCode: 1, target: { projects: 'none' }, totals: { failed: 1, notRun: 2 } })
    expect(without.missing).toMatchObject([{ operation: 'createProject', checks: 3, exchange: { status: 403 } }])
    running = 0
    most = 0
    const report = await verify({ ...target, project: 'Shared' }, { checks: [...slots, two] })
    expect(report.totals).toMatchObject({ passed: 3, notRun: 1 })
    expect(most).toBe(1)
    // A runner that has lapsed stands in the list of its user nonetheless.
    await target.mock.given.connectedRunner({ type: 'connect', projectId: project.id })
    await target.mock.clock.advance({ seconds: 20 })
    const model = await verify(
      { ...target, project: project.id },
      { only: ['model/runners', 'model/callers'], runs: 4 },
    )
    expect(model.results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'not-run'])
  })

  it('does not evict runners of a given project', async () => {
    const target = await startMockTarget()
    const { id } = await target.mock.given.project({ name: 'Busy' })
    await target.mock.given.connectedRunner({ type: 'endpoint', projectId: id })
    target.mock.faults.inject({ operation: 'createProject', status: 403 })
    await expect(verify({ ...target, project: 'Busy' }, { checks: [passing] })).rejects.toMatchObject({
      code: 'target/projects',
    })
  })
})

const seen = trial(
  'trial/seen',
  async (context) => {
    const proof = await context.call('isAlive')
    context.quirk('stale-wait', { expected: 'the state now', actual: 'an older one', proof })
  },
  { rule: { operation: 'getBridgeCommand' } },
)

/** A race that is lost, in a shape that is declared. */
const race = trial(
  'trial/race',
  async (context) => {
    const proof = await context.call('isAlive')
    context.quirk('races/slots', { expected: 'one runner', actual: 2, proof })
  },
  { race: true },
)

/** A check that others disturb as often as told. */
const disturbed = (times: number, about: { isShared: boolean }) => {
  let runs = 0
  const run = async (): Promise<void> => {
    await Promise.resolve()
    expectThat(++runs > times, 'peace', 'none')
  }
  return trial('trial/disturbed', run, about)
}

describe('a quirk that a check has seen', () => {
  it('is accepted, and stands in every report with who has seen it', async () => {
    const report = await verify(openMockApp(), { checks: [passing, seen] })
    expect(report.exitCode).toBe(0)
    expect(report.totals.passed).toBe(2)
    expect(report.quirks).toMatchObject([{ id: 'stale-wait', checks: ['trial/seen'], operations: ['isAlive'] }])
    for (const text of renderAll(report)) expect(text).toContain('stale-wait')
  })

  it('fails under strict, unless it is accepted by its id', async () => {
    const target = openMockApp()
    const strict = await verify(target, { checks: [passing, seen], strict: true })
    expect(strict.results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'failed'])
    expect(strict.exitCode).toBe(1)
    expect(strict.quirks).toEqual([])
    const accepted = await verify(target, { checks: [passing, seen], strict: true, accept: ['stale-wait'] })
    expect(accepted.exitCode).toBe(0)
  })

  it('is accepted by no id that the spec does not have', async () => {
    expect(quirkIds).toContain('stale-wait')
    const target = openMockApp()
    const error = await verify(target, { checks: [passing], accept: ['stale-wiat'] }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'quirks/unknown' })
    expect(String(error)).toContain('stale-wait')
  })
})

it('a race that is lost in a declared shape is a quirk with an id of its own, and one of `races`', async () => {
  const target = openMockApp()
  const lenient = await verify(target, { checks: [race], accept: ['races'] })
  expect([lenient.exitCode, lenient.quirks.map(({ id }) => id)]).toEqual([0, ['races/slots']])
  expect((await verify(target, { checks: [race], strict: true })).exitCode).toBe(1)
  for (const accepted of ['races', 'races/slots'])
    expect((await verify(target, { checks: [race], strict: true, accept: [accepted] })).exitCode).toBe(0)
  expect((await verify(target, { checks: [race], strict: true, accept: ['races/limit'] })).exitCode).toBe(1)
})

it('a check of something that others change is run once more, alone, before a failure counts', async () => {
  const target = openMockApp()
  const kindOf = async (times: number, isShared: boolean) =>
    (await verify(target, { checks: [disturbed(times, { isShared })] })).results[0]?.verdict.kind
  expect(await kindOf(1, true)).toBe('passed')
  expect(await kindOf(2, true)).toBe('failed')
  expect(await kindOf(1, false)).toBe('failed')
})
