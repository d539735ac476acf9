// Traffic of the real server is judged without a false alarm, from the first exchange on and from the middle; what the
// manifest names as a quirk is found as one; and answers that were changed are found out.
import { describe, expect, it } from 'vitest'
import { judge, type JudgeOptions } from '../../src/contracts/watch/judge-recording.js'
import {
  isLong,
  readRecording,
  recordingsToTry,
  type RecordedExchange,
  type Recording,
  type RecordingEntry,
} from '../replay/recording.js'
import { corruptionsToTry, handedOutTwice } from './corruptions.js'

const recordings = recordingsToTry()

function quirksOf({ quirks }: RecordingEntry): string[] {
  return [...new Set(quirks.map(({ quirk }) => (quirk.startsWith('race') ? 'races' : quirk)))]
}

describe('judge', () => {
  it.each(recordings)('finds nothing wrong in $name, and its quirks', (entry) => {
    const { verdicts, quirks, counts } = judge(readRecording(entry.name), { startsEmpty: true, sides: ['server'] })
    expect(verdicts).toEqual([])
    expect(quirks.map(({ id }) => id.replace(/^races\/.*/, 'races'))).toEqual(expect.arrayContaining(quirksOf(entry)))
    expect(counts.exchanges).toBe(entry.exchanges)
    expect(counts.judged).toBeGreaterThan(0)
  })

  it.each(recordings.flatMap(({ name }) => [0.25, 0.5, 0.75].map((part) => ({ name, part }))))(
    'finds nothing wrong in $name from $part of it on',
    ({ name, part }) => {
      const { header, exchanges } = readRecording(name)
      const rest = exchanges.slice(Math.floor(part * exchanges.length))
      expect(judge({ header, exchanges: rest }, { sides: ['server'] }).verdicts).toEqual([])
    },
  )
})

const idsIn = (text: string): string[] => text.toLowerCase().match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? []

/** The same calls, each under way for longer, so that they overlap. None begins before the ids that it names were told. */
function stretched({ header, exchanges }: Recording, ms: number, salt: number): Recording {
  const told = new Map<string, number>()
  const share = (id: number): number => ((Math.imul(id + salt, 2_654_435_761) >>> 0) / 2 ** 32) ** 2
  const stretch = (each: RecordedExchange): RecordedExchange => {
    const { id, status, path, query = '', request, response, at_start_ns: from, at_end_ns: to } = each
    const isMaking = status === 201 && !path.endsWith('/activate')
    if (isMaking) for (const made of idsIn(`${response?.headers['location']} ${response?.body}`)) told.set(made, to)
    // How long a wait took is judged.
    if (path.endsWith('/next') || query.includes('wait=true')) return each
    const earliest = Math.max(...idsIn(`${path} ${query} ${request.body}`).map((named) => told.get(named) ?? 0), 0)
    const begin = Math.max(Math.min(from, earliest), from - share(id) * ms * 1e6)
    return { ...each, at_start_ns: begin, at_end_ns: isMaking ? to : to + share(-id) * ms * 1e6 }
  }
  return { header, exchanges: exchanges.map(stretch).toSorted((a, b) => a.at_start_ns - b.at_start_ns) }
}

const inTurn = recordings.filter(({ name }) => !name.startsWith('concurrent'))

it.each(inTurn.flatMap(({ name }) => [30, 120].flatMap((ms) => [1, 2, 3].map((salt) => ({ name, ms, salt })))))(
  'finds nothing wrong in $name where calls take up to $ms ms more, and overlap ($salt)',
  ({ name, ms, salt }) => {
    const recording = stretched(readRecording(name), ms, salt)
    expect(judge(recording, { startsEmpty: true, sides: ['server'] }).verdicts).toEqual([])
  },
)

/** What the manifest does not list: revivals by a second activation, and lists of what overlapping calls have made. */
const FURTHER_RECORDINGS = ['revivals', 'overlapping-creations']

/** Where to begin. The whole of what overlaps takes seconds, which CI has. */
const parts = isLong ? [0, 0.25, 0.5, 0.75] : [0.5, 0.75]

it.each(FURTHER_RECORDINGS.flatMap((name) => parts.map((part) => ({ name, part }))))(
  'finds nothing wrong in $name from $part of it on',
  ({ name, part }) => {
    const { header, exchanges } = readRecording(name)
    const rest = exchanges.slice(Math.floor(part * exchanges.length))
    expect(judge({ header, exchanges: rest }, { startsEmpty: part === 0, sides: ['server'] }).verdicts).toEqual([])
  },
)

it('finds nothing wrong in the jobs of a runner for which another workspace has asked first', () => {
  const { header, exchanges } = readRecording('random-four-callers-1200')
  expect(judge({ header, exchanges: exchanges.slice(234) }, { sides: ['server'] }).verdicts).toEqual([])
})

describe('recordings that are judged together', () => {
  const { header, exchanges } = readRecording('pairing')
  const path = `${header.base_path}/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a`
  const failureAt = (at: number) => ({
    ...{ id: 1, at_start_ns: at, at_end_ns: at + 1, method: 'GET', path, request: { headers: {} } },
    ...{ status: 503, response: { headers: {}, body: '' } },
  })

  it('may number their exchanges alike', () => {
    const { verdicts } = judge([5, 3].map((at) => ({ header, exchanges: [failureAt(at)] })))
    expect(verdicts.map(({ at }) => at)).toEqual([[{ recording: 1, id: 1 }], [{ recording: 0, id: 1 }]])
  })

  /** What two proxies would have of a recording, of which the second began later, and its clock was wrong. */
  const apart = (name: string, { laterMs, wrongMs, clock }: { laterMs: number; wrongMs: number; clock?: string }) => {
    const whole = readRecording(name)
    const { wall_clock_ms_at_zero: zero = 0, ...rest } = whole.header
    const headerAt = (ms: number) => (clock === undefined ? rest : { ...rest, [clock]: zero + ms })
    return [0, 1].map((at): Recording => {
      const byNs = 1e6 * at * (laterMs - wrongMs)
      const own = whole.exchanges.filter(({ id }) => id % 2 === at)
      const moved = (each: RecordedExchange): RecordedExchange => {
        const { at_start_ns: from, at_end_ns: to } = each
        return { ...each, at_start_ns: from - byNs, at_end_ns: to - byNs }
      }
      return {
        header: headerAt(at * laterMs),
        exchanges: own.map(moved),
      }
    })
  }

  it.each(['wall_clock_ms_at_zero', 'recorder_clock_ms_at_zero'])('are put on one clock by their %s', (clock) => {
    const options: JudgeOptions = { startsEmpty: true, sides: ['server'] }
    const { verdicts, counts } = judge(readRecording('jobs'), options)
    for (const laterMs of [700, 20_000, -20_000]) {
      const together = judge(apart('jobs', { laterMs, wrongMs: 0, clock }), options)
      expect(together).toMatchObject({ verdicts, counts })
    }
  })

  it.each([
    ['fast', 2500, 'wall_clock_ms_at_zero'],
    ['slow', -2500, 'wall_clock_ms_at_zero'],
    ['fast and not told', 2500, undefined],
    ['slow and not told', -2500, undefined],
  ])('are refused when a clock is plainly %s', (_, wrongMs, clock) => {
    const recordings = apart('jobs', { laterMs: 0, wrongMs, ...(clock === undefined ? {} : { clock }) })
    expect(() => judge(recordings)).toThrow(expect.objectContaining({ code: 'watch/together' }))
  })

  it('are refused when one of them alone tells its clock', () => {
    const { wall_clock_ms_at_zero: _, ...timeless } = header
    const together = () => judge([header, timeless].map((each) => ({ header: each, exchanges: [] })))
    expect(together).toThrow(expect.objectContaining({ code: 'watch/together' }))
  })

  it('are of one server', () => {
    const other = { header: { ...header, settings: { heartbeat_ttl_seconds: 99 } }, exchanges: [] }
    const together = () => judge([{ header, exchanges }, other], { names: ['one', 'other'] })
    expect(together).toThrow(expect.objectContaining({ code: 'watch/together' }))
  })

  it.each([
    ['excuse a silence', [{ from_ns: 1e9, to_ns: 11e9 }], []],
    ['are none, and do not', [], ['heartbeat/interval']],
  ])('have standstills on the clock of all, which %s', (_, standstills, rules) => {
    const beat = { headers: { 'content-type': 'application/json' }, body: '{"cancelled_job_ids":[]}' }
    const beatAt = (id: number, seconds: number) => ({
      ...{ ...failureAt(seconds * 1e9), id, method: 'POST', path: `${path}/heartbeats` },
      ...{ status: 200, response: beat },
    })
    const own = { ...header, settings: { heartbeat_ttl_seconds: 15 } }
    const later = { ...own, wall_clock_ms_at_zero: (header.wall_clock_ms_at_zero ?? 0) + 100_000 }
    const silent = { header: later, exchanges: [beatAt(1, 0), { ...beatAt(2, 12), standstills }] }
    const { verdicts } = judge([{ header: own, exchanges: [failureAt(0)] }, silent], { sides: ['client'] })
    expect(verdicts.map(({ rule }) => rule)).toEqual(rules)
  })

  it('have each a base path of their own', () => {
    const strange = { ...failureAt(4), id: 2, path: path.replace(header.base_path, '') }
    const moved = { ...failureAt(3), path: path.replace(header.base_path, '/elsewhere') }
    const other = { header: { ...header, base_path: '/elsewhere' }, exchanges: [moved, strange] }
    const { verdicts, counts } = judge([{ header, exchanges: [failureAt(5)] }, other])
    expect(verdicts.map(({ at }) => at)).toEqual([[{ recording: 1, id: 1 }], [{ recording: 0, id: 1 }]])
    expect(counts).toMatchObject({ exchanges: 3, skipped: 1 })
  })
})

describe('a creation for a runner that may be purged by now', () => {
  const { header, exchanges } = readRecording('limits')
  const [made, creation] = [exchanges.slice(0, 4), exchanges[4]]
  const LATER_NS = 30 * 3600 * 1e9
  const lateAnswer = (status: number) => {
    if (creation === undefined) throw new Error('nothing is created')
    const { at_start_ns: from, at_end_ns: to, response } = creation
    const refusal = { headers: { 'content-type': 'application/json' }, body: `{"code":${status},"message":"no"}` }
    const late = { at_start_ns: from + LATER_NS, at_end_ns: to + LATER_NS, status }
    const answer = status === 201 ? response : refusal
    const exchange = { ...creation, ...late, ...(answer && { response: answer }) }
    const { verdicts, quirks } = judge(
      { header, exchanges: [...made, exchange] },
      { startsEmpty: true, sides: ['server'] },
    )
    return [...verdicts.map(({ rule }) => rule), ...quirks.map(({ id }) => id)]
  }

  it('finds it or not, and is no race', () => {
    expect([lateAnswer(404), lateAnswer(409)]).toEqual([[], []])
    expect(lateAnswer(201)).toEqual(['model/createJob'])
  })
})

/** Exchanges after a changed one in which it may be found out. */
const FURTHER = 60
const SPOILT = isLong
  ? [
      ...['jobs', 'bridge', 'checklist', 'identities', 'random-500', 'random-timed-600'],
      ...['random-four-callers-1200', 'concurrent-4-ordered'],
    ]
  : ['jobs', 'bridge', 'checklist', 'pairing']

/** What was changed, and whether it was found out. */
function spoil(name: string): { what: string; isFound: boolean; id: number; unnamed: string[] }[] {
  const whole = readRecording(name)
  return corruptionsToTry(whole, Math.floor(whole.exchanges.length / 3)).map(({ what, id, recording }) => {
    const { header, exchanges } = recording
    const end = FURTHER + exchanges.findIndex((each) => each.id === id)
    const { verdicts } = judge({ header, exchanges: exchanges.slice(0, end) }, { startsEmpty: true, sides: ['server'] })
    const isFound = verdicts.some(({ at, story }) => at.length > 0 && story.some((each) => each.id >= id))
    const unnamed = verdicts.filter(({ requirements }) => requirements.length === 0).map(({ rule }) => rule)
    return { what, isFound, id, unnamed }
  })
}

/** Part of the changed answers that must be found out. */
const LEAST = 0.95

describe('a changed answer', () => {
  const outcomes = SPOILT.flatMap(spoil)

  it('is found out', () => {
    const missed = outcomes.filter(({ isFound }) => !isFound)
    expect(outcomes.length).toBeGreaterThan(isLong ? 300 : 15)
    expect(missed.length / outcomes.length, JSON.stringify(missed)).toBeLessThanOrEqual(1 - LEAST)
  })

  it('is told with the requirements that it breaks', () => {
    expect(outcomes.flatMap(({ unnamed }) => unnamed)).toEqual([])
  })

  it('of a job that is handed out twice is told with the exchanges that matter', () => {
    const { recording, id } = handedOutTwice(readRecording('jobs'))
    const [verdict] = judge(recording, { startsEmpty: true, sides: ['server'] }).verdicts
    expect(verdict).toMatchObject({ at: [{ recording: 0, id }] })
    expect(verdict?.story.at(-1)?.id).toBe(id)
    expect(verdict?.story.length).toBeLessThanOrEqual(4)
  })
})

describe('a failure while many calls wait', () => {
  const { header } = readRecording('pairing')
  const local = `${header.base_path}/v1/private/local-runners`
  const runner = (at: number) => `${local}/0190b8d6-c000-7002-95f4-${String(at).padStart(12, '0')}`
  const exchange = (id: number, path: string, ms: number, status: number) => ({
    ...{
      id,
      at_start_ns: id * 1e6,
      at_end_ns: (id + ms) * 1e6,
      method: 'POST',
      path,
      request: { headers: {} },
      status,
    },
    response: { headers: { 'content-type': 'application/json' }, body: status === 200 ? 'null' : '{"code":500}' },
  })
  const blamed = (waiting: number) => {
    const polls = Array.from({ length: waiting }, (_, at) => exchange(at, `${runner(at)}/jobs/next`, 10_000, 200))
    const exchanges = [...polls, exchange(1000, `${runner(1000)}/heartbeats`, 5, 500)]
    return judge({ header, exchanges }, { sides: ['server'] }).verdicts.map(({ rule }) => rule)
  }

  it('may be for want of connections, and is nobody’s fault', () => {
    expect(blamed(63)).toContain('answer/status')
    expect(blamed(64)).toEqual([])
  })
})
