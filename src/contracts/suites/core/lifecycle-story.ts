/**
 * The story that a lifecycle check plays: calls and the passing of time that lead a resource into a state, the call that meets
 * it there, and looks at it before and after.
 */
import type { RunnerOperationId } from '../../../kernel/operation.js'
import { isDecided, roleOf } from '../../../lifecycle/roles.js'
import { SESSION_SECONDS } from '../../../lifecycle/states/small-world.js'
import type { MachineName, SettingName } from '../../../lifecycle/table.js'
import { early, lapsedSeconds, longestCommand, overdueSeconds, reaperSeconds } from '../../check/check-steps.js'
import { type Facts, findRoute, type MatrixCell, type RouteStep } from '../../check/matrix.js'
import type { CallStep, StoryStep } from '../../model/play/play-steps.js'
import type { Limits } from '../../target/target.js'

/** Settings that must not be higher than this for a fact to be brought about in reasonable time. */
export const practicable: Readonly<Record<string, Partial<Record<SettingName, number>>>> = {
  'agents=too_many': { max_agents_per_runner: 5000 },
  'batch=too_long': { max_log_entries_per_batch: 20_000 },
  'checklist=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'payload=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'queue=full': { max_pending_jobs_per_runner: 500, bridge_max_pending_per_runner: 500 },
  'rate=exceeded': { bridge_max_write_commands_per_minute: 500 },
}

/** How long to wait for each timer that a way into a state needs. */
const waits = {
  'timer.heartbeat_ttl': lapsedSeconds,
  'timer.session_ttl': () => SESSION_SECONDS + 1,
  'timer.command_timeout': (limits: Limits) => overdueSeconds(limits) + reaperSeconds(limits),
}

function isTimer(on: string): on is keyof typeof waits {
  return Object.hasOwn(waits, on)
}

/** The ways into the states of a runner, which comes to life by events of another machine. */
const ofRunner = ['createPairingSession', 'activatePairingSession', 'timer.heartbeat_ttl'].map((on) => ({
  on,
  facts: {},
}))
const RUNNER_STATES = ['none', 'pairing', 'connected', 'disconnected']

/** The calls and timers that lead into a state. */
function wayInto(machine: MachineName, state: string): readonly Pick<RouteStep, 'on' | 'facts'>[] {
  if (machine === 'runner') return ofRunner.slice(0, RUNNER_STATES.indexOf(state))
  return [...(machine === 'pairingSession' ? [] : ofRunner.slice(0, 2)), ...findRoute(machine, state)]
}

/** Seconds that the way into a state takes; undefined when it takes no time. */
export function secondsInto(machine: MachineName, state: string): ((limits: Limits) => number) | undefined {
  const timers = wayInto(machine, state).flatMap(({ on }) => (isTimer(on) ? [waits[on]] : []))
  return timers.length === 0 ? undefined : (limits) => timers.reduce((sum, wait) => sum + wait(limits), 0)
}

const readers = {
  pairingSession: 'getRunner',
  runner: 'getRunner',
  job: 'getJob',
  bridgeCommand: 'getBridgeCommand',
} as const satisfies Record<MachineName, RunnerOperationId>

/** A step of the first runner, and of the first job or command. */
function call(on: RunnerOperationId, limits: Limits, form: Facts = {}): CallStep {
  // What is not taken must live as long as the way takes.
  const body = on === 'createBridgeCommand' ? { timeout_seconds: longestCommand(limits) } : undefined
  return { on, caller: 0, runner: 0, work: 0, form, body }
}

/** Looks at the resource without changing it. A session shows by its answer to a wrong proof, and by its runner. */
function look({ machine }: MatrixCell, limits: Limits): StoryStep[] {
  const proof = machine === 'pairingSession' ? [call('activatePairingSession', limits, { proof: 'invalid' })] : []
  return [...proof, call(readers[machine], limits)]
}

/** The operation of a cell meets the resource under its facts. */
export function meeting({ operation, facts, rule }: MatrixCell, limits: Limits): CallStep {
  return { ...call(roleOf(operation).operation, limits, facts), status: rule.answer ?? 200 }
}

/** Brings a new resource into the state of a cell, or makes one that has ended with its runner. */
export function wayOf(cell: MatrixCell, limits: Limits, isGone = false): readonly StoryStep[] {
  const { machine, facts: met } = cell
  const state = isGone ? (machine === 'runner' ? 'connected' : 'pending') : cell.state
  const work = moreWork(cell, limits)
  const type = isOfCommands(cell) ? 'connect' : 'endpoint'
  const readies = isOfCommands(cell)
    ? met['capability'] === 'missing'
      ? []
      : [call('heartbeat', limits, { declares: 'bridge' })]
    : [call('registerAgents', limits)]
  const steps = wayInto(machine, state).flatMap(({ on, facts }): readonly StoryStep[] => {
    if (on === 'createPairingSession') return [call(on, limits, { ...facts, type })]
    if (isDecided(on)) {
      const isReady = on === 'activatePairingSession' && machine !== 'pairingSession'
      return [call(on, limits, facts), ...(isReady ? readies : [])]
    }
    if (on === 'timer.command_timeout') return [{ on: 'pass', seconds: 'timeout' }]
    if (on === 'timer.heartbeat_ttl') return lapse(work, limits)
    if (isTimer(on)) return [{ on: 'pass', seconds: waits[on](limits) }]
    throw new Error(`No way is known to bring ${on} about.`)
  })
  const isWorkDue = machine !== 'runner' || state === 'connected'
  return [...steps, ...(isWorkDue ? work : []), ...(isGone ? [call('disconnectRunner', limits)] : [])]
}

/** Only commands need a connect runner; all else works with an endpoint. */
function isOfCommands({ machine, operation }: MatrixCell): boolean {
  return machine === 'bridgeCommand' || operation === 'createBridgeCommand' || operation === 'nextBridgeCommands'
}

/** Work that is not taken may live shorter than a runner without a heartbeat. */
function lapse(work: readonly StoryStep[], limits: Limits): readonly StoryStep[] {
  const soon = early(limits.heartbeat_ttl_seconds)
  return [{ on: 'pass', seconds: soon }, ...work, { on: 'pass', seconds: lapsedSeconds(limits) - soon }]
}

/**
 * Makes a job or command where the operation is a poll: one that finds nothing waits, and another one shows at once that the
 * resource itself is not handed out.
 */
function moreWork({ machine, operation }: MatrixCell, limits: Limits): readonly StoryStep[] {
  const { handsOut } = roleOf(operation)
  if (handsOut === undefined || (machine !== 'runner' && machine !== handsOut)) return []
  const creates = call(handsOut === 'job' ? 'createJob' : 'createBridgeCommand', limits)
  return machine === handsOut ? [call('heartbeat', limits), creates] : [creates]
}

/** The whole story. */
export function storyOf(cell: MatrixCell, limits: Limits, isGone = false): readonly StoryStep[] {
  const seen = look(cell, limits)
  return [...wayOf(cell, limits, isGone), ...seen, meeting(cell, limits), ...seen]
}
