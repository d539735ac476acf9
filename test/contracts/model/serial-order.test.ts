// Orders of calls that overlap, from histories written by hand: letters are jobs, times are readings of a stopwatch.
import { describe, expect, it } from 'vitest'
import type { ModelCall, Modelled } from '../../../src/contracts/model/rules/call.js'
import { toCall } from '../../../src/contracts/model/steps/intent.js'
import { findSerialOrder, type HistoryCall } from '../../../src/contracts/model/play/race.js'
import { judge } from '../../../src/contracts/model/rules/judge-call.js'
import { createWorld, type World } from '../../../src/contracts/model/rules/model-world.js'
import { resolveLimits } from '../../../src/contracts/target/target.js'

const PROJECT = 'project'
const RUNNER = 'runner'
const NOW = { from: 0, to: 1 }
const AT = '2026-01-01T00:00:00.000Z'

/** A world with one runner of either type, its agent and capability declared. */
function worldWith(type: 'endpoint' | 'connect'): World {
  const projects = new Map([[PROJECT, 'own']])
  const world = createWorld({
    limits: resolveLimits({}),
    workspaces: { main: 'own' },
    projects,
    isShared: false,
    earlier: new Set(),
  })
  const told = (call: ModelCall, status: number, body?: unknown, createdId?: string): void => {
    expect(judge(world, call, { status, body, createdId, waitedMs: 0 }, NOW)).toBeUndefined()
  }
  const path = { runnerId: RUNNER }
  const opened = { session_id: 'session', runner_id: RUNNER }
  told(toCall('createPairingSession', 'main', { body: { project_id: PROJECT, type } }), 201, opened, 'session')
  told(
    toCall('activatePairingSession', 'main', { path: { sessionId: 'session' }, body: { runner_name: 'x' } }),
    201,
    undefined,
    RUNNER,
  )
  told(toCall('registerAgents', 'main', { path, body: { echo: {} } }), 204)
  told(toCall('heartbeat', 'main', { path, body: { capabilities: ['bridge'] } }), 200, { cancelled_job_ids: [] })
  return world
}

type Times = readonly [sent: number, received: number]

function made(
  [sent, received]: Times,
  operation: Modelled,
  parts: Parameters<typeof toCall>[2],
  answer: Partial<HistoryCall['answer']>,
): HistoryCall {
  return {
    call: toCall(operation, 'main', parts),
    answer: { status: 200, body: undefined, createdId: undefined, waitedMs: 0, ...answer },
    ...{ sent, received, now: NOW },
  }
}

const create = (id: string, times: Times): HistoryCall =>
  made(times, 'createJob', { body: { agent_name: 'echo', project_id: PROJECT } }, { status: 201, createdId: id })

const job = (id: string, more: object) => ({
  ...{ id, runner_id: RUNNER, agent_name: 'echo', project_id: PROJECT, timeout: 1800, created_at: AT },
  ...more,
})

const take = (id: string, times: Times): HistoryCall =>
  made(times, 'nextJob', { path: { runnerId: RUNNER } }, { body: job(id, { status: 'running', started_at: AT }) })

const cancel = (id: string, times: Times): HistoryCall =>
  made(times, 'cancelJob', { path: { jobId: id } }, { status: 204 })

const beat = (ids: readonly string[], times: Times): HistoryCall =>
  made(times, 'heartbeat', { path: { runnerId: RUNNER } }, { body: { cancelled_job_ids: ids } })

const submit = (id: string, times: Times): HistoryCall =>
  made(
    times,
    'createBridgeCommand',
    { path: { runnerId: RUNNER }, body: { type: 'ReadFile', args: {} } },
    { status: 201, body: { command_id: id }, createdId: id },
  )

const pickUp = (ids: readonly string[], times: Times): HistoryCall => {
  const commands = ids.map((id) => ({
    command_id: id,
    type: 'ReadFile',
    args: {},
    timeout_seconds: 30,
    submitted_at: AT,
  }))
  return made(times, 'nextBridgeCommands', { path: { runnerId: RUNNER }, body: {} }, { body: { commands } })
}

const jobs = (...history: HistoryCall[]) => findSerialOrder(worldWith('endpoint'), history)
const commands = (...history: HistoryCall[]) => findSerialOrder(worldWith('connect'), history)

describe('findSerialOrder', () => {
  it('takes calls that overlap in whatever order explains them', () => {
    expect(jobs(create('a', [0, 10]), create('b', [1, 9]), take('b', [11, 12]), take('a', [13, 14]))).toMatchObject({
      isFound: true,
    })
    expect(jobs(take('a', [0, 5]), create('a', [1, 4]))).toMatchObject({ isFound: true })
  })

  it('keeps calls in order that came one after the other', () => {
    const order = jobs(create('a', [0, 1]), create('b', [2, 3]), take('b', [4, 5]))
    expect(order).toMatchObject({ isFound: false, calls: ['createJob', 'createJob'] })
    expect(jobs(take('a', [0, 1]), create('a', [2, 3]))).toMatchObject({ isFound: false, calls: [] })
  })

  it('finds no order for a job that is handed out twice', () => {
    const order = jobs(create('a', [0, 1]), take('a', [2, 9]), take('a', [3, 8]))
    expect(order).toMatchObject({ isFound: false, calls: ['createJob', 'nextJob'] })
  })

  it('lets a cancellation that is under way be announced late, yet not twice or never', () => {
    const before = [create('a', [0, 1]), take('a', [2, 3]), cancel('a', [4, 8])]
    expect(jobs(...before, beat([], [5, 6]), beat(['a'], [9, 10]))).toMatchObject({ isFound: true })
    expect(jobs(...before, beat(['a'], [5, 6]), beat([], [9, 10]))).toMatchObject({ isFound: true })
    expect(jobs(...before, beat(['a'], [5, 6]), beat(['a'], [9, 10]))).toMatchObject({ isFound: false })
    expect(jobs(...before, beat([], [9, 10]))).toMatchObject({ isFound: false })
  })

  it('counts the commands of a batch one by one, each once and oldest first', () => {
    const three = [submit('a', [0, 1]), submit('b', [2, 3]), submit('c', [4, 5])]
    expect(commands(...three, pickUp(['a', 'c'], [6, 9]), pickUp(['b'], [7, 8]))).toMatchObject({ isFound: true })
    expect(commands(...three, pickUp(['a', 'c'], [6, 7]), pickUp(['b'], [8, 9]))).toMatchObject({ isFound: false })
    expect(commands(...three, pickUp(['a', 'b'], [6, 9]), pickUp(['b'], [7, 8]))).toMatchObject({ isFound: false })
  })
})
