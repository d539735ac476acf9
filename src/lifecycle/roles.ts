/** What each operation does to the resources of the lifecycle, read off the tables. */
import { runnerOperations, type OperationId, type RunnerOperationId } from '../kernel/operation.js'
import { isObject, objectsAt, textAt, type JsonObject } from '../kernel/json-value.js'
import { decisions, machines, type DecidedOperation, type MachineName, type Rule } from './table.js'

/** A machine whose resources a runner works on. */
export type WorkMachine = 'job' | 'bridgeCommand'

/** What an operation is about. */
export interface OperationRole {
  readonly operation: RunnerOperationId
  /** The machine of the resource that decides it first. */
  readonly machine: MachineName
  /** How that resource is found: `path`, `slot`, `none` where the call makes it, `any` where none is meant. */
  readonly way: string
  /** The machine of the resource that it makes. */
  readonly creates: MachineName | undefined
  /** The machine whose pending resources its answer hands out. */
  readonly handsOut: WorkMachine | undefined
  /** The machine whose resources its answer lists. */
  readonly lists: MachineName | undefined
  /** Whether it only reads. */
  readonly isRead: boolean
}

/** Machines whose resources belong to a runner. */
export const workMachines: readonly WorkMachine[] = ['job', 'bridgeCommand']

/** The table of a machine. */
interface Machine {
  readonly field: string | null
  readonly parameter: string
  readonly states: Readonly<Record<string, { readonly wire: boolean; readonly terminal: boolean }>>
  readonly operations: readonly OperationId[]
  readonly creates: readonly OperationId[]
  readonly rules: readonly Rule[]
}

const table: Readonly<Record<MachineName, Machine>> = machines

export function machineOf(name: MachineName): Machine {
  return table[name]
}
/** The fields that name their resources. */
export const idFields = { job: 'id', bridgeCommand: 'command_id' } as const satisfies Record<WorkMachine, string>

/** Every operation that the lifecycle decides, in the order of the spec. */
export const decidedOperations: readonly RunnerOperationId[] = Object.values(runnerOperations)
  .map(({ id }) => id)
  .filter((id) => isDecided(id))

/** Whether the lifecycle decides an operation. */
export function isDecided(id: string): id is DecidedOperation {
  return Object.hasOwn(decisions, id)
}

/** The rules of a machine. */
export function rulesOf(machine: MachineName): readonly Rule[] {
  return table[machine].rules
}

const roles: ReadonlyMap<string, OperationRole> = new Map(decidedOperations.map((id) => [id, readRole(id)]))

/** What an operation does; undefined for one that no lifecycle decides. */
export function findRole(operation: string): OperationRole | undefined {
  return roles.get(operation)
}

/**
 * What an operation does.
 * @throws Error for one that no lifecycle decides
 */
export function roleOf(operation: OperationId): OperationRole {
  const role = roles.get(operation)
  if (role === undefined) throw new Error(`No lifecycle decides ${operation}.`)
  return role
}

function readRole(operation: DecidedOperation): OperationRole {
  const steps: readonly (readonly [MachineName, string])[] = decisions[operation]
  const [machine, way] = steps[0] ?? ['runner', 'any']
  const created = steps.find(([, by]) => by === 'none')?.[0]
  const decided = new Set<string>(steps.map(([name]) => name))
  const shown = workMachines.find((name) => !decided.has(name) && table[name].operations.includes(operation))
  const moves = shown !== undefined && rulesOf(shown).some((rule) => rule.on === operation && rule.to !== null)
  return {
    ...{ operation, machine, way, creates: created },
    handsOut: moves ? shown : undefined,
    lists: way === 'any' ? machine : moves ? undefined : shown,
    isRead: runnerOperations[operation].method === 'GET',
  }
}

/** Whether one of an operation's rules in a machine causes an event. */
export function canEmit(operation: string, event: string): boolean {
  return Object.values(table).some(({ rules }) => rules.some((rule) => rule.on === operation && emits(rule, event)))
}

/** Whether a rule causes an event. */
export function emits(rule: Rule, event: string): boolean {
  return rule.emits?.includes(event) === true
}

/** Whether an operation reports a state of the caller's choice. */
export function isReport(operation: string): boolean {
  return workMachines.some((machine) =>
    rulesOf(machine).some(({ on, when }) => on === operation && when['status'] !== undefined),
  )
}

/** What the answer of a poll hands out, as it is shown there; nothing for an answer that is none. */
export function handedOut(operation: string, body: unknown): readonly JsonObject[] {
  const machine = findRole(operation)?.handsOut
  if (machine === undefined) return []
  return machine === 'job' ? [body].filter(isObject) : objectsAt(body, 'commands')
}

/** The ids of what the answer of a poll hands out. */
export function idsHandedOut(operation: string, body: unknown): string[] {
  const field = idFields[findRole(operation)?.handsOut ?? 'job']
  return handedOut(operation, body).flatMap((item) => textAt(item, field) || [])
}
