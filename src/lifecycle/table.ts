/**
 * Reads the lifecycle tables that the spec declares: which rule decides an operation, a timer or an event in a state,
 * and what that rule lets a move write. It knows no resource; the owner of one asks here before anything changes.
 */
import {
  rules,
  settings,
  type FactsOf,
  type MachineName,
  type RuleEntry as Rule,
  type SettingName,
  type StateOf,
  type TriggerOf,
} from '../generated/lifecycle-tables.js'

export {
  conditions,
  constants,
  decisions,
  machines,
  rules,
  settings,
  settingVariables,
  sources,
  words,
  type ConditionEntry,
  type DecidedOperation,
  type DetailOf,
  type MachineName,
  type RuleEntry as Rule,
  type SettingName,
  type StateOf,
  type TriggerOf,
} from '../generated/lifecycle-tables.js'

/** Every machine, in the order of the spec. */
export const machineNames: readonly MachineName[] = Object.keys(rules).filter(isMachineName)

function isMachineName(name: string): name is MachineName {
  return Object.hasOwn(rules, name)
}

/** The names of all settings, in the spec's order. */
export const settingNames: readonly SettingName[] = Object.keys(settings).filter(isSettingName)

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name)
}

/** The default of every setting. */
export function settingDefaults(): Record<SettingName, number> {
  const defaults: Partial<Record<SettingName, number>> = {}
  for (const name of settingNames) defaults[name] = settings[name].default
  if (isComplete(defaults)) return defaults
  throw new Error('The lifecycle tables lack a setting.')
}

function isComplete(values: Partial<Record<SettingName, number>>): values is Record<SettingName, number> {
  return settingNames.every((name) => values[name] !== undefined)
}

/** A rule that decided something, and the state in which it did. */
export interface Decision {
  readonly machine: string
  readonly from: string
  readonly rule: Rule
}

/** A decision about one trigger. */
export type DecisionBy<T extends string> = Decision & { readonly rule: { readonly on: T } }

type RulesOf<M extends MachineName> = (typeof rules)[M][number]

/** The rules of one machine for one trigger. */
export type RuleOf<M extends MachineName, T extends TriggerOf<M>> = Extract<RulesOf<M>, { readonly on: T }>

/**
 * The rule that decides `trigger` in `state`: the first one, in the spec's order, whose conditions hold.
 *
 * @param facts what the rules of this trigger may ask for; a condition without a fact holds for no rule.
 * @throws Error when no rule decides the pair. The generator refuses such tables, so this is a bug of the caller,
 *   who left out a fact.
 */
export function decide<M extends MachineName>(
  machine: M,
  state: StateOf<M>,
  trigger: TriggerOf<M>,
  facts?: FactsOf<M>,
): Rule {
  const decision = find(machine, state, trigger, facts)
  if (decision !== undefined) return decision.rule
  throw new Error(`No rule of ${machine} decides ${trigger} in state ${state} with ${JSON.stringify(facts ?? {})}.`)
}

/** Like `decide` for timers and events, which are free to mean nothing in a state: then undefined. */
export function findRule<M extends MachineName>(
  machine: M,
  state: StateOf<M>,
  trigger: TriggerOf<M>,
): Rule | undefined {
  return find(machine, state, trigger, undefined)?.rule
}

/** The decision that `findRule` stands for. */
export function findDecision<M extends MachineName, T extends TriggerOf<M>>(
  machine: M,
  state: StateOf<M>,
  trigger: T,
): DecisionBy<T> | undefined {
  const decision = find(machine, state, trigger, undefined)
  return decision !== undefined && isBy(decision, trigger) ? decision : undefined
}

function isBy<T extends string>(decision: Decision, trigger: T): decision is DecisionBy<T> {
  return decision.rule.on === trigger
}

/** A decision in words: machine, trigger, the states before and after, and the facts that its rule asks for. */
export function describeDecision({ machine, from, rule }: Decision): string {
  const facts = Object.entries(rule.when).map(([name, values]) => ` [${name}=${values.join('|')}]`)
  return `${machine} ${rule.on}: ${from} -> ${rule.to ?? from}${facts.join('')}`
}

function find<M extends MachineName>(
  machine: M,
  state: StateOf<M>,
  trigger: TriggerOf<M>,
  facts: FactsOf<M> | undefined,
): Decision | undefined {
  const candidates = candidatesOf(machine, trigger).get(state)
  if (candidates === undefined) return undefined
  const known: Readonly<Record<string, string | undefined>> = facts ?? NO_FACTS
  for (const candidate of candidates) {
    if (candidate.conditions.every(([name, values]) => values.includes(known[name] ?? ''))) return candidate
  }
  return undefined
}

const NO_FACTS: Readonly<Record<string, string | undefined>> = {}

/** A decision that counts when its conditions hold: each with the values that it admits. */
export interface Candidate extends Decision {
  readonly conditions: readonly (readonly [string, readonly string[]])[]
  /** Its number among all of its tables. */
  readonly number: number
}

/** Candidates by machine, trigger and state, in the order of the rules. */
type RuleIndex = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, readonly Candidate[]>>>

/** The rules of a machine for a trigger, by state and in their order: the first one that holds decides. */
export function candidatesOf(
  machine: string,
  trigger: string,
  index = ofSpec,
): ReadonlyMap<string, readonly Candidate[]> {
  return index.get(machine)?.get(trigger) ?? NO_CANDIDATES
}

const NO_CANDIDATES: ReadonlyMap<string, readonly Candidate[]> = new Map()

/** Every rule in each of its states. */
export function listCandidates(tables: Readonly<Record<string, readonly Rule[]>> = rules): readonly Candidate[] {
  const decisions = Object.entries(tables).flatMap(([machine, own]) =>
    own.flatMap((rule) => rule.from.map((from): Decision => ({ machine, from, rule }))),
  )
  return decisions.map((each, number) => ({ ...each, number, conditions: Object.entries(each.rule.when) }))
}

export function indexRules(candidates: readonly Candidate[]): RuleIndex {
  const built = new Map<string, Map<string, Map<string, Candidate[]>>>()
  for (const candidate of candidates) {
    const { machine, from, rule } = candidate
    const byTrigger = built.get(machine) ?? new Map<string, Map<string, Candidate[]>>()
    const byState = byTrigger.get(rule.on) ?? new Map<string, Candidate[]>()
    built.set(machine, byTrigger.set(rule.on, byState.set(from, [...(byState.get(from) ?? []), candidate])))
  }
  return built
}

const ofSpec = indexRules(listCandidates())

/**
 * Writes what a rule lets a move write into a resource as it looks on the wire: the state into `statusField`, the time
 * of the move into every `*_at` field, and of `values` only the fields that the rule names. A field without a value
 * keeps the one it had.
 */
export function applyRule<Resource extends object>(
  rule: Rule,
  resource: Resource,
  iso: string,
  values?: Partial<Resource>,
  statusField?: string,
): void
export function applyRule(
  rule: Rule,
  resource: Record<string, unknown>,
  iso: string,
  values: Readonly<Record<string, unknown>> = {},
  statusField?: string,
): void {
  for (const field of rule.set ?? []) {
    const value = field.endsWith('_at') ? iso : values[field]
    if (value !== undefined) resource[field] = value
  }
  if (rule.to !== null && rule.to !== 'none' && statusField !== undefined) resource[statusField] = rule.to
  if (rule.unset !== undefined) for (const field of rule.unset) Reflect.deleteProperty(resource, field)
}
