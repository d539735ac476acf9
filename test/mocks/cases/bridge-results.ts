// Cases of getBridgeCommand and reportBridgeResult: waiting readers, reports and who of several wins.
import { describe, expect, it } from 'vitest'
import { pair, submit } from '../given.js'
import { NOBODY, START, type Stage, type World } from '../harness.js'

const later = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString()

export function bridgeResultCases(stage: Stage): void {
  describe('getBridgeCommand', () => readCases(stage))
  describe('reportBridgeResult', () => reportCases(stage))
}

interface Submitted {
  path: { runnerId: string; commandId: string }
  read: (query?: Record<string, string | number | boolean>) => Promise<{ status: string }>
  report: (json?: unknown) => Promise<number>
  pickUp: () => Promise<void>
}

async function submitted({ api }: World, timeout_seconds = 30): Promise<Submitted> {
  const runner = await pair(api, { type: 'connect' })
  const path = { runnerId: runner.id, commandId: await submit(api, runner, { timeout_seconds }) }
  return {
    path,
    read: async (query = {}) => (await api.expect(200, 'getBridgeCommand', { path, query })).body,
    report: (json = { status: 'completed', result: 1 }) => api.status('reportBridgeResult', { path, json }),
    async pickUp() {
      await api.expect(200, 'nextBridgeCommands', { path })
    },
  }
}

function readCases({ open }: Stage): void {
  it('answers 404 to a command that nobody has, or that another runner has', async () => {
    const world = await open()
    const { path } = await submitted(world)
    const other = await pair(world.api, { capabilities: ['bridge'] })
    expect(await world.api.status('getBridgeCommand', { path: { ...path, commandId: NOBODY } })).toBe(404)
    expect(await world.api.status('getBridgeCommand', { path: { ...path, runnerId: NOBODY } })).toBe(404)
    expect(await world.api.status('getBridgeCommand', { path: { ...path, runnerId: other.id } })).toBe(404)
    const query = { wait: true }
    expect(await world.api.status('getBridgeCommand', { path: { ...path, runnerId: other.id }, query })).toBe(404)
  })

  it('waits for the end of the command, and wakes everybody who waits', async () => {
    const world = await open()
    const { read, report, pickUp } = await submitted(world)
    const readers = [read({ wait: true })]
    await world.waiting('getBridgeCommand')
    readers.push(read({ wait: 'TRUE', timeout: 5 }))
    await world.waiting('getBridgeCommand', 2)
    await pickUp()
    await world.waiting('getBridgeCommand', 2)
    expect(await report()).toBe(204)
    for (const reader of readers) expect(await reader).toMatchObject({ status: 'completed', result: 1 })
  })

  it.each([
    [{}, 30],
    [{ timeout: 5 }, 5],
    [{ timeout: 0 }, 1],
    [{ timeout: -7 }, 1],
    [{ timeout: 120 }, 120],
    [{ timeout: 500 }, 120],
  ])('asked to wait by %j, waits %i seconds and answers the state of that moment', async (query, seconds) => {
    const world = await open({ settings: { heartbeat_ttl_seconds: 1000 } })
    const { read, pickUp } = await submitted(world, 120)
    const reader = read({ wait: true, ...query })
    await world.waiting('getBridgeCommand')
    await pickUp()
    await world.clock.advance({ seconds: seconds - 0.001 })
    await world.waiting('getBridgeCommand')
    await world.clock.advance({ milliseconds: 1 })
    expect((await reader).status).toBe('picked_up')
  })

  it('does not wait without being asked, or for a command that has ended', async () => {
    const { read, report } = await submitted(await open())
    expect((await read({ timeout: 60 })).status).toBe('pending')
    expect((await read({ wait: false, timeout: 60 })).status).toBe('pending')
    expect(await report()).toBe(204)
    expect((await read({ wait: true, timeout: 60 })).status).toBe('completed')
  })

  it('wakes when the runner is disconnected: the command has timed out', async () => {
    const world = await open()
    const { path, read } = await submitted(world)
    const reader = read({ wait: true })
    await world.waiting('getBridgeCommand')
    await world.api.expect(204, 'disconnectRunner', { path })
    expect((await reader).status).toBe('timed_out')
    expect(await world.api.status('getBridgeCommand', { path })).toBe(404)
  })

  it('lets a caller who waits hang up', async () => {
    const world = await open()
    const { path } = await submitted(world)
    const hanging = new AbortController()
    const query = { wait: true }
    const reader = world.api.call('getBridgeCommand', { path, query, signal: hanging.signal })
    await world.waiting('getBridgeCommand')
    hanging.abort()
    await expect(reader).rejects.toThrow()
    await world.waiting('getBridgeCommand', 0)
  })
}

function reportCases({ open }: Stage): void {
  it.each([
    ['completed', { result: { content: 'x', n: null }, duration_ms: 12 }],
    ['failed', { error: { code: 'file_not_found', message: 'm' } }],
    ['failed', { result: 1, error: 'both' }],
    ['completed', { result: null }],
    ['failed', { error: null, duration_ms: 0 }],
  ] as const)('ends a command as %s with %j', async (status, given) => {
    const world = await open()
    const { read, report, pickUp } = await submitted(world)
    await pickUp()
    await world.clock.advance({ seconds: 3 })
    expect(await report({ status, ...given })).toBe(204)
    const command = await read()
    expect(command).toMatchObject({ ...given, status, picked_up_at: START, completed_at: later(3) })
    for (const field of ['result', 'error', 'duration_ms']) {
      if (!(field in given)) expect(command).not.toHaveProperty(field)
    }
  })

  it('ends a pending command, which is then not handed out', async () => {
    const world = await open({ settings: { bridge_poll_timeout_seconds: 0 } })
    const { path, read, report } = await submitted(world)
    expect(await report()).toBe(204)
    expect(await read()).not.toHaveProperty('picked_up_at')
    expect((await world.api.expect(200, 'nextBridgeCommands', { path })).body.commands).toEqual([])
  })

  it('answers 409 once the command has ended, and keeps the first result', async () => {
    const { read, report } = await submitted(await open())
    expect(await report({ status: 'failed', error: 'first' })).toBe(204)
    const before = await read()
    expect(await report({ status: 'completed', result: 'second' })).toBe(409)
    expect(await read()).toEqual(before)
  })

  it('lets exactly one of concurrent reports win', async () => {
    const { read, report } = await submitted(await open())
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => report({ status: 'completed', result: index })),
    )
    expect([...statuses].sort()).toEqual([204, ...Array.from({ length: 19 }, () => 409)])
    expect(await read()).toMatchObject({ result: statuses.indexOf(204) })
  })

  it.each([
    [{ status: 'pending', result: 1 }, 400],
    [{ status: 'picked_up', result: 1 }, 400],
    [{ status: 'timed_out', result: 1 }, 400],
    [{ status: 'COMPLETED', result: 1 }, 400],
    [{ status: 'completed' }, 400],
    [{ status: 'failed', duration_ms: 1 }, 400],
    [{ status: 'completed', result: 1, duration_ms: 'x' }, 400],
    [{ status: 'completed', result: 'x'.repeat(40) }, 400],
    [{ status: 'failed', error: 'ü'.repeat(20) }, 400],
    [{ result: 1 }, 422],
    [{ status: null, result: 1 }, 422],
  ])('answers %j with %i, whoever owns the command', async (json, status) => {
    const world = await open({ settings: { bridge_max_payload_bytes: 40 } })
    const { path, report, read } = await submitted(world)
    expect(await report(json)).toBe(status)
    expect((await read()).status).toBe('pending')
    const nobody = { ...path, commandId: NOBODY }
    expect(await world.api.status('reportBridgeResult', { path: nobody, json })).toBe(status)
  })

  it('answers 404 to a command that nobody has, or that another runner has', async () => {
    const world = await open()
    const { path } = await submitted(world)
    const other = await pair(world.api, { capabilities: ['bridge'] })
    const body = { status: 'completed', result: 1 } as const
    for (const wrong of [{ commandId: NOBODY }, { runnerId: NOBODY }, { runnerId: other.id }]) {
      expect(await world.api.status('reportBridgeResult', { path: { ...path, ...wrong }, body })).toBe(404)
    }
  })

  it('works for a lapsed runner, as polling does', async () => {
    const world = await open()
    const { report, pickUp } = await submitted(world)
    await world.clock.advance({ seconds: 20 })
    await pickUp()
    expect(await report()).toBe(204)
  })
}
