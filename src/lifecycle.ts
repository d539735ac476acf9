/**
 * Reads the lifecycle tables that the spec declares: which rule decides an operation, a timer or an event in a state,
 * and what that rule lets a move write. It knows no resource; whoever owns one asks here before anything changes.
 */
import { rules, type FactsOf, type MachineName, type StateOf, type TriggerOf } from './generated/lifecycle.js'

export {
  machines,
  settings,
  type FactsOf,
  type MachineName,
  type SettingName,
  type StateOf,
  type TriggerOf,
} from './generated/lifecycle.js'

/** One decided row of a machine, as the generated tables hold it. */
export interface Rule {
  readonly on: string
  readonly from: readonly string[]
  readonly when: Readonly<Record<string, readonly string[]>>
  /** The state after the move; null when nothing moves. */
  readonly to: string | null
  /** Fields that the move may write. */
  readonly set: readonly string[]
  /** Fields that the move removes. */
  readonly unset: readonly string[]
  /** The status that the operation answers; null for timers and events. */
  readonly answer: number | null
  readonly emits: readonly string[]
}

type RulesOf<M extends MachineName> = (typeof rules)[M][number]

/** The rules of one machine for one trigger. */
export type RuleOf<M extends MachineName, T extends TriggerOf<M>> = Extract<RulesOf<M>, { readonly on: T }>

/** Every status that a machine's rules answer to an operation. */
export type AnswerOf<M extends MachineName, T extends TriggerOf<M>> = RuleOf<M, T>['answer']

/** The states that a machine's moves on a trigger lead to. */
export type TargetOf<M extends MachineName, T extends TriggerOf<M>> = Exclude<RuleOf<M, T>['to'], null>

/**
 * The rule that decides `trigger` in `state`: the first one, in the spec's order, whose conditions hold.
 *
 * @param facts what the rules of this trigger may ask for; a condition without a fact holds for no rule.
 * @throws Error when no rule decides the pair. The generator refuses such tables, so this is a bug of the caller,
 *   who left out a fact.
 */
export function decide<M extends MachineName, T extends TriggerOf<M>>(
  machine: M,
  state: StateOf<M>,
  trigger: T,
  facts?: FactsOf<M>,
): RuleOf<M, T> {
  const rule = find(machine, state, trigger, facts)
  if (rule !== undefined) return rule
  throw new Error(`No rule of ${machine} decides ${trigger} in state ${state} with ${JSON.stringify(facts ?? {})}.`)
}

/** Like `decide` for timers and events, which are free to mean nothing in a state: then undefined. */
export function findRule<M extends MachineName, T extends TriggerOf<M>>(
  machine: M,
  state: StateOf<M>,
  trigger: T,
): RuleOf<M, T> | undefined {
  return find(machine, state, trigger, undefined)
}

function find<M extends MachineName, T extends TriggerOf<M>>(
  machine: M,
  state: StateOf<M>,
  trigger: T,
  facts: FactsOf<M> | undefined,
): RuleOf<M, T> | undefined {
  const candidates = index.get(`${machine} ${state} ${trigger}`)
  if (candidates === undefined) return undefined
  const known: Readonly<Record<string, string | undefined>> = facts ?? NO_FACTS
  for (const { rule, conditions } of candidates) {
    if (conditions.every(([name, values]) => values.includes(known[name] ?? ''))) {
      if (isRuleOf(rule, machine, trigger)) return rule
    }
  }
  return undefined
}

const NO_FACTS: Readonly<Record<string, string | undefined>> = {}

interface Candidate {
  readonly rule: Rule
  readonly conditions: readonly (readonly [string, readonly string[]])[]
}

/** Rules by machine, state and trigger: one look-up per decision. */
const index: ReadonlyMap<string, readonly Candidate[]> = buildIndex()

function buildIndex(): Map<string, Candidate[]> {
  const built = new Map<string, Candidate[]>()
  for (const [name, own] of Object.entries<readonly Rule[]>(rules)) {
    for (const rule of own) {
      const candidate: Candidate = { rule, conditions: Object.entries<readonly string[]>(rule.when) }
      for (const state of rule.from) {
        const key = `${name} ${state} ${rule.on}`
        const known = built.get(key)
        if (known === undefined) built.set(key, [candidate])
        else known.push(candidate)
      }
    }
  }
  return built
}

/** The index groups rules by machine and trigger, which is what this type says. */
function isRuleOf<M extends MachineName, T extends TriggerOf<M>>(
  rule: Rule,
  _machine: M,
  trigger: T,
): rule is RuleOf<M, T> {
  return rule.on === trigger
}

/**
 * Writes what a rule lets a move write into a resource as it looks on the wire: the state into `statusField`, the time
 * of the move into every `*_at` field, and of `values` only the fields that the rule names. A field without a value
 * keeps the one it had.
 */
export function applyRule<Resource extends object>(
  rule: Rule,
  resource: Resource,
  iso: string,
  values: Partial<Resource> = {},
  statusField?: string,
): void {
  const given: Readonly<Record<string, unknown>> = { ...values }
  const changes: Record<string, unknown> = {}
  for (const field of rule.set) {
    const value = field.endsWith('_at') ? iso : given[field]
    if (value !== undefined) changes[field] = value
  }
  if (rule.to !== null && rule.to !== 'none' && statusField !== undefined) changes[statusField] = rule.to
  Object.assign(resource, changes)
  for (const field of rule.unset) Reflect.deleteProperty(resource, field)
}
