// Scenarios as data: every state that one can ask for is there, its runners live, and one that is wrong changes nothing.
import { describe, expect, it } from 'vitest'
import { createRunnerMock, type RunnerMock, type Scenario } from '../../src/index.js'
import type { ScenarioRunner } from '../../src/mocks/scenarios/scenario.js'
import { signBridge } from '../../src/kernel/pairing.js'
import { openMock as open } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

const UUID = '01934f2c-7a3b-7c4d-8e5f-60718293a4b5'
const START = '2026-07-01T12:00:30.000Z'

interface Caller {
  workspace?: string
  key?: string
}

function call(mock: RunnerMock, method: string, path: string, body?: object, { workspace, key }: Caller = {}) {
  const identity = { 'comet-workspace': workspace ?? 'default', ...(key !== undefined && { authorization: key }) }
  return callerOf(mock, identity)(method, path, body)
}

interface Page<Item> {
  total: number
  content: Item[]
}

type Wire = Record<string, unknown> & { id: string; name: string; status: string }

async function projectNamed(mock: RunnerMock, name: string, caller: Caller = {}): Promise<string> {
  const { body } = await call(mock, 'POST', '/projects/retrieve', { name }, caller)
  return (body as Wire).id
}

async function runnersOf(mock: RunnerMock, project: string, caller: Caller = {}): Promise<Wire[]> {
  const { body } = await call(mock, 'GET', `/local-runners?project_id=${project}`, undefined, caller)
  return (body as Page<Wire>).content
}

async function runnerNamed(mock: RunnerMock, name: string, project = 'Default Project'): Promise<Wire> {
  const found = (await runnersOf(mock, await projectNamed(mock, project))).find((runner) => runner.name === name)
  if (found === undefined) throw new Error(`no runner ${name}`)
  return found
}

async function jobsOf(mock: RunnerMock, { id }: Wire): Promise<Wire[]> {
  return ((await call(mock, 'GET', `/local-runners/${id}/jobs`)).body as Page<Wire>).content.toReversed()
}

const crowd: Scenario = {
  name: 'crowd',
  description: 'Every state at once.',
  settings: { heartbeat_ttl_seconds: 40 },
  faults: { id: 'slow', operation: 'listJobs', delay: { ms: 0 } },
  agents: {
    echo: { description: 'Echoes.', params: [{ name: 'text', type: 'string' }], timeout: 9, result: '{{inputs}}' },
    other: {},
  },
  projects: ['Bots', { name: 'Bots', workspace: 'lab' }, { name: 'Old', api_key: 'k' }],
  runners: [
    {
      name: 'pictures',
      simulate: 'heartbeat',
      agents: ['echo', 'other'],
      checklist: { ready: true, steps: [1, null] },
      jobs: [
        { inputs: { text: 'a' } },
        { status: 'running', agent: 'other', trace_id: '01934f2c-7a3b-7c4d-8e5f-60718293a4b5' },
        { status: 'completed', result: { done: null }, logs: [{ stream: 'stdout', text: 'line' }] },
        { status: 'failed', error: 'Error: no', blueprint_name: ' plan ' },
        {
          status: 'cancelled',
          prompt_masks: { '01934f2c-7a3b-7c4d-8e5f-60718293a4b5': '01934f2c-7a3b-7c4d-8e5f-60718293a4b6' },
        },
      ],
    },
    { name: 'worker', project: 'Bots', agents: ['echo'], jobs: [{ inputs: { text: 'b' } }] },
    { name: 'lapsing', project: 'Old', simulate: 'nothing' },
    { name: 'gone', type: 'connect', status: 'evicted' },
    {
      name: 'daemon',
      type: 'connect',
      files: { 'a.txt': 'text\n', 'b.bin': { base64: 'AAH/' } },
      exec: { 'npm test': { stdout: 'ok\n', exit_code: 3 }, 'rm -rf /': { error: 'blocked' } },
      latency_ms: 100,
      signatures: 'required',
      commands: [{ type: 'Exec', args: { command: 'ls' }, status: 'completed', result: { stdout: 'x' } }],
    },
    {
      name: 'off',
      type: 'connect',
      project: 'Bots',
      status: 'disconnected',
      commands: [
        {},
        { status: 'picked_up', timeout_seconds: 60 },
        { status: 'failed', error: { code: 'timeout', message: 'too late' } },
        { status: 'timed_out', type: 'ListFiles', args: { path: '.' } },
      ],
    },
    { name: 'theirs', workspace: 'lab', api_key: 'ann', project: 'Bots' },
  ],
  sessions: [
    { type: 'connect', activation_key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=', ttl_seconds: 600 },
    { status: 'activated', runner_name: 'paired', project: 'Old' },
    { status: 'expired' },
  ],
}

describe('a scenario', () => {
  it('has jobs in every state, with all that belongs to them', async () => {
    const mock = open({ scenario: crowd })
    await mock.ready
    const jobs = await jobsOf(mock, await runnerNamed(mock, 'pictures'))
    expect(jobs).toMatchObject([
      { status: 'pending', agent_name: 'echo', inputs: { text: 'a' }, timeout: 9 },
      { status: 'running', agent_name: 'other', trace_id: '01934f2c-7a3b-7c4d-8e5f-60718293a4b5', timeout: 1800 },
      { status: 'completed', result: { done: null } },
      { status: 'failed', error: 'Error: no', blueprint_name: 'plan' },
      { status: 'cancelled', prompt_masks: { '01934f2c-7a3b-7c4d-8e5f-60718293a4b5': expect.any(String) as unknown } },
    ])
    const { body } = await call(mock, 'GET', `/local-runners/jobs/${jobs[2]?.id ?? ''}/logs`)
    expect(body).toEqual([{ stream: 'stdout', text: 'line' }])
  })

  it('has ids and a past', async () => {
    const id = (last: number) => `01934f2c-7a3b-7c4d-8e5f-60718293a4b${last}`
    const agents = { own: { language: 'python', timeout: 9 } }
    const jobs: NonNullable<ScenarioRunner['jobs']> = [
      { id: id(1), status: 'completed', agent: 'former', timeout: 7, ago_ms: 60_000, waited_ms: 5000, for_ms: 10_000 },
      { id: id(2), status: 'cancelled', handed_out: false, error: 'so far', ago_ms: 50_000 },
    ]
    const commands = [{ id: id(4), status: 'failed', result: [1], error: 'no', duration_ms: 8, waited_ms: 40 } as const]
    const runner = { name: 'r', id: id(0), ago_ms: 90_000, simulate: 'heartbeat', agents, jobs } as const
    const many = Array.from({ length: 200 }, () => ({ type: 'Exec', status: 'completed' }) as const)
    const mock = open({
      scenario: {
        agents: { former: {} },
        runners: [
          runner,
          { name: 'd', id: id(3), type: 'connect', simulate: 'heartbeat', commands: [...commands, ...many] },
        ],
      },
    })
    await mock.ready
    expect((await call(mock, 'GET', `/local-runners/${id(0)}`)).body).toMatchObject({
      connected_at: '2026-07-01T11:59:00.000Z',
      agents: [{ name: 'own', language: 'python', timeout: 9 }],
    })
    const [done, cancelled] = await jobsOf(mock, { id: id(0), name: '', status: '' })
    expect(done).toMatchObject({
      ...{ id: id(1), agent_name: 'former', timeout: 7, result: {}, created_at: '2026-07-01T11:59:30.000Z' },
      ...{ started_at: '2026-07-01T11:59:35.000Z', completed_at: '2026-07-01T11:59:45.000Z' },
    })
    expect(cancelled).toMatchObject({ id: id(2), status: 'cancelled', error: 'so far' })
    expect(cancelled).not.toHaveProperty('started_at')
    const bridge = `/local-runners/${id(3)}/bridge/commands`
    expect((await call(mock, 'GET', `${bridge}/${id(4)}`)).body).toMatchObject({
      ...{ status: 'failed', result: [1], error: 'no', duration_ms: 8, submitted_at: '2026-07-01T12:00:29.960Z' },
    })
    // More than a minute allows, which is over.
    expect((await call(mock, 'POST', bridge, { type: 'Exec', args: {} })).status).toBe(201)
  })

  it('has runners in every state, which live as they are told', async () => {
    const mock = open({ scenario: crowd })
    await mock.ready
    const everywhere = async (): Promise<Record<string, string>> => {
      const lists = await Promise.all(
        ['Default Project', 'Bots', 'Old'].map(async (name) => runnersOf(mock, await projectNamed(mock, name))),
      )
      return Object.fromEntries(lists.flat().map(({ name, status }) => [name, status]))
    }
    const alive = { pictures: 'connected', worker: 'connected', daemon: 'connected', off: 'disconnected' }
    expect(await everywhere()).toEqual({ ...alive, paired: 'connected' })
    await mock.clock.advance({ minutes: 10 })
    expect(await everywhere()).toEqual({ ...alive, paired: 'disconnected' })
    const [theirs] = await runnersOf(mock, await projectNamed(mock, 'Bots', { workspace: 'lab' }), {
      workspace: 'lab',
      key: 'ann',
    })
    expect(theirs).toMatchObject({ name: 'theirs', status: 'connected' })
    const shown = await runnerNamed(mock, 'pictures')
    expect(shown).toMatchObject({
      checklist: { ready: true, steps: [1, null] },
      agents: [
        { name: 'echo', description: 'Echoes.', params: [{ name: 'text', type: 'string' }], timeout: 9 },
        { name: 'other' },
      ],
    })
  })

  it('leaves pictures as they are, and lets workers work', async () => {
    const mock = open({ scenario: crowd })
    await mock.ready
    await mock.clock.advance({ minutes: 1 })
    const worker = await runnerNamed(mock, 'worker', 'Bots')
    expect(await jobsOf(mock, worker)).toMatchObject([{ status: 'completed', result: { text: 'b' } }])
    const pictures = await runnerNamed(mock, 'pictures')
    expect((await jobsOf(mock, pictures)).map(({ status }) => status).slice(0, 2)).toEqual(['pending', 'running'])
  })

  it('has bridge commands in every state, and daemons over files', async () => {
    const mock = open({ scenario: crowd })
    await mock.ready
    const { commands, runners } = mock.snapshot().world
    const states = (name: string): string[] => {
      const { id } = runners.find(({ wire }) => wire.name === name)!
      return commands.filter(({ wire }) => wire.runner_id === id).map(({ wire }) => `${wire.type} ${wire.status}`)
    }
    expect(states('off')).toEqual(['ReadFile pending', 'ReadFile picked_up', 'ReadFile failed', 'ListFiles timed_out'])
    expect(states('daemon')).toEqual(['Exec completed'])
    const { runner: daemon } = mock.snapshot().crew!.runners.find(({ work }) => work.kind === 'connect')!
    const key = Uint8Array.from(atob(daemon.bridgeKey ?? ''), (char) => char.charCodeAt(0))
    const base = `/local-runners/${daemon.id}/bridge/commands`
    const run = async (command: string) => {
      const args = { command }
      const { id } = await call(mock, 'POST', base, {
        type: 'Exec',
        args: { ...args, _hmac: await signBridge(key, 'Exec', args) },
      })
      await mock.clock.advance({ seconds: 1 })
      return (await call(mock, 'GET', `${base}/${id}`)).body as { result: unknown; error: unknown }
    }
    expect((await run('npm test')).result).toMatchObject({ stdout: 'ok\n', exit_code: 3 })
    expect((await run('rm -rf /')).error).toMatchObject({ code: 'blocked' })
    expect((await run('ls')).result).toMatchObject({ stdout: 'a.txt\nb.bin\n' })
  })

  it('has sessions in every state', async () => {
    const mock = open({ scenario: crowd })
    await mock.ready
    const sessions = mock.snapshot().world.sessions.filter(({ expiresAt }) => expiresAt > Date.parse(START) + 299_000)
    const open600 = sessions.find(({ expiresAt }) => expiresAt === Date.parse(START) + 600_000)
    expect(open600).toMatchObject({ type: 'connect', isActivated: false })
    expect(open600?.activationKey).toBe('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=')
  })

  it('brings settings and faults, under those of the options', async () => {
    const mock = open({
      scenario: crowd,
      settings: { reaper_interval_seconds: 7 },
      faults: { id: 'mine', status: 503, operation: 'isAlive' },
    })
    await mock.ready
    expect(mock.settings).toMatchObject({ heartbeat_ttl_seconds: 40, reaper_interval_seconds: 7 })
    expect(mock.faults.list().map(({ id }) => id)).toEqual(['slow', 'mine'])
    const other = open({ scenario: crowd, settings: { heartbeat_ttl_seconds: 3 } })
    await other.ready
    expect(other.settings.heartbeat_ttl_seconds).toBe(3)
  })

  it('is the same each time, and goes on the same from a snapshot in a mock of its own', async () => {
    const mock = open({ scenario: crowd })
    await mock.ready
    const first = JSON.stringify(mock.snapshot())
    await mock.clock.advance({ minutes: 3 })
    const later = JSON.stringify(mock.snapshot())
    await mock.reset()
    expect(JSON.stringify(mock.snapshot())).toBe(first)
    const fork = open({ snapshot: JSON.parse(first) as never })
    await fork.clock.advance({ minutes: 3 })
    expect(JSON.stringify(fork.snapshot())).toBe(later)
  })

  it('may have functions as agents in code', async () => {
    const scenario: Scenario = {
      agents: { sum: { handler: ({ inputs }) => (inputs as number[]).reduce((a, b) => a + b, 0), timeout: 5 } },
      runners: [{ name: 'adder', agents: ['sum'], jobs: [{ inputs: [1, 2, 3] }] }],
    }
    const mock = open({ scenario })
    await mock.ready
    const snapshot = mock.snapshot()
    await mock.clock.advance({ seconds: 1 })
    expect(mock.snapshot().world.jobs[0]?.wire).toMatchObject({ status: 'completed', result: 6 })
    const fork = open({ scenario, snapshot })
    await fork.clock.advance({ seconds: 1 })
    expect(fork.snapshot().world.jobs[0]?.wire).toMatchObject({ status: 'completed', result: 6 })
  })
})

describe('reset', () => {
  const small: Scenario = { name: 'small', projects: ['Tiny'] }
  const hasProject = async (mock: RunnerMock, name: string) =>
    (await call(mock, 'POST', '/projects/retrieve', { name })).status === 200

  it('named demo has a runner of the first key, where callers need one', async () => {
    const auth = {
      'ann-key': { user: 'ann', workspaces: ['lab', 'den'] },
      'bob-key': { user: 'bob', workspaces: ['den'] },
    }
    const mock = open({ scenario: 'demo', auth })
    await mock.ready
    await mock.reset({ scenario: 'demo' })
    const headers = { authorization: 'ann-key', 'comet-workspace': 'lab' }
    const ask = (url: string) => mock.handle({ method: 'GET', url: `/v1/private${url}`, headers })
    const projects = JSON.parse((await ask('/projects')).body) as { content: { id: string }[] }
    const found = await ask(`/local-runners?project_id=${projects.content[0]?.id ?? ''}`)
    expect(JSON.parse(found.body)).toMatchObject({ total: 1, content: [{ name: 'demo-laptop', status: 'connected' }] })
  })

  it('goes to a scenario by name or as it is, and back to the first one', async () => {
    const mock = open({ scenario: 'demo', scenarios: { small } })
    await mock.ready
    expect(mock.scenario).toBe('demo')
    await mock.reset({ scenario: 'small' })
    expect([mock.scenario, await hasProject(mock, 'Tiny')]).toEqual(['small', true])
    await mock.reset({ scenario: { projects: ['Other'] } })
    expect([mock.scenario, await hasProject(mock, 'Tiny'), await hasProject(mock, 'Other')]).toEqual([
      'custom',
      false,
      true,
    ])
    await mock.reset({ scenario: 'empty' })
    expect([mock.scenario, mock.snapshot().world.runners.length]).toEqual(['empty', 0])
    await mock.reset()
    expect([mock.scenario, mock.snapshot().world.runners.length]).toEqual(['demo', 1])
    expect([...mock.scenarios.keys()]).toEqual(['small', 'custom'])
  })

  it.each<[string, Scenario | string]>([
    ['an unknown name', 'nowhere'],
    ['a wrong form', { runners: [{ name: '' }] }],
    ['something that the API refuses', { runners: [{ name: 'x', workspace: 'lab' }] }],
    ['a project twice', { projects: ['p', { name: 'p' }] }],
    ['the default project', { projects: ['Default Project'] }],
    ['one id twice', { runners: [{ name: 'x', commands: [{ id: UUID }, { id: UUID }], capabilities: ['bridge'] }] }],
  ])('with %s rejects and changes nothing', async (_what, scenario) => {
    const mock = open({ scenario: 'demo', auth: 'local' })
    mock.faults.inject({ id: 'kept', operation: 'isAlive', status: 503 })
    await mock.clock.advance({ seconds: 3 })
    const before = JSON.stringify(mock.snapshot())
    const entries = mock.journal.entries().length
    await expect(mock.reset({ scenario })).rejects.toMatchObject({ name: 'KitError' })
    expect(JSON.stringify(mock.snapshot())).toBe(before)
    expect([mock.journal.entries().length, mock.faults.list().length, [...mock.scenarios]]).toEqual([entries, 1, []])
    await mock.clock.advance({ minutes: 1 })
    const [runner] = await runnersOf(mock, await projectNamed(mock, 'Default Project'))
    expect(runner?.status).toBe('connected')
  })

  it('lets a play that is under way change nothing of the next world', async () => {
    const mock = open({ scenario: crowd, scenarios: { small } })
    const first = mock.ready
    await mock.reset({ scenario: 'small' })
    await first
    await mock.clock.advance({ minutes: 1 })
    const { world, settings, crew } = mock.snapshot()
    expect([world.runners, settings.heartbeat_ttl_seconds, crew?.runners ?? []]).toEqual([[], 15, []])
    expect(mock.faults.list()).toEqual([])
  })
})

describe('a scenario that cannot be used', () => {
  it('is refused at once when its name is not known', async () => {
    const unknown: unknown = expect.objectContaining({ code: 'scenario/unknown' })
    expect(() => createRunnerMock({ scenario: 'nowhere' })).toThrow(unknown)
    const mock = open({})
    await expect(mock.reset({ scenario: 'dmo' })).rejects.toThrow(unknown)
  })

  it('makes ready and every request reject', async () => {
    const code = 'scenario/unusable'
    const mock = createRunnerMock({ scenario: { agents: { a: { failure_rate: 2 } } } })
    await expect(mock.ready).rejects.toMatchObject({ code })
    await expect(mock.handle({ method: 'GET', url: '/is-alive/ping' })).rejects.toMatchObject({ code })
    await mock.close()
  })
})
