/**
 * The lifecycle matrix: every state of every resource met by every operation, under all facts that the rules ask for, and what
 * the resource is then. The tables of the spec say which calls there are and what comes of them, so a rule that joins the spec
 * is checked at once.
 */
import {
  conditions,
  machineNames,
  type ConditionEntry,
  type MachineName,
  type Rule,
  type SettingName,
} from '../../../lifecycle/table.js'
import { machineOf, rulesOf, isDecided, roleOf } from '../../../lifecycle/roles.js'
import { isOperationId, type OperationId, type RunnerOperationId, pathParametersOf } from '../../../kernel/operation.js'
import { SESSION_SECONDS } from '../../../lifecycle/states/small-world.js'
import {
  early,
  lapsedSeconds,
  longestCommand,
  overdueSeconds,
  reaperSeconds,
  longEnough,
} from '../../check/check-steps.js'
import type { CallStep, StoryStep } from '../../model/play/play-steps.js'
import type { Limits } from '../../target/target.js'
import { operations } from '../../../kernel/all-operations.js'
import { checksOn } from './checks-on.js'
import type { CheckNeeds } from '../../check/check.js'
import type { Context } from '../../check/context.js'

/** What the rules of an operation ask for, by condition. */
type Facts = Readonly<Record<string, string>>

/** One operation meeting one state under certain facts, with the rule that decides it. */
export interface MatrixCell {
  readonly machine: MachineName
  readonly state: string
  readonly operation: OperationId
  readonly facts: Facts
  /** Those of the facts that the cell is about: read off the request, or other than usual. */
  readonly telling: Facts
  readonly rule: Rule
}

type Conditions = Readonly<Record<string, ConditionEntry>>

export function listCells(): readonly MatrixCell[] {
  return machineNames.flatMap((machine) => {
    const { states, operations, creates } = machineOf(machine)
    return Object.keys(states).flatMap((state) =>
      operations
        .filter((operation) => state === 'none' || !creates.includes(operation))
        .flatMap((operation) => cellsOf(machine, state, operation)),
    )
  })
}

/**
 * The cells of one pair. Facts that a request carries are tried in every value; facts of the world only where a rule turns
 * on them, all others being as usual: the first value that a condition names.
 */
function cellsOf(machine: MachineName, state: string, operation: OperationId): MatrixCell[] {
  const rules = rulesOf(machine)
  const known: Conditions = conditions[machine]
  const own = rules.filter(({ on, from }) => on === operation && from.includes(state))
  const asked = new Set(own.flatMap(({ when }) => Object.keys(when)))
  const assignments = combine([...asked].map((name) => [name, known[name]?.values ?? []]))
  const cells = new Map<string, MatrixCell>()
  for (const facts of assignments) {
    const rule = own.find(({ when }) =>
      Object.entries(when).every(([name, values]) => values.includes(facts[name] ?? '')),
    )
    if (rule === undefined) continue
    const isTelling = (name: string): boolean => isCarried(known[name]) || Object.hasOwn(rule.when, name)
    const telling = Object.fromEntries(Object.entries(facts).filter(([name]) => isTelling(name)))
    const key = JSON.stringify([own.indexOf(rule), telling])
    // Combinations come with usual values first, so that the first one deviates in nothing but what the rule asks for.
    if (!cells.has(key)) cells.set(key, { machine, state, operation, facts, telling, rule })
  }
  return [...cells.values()].filter((cell) => !isRefusedForAnother(cell, known))
}

/** A refusal for a fact of the world says the same whatever the request carries; once is enough, with what would succeed. */
function isRefusedForAnother({ rule, telling }: MatrixCell, known: Conditions): boolean {
  const isOfWorld = Object.keys(rule.when).some((name) => !isCarried(known[name]))
  const carried = Object.entries(telling).find(([name]) => isCarried(known[name]))
  return isOfWorld && carried !== undefined && carried[1] !== 'completed'
}

function isCarried(condition: ConditionEntry | undefined): boolean {
  return typeof condition?.source === 'string'
}

function combine(dimensions: readonly (readonly [string, readonly string[]])[]): Facts[] {
  const [first, ...rest] = dimensions
  if (first === undefined) return [{}]
  const [name, values] = first
  const others = combine(rest)
  return values.flatMap((value) => others.map((facts) => ({ [name]: value, ...facts })))
}

/** One step on the way into a state: an operation with the facts that make it move, or a timer. */
interface RouteStep {
  readonly on: string
  readonly facts: Facts
}

/**
 * The way of operations and timers from `none` into a state: with as few timers as can be and then the longest, so that a
 * resource has lived through what usually comes before.
 */
export function findRoute(machine: MachineName, state: string): readonly RouteStep[] {
  const [best] = routesTo(machine, state, new Set([state])).sort(
    (a, b) => timersIn(a) - timersIn(b) || b.length - a.length,
  )
  if (best === undefined) throw new Error(`No operation or timer leads ${machine} into ${state}.`)
  return best
}

function routesTo(machine: MachineName, state: string, visited: ReadonlySet<string>): RouteStep[][] {
  if (state === 'none') return [[]]
  const rules = rulesOf(machine)
  return rules
    .filter(({ on, to }) => to === state && (isOperationId(on) || on.startsWith('timer.')))
    .flatMap((rule) =>
      rule.from
        .filter((from) => !visited.has(from))
        .flatMap((from) => {
          const step = { on: rule.on, facts: factsFor(machine, from, rule) }
          return routesTo(machine, from, new Set([...visited, from])).map((way) => [...way, step])
        }),
    )
}

function factsFor(machine: MachineName, state: string, rule: Rule): Facts {
  const { on } = rule
  return isOperationId(on) ? (cellsOf(machine, state, on).find((cell) => cell.rule === rule)?.facts ?? {}) : {}
}

function timersIn(route: readonly RouteStep[]): number {
  return route.filter(({ on }) => on.startsWith('timer.')).length
}

/** Settings that must not be higher than this for a fact to be brought about in reasonable time. */
const practicable: Readonly<Record<string, Partial<Record<SettingName, number>>>> = {
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
function wayInto(machine: MachineName, state: string): readonly RouteStep[] {
  if (machine === 'runner') return ofRunner.slice(0, RUNNER_STATES.indexOf(state))
  return [...(machine === 'pairingSession' ? [] : ofRunner.slice(0, 2)), ...findRoute(machine, state)]
}

/** Seconds that the way into a state takes; undefined when it takes no time. */
function secondsInto(machine: MachineName, state: string): ((limits: Limits) => number) | undefined {
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

/** Brings a new resource into the state of a cell, or makes one that has ended with its runner. */
function wayOf(cell: MatrixCell, limits: Limits, isGone: boolean): readonly StoryStep[] {
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

/**
 * What a check plays: calls and the passing of time that lead the resource into its state, the call that meets it there, and
 * looks at it before and after.
 */
function storyOf(cell: MatrixCell, limits: Limits, isGone: boolean): readonly StoryStep[] {
  const { operation, facts, rule } = cell
  const seen = look(cell, limits)
  const meeting = { ...call(roleOf(operation).operation, limits, facts), status: rule.answer ?? 200 }
  return [...wayOf(cell, limits, isGone), ...seen, meeting, ...seen]
}

const NAMES: Readonly<Record<MachineName, string>> = {
  pairingSession: 'a session',
  runner: 'a runner',
  job: 'a job',
  bridgeCommand: 'a command',
}

function isOfGone({ machine, state, operation, facts, rule }: MatrixCell): boolean {
  const { parameter, creates } = machineOf(machine)
  const names = pathParametersOf(operations[operation])
  const isNamed = names.some((name) => name === parameter) || (machine === 'runner' && names.length === 0)
  const isUsual = facts['status'] === undefined || facts['status'] === 'completed'
  return (
    state === 'none' &&
    machine !== 'pairingSession' &&
    isNamed &&
    isUsual &&
    rule.answer !== 400 &&
    !creates.includes(operation)
  )
}

function idOf({ machine, state, operation, telling }: MatrixCell): string {
  const suffix = Object.entries(telling).map(([name, value]) => `.${name}-${value}`)
  return `lifecycle/${machine}.${state}.${operation}${suffix.join('')}`
}

function titleOf({ operation, telling, rule }: MatrixCell, known: string): string {
  const facts = Object.entries(telling).map(([name, value]) => `${name} ${value.replaceAll('_', ' ')}`)
  const under = facts.length === 0 ? '' : `, ${facts.join(', ')},`
  const end = rule.to === 'none' ? 'ends it' : `makes it ${rule.to ?? ''}`
  return `${operation} on ${known}${under} answers ${rule.answer ?? 'nothing'} and ${rule.to === null ? 'moves nothing' : end}.`
}

function placeOf({ machine, operation, state, rule }: MatrixCell): string {
  return `${operation} ${machine} ${state}${rule.to === null ? '' : ` -> ${rule.to}`}`
}

function needsOf({ machine, state, telling }: MatrixCell): CheckNeeds {
  const seconds = secondsInto(machine, state)
  return {
    ...(seconds === undefined ? {} : { clock: { seconds } }),
    limits: Object.fromEntries(
      Object.entries(telling).flatMap((fact) => Object.entries(practicable[fact.join('=')] ?? {})),
    ),
    // A lapsed runner must not be purged at once.
    ...(state === 'disconnected' ? { when: longEnough('dead_runner_purge_seconds') } : {}),
  }
}

async function judge(context: Context, cell: MatrixCell, isGone = false): Promise<void> {
  // Loaded when it is first needed.
  const { playSteps } = await import('../../model/play/play-steps.js')
  await playSteps(context, storyOf(cell, context.limits, isGone), false)
}

const cells = listCells()

export const lifecycleChecks = checksOn('', (it, at) => {
  for (const cell of cells) {
    const { machine, state } = cell
    const known = state === 'none' ? `${NAMES[machine]} that was never made` : `${NAMES[machine]} that is ${state}`
    at(placeOf(cell), needsOf(cell))
    it(`${idOf(cell)}: ${titleOf(cell, known)}`, (context) => judge(context, cell))
  }
  // What is gone with its runner is as if it had never been, for every operation that names it.
  for (const cell of cells.filter(isOfGone)) {
    at(placeOf(cell))
    const known = `${NAMES[cell.machine]} that is gone with a disconnect`
    it(`${idOf(cell)}.gone: ${titleOf(cell, known)}`, (context) => judge(context, cell, true))
  }
})
