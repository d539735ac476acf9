/**
 * The lifecycle matrix: every state of every resource met by every operation, under all facts that the rules ask for, and what
 * the resource is then. The tables of the spec say which calls there are and what comes of them, so a rule that joins the spec
 * is checked at once.
 */
import {
  conditions,
  machineNames,
  type machines,
  type ConditionEntry,
  type MachineName,
  type Rule,
  type SettingName,
} from '../../../lifecycle/table.js'
import { machineOf, rulesOf, roleOf } from '../../../lifecycle/roles.js'
import { type OperationId, pathParametersOf } from '../../../kernel/operation.js'
import { SESSION_SECONDS } from '../../../lifecycle/states/small-world.js'
import { early, longestCommand, longEnough } from '../../check/check-steps.js'
import type { Limits } from '../../target/target.js'
import { operations } from '../../../kernel/all-operations.js'
import { checksOn, readSteps, secondsIn } from './checks-on.js'
import type { StoryStep } from '../../model/play-steps.js'
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

/** Settings that must not be higher than this for a fact to be brought about in reasonable time. */
const practicable: Readonly<Record<string, Partial<Record<SettingName, number>>>> = {
  'agents=too_many': { max_agents_per_runner: 5000 },
  'batch=too_long': { max_log_entries_per_batch: 20_000 },
  'checklist=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'payload=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'queue=full': { max_pending_jobs_per_runner: 500, bridge_max_pending_per_runner: 500 },
  'rate=exceeded': { bridge_max_write_commands_per_minute: 500 },
}

/** How a story leads into each state. */
const WAYS: { [Machine in MachineName]: Readonly<Record<keyof (typeof machines)[Machine]['states'], string>> } = {
  pairingSession: {
    none: '',
    open: 'open',
    activated: 'open, activatePairingSession',
    expired: `open, activatePairingSession, pass ${SESSION_SECONDS + 1}`,
  },
  runner: { none: '', pairing: 'open', connected: 'pair', disconnected: 'pair, lapse' },
  job: {
    none: 'pair',
    pending: 'pair, createJob',
    running: 'pair, createJob, nextJob',
    completed: 'pair, createJob, nextJob, reportJobResult 1',
    failed: 'pair, createJob, nextJob, reportJobResult 1 status=failed',
    cancelled: 'pair, createJob, nextJob, cancelJob 1',
  },
  bridgeCommand: {
    none: 'pair',
    pending: 'pair, submit',
    picked_up: 'pair, submit, nextBridgeCommands',
    completed: 'pair, submit, nextBridgeCommands, reportBridgeResult 1',
    failed: 'pair, submit, nextBridgeCommands, reportBridgeResult 1 status=failed',
    timed_out: 'pair, submit, nextBridgeCommands, pass timeout',
  },
}

/** Looks at a resource without changing it. A session shows by its answer to a wrong proof, and by its runner. */
const LOOKS: Readonly<Record<MachineName, string>> = {
  pairingSession: 'activatePairingSession proof=invalid, getRunner',
  runner: 'getRunner',
  job: 'getJob 1',
  bridgeCommand: 'getBridgeCommand 1',
}

/** What is not taken must live as long as the way takes: its body is the first part of a story. */
const SUBMIT = 'createBridgeCommand $1'

/** Only commands need a connect runner; all else works with an endpoint. */
function isOfCommands({ machine, operation }: MatrixCell): boolean {
  return machine === 'bridgeCommand' || operation === 'createBridgeCommand' || operation === 'nextBridgeCommands'
}

/** Leads a new resource into the state of a cell, or makes one that has ended with its runner. */
function wayOf(cell: MatrixCell, { heartbeat_ttl_seconds: ttl }: Limits, isGone: boolean): string {
  const { machine, facts } = cell
  const ways: Readonly<Record<string, string>> = WAYS[machine]
  const state = isGone ? (machine === 'runner' ? 'connected' : 'pending') : cell.state
  const work = workFor(cell)
  const open = `createPairingSession type=${isOfCommands(cell) ? 'connect' : 'endpoint'}`
  const pair = isOfCommands(cell) ? 'pair-connect' : 'pair'
  const words: Readonly<Record<string, string>> = {
    open,
    pair: facts['capability'] === 'missing' ? `${open}, activatePairingSession` : pair,
    submit: SUBMIT,
    // Work that is not taken may live shorter than a runner without a heartbeat.
    lapse: [`pass ${early(ttl)}`, ...work, `pass ${ttl + 1 - early(ttl)}`].join(', '),
  }
  const way = (ways[state] ?? '').replaceAll(/\w+/g, (word) => words[word] ?? word)
  const isWorkDue = machine !== 'runner' || state === 'connected'
  return [way, ...(isWorkDue ? work : []), ...(isGone ? ['disconnectRunner'] : [])].join(', ')
}

/**
 * Makes a job or command where the operation is a poll: one that finds nothing waits, and another one shows at once that the
 * resource itself is not handed out.
 */
function workFor({ machine, operation }: MatrixCell): readonly string[] {
  const { handsOut } = roleOf(operation)
  if (handsOut === undefined || (machine !== 'runner' && machine !== handsOut)) return []
  const creates = handsOut === 'job' ? 'createJob' : SUBMIT
  return machine === handsOut ? ['heartbeat', creates] : [creates]
}

/** The way into the state, the call that meets the resource there, and looks at it before and after. */
function storyOf(cell: MatrixCell, limits: Limits, isGone: boolean): string {
  const { operation, facts, rule } = cell
  const form = Object.entries(facts).map((fact) => ` ${fact.join('=')}`)
  const call = operation === 'createBridgeCommand' ? SUBMIT : `${roleOf(operation).operation} 1`
  const look = LOOKS[cell.machine]
  const steps = [wayOf(cell, limits, isGone), look, `${call}${form.join('')} =${rule.answer ?? 200}`, look]
  return steps.filter((step) => step !== '').join(', ')
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

/** States into which time leads. */
const SLOW: ReadonlySet<string> = new Set(['expired', 'disconnected', 'timed_out'])

function needsOf(cell: MatrixCell): CheckNeeds {
  const { state, telling } = cell
  return {
    ...(SLOW.has(state) && { clock: { seconds: (limits) => secondsIn(stepsOf(cell, limits, false), limits) } }),
    limits: Object.fromEntries(
      Object.entries(telling).flatMap((fact) => Object.entries(practicable[fact.join('=')] ?? {})),
    ),
    // A lapsed runner must not be purged at once.
    ...(state === 'disconnected' ? { when: longEnough('dead_runner_purge_seconds') } : {}),
  }
}

function stepsOf(cell: MatrixCell, limits: Limits, isGone: boolean): StoryStep[] {
  return readSteps(storyOf(cell, limits, isGone), limits, [{ timeout_seconds: longestCommand(limits) }])
}

async function judge(context: Context, cell: MatrixCell, isGone = false): Promise<void> {
  // Loaded when it is first needed.
  const { playSteps } = await import('../../model/play-steps.js')
  await playSteps(context, stepsOf(cell, context.limits, isGone), false)
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
