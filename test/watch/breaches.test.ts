// What clients do is judged in recordings as a mock judges it: breaches are found, and whoever begins to listen in the
// middle says nothing that is not so.
import { describe, expect, it } from 'vitest'
import { createJudge, judge, type Verdict } from '../../src/contracts/watch/judge-recording.js'
import { isLong, readManifest, readRecording } from '../replay/recording.js'
import { breachKinds, withBreach } from './breaches.js'

const BASES = ['jobs', 'bridge', 'python-endpoint', 'limits', 'logs'].concat(
  isLong ? ['ends-of-runners', 'agents', 'checklist', 'random-500', 'concurrent-16-ordered'] : [],
)

const clients = { startsEmpty: true, sides: ['client'] } as const

describe('a breach of conduct', () => {
  const recordings = BASES.map((name) => ({ name, recording: readRecording(name) }))

  it.each(breachKinds)('is found: $what', (kind) => {
    const outcomes = recordings.flatMap(({ name, recording }) => {
      const broken = withBreach(recording, kind)
      if (broken === undefined) return []
      const { verdicts } = judge(broken.recording, clients)
      const isIn = ({ id }: { id: number }): boolean => id >= broken.from
      return [[name, verdicts.some(({ rule, at, story }) => rule === kind.rule && [...at, ...story].some(isIn))]]
    })
    expect(outcomes.length).toBeGreaterThanOrEqual(3)
    expect(outcomes.filter(([, isFound]) => isFound !== true)).toEqual([])
  })

  it('is told by the exchanges that prove it, once it is proved', () => {
    const broken = breachKinds
      .filter(({ rule }) => rule === 'work/once')
      .map((kind) => withBreach(readRecording('python-endpoint'), kind)?.recording)[0]
    if (broken === undefined) throw new Error('nothing is reported')
    const listener = createJudge(broken.header, clients)
    const told = broken.exchanges.map((exchange) => listener.hear(exchange))
    const last = broken.exchanges.at(-1)
    expect(
      told
        .slice(0, -1)
        .flat()
        .filter(({ rule }) => rule === 'work/once'),
    ).toEqual([])
    const [verdict] = told.at(-1)?.filter(({ rule }) => rule === 'work/once') ?? []
    expect(verdict?.at).toEqual([{ recording: 0, id: last?.id }])
    expect(verdict?.story.map(({ what }) => what)).toEqual([
      'nextJob: 200',
      'reportJobResult: 204',
      'reportJobResult: 204',
    ])
  })
})

describe('a judge of clients alone', () => {
  it.each(BASES)('says of %s what one of both says of them, and remembers nothing of the server', (name) => {
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
  })
})

describe('a published daemon', () => {
  const { header, exchanges } = readRecording('python-endpoint')
  const rulesOf = (verdicts: readonly Verdict[]): string[] => [...new Set(verdicts.map(({ rule }) => rule))].toSorted()

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
