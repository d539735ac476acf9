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
import { allRules } from '../../src/conduct/all-rules.js'
import { decidedOperations as modelled } from '../../src/lifecycle/roles.js'
import list from '../../src/contracts/check/requirements.json' with { type: 'json' }
import { otherRules, requirementsOfRule } from '../../src/contracts/watch/verdict.js'
import { isLong, readRecording, recordingsToTry, type Recording } from '../replay/recording.js'
import { corruptionsToTry } from './corruptions.js'
import {
  ACTIVATION,
  activated,
  brokenBy,
  by,
  elsewhere,
  job,
  opened,
  other,
  project,
  rival,
  runner,
  session,
  type Call,
} from './calls.js'

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

const agents: Call = [10, 11, `PUT local-runners/${runner}/agents`, { echo: {} }, 204]
const created: Call = [14, 15, 'POST local-runners/jobs', { agent_name: 'echo', project_id: project }, 201, job]

describe('a runner that may have a second owner', () => {
  const again: Call = [12, 13, `POST pairing/sessions/${session}/activate`, ACTIVATION, 409]
  const cancelled = (status: number): Call => [16, 17, `POST local-runners/jobs/${job}/cancel`, undefined, status]
  const begun = [opened('endpoint'), activated(2, 3), agents].map((call) => by('one', call))

  it.each([
    ['one', 204, 'other', []],
    ['one', 404, 'other', []],
    ['other', 204, 'one', []],
    // It is not lost to the first.
    ['other', 404, 'one', ['model/cancelJob']],
  ])('takes a job of %s, and answers %d to %s', (maker, status, caller, rules) => {
    expect(brokenBy(...begun, by('other', again), by(maker, created), by(caller, cancelled(status)))).toEqual(rules)
  })
})

it.each([
  ['one slot leave open which runner is there', project, []],
  ['two slots do not', elsewhere, ['model/appendJobLogs']],
])('two activations at once for %s', (_, where, rules) => {
  const logged: Call = [16, 17, `POST local-runners/jobs/${job}/logs`, [{ stream: 'stdout', text: 'hi' }], 404]
  const begun = [opened('endpoint'), opened('endpoint', [other, rival, where])]
  expect(brokenBy(...begun, activated(2, 6, other, rival), activated(5, 7), agents, created, logged)).toEqual(rules)
})

it('names a 401 between answers to the same key', () => {
  const { header, exchanges } = readRecording('identities')
  const keyOf = ({ request }: RecordedExchange) =>
    `${request.headers['authorization'] ?? ''} ${request.headers['comet-workspace'] ?? ''}`
  const wrong = { status: 401, response: { headers: {}, body: '' } }
  const at = exchanges.findIndex((each, place) => {
    const isServed = ({ status = 0 }: RecordedExchange): boolean => status < 300
    const same = (other: RecordedExchange): boolean => isServed(other) && keyOf(other) === keyOf(each)
    const isBetween = exchanges.slice(0, place).some(same) && exchanges.slice(place + 1).some(same)
    return isBetween && isServed(each) && each.path.includes('local-runners') && keyOf(each).trim().includes('-')
  })
  expect(at).toBeGreaterThan(0)
  const planted = exchanges.with(at, { ...exchanges[at]!, ...wrong })
  const { verdicts } = judge({ header, exchanges: planted }, { startsEmpty: true, sides: ['server'] })
  expect(verdicts).toContainEqual(expect.objectContaining({ rule: 'answer/status', actual: '401' }))
})

it.each([
  ['is no absolute URI', 'answer/header', (location: string) => new URL(location).pathname],
  ['names another project', 'ids/new', (_: string, earlier: string) => earlier],
])('names a Location of a new project that %s', (_, rule, edit) => {
  const { header, exchanges } = readRecording('identities')
  const isNewProject = ({ path, status }: RecordedExchange): boolean => path.endsWith('/projects') && status === 201
  const [first, second] = exchanges.filter(isNewProject)
  const [earlier, own] = [first, second].map((each) => each?.response?.headers['location'] ?? '')
  const wrong = { ...second!, response: { headers: { location: edit(own ?? '', earlier ?? '') } } }
  const planted = exchanges.map((each) => (each === second ? wrong : each))
  const { verdicts } = judge({ header, exchanges: planted }, { startsEmpty: true, sides: ['server'] })
  expect(verdicts).toContainEqual(expect.objectContaining({ rule, at: [{ recording: 0, id: wrong.id }] }))
})

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

const living = new Map(list.filter((entry) => !('withdrawn' in entry)).map(({ id, of }) => [id, of]))

describe('the requirements of a rule', () => {
  const rules = [...modelled.map((operation) => `model/${operation}`), ...otherRules]

  it.each(rules)('are on the list for %s', (rule) => {
    const named = modelled.flatMap((operation) => requirementsOfRule(rule, operation))
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((id) => !living.has(id))).toEqual([])
  })
})

it('a rule of conduct has the id that the list gives it', () => {
  const asListed = allRules.map(({ id, requirement }) => [requirement, `conduct/${id}`])
  expect(asListed).toEqual([...living].filter(([, of]) => of.startsWith('conduct/')))
})
