// Refused commands are held against the rates, by the minutes of the recorded clock.
import { describe, expect, it } from 'vitest'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { readRecording, type RecordedExchange, type Recording } from '../replay/recording.js'

const whole = readRecording('limits')
const HALF_A_MINUTE_MS = 30_000
const NS_PER_MINUTE = 60e9
/** Its minutes begin while nothing is asked: the last is of 11 commands, one refused for its size, and one by the rate. */
const header = {
  ...whole.header,
  wall_clock_ms_at_zero: (whole.header.wall_clock_ms_at_zero ?? 0) + HALF_A_MINUTE_MS,
}
/** Without the writes that were refused in the minute before. */
const exchanges = whole.exchanges.filter(({ id, status }) => id > 15 && (status !== 429 || id === 24 || id === 61))
const REFUSED_FOR_SIZE = 44
const LAST_ACCEPTED = 60
const REFUSED_BY_RATE = 61

function judged(recording: Recording): { rules: string[]; quirksOfLast: string[] } {
  const { verdicts, quirks } = judge(recording, { startsEmpty: true, sides: ['server'] })
  return {
    rules: verdicts.map(({ rule }) => rule),
    quirksOfLast: quirks.filter(({ at }) => at[0]?.id === REFUSED_BY_RATE).map(({ id }) => id),
  }
}

function without(...ids: number[]): RecordedExchange[] {
  return exchanges.filter(({ id }) => !ids.includes(id))
}

describe('the rates of commands', () => {
  it('count one refused for its size, by quirk', () => {
    expect(judged({ header, exchanges })).toEqual({ rules: [], quirksOfLast: ['refused-payload-counts'] })
  })

  it('are no reason to refuse what they admit', () => {
    expect(judged({ header, exchanges: without(REFUSED_FOR_SIZE) }).rules).toEqual(['model/createBridgeCommand'])
  })

  it('begin again with each minute', () => {
    const settings = { ...header.settings, bridge_max_commands_per_minute: 11 }
    const refusedLater = (byMinutes: number): RecordedExchange[] =>
      without(REFUSED_FOR_SIZE).map((each) => {
        const shift = each.id === REFUSED_BY_RATE ? byMinutes * NS_PER_MINUTE : 0
        return { ...each, at_start_ns: each.at_start_ns + shift, at_end_ns: each.at_end_ns + shift }
      })
    const rulesOf = (byMinutes: number): string[] =>
      judged({ header: { ...header, settings }, exchanges: refusedLater(byMinutes) }).rules
    expect(rulesOf(0)).toEqual([])
    expect(rulesOf(1)).toEqual(['model/createBridgeCommand'])
  })

  it('may be counted from any time on where the clock is not known', () => {
    const { wall_clock_ms_at_zero: _, ...clockless } = header
    expect(judged({ header: clockless, exchanges: without(REFUSED_FOR_SIZE) }).rules).toEqual([])
  })

  it('are not known to who listens from the middle of a minute on', () => {
    const rest = exchanges.filter(({ id }) => id >= LAST_ACCEPTED)
    expect(judge({ header, exchanges: rest }, { sides: ['server'] }).verdicts).toEqual([])
  })

  it('hold', () => {
    const settings = { ...header.settings, bridge_max_commands_per_minute: 10 }
    const { rules } = judged({ header: { ...header, settings }, exchanges: without(REFUSED_FOR_SIZE, REFUSED_BY_RATE) })
    expect(rules).toEqual(['rate/commands'])
  })
})
