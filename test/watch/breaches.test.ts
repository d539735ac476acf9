// What clients do is judged in recordings as a mock judges it: breaches are found, and whoever begins to listen in the
// middle says nothing that is not so.
import { describe, expect, it } from 'vitest'
import { createJudge, judge, type Verdict } from '../../src/contracts/watch/judge-recording.js'
import { createJob, send } from '../agents/play.js'
import { openStage, type Stage } from '../conduct/stage.js'
import { isLong, readManifest, readRecording } from '../replay/recording.js'

const BASES = ['jobs', 'bridge', 'python-endpoint', 'limits', 'logs'].concat(
  isLong ? ['ends-of-runners', 'agents', 'checklist', 'random-500', 'concurrent-16-ordered'] : [],
)

const STRANGE = '0190babc-62a0-71d2-832a-0feffa467600'
const rulesOf = (verdicts: readonly Verdict[]): string[] => [...new Set(verdicts.map(({ rule }) => rule))].toSorted()
const clients = { startsEmpty: true, sides: ['client'] } as const

describe('a breach of conduct', () => {
  /** Reads again and again, so many seconds apart. */
  async function read({ mock, pass }: Stage, path: string, seconds: number): Promise<void> {
    for (let count = 0; count < 10; count++) {
      await mock.handle({ method: 'GET', url: `/v1/private/local-runners/${path}` })
      await pass(seconds)
    }
  }

  it.each<[rule: string, act: (stage: Stage) => Promise<void>]>([
    ['app/gone', (stage) => read(stage, `jobs/${STRANGE}`, 1)],
    ['app/ended', async (stage) => read(stage, `jobs/${(await stage.mock.given.job({ status: 'failed' })).id}`, 1)],
    ['app/pace', async (stage) => read(stage, `jobs/${(await stage.mock.given.job()).id}`, 0.05)],
    [
      'app/retry-after',
      async ({ mock, pass }) => {
        const runner = await mock.given.connectedRunner({ agents: ['echo'] })
        mock.faults.inject({ operation: 'createJob', status: 429, retry_after: 10 })
        for (let count = 0; count < 2; count++) {
          await createJob(mock, runner, 'echo')
          await pass(1)
        }
      },
    ],
  ])('of an app is found: %s', async (rule, act) => {
    const stage = openStage()
    await act(stage)
    const { verdicts } = judge(await stage.mock.journal.recording(), { ...clients, startsEmpty: false })
    expect(rulesOf(verdicts)).toEqual([rule])
  })

  it('is no creation of another thing that only ends otherwise', async () => {
    const { mock } = openStage()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    mock.faults.inject({ operation: 'createJob', status: 429, retry_after: 10 })
    for (const end of ['one', 'other']) await createJob(mock, runner, 'echo', { text: `${'x'.repeat(1000)} ${end}` })
    expect(rulesOf(judge(await mock.journal.recording(), clients).verdicts)).toEqual([])
  })

  it('is found once the timeout of a job is over that is never reported', async () => {
    const { mock } = openStage()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    await createJob(mock, runner, 'echo')
    await send(mock, 'POST', `/local-runners/${runner.id}/jobs/next`)
    for (let beats = 0; beats < 370; beats++) {
      await mock.clock.advance({ seconds: 5 })
      await send(mock, 'POST', `/local-runners/${runner.id}/heartbeats`)
    }
    expect(rulesOf(judge(await mock.journal.recording(), clients).verdicts)).toEqual(['work/reported'])
  })

  it('is told by the exchanges that prove it, once it is proved', async () => {
    const { mock } = openStage()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const id = await createJob(mock, runner, 'echo')
    await send(mock, 'POST', `/local-runners/${runner.id}/jobs/next`)
    const body = { status: 'completed', result: 1 }
    for (let count = 0; count < 2; count++) await send(mock, 'POST', `/local-runners/jobs/${id}/results`, { body })
    const { header, exchanges } = await mock.journal.recording()
    const listener = createJudge(header, clients)
    const told = exchanges.map((exchange) => listener.hear(exchange))
    const [verdict, ...others] = told.flat().filter(({ rule }) => rule === 'work/once')
    expect([others, told.at(-1)]).toEqual([[], expect.arrayContaining([verdict])])
    expect(verdict?.at).toEqual([{ recording: 0, id: exchanges.at(-1)?.id }])
    expect(verdict?.story.map(({ what }) => what)).toEqual([
      ...['nextJob: 200', 'reportJobResult: 204', 'reportJobResult: 204'],
    ])
  })
})

it.each(BASES)(
  'a judge of clients alone says of %s what one of both says of them, and remembers nothing of the server',
  (name) => {
    const { header, exchanges } = readRecording(name)
    const [alone, both] = [clients, { startsEmpty: true }].map((options) => {
      const listener = createJudge(header, options)
      for (const exchange of exchanges) listener.hear(exchange)
      return { size: listener.size, ...listener.finish() }
    })
    expect(alone?.verdicts).toEqual(both?.verdicts.filter(({ side }) => side === 'client'))
    expect(alone?.quirks).toEqual([])
    expect(alone?.counts).toMatchObject({ exchanges: exchanges.length, unknown: 0 })
    expect(alone?.counts.judged).toBeGreaterThan(0)
    expect(alone?.size).toBeLessThan(both?.size ?? 0)
  },
)

describe('a published daemon', () => {
  const { header, exchanges } = readRecording('python-endpoint')

  it('breaks what it is known to break, and nothing else', () => {
    const { verdicts } = judge({ header, exchanges }, clients)
    expect(rulesOf(verdicts)).toEqual(['capabilities/fit', 'job/stops'])
    expect(verdicts.filter(({ severity }) => severity === 'must')).toEqual([])
  })

  it('is not blamed for the end of a recording, but for an end of its own without a goodbye', () => {
    const cut = { header, exchanges: exchanges.filter(({ method }) => method !== 'DELETE') }
    expect(rulesOf(judge(cut, clients).verdicts)).not.toContain('exit/goodbye')
    expect(rulesOf(judge(cut, { ...clients, ended: true }).verdicts)).toContain('exit/goodbye')
    expect(rulesOf(judge({ header, exchanges }, { ...clients, ended: true }).verdicts)).not.toContain('exit/goodbye')
  })

  it('may have slept: silence is no missing heartbeat', () => {
    const HOUR_NS = 3600e9
    const middle = exchanges[Math.floor(exchanges.length / 2)]?.at_start_ns ?? 0
    const asleep = exchanges.map((each) =>
      each.at_start_ns < middle
        ? each
        : { ...each, at_start_ns: each.at_start_ns + HOUR_NS, at_end_ns: each.at_end_ns + HOUR_NS },
    )
    expect(rulesOf(judge({ header, exchanges: asleep }, clients).verdicts)).not.toContain('heartbeat/interval')
  })
})

describe('whoever listens from the middle on', () => {
  const short = readManifest().filter(({ name }) => isLong || BASES.includes(name))
  /** Which of many is one too many depends on the first that was heard. */
  const COUNTING = ['app/gone', 'app/ended', 'app/pace', 'poll/pace', 'heartbeat/interval']

  it.each(short)('blames clients in $name for nothing that the whole does not show', ({ name }) => {
    const { header, exchanges } = readRecording(name)
    const inAll = judge({ header, exchanges }, clients)
    const known = new Set(inAll.verdicts.map(({ rule, at }) => `${rule} ${at[0]?.id}`))
    for (const part of [0.25, 0.5, 0.75]) {
      const rest = exchanges.slice(Math.floor(part * exchanges.length))
      const { verdicts } = judge({ header, exchanges: rest }, { sides: ['client'] })
      const others = verdicts.filter(({ rule, at }) => !known.has(`${rule} ${at[0]?.id}`) && !COUNTING.includes(rule))
      if (inAll.counts.untold === 0) expect(others).toEqual([])
    }
  })
})
