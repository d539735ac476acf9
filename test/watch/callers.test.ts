// Each recorder names keys for itself: of two recordings nobody knows by names who is one. Answers tell it; what they leave
// open is held against nobody.
import { describe, expect, it, onTestFinished } from 'vitest'
import { judge, recordFetch, type Recording } from '../../src/contracts/watch.js'
import { signActivation } from '../../src/kernel/pairing.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { isLong, readRecording, type RecordedExchange } from '../replay/recording.js'

type Key = 'key-of-ann' | 'key-of-bob'
type Place = 'here' | 'there'

const KEY = new Uint8Array(32).fill(7)
const activation_key = Buffer.from(KEY).toString('base64')

/** A server that two people use in one workspace and project, before which two recorders stand. */
async function stand(profile: 'spec' | 'opik' = 'spec') {
  const mock = createRunnerMock({ profile })
  onTestFinished(() => mock.close())
  let time = 0
  const clock = { now: () => time++ }
  const recorders = { here: recordFetch(mock.fetch, { clock }), there: recordFetch(mock.fetch, { clock }) }
  const ask = async (place: Place, key: Key, asked: string, sent?: unknown) => {
    const [method = '', path = ''] = asked.split(' ')
    const headers = { authorization: key, 'content-type': 'application/json' }
    const body = sent === undefined ? {} : { body: JSON.stringify(sent) }
    const response = await recorders[place].fetch(`http://localhost/v1/private/${path}`, {
      method,
      headers,
      ...body,
    })
    const text = await response.text()
    const location = response.headers.get('location')?.replace(/^.*\//, '') ?? ''
    return { status: response.status, location, body: (text === '' ? {} : JSON.parse(text)) as Record<string, string> }
  }
  const { location: project_id } = await ask('here', 'key-of-ann', 'POST projects', { name: 'shared' })
  const pair = async (place: Place, key: Key): Promise<string> => {
    const asked = { project_id, activation_key, type: 'endpoint' }
    const { session_id: session = '', runner_id: runner = '' } = (await ask(place, key, 'POST pairing/sessions', asked))
      .body
    const hmac = await signActivation(KEY, session, 'one')
    await ask(place, key, `POST pairing/sessions/${session}/activate`, { runner_name: 'one', hmac })
    await ask(place, key, `PUT local-runners/${runner}/agents`, { echo: {} })
    return runner
  }
  const recordings = (): readonly [Recording, Recording] => [recorders.here.recording(), recorders.there.recording()]
  return {
    ask,
    pair,
    recordings,
    beat: async (place: Place, key: Key, runner: string) =>
      (await ask(place, key, `POST local-runners/${runner}/heartbeats`, {})).status,
    createJob: (place: Place, key: Key) =>
      ask(place, key, 'POST local-runners/jobs', { agent_name: 'echo', project_id }),
    told: () => judge(recordings(), { startsEmpty: true }).verdicts.map(({ rule, actual }) => [rule, actual]),
    names: () =>
      recordings().map(({ exchanges }) => [
        ...new Set(exchanges.map(({ request }) => request.headers['authorization'])),
      ]),
  }
}

describe('recordings that are judged together', () => {
  it('may have one name for two keys', async () => {
    const { ask, pair, beat, createJob, told, names } = await stand()
    const [ann, bob] = [await pair('here', 'key-of-ann'), await pair('there', 'key-of-bob')]
    // Neither takes the other’s place, or sees it.
    expect([await beat('here', 'key-of-ann', ann), await beat('there', 'key-of-bob', bob)]).toEqual([200, 200])
    expect((await ask('there', 'key-of-bob', `GET local-runners/${ann}`)).status).toBe(404)
    const { location: job } = await createJob('there', 'key-of-bob')
    expect((await ask('here', 'key-of-ann', `GET local-runners/jobs/${job}`)).status).toBe(404)
    expect((await ask('there', 'key-of-bob', `POST local-runners/${bob}/jobs/next`)).body['id']).toBe(job)
    await ask('there', 'key-of-bob', `DELETE local-runners/${ann}`)
    expect(await beat('here', 'key-of-ann', ann)).toBe(200)
    expect((await createJob('here', 'key-of-ann')).status).toBe(201)
    expect([names(), told()]).toEqual([[['key-1'], ['key-1']], []])
  })

  it('may have two names for one key', async () => {
    const { ask, pair, beat, createJob, told, names } = await stand()
    const ann = await pair('here', 'key-of-ann')
    const bob = await pair('there', 'key-of-bob')
    const { location: job } = await createJob('there', 'key-of-ann')
    await ask('here', 'key-of-ann', `POST local-runners/${ann}/jobs/next`)
    expect((await ask('there', 'key-of-ann', `GET local-runners/jobs/${job}`)).body['status']).toBe('running')
    expect([await beat('here', 'key-of-ann', ann), await beat('there', 'key-of-bob', bob)]).toEqual([200, 200])
    expect([names(), told()]).toEqual([[['key-1'], ['key-1', 'key-2']], []])
  })

  it.each([
    ['an eviction', async ({ pair }: Awaited<ReturnType<typeof stand>>) => void (await pair('there', 'key-of-ann'))],
    [
      'a goodbye',
      async ({ ask }: Awaited<ReturnType<typeof stand>>, ann: string) =>
        void (await ask('there', 'key-of-ann', `DELETE local-runners/${ann}`)),
    ],
  ])('leave open whose runner goes by %s', async (_, end) => {
    const world = await stand()
    const ann = await world.pair('here', 'key-of-ann')
    await world.createJob('here', 'key-of-ann')
    await end(world, ann)
    expect(await world.beat('here', 'key-of-ann', ann)).toBe(410)
    expect(world.told()).toEqual([])
  })

  it('may have one name for a key that is served and for one that is refused', async () => {
    const { ask, pair, beat, recordings } = await stand()
    const ann = await pair('here', 'key-of-ann')
    await ask('there', 'key-of-bob', `GET local-runners/${ann}`)
    expect(await beat('here', 'key-of-ann', ann)).toBe(200)
    const [one, { header, exchanges }] = recordings()
    const refused = { status: 401, response: { headers: {}, body: '' } }
    const other = { header, exchanges: exchanges.map((each) => ({ ...each, ...refused })) }
    expect(judge([one, other], { startsEmpty: true, sides: ['server'] }).verdicts).toEqual([])
  })

  it('leave open who creates jobs for a runner that is not shown to him', async () => {
    const { pair, createJob, told } = await stand()
    await pair('here', 'key-of-ann')
    expect([(await createJob('there', 'key-of-bob')).status, (await createJob('there', 'key-of-ann')).status]).toEqual([
      404, 201,
    ])
    expect(told()).toEqual([])
  })

  it('take nobody for another who may share the runner since an activation that was not answered', async () => {
    const { ask, pair, recordings } = await stand('opik')
    const ann = await pair('here', 'key-of-ann')
    const [session = ''] = recordings()[0].exchanges.flatMap(
      ({ path }) => /sessions\/(.+)\/activate/.exec(path)?.[1] ?? [],
    )
    const hmac = await signActivation(KEY, session, 'two')
    const statuses = [
      await ask('there', 'key-of-bob', `GET local-runners/${ann}`),
      await ask('there', 'key-of-bob', `POST pairing/sessions/${session}/activate`, { runner_name: 'two', hmac }),
      await ask('there', 'key-of-bob', `GET local-runners/${ann}`),
    ].map(({ status }) => status)
    expect(statuses).toEqual([404, 409, 200])
    const [one, other] = recordings()
    const exchanges = other.exchanges.map((each): RecordedExchange => {
      const { status, response: _, ...asked } = each
      return status === 409 ? { ...asked, aborted: true } : each
    })
    const { verdicts } = judge([one, { ...other, exchanges }], { startsEmpty: true, sides: ['server'] })
    expect(verdicts).toEqual([])
  })

  it('tell who is one by what was shown to both, and what is wrong then', async () => {
    const { ask, pair, recordings, told } = await stand()
    const ann = await pair('here', 'key-of-ann')
    await ask('there', 'key-of-ann', `GET local-runners/${ann}`)
    await ask('there', 'key-of-ann', `POST local-runners/${ann}/heartbeats`, {})
    expect(told()).toEqual([])
    const [one, { header, exchanges }] = recordings()
    const gone = { headers: { 'content-type': 'application/json' }, body: '{"code":410,"message":"gone"}' }
    const refused = exchanges.map((each) =>
      each.path.endsWith('/heartbeats') ? { ...each, status: 410, response: gone } : each,
    )
    const { verdicts } = judge([one, { header, exchanges: refused }], { startsEmpty: true, sides: ['server'] })
    expect(verdicts).toMatchObject([{ rule: 'model/heartbeat', at: [{ recording: 1 }] }])
  })
})

/** What recorders would have of a recording of several keys that listen by turns, each with names of its own. */
function splitUp(
  { header, exchanges }: Recording,
  count: number,
  turn: (each: RecordedExchange, part: number) => number,
): Recording[] {
  const { auth: _, ...rest } = header
  return Array.from({ length: count }, (_part, at) => {
    const names = new Map<string, string>()
    const nameOf = (key: string): string => {
      names.set(key, names.get(key) ?? `key-${names.size + 1}`)
      return names.get(key) ?? ''
    }
    const own = exchanges.filter((each, place) => turn(each, place / exchanges.length) % count === at)
    return {
      header: rest,
      exchanges: own.map((each) => {
        const { authorization, ...headers } = each.request.headers
        const named = authorization === undefined ? headers : { ...headers, authorization: nameOf(authorization) }
        return { ...each, request: { ...each.request, headers: named } }
      }),
    }
  })
}

it.each(
  ['identities', ...(isLong ? ['random-four-callers-1200'] : [])].flatMap((name) => [
    ...[1, 2, 3].map((count) => ({ name, count, by: 'turns', turn: ({ id }: RecordedExchange) => id })),
    {
      name,
      count: 2,
      by: 'keys',
      turn: ({ request }: RecordedExchange) => Number(/b$/.test(request.headers['authorization'] ?? '')),
    },
    {
      name,
      count: 2,
      by: 'halves',
      turn: (_each: RecordedExchange, part: number) => Number(part > 0.5),
    },
  ]),
)(
  'a recording of several keys as $count recorders would have $name by $by shows nothing wrong',
  ({ name, count, turn }) => {
    const { verdicts } = judge(splitUp(readRecording(name), count, turn), { startsEmpty: true, sides: ['server'] })
    expect(verdicts).toEqual([])
  },
)
