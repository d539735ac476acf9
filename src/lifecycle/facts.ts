/**
 * What the rules turn on: one function for each condition of `x-lifecycle` that no request carries itself. Each asks a small
 * view of the state. A mock answers every question; from outside some answers are unknown, and then so is the fact.
 */
import {
  constants,
  sources,
  type FactName,
  type FactOf,
  type MachineName,
  type SettingName,
} from '../generated/lifecycle-tables.js'
import { isObject, listOf, memberOf, textAt } from '../kernel/json-value.js'

/** A call and what is known of its resource. undefined: unknown from here. */
export interface FactView {
  readonly operation: string
  readonly body: unknown
  limitOf(setting: SettingName): number
  /** Whether the body's activation key has the bytes of one. */
  hasUsableKey(): boolean | undefined
  /** Whether the request proves that its caller knows the key of the session. */
  isProved(): boolean | undefined
  knowsProject(id: string): boolean | undefined
  hasAgent(name: string): boolean | undefined
  hasCapability(name: string): boolean | undefined
  /** Whether the runner may take one more pending resource of a machine. */
  canTake(machine: 'job' | 'bridgeCommand'): boolean | undefined
  /** Whether one more command of a type fits the current minute of the runner. */
  isWithinRate(type: string): boolean | undefined
  /** Whether JSON takes more bytes than a payload may. */
  isOversized(value: unknown): boolean | undefined
  /** The runner's checklist with the body merged into it; undefined where the checklist is unknown. */
  mergedChecklist(): unknown
}

/** The facts of every machine, by condition; undefined where the view cannot tell. */
const facts: {
  readonly [M in MachineName]: { readonly [C in FactName<M>]: (view: FactView) => FactOf<M, C> | undefined }
} = {
  pairingSession: {
    key: (view) => choose(view.hasUsableKey(), 'usable', 'unusable'),
    project: (view) => choose(view.knowsProject(textAt(view.body, 'project_id').toLowerCase()), 'known', 'unknown'),
    proof: (view) => choose(view.isProved(), 'valid', 'invalid'),
  },
  runner: {
    capabilities: ({ body }) => (offendingCapability(body) === undefined ? 'valid' : 'invalid'),
    agents: (view) => (membersOf(view.body) > view.limitOf('max_agents_per_runner') ? 'too_many' : 'within'),
    checklist: (view) => {
      // Merging takes nothing of a patch away: one that is too large by itself need not be merged.
      if (view.isOversized(view.body) === true) return 'oversized'
      const merged = view.mergedChecklist()
      return merged === undefined ? undefined : choose(view.isOversized(merged), 'oversized', 'within')
    },
    agent: (view) => choose(view.hasAgent(textAt(view.body, 'agent_name')), 'registered', 'unknown'),
    queue: (view) => choose(view.canTake(view.operation === 'createJob' ? 'job' : 'bridgeCommand'), 'open', 'full'),
    capability: (view) => choose(view.hasCapability(BRIDGE), 'bridge', 'missing'),
    rate: (view) => choose(view.isWithinRate(textAt(view.body, 'type')), 'within', 'exceeded'),
    payload: (view) => choose(view.isOversized(memberOf(view.body, 'args')), 'oversized', 'within'),
  },
  job: {
    batch: (view) => (listOf(view.body).length > view.limitOf('max_log_entries_per_batch') ? 'too_long' : 'within'),
  },
  bridgeCommand: {
    outcome: ({ body }) =>
      memberOf(body, 'result') === undefined && memberOf(body, 'error') === undefined ? 'missing' : 'given',
    payload: (view) => {
      const sizes = [memberOf(view.body, 'result'), memberOf(view.body, 'error')].map((part) =>
        part === undefined ? false : view.isOversized(part),
      )
      return sizes.includes(true) ? 'oversized' : sizes.includes(undefined) ? undefined : 'within'
    },
  },
}

/** The capability that a runner needs for bridge commands. */
export const BRIDGE = 'bridge'

/** The fact that a condition asks for, by its name; one that nothing here finds is carried by the request's body. */
export function factOf(view: FactView, machine: string, condition: string): string | undefined {
  const find = factTable[machine]?.[condition]
  if (find !== undefined) return find(view)
  const names = (sources[machine]?.[condition] ?? condition).split('/')
  return String(names.reduce<unknown>(memberOf, view.body))
}

const factTable: Readonly<Record<string, Readonly<Record<string, (view: FactView) => string | undefined>>>> = facts

const CAPABILITY = new RegExp(constants.capability_pattern)

/** Whether a heartbeat may declare it. */
export function isCapability(text: string): boolean {
  return CAPABILITY.test(text)
}

/** The first capability of a heartbeat that is not one. */
export function offendingCapability(body: unknown): string | undefined {
  const named = listOf(memberOf(body, 'capabilities')).map(String)
  return named.find((capability) => !isCapability(capability))
}

const WRITE_TYPES: ReadonlySet<string> = new Set(constants.write_command_types)

/** Whether a command of this type counts against the rate of writes. */
export function isWrite(type: string): boolean {
  return WRITE_TYPES.has(type)
}

/** How many commands a poll takes. */
export function batchSize(body: unknown): number {
  const asked = memberOf(body, 'max_commands')
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, constants.command_batch_max) : constants.command_batch
}

/** The timeout of a new command, in seconds. */
export function commandTimeout(body: unknown, limitOf: FactView['limitOf']): number {
  const asked = memberOf(body, 'timeout_seconds')
  const seconds = typeof asked === 'number' && asked > 0 ? asked : limitOf('bridge_default_command_timeout_seconds')
  return Math.min(seconds, limitOf('bridge_max_command_timeout_seconds'))
}

/** The timeout of a new job, in seconds: its agent's where it is above zero, else the server's. */
export function jobTimeout(agentTimeout: number | undefined, limitOf: FactView['limitOf']): number {
  return agentTimeout !== undefined && agentTimeout > 0 ? agentTimeout : limitOf('job_timeout_seconds')
}

function membersOf(value: unknown): number {
  return isObject(value) ? Object.keys(value).length : 0
}

function choose<Yes extends string, No extends string>(
  holds: boolean | undefined,
  yes: Yes,
  no: No,
): Yes | No | undefined {
  return holds === undefined ? undefined : holds ? yes : no
}
