// What may have happened between two answers is held against nobody: what a call did whose answer nobody heard, which of two
// that overlapped came first, and what time has done.
import { describe, expect, it } from 'vitest'

import { ACTIVATION, activated, brokenBy, by, command, elsewhere, idOf, job, type Call } from './calls.js'
import { judged, opened, other, project, rival, runner, session } from './calls.js'

const shown = (type: string, agents: unknown[] = []) => ({
  ...{ id: runner, name: 'one', project_id: project, type, status: 'connected', connected_at: '2026-11-01T00:00:00Z' },
  ...{ agents, capabilities: ['jobs'] },
})
const ofRunner = (from: number, status: number, type = 'endpoint'): Call => {
  return [from, from + 1, `GET local-runners/${runner}`, undefined, status, status === 200 ? shown(type) : undefined]
}

describe('an activation', () => {
  it.each([200, 404])('that nobody heard of leaves open whether there is a runner, as %d says', (status) => {
    const unheard: Call = [2, 3, `POST pairing/sessions/${session}/activate`, ACTIVATION]
    expect(brokenBy(opened('endpoint'), unheard, ofRunner(4, status))).toEqual([])
  })

  it.each([
    ['that began before in its slot', project, []],
    ['that began before in another slot', elsewhere, ['model/getRunner']],
  ])('may be undone by one %s', (_, where, rules) => {
    const calls: Call[] = [opened('endpoint'), opened('endpoint', [other, rival, where])]
    const early = activated(2, 9, other, rival)
    expect(brokenBy(...calls, early, activated(3, 4), ofRunner(5, 200), ofRunner(20, 404))).toEqual(rules)
  })

  it.each([
    ['began before it', 2, []],
    ['was over before it', 0, ['model/getRunner']],
  ])('may be undone by a goodbye that %s', (_, late, rules) => {
    const goodbye: Call = [2, 3 + late, `DELETE local-runners/${runner}`, undefined, 204]
    expect(brokenBy(opened('endpoint'), goodbye, activated(4, 7), ofRunner(8, 404))).toEqual(rules)
  })

  it.each([
    ['may be', 20_000, []],
    ['cannot be', 2000, ['model/getRunner']],
  ])('of today’s servers finds nothing of a runner that %s purged', (_, later, rules) => {
    const agents: Call = [4, 5, `PUT local-runners/${runner}/agents`, { echo: {} }, 204]
    const again: Call = [later, later + 1, `POST pairing/sessions/${session}/activate`, ACTIVATION, 409]
    expect(brokenBy(opened('endpoint'), activated(2, 3), agents, again, ofRunner(later + 2, 200))).toEqual(rules)
  })
})

const listed: Call = [
  ...([5, 6, `GET local-runners?project_id=${project}`, undefined, 200] as const),
  { page: 0, size: 25, total: 0, content: [] },
]

it('is wrong to lack a runner that was paired, also where others may be there', () => {
  expect(judged(false, [opened('endpoint'), activated(2, 3), listed])).toEqual(['page/runners'])
})

it('is wrong in what makes a race, whatever meets it', () => {
  const refused: Call = [2, 9, `POST pairing/sessions/${session}/activate`, ACTIVATION, 409]
  expect(brokenBy(opened('endpoint'), refused, listed)).toEqual(['model/activatePairingSession'])
})

describe('a runner of two registrations at once', () => {
  const register = (from: number, name: string): Call => {
    return [from, from + 9, `PUT local-runners/${runner}/agents`, { [name]: {} }, 204]
  }
  const agent = (name: string) => ({ name, timeout: 0 })
  const shows = (...names: string[]): Call => {
    return [20, 21, `GET local-runners/${runner}`, undefined, 200, shown('endpoint', names.map(agent))]
  }
  const begun = [opened('endpoint'), activated(2, 3), register(4, 'one'), register(5, 'other')]

  it.each([
    ['the agents of one', ['one']],
    ['those of both', ['one', 'other']],
  ])('may have %s, and nothing else is excused', (_, names) => {
    const gone: Call = [30, 31, `POST local-runners/${runner}/heartbeats`, undefined, 410]
    expect(brokenBy(...begun, shows(...names))).toEqual([])
    expect(brokenBy(...begun, gone)).toEqual(['model/heartbeat'])
    const others: Call = [...shows('neither')]
    others.splice(0, 2, 40, 41)
    expect(brokenBy(...begun, shows(...names), others)).toEqual(['model/getRunner'])
  })
})

describe('a runner', () => {
  it.each([
    ['a goodbye that', [] as Call[], `DELETE local-runners/${runner}`, 204, []],
    ['an activation in its slot that', [opened('endpoint')], `POST pairing/sessions/${session}/activate`, 201, []],
    ['nothing that', [], `GET local-runners/${rival}`, 404, ['model/getRunner']],
  ])('that is shown may have been taken away by %s is under way', (_, before, asked, status, rules) => {
    // It is long before anything is believed of what was there.
    const late = (from: number): number => 20_000 + from
    const first = before.map(([, , ...call]): Call => [late(0), late(1), ...call])
    const body = status === 201 ? ACTIVATION : undefined
    const meanwhile: Call = [late(2), late(10), asked, body, status, status === 201 ? runner : undefined]
    const id = status === 201 ? other : runner
    const begin: Call = [0, 1, `GET local-runners/${rival}`, undefined, 404]
    const seen: Call[] = [
      [late(5), late(6), `GET local-runners/${id}`, undefined, 200, { ...shown('endpoint'), id }],
      [late(7), late(8), `POST local-runners/${id}/heartbeats`, undefined, 200, { cancelled_job_ids: [] }],
      [late(30), late(31), `GET local-runners/${id}`, undefined, 404],
    ]
    const calls = [begin, ...first, meanwhile, ...seen]
    expect(judged(false, calls)).toEqual(rules)
  })

  const late = (from: number, ...call: [string, unknown, number, unknown?, string?]): Call => {
    return [20_000 + from, 20_001 + from, ...call]
  }
  const first: Call = [0, 1, `GET local-runners/${rival}`, undefined, 404]
  const seenBy = (key: string, from: number) => {
    return late(from, `GET local-runners/${runner}`, undefined, 200, shown('endpoint'), key)
  }

  it.each([
    ['whose heartbeat was not answered may be', [[6000, 6001] as const], []],
    ['of which nothing is heard is not', [], ['page/runners']],
  ])('%s connected', (_, beats, rules) => {
    const sent = beats.map(([from, to]): Call => [from, to, `POST local-runners/${runner}/heartbeats`, undefined])
    const silent = `GET local-runners?project_id=${project}&status=disconnected`
    const none = { page: 0, size: 25, total: 0, content: [] }
    expect(brokenBy(opened('endpoint'), activated(2, 3), ...sent, [6010, 6011, silent, undefined, 200, none])).toEqual(
      rules,
    )
  })

  it('that is shown to two callers at once is of both, as today’s servers have it', () => {
    const around = seenBy('one', 1)
    around[1] += 8
    expect(judged(false, [first, around, seenBy('other', 4)])).toEqual([])
  })

  it('tells each of its owners which jobs were cancelled', () => {
    const made = { id: job, runner_id: runner, project_id: project, agent_name: 'echo', timeout: 1800 }
    const read = (from: number, status: string) => {
      return late(
        from,
        `GET local-runners/jobs/${job}`,
        undefined,
        200,
        { ...made, ...JOB_TIMES[status], status },
        'one',
      )
    }
    const told = { cancelled_job_ids: [job] }
    expect(
      judged(false, [
        ...[first, seenBy('one', 2), read(4, 'running')],
        late(6, `POST local-runners/jobs/${job}/cancel`, undefined, 204, undefined, 'other'),
        ...[seenBy('one', 8), read(10, 'cancelled')],
        late(12, `POST local-runners/${runner}/heartbeats`, undefined, 200, told, 'other'),
      ]),
    ).toEqual([])
  })

  it.each([
    ['of which nothing is known', false, []],
    ['that does not exist', true, ['model/createJob']],
  ])('may have a full queue, and one %s', (_, startsEmpty, rules) => {
    const asked = { agent_name: 'echo', project_id: project }
    const full: Call = [5, 9, 'POST local-runners/jobs', asked, 429]
    expect(judged(startsEmpty, [opened('endpoint'), activated(2, 8), full])).toEqual(rules)
  })

  it('that was purged, and has come back by quirk, may have lost its jobs', () => {
    const list = { page: 0, size: 25, total: 0, content: [] }
    expect(
      brokenBy(
        ...[opened('endpoint'), activated(2, 3)],
        [4, 5, `PUT local-runners/${runner}/agents`, { echo: {} }, 204],
        [6, 7, 'POST local-runners/jobs', { agent_name: 'echo', project_id: project }, 201, job],
        ofRunner(20_000, 404),
        [20_002, 20_003, `POST pairing/sessions/${session}/activate`, ACTIVATION, 409],
        ofRunner(20_004, 200),
        [20_006, 20_007, `GET local-runners/${runner}/jobs`, undefined, 200, list],
      ),
    ).toEqual([])
  })
})

const JOB_TIMES: Record<string, object> = {
  running: { created_at: '2026-11-01T00:00:00Z', started_at: '2026-11-01T00:00:01Z' },
  cancelled: {
    ...{ created_at: '2026-11-01T00:00:00Z', started_at: '2026-11-01T00:00:01Z' },
    completed_at: '2026-11-01T00:00:02Z',
  },
}

describe('a job', () => {
  const asked = { agent_name: 'echo', project_id: project }
  const record = { ...asked, id: job, runner_id: runner, status: 'pending', created_at: '2026-11-01T00:00:00Z' }
  const registered = (from: number, timeout = 0): Call => {
    return [from, from + 1, `PUT local-runners/${runner}/agents`, { echo: { timeout } }, 204]
  }
  const beat: Call = [9, 30, `POST local-runners/${runner}/heartbeats`, undefined, 200, { cancelled_job_ids: [] }]
  const made: Call = [10, 20, 'POST local-runners/jobs', asked, 201, job]
  const read = (timeout: number): Call => {
    return [40, 41, `GET local-runners/jobs/${job}`, undefined, 200, { ...record, timeout }]
  }

  it.each([
    ['may be of an agent', 'begins', 11, 7, []],
    ['cannot be of an agent', 'comes later', 21, 7, ['model/createJob']],
  ])('%s whose registration %s meanwhile', (_, __, from, timeout, rules) => {
    const begun = [opened('endpoint'), activated(2, 3)]
    expect(brokenBy(...begun, beat, made, registered(from, timeout), read(timeout))).toEqual(rules)
  })

  it.each([
    [1800, []],
    [7, ['model/getJob']],
  ])('has the timeout that its agent had, as %d says', (timeout, rules) => {
    const begun = [opened('endpoint'), activated(2, 3), registered(4)]
    expect(brokenBy(...begun, beat, made, registered(35, 7), read(timeout))).toEqual(rules)
  })
})

describe('a command', () => {
  const own = `local-runners/${runner}/bridge/commands`
  const item = { command_id: command, timeout_seconds: 1, type: 'ReadFile', args: {} }
  const now = { submitted_at: '2026-11-01T00:00:00Z', picked_up_at: '2026-11-01T00:00:00Z' }
  const begun: Call[] = [
    opened('connect'),
    activated(2, 3),
    [4, 5, `POST local-runners/${runner}/heartbeats`, { capabilities: ['bridge'] }, 200, { cancelled_job_ids: [] }],
    [6, 7, `POST ${own}`, { type: 'ReadFile', args: {}, timeout_seconds: 1 }, 201, { command_id: command }],
    [8, 9, `POST ${own}/next`, undefined, 200, { commands: [{ ...item, submitted_at: now.submitted_at }] }],
  ]

  it.each([
    ['may be', 10_400, []],
    ['cannot be', 8000, ['model/getBridgeCommand']],
  ])('ends for a reader who waits when its runner %s purged', (_, later, rules) => {
    const answer = { ...item, ...now, runner_id: runner, status: 'timed_out', completed_at: now.picked_up_at }
    const read: Call = [later - 1000, later, `GET ${own}/${command}?wait=true`, undefined, 200, answer]
    expect(brokenBy(...begun, read)).toEqual(rules)
  })

  it.each([
    ['before the end of', 3000, []],
    ['after the end of', 3002, ['model/getBridgeCommand']],
  ])('that has ended is told to a reader who has asked for it %s its runner', (_, from, rules) => {
    const asked = { status: 'completed', result: 1 }
    const answer = { ...item, ...now, runner_id: runner, ...asked, completed_at: now.picked_up_at }
    const reported: Call = [10, 11, `POST ${own}/${command}/results`, asked, 204]
    const read: Call = [from, 3020, `GET ${own}/${command}?wait=true`, undefined, 200, answer]
    const goodbye: Call = [3000, 3001, `DELETE local-runners/${runner}`, undefined, 204]
    expect(brokenBy(...begun, reported, goodbye, read)).toEqual(rules)
  })

  it.each([
    ['may have been kept for its time after its end', 22_000, []],
    ['must still be there', 18_000, ['model/getBridgeCommand']],
  ])('that timed out unseen %s', (_, later, rules) => {
    const beats = Array.from({ length: Math.floor(later / 4000) }, (__, at): Call => {
      const from = 4000 * (at + 1)
      return [from, from + 1, `POST local-runners/${runner}/heartbeats`, undefined, 200, { cancelled_job_ids: [] }]
    })
    expect(brokenBy(...begun, ...beats, [later, later + 1, `GET ${own}/${command}`, undefined, 404])).toEqual(rules)
  })
})

it('counts a command of which nothing is known as one that may wait, until a poll had room for it', () => {
  const own = `local-runners/${runner}/bridge/commands`
  const asked = { type: 'ReadFile', args: {} }
  const made = (from: number, at: number, status = 201): Call => {
    return [from, from + 1, `POST ${own}`, asked, status, status === 201 ? { command_id: idOf(at) } : undefined, 'one']
  }
  const beat = (from: number, to: number, body: unknown): Call => {
    return [from, to, `POST local-runners/${runner}/heartbeats`, body, 200, { cancelled_job_ids: [] }, 'one']
  }
  const poll = (most: number): Call => [
    30,
    31,
    `POST ${own}/next`,
    { max_commands: most },
    200,
    { commands: [] },
    'one',
  ]
  const begun: Call[] = [
    ...[
      by('one', opened('connect')),
      by('one', activated(2, 3)),
      beat(4, 5, { capabilities: ['bridge'] }),
      made(6, 20),
    ],
    [8, 9, `POST ${own}/${idOf(20)}/results`, { status: 'completed', result: 1 }, 204, undefined, 'one'],
    beat(10, 21, undefined),
    // It may be the end of the runner, so that of what is made meanwhile nothing is known.
    [11, 20, `DELETE local-runners/${runner}`, undefined, 204, undefined, 'other'],
    made(13, 21),
  ]
  const rulesAfter = (most: number) => brokenBy(...begun, poll(most), made(40, 22), made(50, 23, 429))
  expect([rulesAfter(1), rulesAfter(2)]).toEqual([[], ['model/createBridgeCommand']])
})

it('takes no notice of what a job’s metadata does not know', () => {
  const asked = { agent_name: 'echo', project_id: project, metadata: { dataset_id: other, more: 1 } }
  const made = {
    ...asked,
    metadata: { dataset_id: other },
    id: job,
    runner_id: runner,
    status: 'pending',
    timeout: 1800,
  }
  expect(
    brokenBy(
      ...[opened('endpoint'), activated(2, 3)],
      [4, 5, `PUT local-runners/${runner}/agents`, { echo: {} }, 204],
      [6, 7, 'POST local-runners/jobs', asked, 201, job],
      [8, 9, `GET local-runners/jobs/${job}`, undefined, 200, { ...made, created_at: '2026-11-01T00:00:00Z' }],
    ),
  ).toEqual([])
})
