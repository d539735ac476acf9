// The rules on clients of our own: a simulated runner keeps them, and each bad habit is caught by the rule meant for it
// alone, by the mock and by `watch`.
import { describe, expect, it } from 'vitest'
import { gradeRecording } from '../../src/conduct/grade-runners.js'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { connectAgent } from '../../src/mocks/agents/connect-agent.js'
import { conductRules, type ConductReport } from '../../src/mocks/conduct/watch-conduct.js'
import type { Fault } from '../../src/generated/kit-schema.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import { COMPLETED, live, openScene, takeJob, verdictOn, type Scene } from './stage.js'

const owner = { apiKey: 'the-key-of-the-owner' }
/** Ids of the rules with one of the outcomes, of the only runner that there is. */
function rulesOf(report: ConductReport, outcome: string): string[] {
  expect(report.runners).toHaveLength(1)
  const [runner] = report.runners
  return (runner?.verdicts ?? []).filter((verdict) => verdict.outcome === outcome).map(({ rule }) => rule)
}

describe('a simulated runner', () => {
  /** What a day brings: work, a cancellation, trouble. */
  const days = {
    work: ({ mock, runner }) => mock.given.job({ runner }),
    async cancellation({ mock, runner, pass, send }) {
      const { id } = await mock.given.job({ runner })
      await pass(1)
      await send('cancelJob', undefined, id)
    },
    command: ({ mock, runner }) => mock.given.command({ runner }),
    rest: () => undefined,
    overload: ({ mock }) => mock.faults.inject({ operation: ['nextJob', 'heartbeat'], status: 503, times: 4 }),
    limits: ({ mock }) => mock.faults.inject({ operation: 'nextJob', status: 429, retry_after: 4, times: 2 }),
    async refusal({ mock, runner, pass }) {
      await mock.given.job({ runner })
      await pass(2)
      mock.faults.inject({ operation: 'reportJobResult', status: 503, times: 1 })
    },
    async loss({ mock, runner }) {
      mock.faults.inject({ operation: 'reportBridgeResult', drop: 'before', times: 1 })
      await mock.given.command({ runner })
    },
  } satisfies Record<string, (scene: Scene) => unknown>

  it.each<[GivenRunner['type'], (keyof typeof days)[], string[]]>([
    [
      'endpoint',
      ['work', 'rest', 'cancellation', 'overload', 'limits', 'refusal'],
      ['gone/stop', 'poll/time-limit', 'work/twice'],
    ],
    [
      'connect',
      ['command', 'rest', 'overload', 'loss'],
      [
        ...['gone/stop', 'backoff/retry-after', 'poll/time-limit', 'work/twice'],
        ...['job/cancellation', 'job/stops', 'job/logs-first', 'job/secrets'],
      ],
    ],
  ])('%s keeps every rule that a day exercises', async (type, lived, unexercised) => {
    const scene = await openScene(type, owner)
    const { mock, runner, pass, send } = scene
    mock.agents.register('echo', { latency_ms: 8000, logs: [{ text: 'done', after_ms: 7000 }] })
    const agent = type === 'connect' ? connectAgent({ files: { 'README.md': 'hi' } }) : undefined
    const simulated = await mock.agents.start(runner, agent)
    for (const day of lived) {
      await days[day](scene)
      await pass(25)
    }
    await simulated.stop()
    await send('disconnectRunner')
    const report = mock.conduct.report({ ended: true })
    expect(rulesOf(report, 'broken')).toEqual([])
    expect(rulesOf(report, 'not exercised')).toEqual(unexercised)
    expect(report).toMatchObject({ ok: true, runners: [{ runner_id: runner.id, type, forgotten: 0 }] })
  })
})

describe('a bad client', () => {
  interface Case {
    habit: string
    rule: string
    type?: GivenRunner['type']
    /** What it does it for: gives the id of a job or command. */
    given?: (scene: Scene) => Promise<string>
    act: (scene: Scene, id: string) => Promise<unknown>
    /** Says no goodbye. */
    stays?: true
    /** `watch` does not see it: recordings have no keys, and no list of capabilities that is empty. */
    isHidden?: true
    /** Nothing can be held against it when the machine was busy. */
    isSlow?: true
  }

  async function takeCommand({ mock, runner, send }: Scene): Promise<string> {
    const { command_id: id } = await mock.given.command({ runner })
    await send('nextBridgeCommands')
    return id
  }

  async function takeTwice(scene: Scene): Promise<string> {
    scene.mock.faults.inject({ operation: 'nextJob', duplicate: true, times: 1 })
    const id = await takeJob(scene)
    await scene.send('nextJob')
    return id
  }

  /** Takes and begins a job, and hears that it is cancelled. */
  async function hearOfCancellation(scene: Scene): Promise<string> {
    const id = await takeJob(scene)
    await scene.send('reportJobResult', { status: 'running' }, id)
    await scene.send('cancelJob', undefined, id)
    await live(scene, 20)
    return id
  }

  async function hearOfEviction(scene: Scene): Promise<string> {
    await scene.mock.given.evict(scene.runner)
    await live(scene, 10, 10)
    return ''
  }

  const report = ({ runner, send }: Scene, id: string): Promise<unknown> =>
    send(runner.type === 'connect' ? 'reportBridgeResult' : 'reportJobResult', COMPLETED, id)

  const log = ({ send }: Scene, id: string, text = 'on'): Promise<unknown> =>
    send('appendJobLogs', [{ stream: 'stdout', text }], id)

  async function reportTwice(scene: Scene, id: string): Promise<void> {
    await report(scene, id)
    await report(scene, id)
  }

  async function giveUp(scene: Scene, id: string, trouble: Partial<Fault>): Promise<void> {
    scene.mock.faults.inject({ operation: ['reportJobResult', 'reportBridgeResult'], times: 1, ...trouble })
    await report(scene, id)
    await live(scene, 25)
  }

  /** Calls again and again while that is refused. */
  async function insist({ mock, pass, send }: Scene, every: number, refusal: Partial<Fault>) {
    mock.faults.inject({ operation: 'registerAgents', times: 4, ...refusal })
    for (let tries = 0; tries < 5; tries++) {
      await send('registerAgents', { echo: {} })
      await pass(every)
    }
  }

  async function poll({ pass, send }: Scene, times: number, every: number): Promise<void> {
    for (let polls = 0; polls < times; polls++) {
      void send('nextJob')
      await pass(every)
    }
  }

  const cases: Case[] = [
    { habit: 'beats every 12 of 15 seconds', rule: 'heartbeat/interval', act: (scene) => live(scene, 24, 12) },
    {
      habit: 'beats once and never again',
      rule: 'heartbeat/interval',
      async act(scene) {
        await live(scene, 5)
        await poll(scene, 4, 11)
      },
    },
    {
      habit: 'beats on after 410',
      rule: 'gone/stop',
      given: hearOfEviction,
      act: (scene) => live(scene, 10),
      stays: true,
    },
    {
      ...{ habit: 'polls on after 410', rule: 'gone/stop', given: hearOfEviction, stays: true, isSlow: true },
      act: ({ send }) => send('nextJob'),
    },
    { habit: 'repeats at once', rule: 'backoff/pause', act: (scene) => insist(scene, 0.1, { status: 503 }) },
    {
      habit: 'does not wait as told',
      rule: 'backoff/retry-after',
      act: (scene) => insist(scene, 1, { status: 429, retry_after: 4 }),
    },
    {
      habit: 'polls without waiting',
      rule: 'poll/pace',
      async act(scene) {
        await poll(scene, 100, 0.05)
        await live(scene, 15)
      },
    },
    { habit: 'beats ten times a second', rule: 'poll/pace', act: (scene) => live(scene, 10, 0.1) },
    { habit: 'reports a result twice', rule: 'work/once', given: takeJob, act: reportTwice },
    { habit: 'answers a command twice', rule: 'work/once', type: 'connect', given: takeCommand, act: reportTwice },
    { habit: 'does twice what it is given twice', rule: 'work/twice', given: takeTwice, act: reportTwice },
    {
      ...{ habit: 'gives up a refused result', rule: 'work/resent', given: takeJob, isSlow: true },
      act: (scene, id) => giveUp(scene, id, { status: 503 }),
    },
    {
      ...{ habit: 'gives up a lost result', rule: 'work/resent', type: 'connect', given: takeCommand },
      act: (scene, id) => giveUp(scene, id, { drop: 'before' }),
    },
    {
      ...{ habit: 'never reports what it has taken', rule: 'work/reported', given: takeJob },
      act: (scene) => live(scene, scene.mock.settings.job_timeout_seconds + 20),
    },
    { habit: 'logs on', rule: 'job/stops', given: hearOfCancellation, act: log, isSlow: true },
    {
      habit: 'finishes cancelled jobs',
      rule: 'job/cancellation',
      given: hearOfCancellation,
      act: report,
      isSlow: true,
    },
    {
      ...{ habit: 'writes its key into a log', rule: 'job/secrets', given: takeJob, isHidden: true },
      act: async (scene, id) => [await log(scene, id, `with ${owner.apiKey}`), await report(scene, id)],
    },
    {
      ...{ habit: 'sends logs after the result', rule: 'job/logs-first', given: takeJob },
      act: async (scene, id) => [await report(scene, id), await log(scene, id)],
    },
    {
      habit: 'offers commands as an endpoint runner',
      rule: 'capabilities/fit',
      act: ({ send }) => send('heartbeat', { capabilities: ['jobs', 'bridge'] }),
    },
    {
      ...{ habit: 'declares nothing', rule: 'capabilities/fit', type: 'connect', isHidden: true },
      act: ({ send }) => send('heartbeat', { capabilities: [] }),
    },
    { habit: 'leaves without a word', rule: 'exit/goodbye', act: (scene) => live(scene, 5), stays: true },
  ]

  it.each(cases)('that $habit breaks $rule alone', async ({ rule, type, given, act, stays, isHidden, isSlow }) => {
    const scene = await openScene(type, owner)
    const { mock } = scene
    const from = mock.clock.now()
    await act(scene, (await given?.(scene)) ?? '')
    if (stays !== true) await scene.send('disconnectRunner')
    const graded = mock.conduct.report({ ended: true })
    expect(rulesOf(graded, 'broken')).toEqual([rule])
    const broken = verdictOn(graded, rule)
    expect(graded.ok).toBe(broken?.severity === 'should')
    expect(broken?.evidence[0]?.at).toMatch(/^2026-07-01T12:/)
    expect(broken?.breaches).toBeGreaterThanOrEqual(broken?.evidence.length ?? 1)
    const asked = { startsEmpty: true, ended: rule === 'exit/goodbye', sides: ['client'] } as const
    const told = judge(await mock.journal.recording(), asked).verdicts
    expect([...new Set(told.map((verdict) => verdict.rule))]).toEqual(isHidden ? [] : [rule])
    if (isSlow === undefined) return
    const busy = { ...mock.conduct.record({ ended: true }), waits: [{ from, to: mock.clock.now() }] }
    expect(verdictOn(gradeRecording(busy), rule)?.outcome).toBe('not exercised')
  })

  it.each([
    ['for ever', undefined, 'broken'],
    ['for a quarter longer than it is held', 12_500, 'kept'],
  ])('that waits %s for a poll that hangs has %s in poll/time-limit', (_how, givesUpAfterMs, outcome) => {
    const answer =
      givesUpAfterMs === undefined
        ? {}
        : { answer: { at: givesUpAfterMs, order: 2, status: 0, handsOut: [], announces: [] } }
    const calls = [{ operation: 'nextJob' as const, at: 0, order: 1, ...answer }]
    const report = gradeRecording({
      ...{ at: 60_000, ended: false, asked_to_end: 16_000, sleeps: [] },
      ...{ heartbeat_ttl_seconds: 15, next_job_poll_timeout_seconds: 10, bridge_poll_timeout_seconds: 30 },
      runners: [{ runnerId: 'a', count: 1, calls }],
    })
    expect(verdictOn(report, 'poll/time-limit')?.outcome).toBe(outcome)
  })

  it('is caught for each rule that there is', () => {
    const caught = new Set([...cases.map(({ rule }) => rule), 'poll/time-limit'])
    expect(conductRules.map(({ id }) => id).filter((id) => !caught.has(id))).toEqual([])
  })
})
