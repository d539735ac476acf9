// Traffic that is judged as it passes: what an exchange proves is told within a second, however long polls are held, and
// nothing is told that a recording of the same traffic would not prove.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  createJudge,
  judge,
  type JudgeOptions,
  type RecordedExchange,
  type Verdict,
} from '../../src/contracts/watch/judge-recording.js'
import { isLong, readRecording, recordingsToTry, type Recording } from '../replay/recording.js'
import { corruptionsToTry } from './corruptions.js'

const recordings = recordingsToTry()
/** Exchanges after a changed one in which it may be found out. */
const FURTHER = 60
const TICK_NS = 50e6
const SECOND_NS = 1e9

/** Plays a recording to a judge who sees calls begin and end; `lates` are those told later than a second after. */
function listen({ header, exchanges }: Recording, options: JudgeOptions) {
  const listener = createJudge(header, options)
  const begun = new Map(exchanges.map((exchange) => [exchange, { from: 0 }]))
  const turns = exchanges.flatMap((exchange) => [
    { at: exchange.at_start_ns, run: () => void begun.set(exchange, listener.begin(exchange)) },
    { at: exchange.at_end_ns, run: () => listener.end(begun.get(exchange) ?? { from: 0 }, exchange) },
  ])
  const ends = new Map(exchanges.map(({ id, at_end_ns: end }) => [id, end]))
  const lates: string[] = []
  const passTo = (now: number): void => {
    for (const { rule, at } of listener.passTo(now))
      if (now - (ends.get(at[0]?.id ?? 0) ?? 0) > SECOND_NS) lates.push(rule)
  }
  let now = turns[0]?.at ?? 0
  for (const { at, run } of turns.toSorted((one, other) => one.at - other.at)) {
    for (; now + TICK_NS < at; now += TICK_NS) passTo(now)
    run()
  }
  passTo(now)
  return { ...listener.finish(), lates }
}

describe('traffic that is judged as it passes', () => {
  it.each(recordings.flatMap(({ name }) => [0, 0.5].map((part) => ({ name, part }))))(
    'finds nothing wrong in $name from $part of it on',
    ({ name, part }) => {
      const { header, exchanges } = readRecording(name)
      const rest = exchanges.slice(Math.floor(part * exchanges.length))
      const { verdicts, counts } = listen({ header, exchanges: rest }, { startsEmpty: part === 0 })
      expect(verdicts.filter(({ side }) => side === 'server')).toEqual([])
      expect(counts.exchanges).toBe(rest.length)
      expect(counts.judged > 0 || part > 0).toBe(true)
      if (part > 0 && !isLong) return
      const whole = judge({ header, exchanges: rest }, { startsEmpty: part === 0, sides: ['client'] })
      // Polls are heard when they end, so that others are told where not all are.
      const inShort = (list: readonly Verdict[]): string[] =>
        list.map(({ rule, at }) => `${rule} ${counts.untold > 0 ? '' : at[0]?.id}`).toSorted()
      expect(inShort(verdicts)).toEqual(inShort(whole.verdicts))
    },
  )

  it.each(isLong ? ['jobs', 'bridge', 'random-500', 'random-timed-600'] : ['jobs'])(
    'tells what is wrong in %s within a second',
    (name) => {
      const some = corruptionsToTry(readRecording(name)).filter((_, at) => isLong || at % 2 === 0)
      const outcomes = some.map(({ what, id, recording: { header, exchanges } }) => {
        const heard = exchanges.slice(0, FURTHER + exchanges.findIndex((each) => each.id === id))
        const { verdicts, lates } = listen({ header, exchanges: heard }, { startsEmpty: true, sides: ['server'] })
        return { what, isFound: verdicts.length > 0, lates }
      })
      expect(outcomes.filter(({ lates }) => lates.length > 0)).toEqual([])
      const missed = outcomes.filter(({ isFound }) => !isFound)
      expect(missed.length, JSON.stringify(missed)).toBeLessThanOrEqual(outcomes.length / 50)
      expect(outcomes.length).toBeGreaterThan(10)
    },
  )
})

it('an answer that is packed is judged by what is in it', () => {
  const { header, exchanges } = readRecording('jobs')
  const packed = exchanges.map((each): RecordedExchange => {
    const { headers, body } = each.response ?? { headers: {} }
    if (body === undefined || body === '') return each
    const bytes = gzipSync(body).toString('base64')
    return { ...each, response: { headers: { ...headers, 'content-encoding': 'gzip' }, body: bytes, base64: true } }
  })
  const options = { startsEmpty: true }
  expect(judge({ header, exchanges: packed }, options)).toEqual(judge({ header, exchanges }, options))
})

describe('a call that is under way', () => {
  const header = { format: 'opik-runner-recording/1', settings: {}, base_path: '' } as const
  const runner = '/v1/private/local-runners/0190b8d6-c000-7002-95f4-0016f094287a'
  const failure: RecordedExchange = {
    ...{ id: 1, at_start_ns: 1, at_end_ns: 2, method: 'GET', path: runner, request: { headers: {} } },
    ...{ status: 503, response: { headers: {}, body: '' } },
  }
  const begun = (path: string) => ({ at_start_ns: 0, method: 'POST', path })

  it('is not waited for if it is a poll', () => {
    const listener = createJudge(header)
    listener.begin(begun(`${runner}/jobs/next`))
    listener.end(listener.begin(failure), failure)
    expect(listener.passTo(SECOND_NS)).toHaveLength(1)
  })

  it('is waited for otherwise, until it ends or is given up', () => {
    const listener = createJudge(header)
    const call = listener.begin(begun('/v1/private/local-runners/jobs'))
    listener.end(listener.begin(failure), failure)
    expect(listener.passTo(SECOND_NS)).toEqual([])
    listener.end(call)
    expect(listener.passTo(SECOND_NS)).toHaveLength(1)
    expect(listener.finish().counts.exchanges).toBe(1)
  })
})
