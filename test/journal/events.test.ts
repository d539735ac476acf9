// Events as a listener in process hears them: every kind, in order, at the time at which it happened.
import { describe, expect, it } from 'vitest'
import type { MockEvent } from '../../src/mocks/world/events.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const START = Date.parse('2026-07-01T12:00:30.000Z')

it('timer events tell of polls that end with nothing, not of those that got something', async () => {
  const mock = openMock()
  const endpoint = await mock.given.connectedRunner({ agents: ['echo'] })
  const connect = await mock.given.connectedRunner({ type: 'connect' })
  const command = await mock.given.command({ runner: connect, status: 'picked_up' })
  const timers: [string, number][] = []
  mock.on('timer', ({ name, at }) => timers.push([name, (Date.parse(at) - START) / 1000]))
  const base = '/v1/private/local-runners'
  const waits: unknown[] = [
    mock.handle({ method: 'POST', url: `${base}/${endpoint.id}/jobs/next` }),
    mock.handle({ method: 'POST', url: `${base}/${connect.id}/bridge/commands/next` }),
    mock.handle({
      method: 'GET',
      url: `${base}/${connect.id}/bridge/commands/${command.command_id}?wait=true&timeout=5`,
    }),
  ]
  await mock.clock.advance({ seconds: 40 })
  await Promise.all(waits)
  const ends = timers.filter(([name]) => name.endsWith('poll') || name.endsWith('wait'))
  expect(ends).toEqual([
    ['command_wait', 5],
    ['next_job_poll', 10],
    ['bridge_poll', 30],
  ])
  const served = mock.handle({ method: 'POST', url: `${base}/${endpoint.id}/jobs/next` })
  await mock.handle({ method: 'POST', url: `${base}/${endpoint.id}/heartbeats` })
  await mock.given.job({ runner: endpoint })
  await served
  await mock.clock.advance({ seconds: 40 })
  expect(timers.filter(([name]) => name === 'next_job_poll')).toHaveLength(1)
})

it('transition events name what moved, whose it is, and what moved it', async () => {
  const mock = openMock({ settings: { dead_runner_purge_seconds: 5400, completed_job_ttl_seconds: 1800 } })
  const moves: Record<string, string[]> = {}
  const resources: Record<string, object> = {}
  const ended: unknown[] = []
  mock.on('*', (event) => {
    if (event.type === 'timer' && event.resource?.id === runner.id) ended.push([event.name, event.resource.runner_id])
    if (!('machine' in event)) return
    const { machine, from, to, trigger, resource } = event
    ;(moves[resource.id] ??= []).push(`${machine} ${from} -> ${to} by ${trigger}`)
    resources[resource.id] = resource
  })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const connect = await mock.given.connectedRunner({ type: 'connect' })
  const session = await mock.given.session({ status: 'open' })
  const done = await mock.given.job({ runner, status: 'completed' })
  const command = await mock.given.command({ runner: connect, status: 'failed' })
  const poll = mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/jobs/next` })
  await mock.clock.advance({ hours: 2 })
  await poll
  const started = ['job none -> pending by createJob', 'job pending -> running by nextJob']
  expect(moves).toMatchObject({
    [done.id]: [
      ...started,
      'job running -> completed by reportJobResult',
      'job completed -> none by timer.completed_job_ttl',
    ],
    [command.command_id]: [
      'bridgeCommand none -> pending by createBridgeCommand',
      'bridgeCommand pending -> picked_up by nextBridgeCommands',
      'bridgeCommand picked_up -> failed by reportBridgeResult',
      'bridgeCommand failed -> none by timer.bridge_completed_command_ttl',
    ],
    [runner.id]: [
      'runner none -> pairing by pairingSession.created',
      'runner pairing -> connected by pairingSession.activated',
      'runner connected -> disconnected by timer.heartbeat_ttl',
      'runner disconnected -> none by timer.dead_runner_purge',
    ],
    [session.id]: [
      'pairingSession none -> open by createPairingSession',
      'pairingSession open -> expired by timer.session_ttl',
    ],
    [session.runnerId]: [
      'runner none -> pairing by pairingSession.created',
      'runner pairing -> none by pairingSession.abandoned',
    ],
  })
  const of = ({ id, projectId }: typeof runner) => ({ runner_id: id, project_id: projectId, workspace: 'default' })
  expect(resources).toMatchObject({
    [done.id]: { ...of(runner), name: 'echo' },
    [command.command_id]: { ...of(connect), name: command.type },
    [runner.id]: { ...of(runner), name: runner.name },
    [session.id]: { workspace: 'default', project_id: session.projectId, runner_id: session.runnerId },
  })
  expect(ended).toEqual(['next_job_poll', 'heartbeat_ttl', 'dead_runner_purge'].map((name) => [name, runner.id]))
})

it('clock events tell of every intervention with the times around it', async () => {
  const mock = openMock()
  const moves: unknown[] = []
  mock.on('clock', ({ action, from, to }) => moves.push([action, Date.parse(from) - START, Date.parse(to) - START]))
  await mock.clock.advance({ seconds: 5 })
  await mock.clock.set(START)
  mock.clock.freeze()
  mock.clock.resume()
  mock.clock.freeze()
  expect(moves.slice(0, 2)).toEqual([
    ['advance', 0, 5000],
    ['set', 5000, 0],
  ])
  expect(moves.slice(2).map((move) => (move as string[])[0])).toEqual(['resume', 'freeze'])
})

describe('fault events', () => {
  const lives = (mock: RunnerMock): unknown[] => {
    const heard: unknown[] = []
    for (const name of ['fault.injected', 'fault.cleared', 'fault.exhausted', 'fault'] as const) {
      mock.on(name, ({ type, fault }) => heard.push([type, fault]))
    }
    return heard
  }

  it('tell of each fault that is injected, strikes and is cleared', async () => {
    const mock = openMock()
    const heard = lives(mock)
    mock.faults.inject({ id: 'down', status: 503 })
    await mock.handle({ method: 'GET', url: '/is-alive/ping' })
    mock.faults.clear('down')
    mock.faults.clear()
    expect(heard).toEqual([
      ['fault.injected', 'down'],
      ['fault', 'down'],
      ['fault.cleared', 'down'],
    ])
  })

  it('tell of a preset once all its faults are there, and once all are gone', () => {
    const mock = openMock()
    const sizes: number[] = []
    for (const name of ['fault.injected', 'fault.cleared'] as const) {
      mock.on(name, () => sizes.push(mock.faults.list().length))
    }
    const { length } = mock.faults.preset('flaky-network')
    mock.faults.clear('flaky-network')
    expect(sizes).toEqual([...Array<number>(length).fill(length), ...Array<number>(length).fill(0)])
  })

  it('tell of a fault that has struck as often as it may, with what has become of it', async () => {
    const mock = openMock()
    const over: unknown[] = []
    mock.on('fault.exhausted', ({ details }) => over.push(details))
    mock.faults.inject({ operation: 'isAlive', status: 503, times: 2 })
    for (let count = 0; count < 3; count++) {
      expect(over).toHaveLength(count === 2 ? 1 : 0)
      await mock.handle({ method: 'GET', url: '/is-alive/ping' })
    }
    expect(over).toEqual([
      { id: 'fault-1', operation: 'isAlive', status: 503, times: 2, applied: 2, remaining: 0, waiting: 0 },
    ])
  })

  it('leave a reset to its own event, after which the initial faults begin again', async () => {
    const mock = openMock({ faults: { id: 'first', status: 503 } })
    await mock.ready
    mock.faults.inject({ id: 'second', status: 500 })
    const heard = lives(mock)
    mock.on('reset', () => heard.push('reset'))
    await mock.reset()
    expect(heard).toEqual(['reset', ['fault.injected', 'first']])
  })
})

it('settings events tell of a change with all settings, and of none that was refused', () => {
  const mock = openMock()
  const heard: unknown[] = []
  mock.on('settings', ({ settings }) => heard.push(settings))
  mock.changeSettings({ heartbeat_ttl_seconds: 5 })
  mock.changeSettings({ heartbeat_ttl_seconds: -1 })
  expect(heard).toEqual([{ ...mock.settings, heartbeat_ttl_seconds: 5 }])
})

it('request events name the journal entry, the operation and the status', async () => {
  const mock = openMock()
  const heard: MockEvent[] = []
  mock.on('request', (event) => heard.push(event))
  await mock.handle({ method: 'GET', url: '/is-alive/ping?secret=1' })
  await mock.handle({ method: 'GET', url: '/nowhere' })
  const [first, second] = mock.journal.entries()
  expect(heard).toMatchObject([
    { entry: first?.id, operation: 'isAlive', status: 200, path: '/is-alive/ping' },
    { entry: second?.id, operation: undefined, status: 404 },
  ])
})

describe('on', () => {
  it('hears one type, or all in one order, until it is stopped', async () => {
    const mock = openMock()
    const all: MockEvent[] = []
    const connected: string[] = []
    const stop = mock.on('*', (event) => all.push(event))
    mock.on('runner.connected', ({ resource }) => connected.push(resource.id))
    const runner = await mock.given.connectedRunner()
    const heard = all.length
    stop()
    await mock.given.connectedRunner({ type: 'connect' })
    expect(all).toHaveLength(heard)
    expect(connected[0]).toBe(runner.id)
    expect(connected).toHaveLength(2)
    expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1))
  })

  it('counts only what somebody hears', async () => {
    const mock = openMock()
    await mock.given.connectedRunner()
    const heard: MockEvent[] = []
    mock.on('*', (event) => heard.push(event))
    await mock.clock.advance({ seconds: 1 })
    expect(heard).toMatchObject([{ id: 1, type: 'clock' }])
  })
})
