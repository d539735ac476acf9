// Histories written by hand: a world with one runner, and calls with the answers to them. Names stand for ids, and the
// time of a call is given in milliseconds.
import type { ApiAnswer, ApiCall } from '../../../src/kernel/recording/api-call.js'
import type { RunnerOperationId } from '../../../src/kernel/operation.js'
import { PossibleWorlds } from '../../../src/lifecycle/tracker/judge.js'
import type { Mismatch } from '../../../src/lifecycle/tracker/mismatch.js'
import { createWorld, type TrackedWorld } from '../../../src/lifecycle/tracker/tracked-world.js'
import { toCall } from '../../../src/contracts/model/steps/step.js'
import { resolveLimits } from '../../../src/contracts/target/target.js'

const PROJECT = 'project'
const RUNNER = 'runner'
const SESSION = 'session'
export const AT = '2026-01-01T00:00:00.000Z'

/** A call of the main identity, with its answer. */
export interface Told {
  call: ApiCall
  answer: ApiAnswer
}

/** Writes a call down. */
export function told(
  operation: RunnerOperationId,
  parts: Parameters<typeof toCall>[2],
  answer: Partial<ApiAnswer> = {},
): Told {
  return {
    call: toCall(operation, 'main', parts),
    answer: { status: 200, body: undefined, createdId: undefined, waitedMs: 0, ...answer },
  }
}

const onRunner = { path: { runnerId: RUNNER } }

const activation = (name: string) => ({ path: { sessionId: SESSION }, body: { runner_name: name } })

export const activateAgain = (name: string): Told => told('activatePairingSession', activation(name), { status: 409 })

export const disconnect = (): Told => told('disconnectRunner', onRunner, { status: 204 })

export const create = (id: string): Told =>
  told('createJob', { body: { agent_name: 'echo', project_id: PROJECT } }, { status: 201, createdId: id })

const job = (id: string, more: object) => ({
  ...{ id, runner_id: RUNNER, agent_name: 'echo', project_id: PROJECT, timeout: 1800, created_at: AT },
  ...more,
})

export const take = (id: string, more: object = {}): Told =>
  told('nextJob', onRunner, { body: job(id, { status: 'running', started_at: AT, ...more }) })

export const showJob = (id: string, more: object): Told =>
  told('getJob', { path: { jobId: id } }, { body: job(id, more) })

export const finish = (id: string, result: unknown): Told =>
  told('reportJobResult', { path: { jobId: id }, body: { status: 'completed', result } }, { status: 204 })

export const beat = (ids: readonly string[] = []): Told =>
  told('heartbeat', onRunner, { body: { cancelled_job_ids: ids } })

export const refusedBeat = (): Told =>
  told('heartbeat', { ...onRunner, body: { capabilities: ['No'] } }, { status: 400 })

export const submit = (id: string): Told =>
  told(
    'createBridgeCommand',
    { ...onRunner, body: { type: 'ReadFile', args: {} } },
    { status: 201, body: { command_id: id }, createdId: id },
  )

/** A poll for as many commands as `most` says, or the usual number. */
export const pickUp = (ids: readonly string[], most?: number): Told => {
  const shown = { type: 'ReadFile', args: {}, timeout_seconds: 30, submitted_at: AT }
  const body = most === undefined ? {} : { max_commands: most }
  const commands = ids.map((id) => ({ command_id: id, ...shown }))
  return told('nextBridgeCommands', { ...onRunner, body }, { body: { commands } })
}

export const answerCommand = (id: string): Told =>
  told(
    'reportBridgeResult',
    { path: { runnerId: RUNNER, commandId: id }, body: { status: 'completed', result: id } },
    { status: 204 },
  )

export const showRunner = (more: object): Told =>
  told('getRunner', onRunner, {
    body: {
      ...{ id: RUNNER, name: 'first', type: 'endpoint', project_id: PROJECT, status: 'connected', connected_at: AT },
      ...{ agents: [{ name: 'echo' }], capabilities: ['bridge'] },
      ...more,
    },
  })

export const noRunner = (): Told => told('getRunner', onRunner, { status: 404 })

/** Holds a call against the worlds that are possible. */
export function hold(worlds: PossibleWorlds, { call, answer }: Told, at = 0): Mismatch | undefined {
  return worlds.judge(call, answer, { from: at, to: at + 1 })
}

/** Holds calls that are right. */
export function play(worlds: PossibleWorlds, history: readonly Told[], at = 0): void {
  for (const each of history) {
    const mismatch = hold(worlds, each, at)
    if (mismatch !== undefined) throw mismatch
  }
}

/** A world with one runner of either type, its agent and capability declared. */
export function worldsWith(type: 'endpoint' | 'connect', refused?: TrackedWorld['refused']): PossibleWorlds {
  const start = { limits: resolveLimits({}), workspaces: { main: 'own' }, projects: new Map([[PROJECT, 'own']]) }
  const worlds = new PossibleWorlds(createWorld({ ...start, isShared: false, earlier: new Set() }, refused))
  const opened = { session_id: SESSION, runner_id: RUNNER }
  play(worlds, [
    told('createPairingSession', { body: { project_id: PROJECT, type } }, { status: 201, body: opened }),
    told('activatePairingSession', activation('first'), { status: 201, createdId: RUNNER }),
    told('registerAgents', { ...onRunner, body: { echo: {} } }, { status: 204 }),
    told('heartbeat', { ...onRunner, body: { capabilities: ['bridge'] } }, { body: { cancelled_job_ids: [] } }),
  ])
  return worlds
}
