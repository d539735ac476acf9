// The rules on clients of our own: a good one keeps them all, and each bad habit is caught by the rule meant for it alone, by
// the mock and by `watch`.
import { describe, expect, it } from 'vitest'
import { conductRules, type ConductReport, type ConductReportOptions } from '../../src/mocks/conduct/watch-conduct.js'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { gradeRecording } from '../../src/conduct/grade-runners.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import { startClient, type Client, type Habits } from './clients.js'
import { openStage, type Stage } from './stage.js'

interface Scene extends Stage {
  runner: GivenRunner
  client: Client
}

const owner = { apiKey: 'the-key-of-the-owner' }

/** Starts a client and lets it come to rest. */
async function begin(habits: Habits, type: GivenRunner['type'] = 'endpoint'): Promise<Scene> {
  const stage = openStage()
  const agents = type === 'endpoint' ? ['echo'] : []
  const runner = await stage.mock.given.connectedRunner({ type, agents, as: owner })
  const client = startClient(stage, runner, habits)
  await stage.pass(1)
  return { ...stage, runner, client }
}

/** Ids of the rules with one of the outcomes, of the only runner that there is. */
function rulesOf(report: ConductReport, outcome: string): string[] {
  expect(report.runners).toHaveLength(1)
  const [runner] = report.runners
  return (runner?.verdicts ?? []).filter((verdict) => verdict.outcome === outcome).map(({ rule }) => rule)
}

function conductOf({ mock }: Stage, options?: ConductReportOptions): ConductReport {
  return mock.conduct.report(options)
}

/** The rules that `watch` finds broken in the same traffic. */
async function toldByWatch({ mock }: Stage, ended: boolean): Promise<string[]> {
  const { verdicts } = judge(await mock.journal.recording(), { startsEmpty: true, ended, sides: ['client'] })
  return [...new Set(verdicts.map(({ rule }) => rule))]
}

/** What a day brings: work, a cancellation, trouble, and the end. */
const days = {
  async work({ mock, runner, pass }) {
    await mock.given.job({ runner })
    await pass(12)
  },
  async cancellation({ mock, runner, pass }) {
    const { id } = await mock.given.job({ runner })
    await pass(1)
    await mock.handle({ method: 'POST', url: `/v1/private/local-runners/jobs/${id}/cancel`, headers: runner.headers })
    await pass(12)
  },
  async command({ mock, runner, pass }) {
    await mock.given.command({ runner })
    await pass(5)
  },
  async rest({ pass }) {
    await pass(25)
  },
  async overload({ mock, pass }) {
    mock.faults.inject({ operation: ['nextJob', 'heartbeat'], status: 503, times: 4 })
    await pass(20)
  },
  async limits({ mock, pass }) {
    mock.faults.inject({ operation: 'nextJob', status: 429, retry_after: 4, times: 2 })
    await pass(20)
  },
  async twice({ mock, runner, pass }) {
    mock.faults.inject({ operation: ['nextJob', 'nextBridgeCommands'], duplicate: true, times: 1 })
    // A poll that waits already is not met.
    await pass(11)
    await mock.given.job({ runner })
    await pass(25)
  },
  async refusal({ mock, runner, pass }) {
    await mock.given.job({ runner })
    await pass(2)
    mock.faults.inject({ operation: 'reportJobResult', status: 503, times: 1 })
    await pass(25)
  },
  async loss({ mock, runner, pass }) {
    mock.faults.inject({ operation: 'reportBridgeResult', drop: 'before', times: 1 })
    await mock.given.command({ runner })
    await pass(15)
  },
  async eviction({ mock, runner, pass }) {
    await mock.given.connectedRunner({ type: runner.type, projectId: runner.projectId, as: owner })
    await pass(20)
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>

type Day = keyof typeof days

async function live(scene: Scene, lived: readonly Day[]): Promise<void> {
  for (const day of lived) await days[day](scene)
}

describe('a good client', () => {
  it.each<[string, GivenRunner['type'], readonly Day[]]>([
    ['a day of work', 'endpoint', ['work', 'rest', 'cancellation', 'overload', 'limits', 'twice', 'refusal']],
    ['a day of commands', 'connect', ['command', 'rest', 'overload', 'loss']],
    ['its eviction', 'endpoint', ['work', 'eviction']],
  ])('keeps every rule through %s', async (_title, type, lived) => {
    const scene = await begin({}, type)
    await live(scene, lived)
    await scene.client.leave()
    const report = conductOf(scene, { ended: true })
    expect(rulesOf(report, 'broken')).toEqual([])
    expect(report).toMatchObject({ ok: true, runners: [{ runner_id: scene.runner.id, type, forgotten: 0 }] })
  })

  it('exercises every rule but that on its eviction', async () => {
    const scene = await begin({})
    await live(scene, ['work', 'rest', 'cancellation', 'overload', 'limits', 'twice', 'refusal'])
    await scene.client.leave()
    expect(rulesOf(conductOf(scene, { ended: true }), 'not exercised')).toEqual(['gone/stop', 'poll/time-limit'])
  })
})

describe('a bad client', () => {
  interface Case {
    habit: string
    rule: string
    habits: Habits
    day: Day
    type?: GivenRunner['type']
    /** `watch` does not see it: recordings have no keys, and no list of capabilities that is empty. */
    isHidden?: boolean
  }
  const cases: Case[] = [
    { habit: 'beats every 12 of 15 seconds', rule: 'heartbeat/interval', habits: { beatEvery: 12_000 }, day: 'rest' },
    { habit: 'beats once and never again', rule: 'heartbeat/interval', habits: { beatEvery: 1e9 }, day: 'rest' },
    { habit: 'beats on after 410', rule: 'gone/stop', habits: { afterGone: 'beats' }, day: 'eviction' },
    { habit: 'polls on after 410', rule: 'gone/stop', habits: { afterGone: 'polls' }, day: 'eviction' },
    { habit: 'repeats at once after 503', rule: 'backoff/pause', habits: { retryAfter: 100 }, day: 'overload' },
    { habit: 'does not wait as told', rule: 'backoff/retry-after', habits: { retryAfter: 1000 }, day: 'limits' },
    { habit: 'polls without waiting', rule: 'poll/pace', habits: { pollEvery: 50 }, day: 'rest' },
    { habit: 'beats ten times a second', rule: 'poll/pace', habits: { beatEvery: 100 }, day: 'rest' },
    { habit: 'reports a result twice', rule: 'work/once', habits: { reports: 2 }, day: 'work' },
    { habit: 'answers a command twice', rule: 'work/once', habits: { reports: 2 }, day: 'command', type: 'connect' },
    { habit: 'does twice what it is given twice', rule: 'work/twice', habits: { forgets: true }, day: 'twice' },
    { habit: 'gives up a refused result', rule: 'work/resent', habits: { givesUp: true }, day: 'refusal' },
    { habit: 'gives up a lost result', rule: 'work/resent', habits: { givesUp: true }, day: 'loss', type: 'connect' },
    { habit: 'logs on for a cancelled job', rule: 'job/stops', habits: { keepsLogging: true }, day: 'cancellation' },
    {
      ...{ habit: 'writes its key into a log', rule: 'job/secrets', habits: { tellsKey: true }, day: 'work' },
      isHidden: true,
    },
    { habit: 'sends logs after the result', rule: 'job/logs-first', habits: { logsLate: true }, day: 'work' },
    {
      habit: 'finishes cancelled jobs',
      rule: 'job/cancellation',
      habits: { ignoresCancellation: true },
      day: 'cancellation',
    },
    {
      habit: 'offers commands as an endpoint runner',
      rule: 'capabilities/fit',
      habits: { capabilities: ['jobs', 'bridge'] },
      day: 'rest',
    },
    {
      habit: 'declares nothing as a connect runner',
      rule: 'capabilities/fit',
      habits: { capabilities: [] },
      day: 'rest',
      type: 'connect',
      isHidden: true,
    },
    { habit: 'leaves without a word', rule: 'exit/goodbye', habits: { leavesSilently: true }, day: 'rest' },
  ]

  it.each(cases)('that $habit breaks $rule alone', async ({ rule, habits, day, type, isHidden }) => {
    const scene = await begin(habits, type)
    await live(scene, [day])
    await scene.client.leave()
    const report = conductOf(scene, { ended: true })
    expect(rulesOf(report, 'broken')).toEqual([rule])
    const broken = report.runners[0]?.verdicts.find((verdict) => verdict.rule === rule)
    expect(report.ok).toBe(broken?.severity === 'should')
    expect(broken?.evidence[0]?.at).toMatch(/^2026-07-01T12:0/)
    expect(broken?.breaches).toBeGreaterThanOrEqual(broken?.evidence.length ?? 1)
    expect(await toldByWatch(scene, rule === 'exit/goodbye')).toEqual(isHidden ? [] : [rule])
  })

  it('that never reports what it has taken breaks work/reported alone', async () => {
    const scene = await begin({ reports: 0 })
    scene.mock.changeSettings({ job_timeout_seconds: 10 })
    await live(scene, ['work'])
    await scene.client.leave()
    expect(rulesOf(conductOf(scene, { ended: true }), 'broken')).toEqual(['work/reported'])
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
    const { runners } = gradeRecording({
      ...{ at: 60_000, ended: false, asked_to_end: 16_000, sleeps: [] },
      ...{ heartbeat_ttl_seconds: 15, next_job_poll_timeout_seconds: 10, bridge_poll_timeout_seconds: 30 },
      runners: [{ runnerId: 'a', count: 1, calls }],
    })
    expect(runners[0]?.verdicts.find(({ rule }) => rule === 'poll/time-limit')?.outcome).toBe(outcome)
  })

  it('is caught for each rule that there is', () => {
    const caught = new Set([...cases.map(({ rule }) => rule), 'work/reported', 'poll/time-limit'])
    expect(conductRules.map(({ id }) => id).filter((id) => !caught.has(id))).toEqual([])
  })
})
