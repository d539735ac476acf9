// Cases of createBridgeCommand and nextBridgeCommands: limits, rates, order of checks, batches and their long polls.
import { describe, expect, it } from 'vitest'
import type { BridgeCommandType } from '../../../src/kernel/types.js'
import type { CallInput } from '../api.js'
import { pair, submit } from '../given.js'
import { NOBODY, START, type Stage, type World } from '../harness.js'

const TYPES = ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec'] as const
type Command = Partial<NonNullable<CallInput<'createBridgeCommand'>['body']>>

export function bridgeSubmitCases(stage: Stage): void {
  describe('createBridgeCommand', () => {
    describe('makes', () => birthCases(stage))
    describe('judges', () => judgementCases(stage))
    describe('counts', () => rateCases(stage))
  })
  describe('nextBridgeCommands', () => batchCases(stage))
}

async function bridge(world: World): Promise<{ runnerId: string; trySubmit: (command?: Command) => Promise<number> }> {
  const { id: runnerId } = await pair(world.api, { type: 'connect' })
  const trySubmit = (command: Command = {}): Promise<number> => {
    const body = { type: 'ReadFile' as BridgeCommandType, args: {}, ...command }
    return world.api.status('createBridgeCommand', { path: { runnerId }, body })
  }
  return { runnerId, trySubmit }
}

function birthCases({ open }: Stage): void {
  it.each(TYPES)('a pending %s', async (type) => {
    const { api } = await open()
    const runner = await pair(api, { type: 'connect' })
    const args = { path: 'a', _hmac: 'x', nested: [null, { a: null }] }
    const commandId = await submit(api, runner, { type, args })
    const { body } = await api.expect(200, 'getBridgeCommand', { path: { runnerId: runner.id, commandId } })
    const wanted = { command_id: commandId, runner_id: runner.id, type, args, timeout_seconds: 30, submitted_at: START }
    expect(body).toEqual({ ...wanted, status: 'pending' })
  })

  it.each([
    [undefined, 30],
    [0, 30],
    [-5, 30],
    [1, 1],
    [120, 120],
    [121, 120],
    [2_000_000_000, 120],
  ])('a command of timeout %s with the timeout %i', async (timeout_seconds, wanted) => {
    const { api } = await open()
    const runner = await pair(api, { type: 'connect' })
    const commandId = await submit(api, runner, timeout_seconds === undefined ? {} : { timeout_seconds })
    const { body } = await api.expect(200, 'getBridgeCommand', { path: { runnerId: runner.id, commandId } })
    expect(body.timeout_seconds).toBe(wanted)
  })

  it.each([[null], [0], ['text'], [[]]])('a command of the args %j', async (args) => {
    const { api } = await open()
    const runner = await pair(api, { type: 'connect' })
    const commandId = await submit(api, runner, { args })
    const { body } = await api.expect(200, 'getBridgeCommand', { path: { runnerId: runner.id, commandId } })
    expect(body.args).toEqual(args)
  })

  it('commands for any runner that declares the capability, an endpoint runner too', async () => {
    const { api } = await open()
    const runner = await pair(api, { capabilities: ['jobs', 'bridge'] })
    const commandId = await submit(api, runner)
    const { body } = await api.expect(200, 'nextBridgeCommands', { path: { runnerId: runner.id } })
    expect(body.commands.map(({ command_id }) => command_id)).toEqual([commandId])
  })
}

function judgementCases({ open }: Stage): void {
  it.each([
    [{ type: 'readfile' }, 400],
    [{ type: 'Delete' }, 400],
    [{ type: undefined }, 422],
    [{ args: undefined }, 422],
    [{ timeout_seconds: 'x' }, 400],
    [{ timeout_seconds: 3e9 }, 400],
    [{ timeout_seconds: null }, 201],
  ])('%j with %i', async (change, status) => {
    const { api } = await open()
    const { id: runnerId } = await pair(api, { type: 'connect' })
    const json = { type: 'ReadFile', args: {}, ...change }
    expect(await api.status('createBridgeCommand', { path: { runnerId }, json })).toBe(status)
  })

  it('body, owner, heartbeat, capability, queue, rate and args in this order', async () => {
    const settings = {
      bridge_max_pending_per_runner: 0,
      bridge_max_commands_per_minute: 0,
      bridge_max_payload_bytes: 10,
    }
    const { api, clock, mock } = await open({ settings })
    const { id: runnerId } = await pair(api, { type: 'connect', capabilities: ['jobs'] })
    const judge = (id: string, json: unknown = { type: 'Exec', args: 'x'.repeat(20) }): Promise<number> =>
      api.status('createBridgeCommand', { path: { runnerId: id }, json })
    expect(await judge(NOBODY, {})).toBe(422)
    expect(await judge(NOBODY)).toBe(404)
    await clock.advance({ seconds: 15 })
    expect(await judge(runnerId)).toBe(404)
    await api.expect(200, 'heartbeat', { path: { runnerId } })
    expect(await judge(runnerId)).toBe(409)
    await api.expect(200, 'heartbeat', { path: { runnerId }, body: { capabilities: ['bridge'] } })
    expect(await judge(runnerId)).toBe(429)
    mock.changeSettings({ bridge_max_pending_per_runner: 1 })
    expect(await judge(runnerId)).toBe(429)
    mock.changeSettings({ bridge_max_commands_per_minute: 1, bridge_max_write_commands_per_minute: 0 })
    expect(await judge(runnerId)).toBe(429)
    mock.changeSettings({ bridge_max_write_commands_per_minute: 1 })
    expect(await judge(runnerId)).toBe(400)
    expect(await judge(runnerId, { type: 'Exec', args: 'x' })).toBe(201)
  })

  it('the size of the args in bytes of UTF-8', async () => {
    const world = await open({ settings: { bridge_max_payload_bytes: 20 } })
    const { trySubmit } = await bridge(world)
    expect(await trySubmit({ args: 'x'.repeat(18) })).toBe(201)
    expect(await trySubmit({ args: 'x'.repeat(19) })).toBe(400)
    expect(await trySubmit({ args: 'ü'.repeat(9) })).toBe(201)
    expect(await trySubmit({ args: 'ü'.repeat(10) })).toBe(400)
  })
}

function rateCases({ open }: Stage): void {
  it('pending commands: bridge_max_pending_per_runner of them, not more', async () => {
    const world = await open({ settings: { bridge_max_pending_per_runner: 3 } })
    const { runnerId, trySubmit } = await bridge(world)
    const statuses = []
    for (let count = 0; count < 4; count++) statuses.push(await trySubmit())
    expect(statuses).toEqual([201, 201, 201, 429])
    await world.api.expect(200, 'nextBridgeCommands', { path: { runnerId }, body: { max_commands: 1 } })
    expect(await trySubmit()).toBe(201)
    expect(await trySubmit()).toBe(429)
  })

  it('commands of the clock minute, and those that write among them', async () => {
    const settings = { bridge_max_commands_per_minute: 5, bridge_max_write_commands_per_minute: 2 }
    const world = await open({ settings: { ...settings, heartbeat_ttl_seconds: 1000 } })
    const { trySubmit } = await bridge(world)
    const statuses = []
    for (const type of ['Exec', 'WriteFile', 'EditFile', 'ReadFile', 'ListFiles', 'SearchFiles', 'ReadFile'] as const) {
      statuses.push(await trySubmit({ type }))
    }
    expect(statuses).toEqual([201, 201, 429, 201, 201, 201, 429])
    await world.clock.advance({ seconds: 29.999 })
    expect(await trySubmit()).toBe(429)
    await world.clock.advance({ milliseconds: 1 })
    expect(await trySubmit({ type: 'EditFile' })).toBe(201)
  })

  it('for each runner by itself', async () => {
    const world = await open({ settings: { bridge_max_commands_per_minute: 1 } })
    const { trySubmit } = await bridge(world)
    const runner = await pair(world.api, { capabilities: ['bridge'] })
    expect(await trySubmit()).toBe(201)
    expect(await trySubmit()).toBe(429)
    await submit(world.api, runner)
  })

  it('only what it accepts', async () => {
    const settings = { bridge_max_commands_per_minute: 2, bridge_max_payload_bytes: 10 }
    const { trySubmit } = await bridge(await open({ settings }))
    for (let count = 0; count < 3; count++) expect(await trySubmit({ args: 'x'.repeat(20) })).toBe(400)
    expect([await trySubmit(), await trySubmit(), await trySubmit()]).toEqual([201, 201, 429])
  })
}

function batchCases({ open }: Stage): void {
  it('hands out what is pending, oldest first, and marks it', async () => {
    const { api, clock } = await open()
    const runner = await pair(api, { type: 'connect' })
    const ids = [await submit(api, runner), await submit(api, runner, { type: 'Exec', timeout_seconds: 7, args: 1 })]
    await clock.advance({ seconds: 2 })
    const path = { runnerId: runner.id }
    const { body } = await api.expect(200, 'nextBridgeCommands', { path })
    expect(body.commands.map(({ command_id }) => command_id)).toEqual(ids)
    expect(body.commands[1]).toEqual({
      command_id: ids[1],
      type: 'Exec',
      args: 1,
      timeout_seconds: 7,
      submitted_at: START,
    })
    const read = await api.expect(200, 'getBridgeCommand', { path: { ...path, commandId: ids[0] ?? '' } })
    expect(read.body).toMatchObject({
      status: 'picked_up',
      picked_up_at: new Date(Date.parse(START) + 2000).toISOString(),
    })
  })

  it.each([
    [undefined, 10],
    [{}, 10],
    [{ max_commands: null }, 10],
    [{ max_commands: 0 }, 10],
    [{ max_commands: -3 }, 10],
    [{ max_commands: 3 }, 3],
    [{ max_commands: 20 }, 20],
    [{ max_commands: 21 }, 20],
  ])('hands out, asked by %j, %i of 25', async (json, count) => {
    const { api } = await open()
    const runner = await pair(api, { type: 'connect' })
    const ids = []
    for (let made = 0; made < 25; made++) ids.push(await submit(api, runner))
    const { body } = await api.expect(200, 'nextBridgeCommands', { path: { runnerId: runner.id }, json })
    expect(body.commands.map(({ command_id }) => command_id)).toEqual(ids.slice(0, count))
  })

  it('waits bridge_poll_timeout, then answers nothing', async () => {
    const { api, clock, waiting } = await open()
    const { id: runnerId } = await pair(api, { type: 'connect' })
    const poll = api.expect(200, 'nextBridgeCommands', { path: { runnerId } })
    await waiting('nextBridgeCommands')
    await clock.advance({ seconds: 29.999 })
    await waiting('nextBridgeCommands')
    await clock.advance({ milliseconds: 1 })
    expect((await poll).body).toEqual({ commands: [] })
  })

  it('wakes at once for a command, which one poller alone gets', async () => {
    const { api, clock, waiting } = await open()
    const runner = await pair(api, { type: 'connect' })
    const poll = () => api.expect(200, 'nextBridgeCommands', { path: { runnerId: runner.id } })
    const first = poll()
    await waiting('nextBridgeCommands')
    const second = poll()
    await waiting('nextBridgeCommands', 2)
    const commandId = await submit(api, runner)
    expect((await first).body.commands.map(({ command_id }) => command_id)).toEqual([commandId])
    await clock.advance({ seconds: 30 })
    expect((await second).body.commands).toEqual([])
  })

  it('does not swallow commands when its caller has hung up', async () => {
    const { api, waiting } = await open()
    const runner = await pair(api, { type: 'connect' })
    const hanging = new AbortController()
    const path = { runnerId: runner.id }
    const poll = api.call('nextBridgeCommands', { path, signal: hanging.signal })
    await waiting('nextBridgeCommands')
    hanging.abort()
    await expect(poll).rejects.toThrow()
    await waiting('nextBridgeCommands', 0)
    const commandId = await submit(api, runner)
    const { body } = await api.expect(200, 'nextBridgeCommands', { path })
    expect(body.commands.map(({ command_id }) => command_id)).toEqual([commandId])
  })

  it('answers 404 to a runner that nobody has, and 400 to a number that is none', async () => {
    const { api } = await open()
    const path = { runnerId: NOBODY }
    expect(await api.status('nextBridgeCommands', { path })).toBe(404)
    expect(await api.status('nextBridgeCommands', { path, json: { max_commands: 'all' } })).toBe(400)
  })
}
