import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CheckResult, Report, VerifyEvent } from '../../../src/contracts/check/report-model.js'
import { expectStatus } from '../../../src/contracts/target/expectation.js'
import type { Target } from '../../../src/contracts/target/target.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { withHeaders } from '../../mutants/reply.js'
import { editReply } from '../../mutants/spoils.js'
import { openMockApp, startMockTarget } from './mock-target.js'
import { buggy, failing, passing, trial } from './trial-checks.js'

function verdictOf(report: Report, id: string): CheckResult['verdict'] {
  const result = report.results.find((each) => each.id === id)
  if (result === undefined) throw new Error(`no result of ${id}`)
  return result.verdict
}

describe('verify', () => {
  it('sorts what a check throws into verdicts', async () => {
    const report = await verify(await startMockTarget(), { checks: [passing, failing, buggy] })
    expect(verdictOf(report, 'trial/passes')).toEqual({ kind: 'passed' })
    expect(verdictOf(report, 'trial/fails')).toMatchObject({
      kind: 'failed',
      findings: [
        { expected: 'the status to be 418', actual: '200', exchanges: [{ operation: 'isAlive', status: 200 }] },
      ],
    })
    expect(verdictOf(report, 'trial/has-a-bug')).toMatchObject({
      kind: 'error',
      message: expect.stringContaining('no such') as string,
    })
    expect(report.totals).toEqual({ passed: 1, failed: 1, waived: 0, notRun: 0, errors: 1, known: 0 })
    expect(report.exitCode).toBe(1)
  })

  it('fails a check whose answers break the spec, whatever it asks for', async () => {
    const target = await startMockTarget()
    target.mock.faults.inject({ operation: 'findProjects', status: 503, times: 1 })
    const careless = trial('trial/careless', async (context) => {
      await context.call('findProjects')
    })
    const report = await verify(target, { checks: [careless] })
    expect(verdictOf(report, 'trial/careless')).toMatchObject({
      kind: 'failed',
      findings: [{ actual: '503', pointer: '#/paths/~1v1~1private~1projects/get/responses' }],
    })
  })

  it('leaves nothing behind and hangs up what a check left open', async () => {
    const target = await startMockTarget()
    const before = target.mock.snapshot().world
    const messy = trial('trial/messy', async (context) => {
      const runner = await context.pair({ agents: ['echo'] })
      await context.newProject()
      await runner.createJob()
      await context.pair({ type: 'connect', identity: 'stranger' })
      const idle = await context.pair({ project: await context.newProject() })
      context.open('nextJob', { path: { runnerId: idle.id } })
      throw new Error('and out')
    })
    const report = await verify(target, { checks: [messy] })
    expect(verdictOf(report, 'trial/messy')).toMatchObject({ kind: 'error' })
    const counts = (world: object) =>
      Object.entries(world).map(([name, value]) => [name, Array.isArray(value) ? value.length : 0])
    const after = target.mock.snapshot().world
    expect(counts(after).filter(([name]) => name === 'projects')).toEqual(
      counts(before).filter(([name]) => name === 'projects'),
    )
    expect(JSON.stringify(after)).not.toContain('contract-runner')
  })

  it('does not run what the target lacks, and says why', async () => {
    const never = () => Promise.reject(new Error('must not run'))
    const checks = [
      trial('trial/time', never, { needs: { clock: { seconds: (limits) => limits.reaper_interval_seconds } } }),
      trial('trial/limit', never, { needs: { limits: { max_agents_per_runner: 10 } } }),
      trial('trial/other', never, { needs: { other: 'stranger' } }),
      trial('trial/when', never, { needs: { when: () => 'not here' } }),
    ]
    const report = await verify(await startMockTarget({ auth: 'local' }), { checks })
    expect(report.totals).toMatchObject({ notRun: 4 })
    expect(report.exitCode).toBe(0)
  })

  it('goes on where Location of a new project does not tell its id, and names that', async () => {
    const spoil = editReply((reply) => withHeaders(reply, { location: undefined }))
    const target = openMockApp({ layers: [{ touches: new Set(['createProject']), spoil }] })
    const only = ['wire/location.createProject', 'job/minimal']
    const { results } = await verify(target, { only })
    expect(results.map(({ id, verdict }) => [id, verdict.kind])).toEqual([
      ['wire/location.createProject', 'failed'],
      ['job/minimal', 'passed'],
    ])
  })

  it('makes up other identities only where the target tells users apart', async () => {
    const identities = async (auth: 'open' | 'local') =>
      (await verify(await startMockTarget({ auth }), { checks: [passing] })).target.identities
    expect(await identities('open')).toEqual(['main', 'colleague', 'stranger'])
    expect(await identities('local')).toEqual(['main'])
  })

  it('takes a colleague and a stranger by name, and finds out whether a stranger is a colleague, too', async () => {
    const keys = {
      'key-of-ann-1': { user: 'ann', workspaces: ['team'] },
      'key-of-ben-2': { user: 'ben', workspaces: ['team', 'elsewhere'] },
      'key-of-cy-33': { user: 'cy', workspaces: ['elsewhere'] },
    }
    const target = await startMockTarget({ auth: keys })
    const identities = async (more: Partial<Target>) =>
      (await verify({ ...target, apiKey: 'key-of-ann-1', workspace: 'team', ...more }, { checks: [passing] })).target
        .identities
    const cy = { apiKey: 'key-of-cy-33', workspace: 'elsewhere' }
    expect(await identities({ other: cy })).toEqual(['main', 'stranger'])
    expect(await identities({ other: cy, colleagueApiKey: 'key-of-ben-2' })).toEqual(['main', 'colleague', 'stranger'])
    const ben = { apiKey: 'key-of-ben-2', workspace: 'elsewhere' }
    expect(await identities({ other: ben })).toEqual(['main', 'colleague', 'stranger'])
    expect(await identities({ other: { apiKey: 'key-of-ben-2' } })).toEqual(['main', 'colleague'])
    const two = identities({ other: { apiKey: 'key-of-ben-2' }, colleagueApiKey: 'key-of-cy-33' })
    await expect(two).rejects.toMatchObject({ code: 'target/identity' })
  })

  it('moves the clock for all checks that need time, and waits for real without one', async () => {
    const lapse = [1, 2, 3].map((number) =>
      trial(
        `trial/lapse-${number}`,
        async (context) => {
          const runner = await context.pair()
          await context.time.pass(context.limits.heartbeat_ttl_seconds + 1)
          const { status } = await runner.read()
          if (status !== 'disconnected') throw new Error(status)
          await context.time.pass(120, { alive: [runner] })
          if ((await runner.read()).status !== 'connected') throw new Error('lapsed')
        },
        { needs: { clock: { seconds: 140 } } },
      ),
    )
    const moved = await verify(await startMockTarget({ clock: true }), { checks: lapse })
    expect(moved.totals.passed).toBe(3)
    // Without a clock to move it would take this long.
    expect(moved.durationMs).toBeLessThan(120_000)

    const settings = { heartbeat_ttl_seconds: 0.5 }
    const quick = trial(
      'trial/quick-lapse',
      async (context) => {
        const runner = await context.pair()
        await context.time.pass(0.7)
        if ((await runner.read()).status !== 'disconnected') throw new Error('not lapsed')
      },
      { needs: { clock: { seconds: 1 } } },
    )
    const waited = await verify({ ...(await startMockTarget({ settings })), limits: settings }, { checks: [quick] })
    expect(waited.totals.passed).toBe(1)
  })

  it('lets checks that need time prepare beside the last of the others, and moves the clock after those', async () => {
    const target = await startMockTarget({ clock: true })
    const events: string[] = []
    let prepared: () => void = () => undefined
    const preparation = new Promise<void>((resolve) => (prepared = resolve))
    const last = trial('trial/last', async () => {
      await preparation
      await sleep(40)
      events.push('last ends')
    })
    const slow = trial(
      'trial/slow',
      async (context) => {
        prepared()
        await context.time.pass(3600)
        events.push('an hour has passed')
      },
      { needs: { clock: { seconds: 3600 } } },
    )
    const report = await verify(target, { checks: [slow, last] })
    expect(events).toEqual(['last ends', 'an hour has passed'])
    expect(report.totals).toMatchObject({ passed: 2 })
  })

  it('judges long polls by their time', async () => {
    const poll = trial(
      'trial/poll',
      async (context) => {
        const runner = await context.pair({ agents: ['echo'] })
        const call = context.open('nextJob', { path: { runnerId: runner.id } })
        await context.time.stillOpen(call, 9)
        const answer = await context.time.within(call, 2)
        expectStatus(answer, 200)
        if ((await runner.nextJob()) !== null) throw new Error('a job from nowhere')
        const early = context.open('nextJob', { path: { runnerId: runner.id } })
        await context.time.settle()
        await runner.heartbeat()
        await runner.createJob()
        await context.time.stillOpen(early, 5)
      },
      { needs: { clock: { seconds: 30 } } },
    )
    const report = await verify(await startMockTarget({ clock: true }), { checks: [poll] })
    expect(verdictOf(report, 'trial/poll')).toMatchObject({
      kind: 'failed',
      findings: [{ expected: 'the call to wait for 5 s' }],
    })
  })

  it('waives, and tells which waivers are needless, expired or unknown', async () => {
    const waivers = [
      { id: 'trial/fails', reason: 'we know' },
      { id: 'trial/passes', reason: 'needless' },
      { id: 'trial/*', reason: 'over', expires: '2020-01-01' },
      { id: 'trial/gone', reason: 'unknown' },
    ]
    const report = await verify(await startMockTarget(), { checks: [passing, failing], waivers })
    expect(verdictOf(report, 'trial/fails')).toMatchObject({ kind: 'waived', reason: 'we know' })
    expect(report.waivers.map(({ kind }) => kind)).toEqual(['needless', 'expired', 'unknown'])
    expect(report.exitCode).toBe(0)
  })

  it.each([
    { id: 'trial/passes', reason: 'needless' },
    { id: 'trial/passes', reason: 'over', expires: '2020-01-01' },
    { id: 'trial/gone', reason: 'unknown' },
  ])('fails for the waiver $reason when it is strict', async (waiver) => {
    const target = await startMockTarget()
    const outcomes = [true, false].map((strict) => verify(target, { checks: [passing], waivers: [waiver], strict }))
    expect((await Promise.all(outcomes)).map(({ exitCode }) => exitCode)).toEqual([1, 0])
  })

  it('fails on what is new to a baseline only', async () => {
    const target = await startMockTarget()
    const baseline = new Set(['trial/fails', 'trial/passes'])
    const report = await verify(target, { checks: [passing, failing], baseline })
    expect(report).toMatchObject({ exitCode: 0, totals: { failed: 1, known: 1 }, fixed: ['trial/passes'], worse: [] })
    const worse = await verify(target, { checks: [failing], baseline: new Set() })
    expect(worse).toMatchObject({ exitCode: 1, worse: ['trial/fails'] })
    expect((await verify(target, { checks: [failing] })).worse).toEqual([])
  })

  it('tells what happens in order, and ends early when told to bail', async () => {
    const events: VerifyEvent[] = []
    const report = await verify(await startMockTarget(), {
      checks: [failing, passing],
      concurrency: 1,
      bail: true,
      onEvent: (event) => events.push(event),
    })
    expect(events.map(({ type }) => type)).toEqual([
      'started',
      'check-started',
      'check-finished',
      'check-finished',
      'finished',
    ])
    expect(verdictOf(report, 'trial/passes')).toMatchObject({
      kind: 'not-run',
      reason: expect.stringContaining('--bail') as string,
    })
    expect(report.exitCode).toBe(1)
  })

  it('begins with checks of many calls where a clock waits for them, unless it ends at a failure', async () => {
    const { clock, ...target } = await startMockTarget({ clock: true })
    const long = trial('trial/long', passing.run, { patienceSeconds: () => 600 })
    const firstOf = async (from: Target, bail: boolean): Promise<string | undefined> => {
      const begun: string[] = []
      const onEvent = (event: VerifyEvent): unknown => event.type === 'check-started' && begun.push(event.check.id)
      await verify(from, { checks: [passing, long], bail, onEvent })
      return begun[0]
    }
    expect(await firstOf({ ...target, clock }, false)).toBe('trial/long')
    expect(await firstOf({ ...target, clock }, true)).toBe('trial/passes')
    expect(await firstOf(target, false)).toBe('trial/passes')
  })

  it('leaves no runner and no project behind, wherever an abort finds it', async () => {
    for (const requests of [40, 400]) {
      const target = openMockApp()
      const stop = new AbortController()
      let count = 0
      target.mock.on('request', () => {
        if (++count === requests) stop.abort()
      })
      const report = await verify(target, { areas: ['model', 'job', 'long-poll', 'concurrency'], signal: stop.signal })
      expect(report).toMatchObject({ aborted: 'interrupted', exitCode: 2 })
      const { runners, collections } = target.mock.snapshot().world
      const left = Object.values(collections?.['projects'] ?? {}).flatMap((each) =>
        each.map(({ name }) => String(name)),
      )
      expect({ requests, runners }).toEqual({ requests, runners: [] })
      expect(left.filter((name) => name.startsWith('contract-'))).toEqual([])
    }
  })

  it('gives up when the target goes away', async () => {
    const target = await startMockTarget()
    const last = trial('trial/last', async (context) => {
      await target.stop()
      await context.call('isAlive')
    })
    const report = await verify(target, { checks: [last, passing], concurrency: 1 })
    expect(report).toMatchObject({ aborted: 'the target went away', exitCode: 1, totals: { errors: 1, notRun: 1 } })
  })

  it('gives up when the clock of the target fails, and keeps how it was noticed', async () => {
    const target = await startMockTarget()
    const clock = { now: async () => 0, advance: () => Promise.reject(new Error('wound down')) }
    const late = { ...trial('trial/late', ({ time }) => time.pass(60)), needs: { clock: { seconds: 60 } } }
    const report = await verify({ ...target, clock }, { checks: [late] })
    expect(report).toMatchObject({ aborted: expect.stringContaining('clock') as string, exitCode: 2 })
    expect(verdictOf(report, 'trial/late')).toMatchObject({
      kind: 'error',
      message: expect.stringContaining('wound down') as string,
    })
  })
})
