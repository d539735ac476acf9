// @ts-check
// Renders lifecycle-tables.ts: settings and machines as typed const tables. What only people read (titles, descriptions) is
// an export of its own, so that a bundle which never shows it does not carry it.
import { stepsOf } from './decision-steps.mjs'
import { literal } from './literal.mjs'

/** @typedef {import('./read-lifecycle.mjs').Lifecycle} Lifecycle */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */

/**
 * @param {Lifecycle} lifecycle
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {string}
 */
export function renderLifecycle(lifecycle, operations) {
  const settings = Object.entries(lifecycle.settings).map(
    ([name, { description: _, env: _env, unit: _unit, maximum, ...setting }]) => {
      return [name, { ...setting, maximum: maximum ?? undefined }]
    },
  )
  const variables = Object.entries(lifecycle.settings).flatMap(([name, { env }]) => (env === null ? [] : [[name, env]]))
  const tables = lifecycle.machines.map((machine) => [machine.name, machineTable(machine)])
  // The rules are consts of their own: code that only decides by them leaves the rest of a machine out of its bundle.
  const rules = lifecycle.machines.map(
    ({ name, rules }) => `const ${name}Rules = ${literal(rules.map(ruleOf))} as const\n`,
  )
  const byMachine = lifecycle.machines.map(({ name }) => `  ${name}: ${name}Rules,\n`).join('')
  const machines = literal(Object.fromEntries(tables)).replaceAll(/'(\w+Rules)'/g, '$1')
  return `${DECLARATIONS}
/** Every setting with its default and its limits. */
export const settings = ${literal(Object.fromEntries(settings))} as const satisfies Record<string, SettingEntry>

/** The environment variable of a real server for each setting. */
export const settingVariables = ${literal(Object.fromEntries(variables))} as const

/** What no setting changes. */
export const constants = ${literal(valuesOf(lifecycle))} as const

/** How long each timer runs: a setting, or a field of the resource times \`times\`, plus \`plus\`, in seconds. */
export const timers = ${literal(timersOf(lifecycle))} as const satisfies Record<string, TimerEntry>

/** Operations that may be held, and for how long. */
export const waits = ${literal(waitsOf(lifecycle))} as const satisfies Record<string, WaitEntry>

${rules.join('\n')}
/** The rules of every machine; of those that match, the first one counts. */
export const rules = {
${byMachine}} as const satisfies Record<string, readonly RuleEntry[]>

/**
 * Which machines decide an operation, one after the other, and how each finds the resource: by its path parameter, by
 * a way that the machine names, \`none\` where the operation makes it. \`any\`: no resource is meant, and every state
 * has the same rule. The first refusal counts, else the last machine's rule.
 */
export const decisions = ${literal(stepsOf(lifecycle.machines, operations))} as const

/** What a refusal says whose rule has no words of its own, by status. */
export const words: Readonly<Record<string, Readonly<Record<number, string>>>> = ${literal(wordsOf(lifecycle))}

/** Where in the request's body the facts are that a request carries itself. */
export const sources: Readonly<Record<string, Readonly<Record<string, string>>>> = ${literal(sourcesOf(lifecycle))}

/** Every machine: its states, the operations it decides, and its rules. */
export const machines = ${machines} as const satisfies Record<string, MachineEntry>

/** What the rules of every machine turn on: the admitted values, and where a request carries them; apart, since only who tries them all asks. */
export const conditions = ${literal(conditionsOf(lifecycle))} as const satisfies Record<string, Readonly<Record<string, ConditionEntry>>>

/** Events that come from outside the machines. */
export const externalEvents = ${literal(Object.keys(lifecycle.events))} as const

/** What settings, machines, states, conditions and events mean, for people. */
export const descriptions = ${literal(textsOf(lifecycle))} as const
${TYPES}`
}

/** @param {Lifecycle} lifecycle */
function valuesOf({ constants }) {
  return Object.fromEntries(Object.entries(constants).map(([name, { value }]) => [name, value]))
}

/** @param {Lifecycle} lifecycle */
function timersOf({ timers }) {
  const entries = Object.entries(timers).map(([name, { times, plus, byReaper, ...timer }]) => [
    name,
    {
      ...given(timer),
      times: times === 1 ? undefined : times,
      plus: plus || undefined,
      byReaper: byReaper || undefined,
    },
  ])
  return Object.fromEntries(entries)
}

/** @param {Lifecycle} lifecycle */
function waitsOf({ waits }) {
  return Object.fromEntries(Object.entries(waits).map(([name, wait]) => [name, given(wait)]))
}

/**
 * The members that have a value.
 * @param {object} members
 */
const given = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))

/** @param {Machine} machine */
function machineTable({ name, parameter, field, states, operations, creates, details }) {
  const stateFlags = Object.entries(states).map(([name, { wire, terminal }]) => [name, { wire, terminal }])
  return {
    parameter,
    field,
    initial: 'none',
    states: Object.fromEntries(stateFlags),
    operations,
    creates,
    details: Object.keys(details),
    rules: `${name}Rules`,
  }
}

/** @param {Machine['rules'][number]} rule */
function ruleOf({ on, from, when, to, set, unset, answer, say, emits }) {
  return {
    on,
    from,
    when,
    to,
    set: unlessEmpty(set),
    unset: unlessEmpty(unset),
    answer,
    say: say ?? undefined,
    emits: unlessEmpty(emits),
  }
}

/** @param {Lifecycle} lifecycle */
function conditionsOf({ machines }) {
  const byMachine = machines.map(({ name, conditions }) => {
    const facts = Object.entries(conditions).map(([fact, { values, source }]) => [fact, { values, source }])
    return [name, Object.fromEntries(facts)]
  })
  return Object.fromEntries(byMachine)
}

/** @param {Lifecycle} lifecycle */
function wordsOf({ machines }) {
  return Object.fromEntries(machines.map(({ name, words }) => [name, words]))
}

/** @param {Lifecycle} lifecycle */
function sourcesOf({ machines }) {
  const bySource = machines.map(({ name, conditions }) => {
    const carried = Object.entries(conditions).flatMap(([fact, { source }]) =>
      source === null ? [] : [[fact, source]],
    )
    return [name, Object.fromEntries(carried.map(([fact, source]) => [fact, source.replace('$request.body#/', '')]))]
  })
  return Object.fromEntries(bySource)
}

/**
 * What hardly any rule has is left out where there is nothing: pages load these tables.
 * @param {string[]} list
 */
const unlessEmpty = (list) => (list.length === 0 ? undefined : list)

/** @param {Lifecycle} lifecycle */
function textsOf({ settings, machines, events }) {
  const machineTexts = machines.map(({ name, title, description, states, conditions }) => [
    name,
    { title, description, states: descriptionsOf(states), conditions: descriptionsOf(conditions) },
  ])
  return { settings: descriptionsOf(settings), machines: Object.fromEntries(machineTexts), events }
}

/** @param {Record<string, { description: string }>} entries */
function descriptionsOf(entries) {
  return Object.fromEntries(Object.entries(entries).map(([name, { description }]) => [name, description]))
}

const DECLARATIONS = `import type { OperationId } from './operations.js'

export interface SettingEntry {
  readonly type: 'number' | 'integer'
  readonly default: number
  readonly minimum: number
  readonly maximum?: number
}

/** How long a timer runs. */
export interface TimerEntry {
  /** What it runs from: a field that ends in \`_at\`, or a word for a moment. */
  readonly since: string
  readonly setting?: SettingName
  readonly field?: string
  /** What stands for the field when no request gave it. */
  readonly default?: number
  /** Default 1. */
  readonly times?: number
  /** Default 0. */
  readonly plus?: number
  /** It fires only when the reaper looks. */
  readonly byReaper?: true
}

/** How long an operation may be held. */
export interface WaitEntry {
  readonly setting?: SettingName
  /** The query parameter that asks for it; without one every call waits. */
  readonly when?: string
  /** The query parameter that says for how long, in seconds. */
  readonly parameter?: string
  readonly minimum?: keyof typeof constants
  readonly maximum?: SettingName
}

/** One rule: when \`on\` happens in one of the states \`from\` and all facts of \`when\` hold. */
export interface RuleEntry {
  /** An operationId, \`timer.<name>\`, or an event of a machine or from outside. */
  readonly on: string
  readonly from: readonly string[]
  /** Admitted values by condition; empty means always. */
  readonly when: Readonly<Record<string, readonly string[]>>
  /** The state moved to; null stays. */
  readonly to: string | null
  /** Fields that the move may write; those ending in \`_at\` get the time of the move. */
  readonly set?: readonly string[]
  /** Fields that the move takes away. */
  readonly unset?: readonly string[]
  /** The status an operation answers; null for timers and events. */
  readonly answer: number | null
  /** The words of a refusal, with \`{placeholders}\`, when they are not its machine's. */
  readonly say?: string
  /** Events that the rule causes in other machines. */
  readonly emits?: readonly string[]
}

/** A condition of a machine. */
export interface ConditionEntry {
  readonly values: readonly string[]
  /** Where a request carries it, or null. */
  readonly source: string | null
}

export interface MachineEntry {
  /** The path parameter that names the resource. */
  readonly parameter: string
  /** The field that shows the state, or null. */
  readonly field: string | null
  readonly initial: 'none'
  /** \`wire\`: a value of the status field. */
  readonly states: Readonly<Record<string, { readonly wire: boolean; readonly terminal: boolean }>>
  readonly operations: readonly OperationId[]
  /** Those of the operations that make the resource; decided for \`none\` alone. */
  readonly creates: readonly OperationId[]
  /** What words may tell beside the request. */
  readonly details: readonly string[]
  readonly rules: readonly RuleEntry[]
}
`

const TYPES = `
export type SettingName = keyof typeof settings
export type MachineName = keyof typeof machines
export type StateOf<M extends MachineName> = Extract<keyof (typeof machines)[M]['states'], string>
export type OperationsOf<M extends MachineName> = (typeof machines)[M]['operations'][number]
/** Whatever the rules of a machine react to: operations, timers and events. */
export type TriggerOf<M extends MachineName> = (typeof machines)[M]['rules'][number]['on']
export type EventOf<M extends MachineName> = Extract<
  (typeof machines)[M]['rules'][number],
  { readonly emits: readonly string[] }
>['emits'][number]
export type ExternalEvent = (typeof externalEvents)[number]
/** Whatever makes a machine react without a request. */
export type LifecycleEvent = { [M in MachineName]: EventOf<M> }[MachineName] | ExternalEvent

type ConditionsOf<M extends MachineName> = (typeof conditions)[M]
type ValueOf<C> = C extends { readonly values: readonly (infer V extends string)[] } ? V : never
/** The conditions of a machine that no request carries itself. */
export type FactName<M extends MachineName> = {
  [C in keyof ConditionsOf<M>]: ConditionsOf<M>[C] extends { readonly source: null } ? C : never
}[keyof ConditionsOf<M>]
export type FactOf<M extends MachineName, C extends keyof ConditionsOf<M>> = ValueOf<ConditionsOf<M>[C]>
export type DetailOf<M extends MachineName> = (typeof machines)[M]['details'][number]
/** The operations that the machines decide. */
export type DecidedOperation = keyof typeof decisions
/** What is known about a request when a rule is looked for: condition -> value. */
export type FactsOf<M extends MachineName> = { readonly [C in keyof ConditionsOf<M>]?: ValueOf<ConditionsOf<M>[C]> }
`
