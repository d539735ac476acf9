// Who activates a session a second time may own the runner from then on, as today's servers have it: either is right. So it
// is which of two runners is there that were activated for one slot at once; those of two slots have nothing to do with each other.
import { describe, expect, it } from 'vitest'
import { judge, type RecordedExchange } from '../../src/contracts/watch/judge-recording.js'

const idOf = (at: number): string => `0190b8d6-c000-7002-95f4-${String(at).padStart(12, '0')}`
const [project, session, runner, job] = [1, 2, 3, 4].map(idOf)
const AGENTS = '{"echo":{}}'
const SESSION = JSON.stringify({ project_id: project, type: 'endpoint', activation_key: `${'A'.repeat(43)}=` })
const ACTIVATION = JSON.stringify({ runner_name: 'one', hmac: `${'A'.repeat(43)}=` })
const JOB = JSON.stringify({ agent_name: 'echo', project_id: project })
const LINES = JSON.stringify([{ stream: 'stdout', text: 'hi' }])
const REFUSAL = '{"code":404,"message":"no"}'

interface Told {
  status: number
  answer?: string
  location?: string | undefined
}

/** One call after the other. */
function record(...calls: [user: string, asked: string, body: string, told: Told][]): RecordedExchange[] {
  return calls.map(([user, asked, body, { status, answer = '', location }], at) => {
    const [method = '', path = ''] = asked.split(' ')
    const type = { 'content-type': 'application/json' }
    const request = { headers: { ...type, authorization: user }, body }
    const headers = { ...(answer && type), ...(location !== undefined && { location: `http://127.0.0.1/${location}` }) }
    return {
      ...{ id: at + 1, at_start_ns: at * 2e6, at_end_ns: at * 2e6 + 1e6, method, path: `/v1/private/${path}` },
      ...{ request, status, response: { headers, body: answer } },
    }
  })
}

const opened = JSON.stringify({ session_id: session, runner_id: runner })
const shared: Parameters<typeof record> = [
  ['one', 'POST pairing/sessions', SESSION, { status: 201, answer: opened }],
  ['one', `POST pairing/sessions/${session}/activate`, ACTIVATION, { status: 201, location: runner }],
  ['one', `PUT local-runners/${runner}/agents`, AGENTS, { status: 204 }],
  [
    'other',
    `POST pairing/sessions/${session}/activate`,
    ACTIVATION,
    { status: 409, answer: '{"code":409,"message":"no"}' },
  ],
]
const header = { format: 'opik-runner-recording/1', settings: {}, base_path: '' } as const

describe('a runner that may have a second owner', () => {
  it.each([
    ['one', 204, 'other'],
    ['one', 404, 'other'],
    ['other', 204, 'one'],
  ])('takes a job of %s, and answers %d to %s', (maker, status, caller) => {
    const answer = status === 404 ? { status, answer: REFUSAL } : { status }
    const exchanges = record(
      ...shared,
      [maker, 'POST local-runners/jobs', JOB, { status: 201, location: job }],
      [caller, `POST local-runners/jobs/${job}/cancel`, '', answer],
    )
    const { verdicts, counts } = judge({ header, exchanges }, { startsEmpty: true, sides: ['server'] })
    expect([verdicts, counts.judged]).toEqual([[], exchanges.length])
  })

  it('is not lost to the first', () => {
    const exchanges = record(
      ...shared,
      ['other', 'POST local-runners/jobs', JOB, { status: 201, location: job }],
      ['one', `POST local-runners/jobs/${job}/cancel`, '', { status: 404, answer: REFUSAL }],
    )
    const { verdicts } = judge({ header, exchanges }, { startsEmpty: true, sides: ['server'] })
    expect(verdicts.map(({ rule }) => rule)).toEqual(['model/cancelJob'])
  })
})

describe('two activations at once', () => {
  const [elsewhere, second, other] = [5, 6, 7].map(idOf)

  it.each([
    ['one slot leave open which runner is there', project, []],
    ['two slots do not', elsewhere, ['model/appendJobLogs']],
  ])('for %s', (_, projectId, rules) => {
    const session2 = SESSION.replace(String(project), String(projectId))
    const opened2 = JSON.stringify({ session_id: second, runner_id: other })
    const exchanges = record(
      ['one', 'POST pairing/sessions', SESSION, { status: 201, answer: opened }],
      ['one', 'POST pairing/sessions', session2, { status: 201, answer: opened2 }],
      ['one', `POST pairing/sessions/${second}/activate`, ACTIVATION, { status: 201, location: other }],
      ['one', `POST pairing/sessions/${session}/activate`, ACTIVATION, { status: 201, location: runner }],
      ['one', `PUT local-runners/${runner}/agents`, AGENTS, { status: 204 }],
      ['one', 'POST local-runners/jobs', JOB, { status: 201, location: job }],
      ['one', `POST local-runners/jobs/${job}/logs`, LINES, { status: 404, answer: REFUSAL }],
    )
    const overlapping = exchanges.map((each) => (each.id === 3 ? { ...each, at_end_ns: each.at_end_ns + 2e6 } : each))
    const { verdicts } = judge({ header, exchanges: overlapping }, { startsEmpty: true, sides: ['server'] })
    expect(verdicts.map(({ rule }) => rule)).toEqual(rules)
  })
})
