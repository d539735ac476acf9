/**
 * Reads the lifecycle tables as a list of judgements: every state and operation of every machine, with the facts that
 * select each of its rules, and the way of calls that leads into each state. Pure; the checks carry it out.
 */
import { conditions, machineNames, type ConditionEntry, type MachineName, type Rule } from '../../lifecycle/table.js'
import { machineOf, rulesOf } from '../../lifecycle/roles.js'
import { isOperationId, type OperationId } from '../../kernel/operation.js'

/** What the rules of an operation ask for, by condition. */
export type Facts = Readonly<Record<string, string>>

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
export function conditionsOf(name: MachineName): Conditions {
  return conditions[name]
}

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
  const known = conditionsOf(machine)
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
export interface RouteStep {
  readonly on: string
  readonly facts: Facts
  readonly rule: Rule
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
          const step = { on: rule.on, facts: factsFor(machine, from, rule), rule }
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
