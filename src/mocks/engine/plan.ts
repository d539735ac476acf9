/**
 * How each operation is decided and answered, read once off the tables: the steps of its decision with the functions
 * that find what they ask for, and its resolver. It knows no resource; `resolvers/all.ts` hands them in.
 */
import {
  candidatesOf,
  decisions,
  sources,
  type Candidate,
  type Decision,
  type DecidedOperation,
  type MachineName,
} from '../../kernel/lifecycle.js'
import { operationIds, operations, type Operation, type OperationId } from '../../kernel/operation.js'
import type { Validator } from '../../kernel/schema.js'
import type { CallContext, Preparations, Resolvers, Resources } from './resolver.js'

/** A request on its way through its decision. */
export interface Call extends CallContext {
  readonly operation: OperationId
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>
  /** undefined for none, and until it has been judged. */
  body: unknown
  /** What its preparation has found out. */
  prepared: unknown
  /** The resource that it means, as far as one was found. */
  subject: object | undefined
  decision: Decision | undefined
}

/** Any outcome of a resolver. */
export interface AnyOutcome {
  body?: unknown
  delivery?: { failed: () => void }
  decided?: Decision | undefined
  created?: string | undefined
  anew?: true | undefined
  refused?: string | undefined
  /** What the words of the refusal tell beside the request. */
  details?: object | undefined
}

interface AnyCall extends CallContext {
  readonly operation: string
  readonly path: object
  readonly query: object
  readonly body: unknown
}

/**
 * What answers, as the engine calls it. The tables from which it picks each function for a call are those that the
 * function's own type is made from, which is why these are methods: a method may ask for more of its argument.
 */
interface Loose {
  find(call: AnyCall): object | undefined
  stateOf(record: object, world: CallContext['world']): string
  tell(call: AnyCall): string
  prepare(call: AnyCall): Promise<unknown>
  resolve(input: object, context: CallContext): AnyOutcome | Promise<AnyOutcome>
}

interface LooseResource {
  readonly find: Readonly<Record<string, Loose['find']>>
  readonly stateOf: Loose['stateOf']
  readonly facts: Readonly<Record<string, Loose['tell']>>
  readonly details: Readonly<Record<string, Loose['tell']>>
}

/** Everything that answers. */
export interface Answering {
  readonly resources: Resources
  readonly preparations: Preparations
  readonly resolvers: Resolvers
  /** Judge the bodies of the operations that have resolvers. */
  readonly validators: Validators
  /** What answers for kept collections, which need no resolvers of their own. Default: there are none. */
  readonly loadKept?: () => Promise<Kept>
}

/** What judges bodies, by operation. */
export type Validators = Readonly<Partial<Record<OperationId, Validator>>>

/** Answers the operations of kept collections, and judges the bodies that they get. */
export interface Kept {
  readonly keep: (id: OperationId) => Loose['resolve']
  readonly keptRequestBodies: Validators
}

/** A rule with the functions that find what its conditions ask for. */
export interface Question {
  readonly decision: Decision
  readonly conditions: readonly { readonly values: readonly string[]; readonly find: Loose['tell'] }[]
}

/** One machine's part in a decision. */
export interface Step {
  readonly machine: string
  /** undefined where the operation makes the resource: there is none yet. */
  readonly find: Loose['find'] | undefined
  readonly stateOf: Loose['stateOf']
  /** By state, in the order of the rules. */
  readonly questions: ReadonlyMap<string, readonly Question[]>
  /** What words may tell of the resource. */
  readonly details: Readonly<Record<string, Loose['tell']>>
}

/** How one operation is answered. */
export interface Plan {
  readonly operation: Operation
  /**
   * Brings what the operation still lacks, and all others like it; undefined when nothing is lacking: pages that use
   * runners alone do without what is loaded here.
   */
  readonly load: (() => Promise<void>) | undefined
  /** Judges the body; undefined for an operation without one. */
  readonly validator: Validator | undefined
  /** Empty for an operation without a lifecycle, and for one that means no single resource. */
  readonly steps: readonly Step[]
  /** The rule for every state, of an operation that means no single resource. */
  readonly everywhere: Decision | undefined
  readonly prepare: Loose['prepare'] | undefined
  readonly resolve: Loose['resolve']
  /** Whether it answers for a kept collection: what comes late then means nothing in another world. */
  readonly isKept: boolean
}

export type Plans = Readonly<Record<OperationId, Plan>>

/** Reads the plan of every operation off the tables. */
export function createPlans(answering: Answering): Plans {
  const plans: Partial<Record<OperationId, Plan>> = {}
  const { loadKept } = answering
  const load =
    loadKept &&
    (async (): Promise<void> => {
      const { keep, keptRequestBodies } = await loadKept()
      for (const id of operationIds) {
        const plan = plans[id]
        if (plan?.load === undefined) continue
        Object.assign(plan, { resolve: keep(id), validator: keptRequestBodies[id], load: undefined })
      }
    })
  for (const id of operationIds) plans[id] = createPlan(id, answering, load)
  if (isComplete(plans)) return plans
  throw new Error('An operation has no plan.')
}

function isComplete(plans: Partial<Record<OperationId, Plan>>): plans is Record<OperationId, Plan> {
  return operationIds.every((id) => plans[id] !== undefined)
}

function createPlan(
  id: OperationId,
  { resources, preparations, resolvers, validators }: Answering,
  load: Plan['load'],
): Plan {
  const ways: readonly (readonly [MachineName, string])[] = isDecided(id) ? decisions[id] : []
  const [first] = ways
  const resolver: Readonly<Record<string, Loose['resolve']>> = resolvers
  const prepare: Readonly<Record<string, Loose['prepare']>> = preparations
  const finding = ways.filter(([, way]) => way !== 'any')
  const resolve = resolver[id]
  const missing = (): never => {
    throw new Error(`Nothing resolves ${id}.`)
  }
  if (resolve === undefined && load === undefined) missing()
  return {
    operation: operations[id],
    steps: finding.map(([machine, way]) => createStep(id, machine, way, resources[machine])),
    everywhere: first?.[1] === 'any' ? candidatesOf(first[0], id).get('none')?.[0] : undefined,
    prepare: prepare[id],
    load: resolve === undefined ? load : undefined,
    resolve: resolve ?? missing,
    validator: validators[id],
    isKept: resolve === undefined,
  }
}

function isDecided(id: string): id is DecidedOperation {
  return Object.hasOwn(decisions, id)
}

function createStep(id: OperationId, machine: MachineName, way: string, resource: LooseResource): Step {
  const questions = new Map<string, readonly Question[]>()
  for (const [state, candidates] of candidatesOf(machine, id)) {
    questions.set(
      state,
      candidates.map((candidate) => toQuestion(candidate, resource)),
    )
  }
  const { stateOf, details } = resource
  return { machine, find: way === 'none' ? undefined : resource.find[way], stateOf, questions, details }
}

function toQuestion(candidate: Candidate, { facts }: LooseResource): Question {
  const conditions = candidate.conditions.map(([name, values]) => {
    const find = facts[name] ?? readerOf(sources[candidate.machine]?.[name] ?? name)
    return { values, find }
  })
  return { decision: candidate, conditions }
}

/** A fact that the request carries itself. */
function readerOf(pointer: string): Loose['tell'] {
  const names = pointer.split('/')
  return ({ body }) => String(names.reduce<unknown>((value, name) => memberOf(value, name), body))
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
