// How each operation is decided and answered, read once off the tables: the steps of its decision, and its resolver. It knows no resource; `resolvers/all.ts` hands them in.
import type { FactView } from '../../lifecycle/facts.js'
import {
  candidatesOf,
  decisions,
  type Candidate,
  type Decision,
  type DecidedOperation,
  type MachineName,
} from '../../lifecycle/table.js'
import type { Operation, OperationId } from '../../kernel/operation.js'
import type { Validator } from '../../kernel/schema.js'
import type { ApiResponse } from '../base/exchange.js'
import type { CallContext, Resources } from './resolver.js'

export interface EngineCall extends CallContext {
  readonly operation: OperationId
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>
  body: unknown
  /** Whether it proves that its caller knows what it must; false where that is not asked. */
  isProved: boolean
  /** The resource that it means, as far as one was found. */
  subject: object | undefined
  decision: Decision | undefined
}

export interface AnyOutcome {
  body?: unknown
  delivery?: { failed: () => void }
  decided?: Decision | undefined
  created?: string | undefined
  /** Makes the answer as it goes out, where the body is not to be written as JSON. */
  write?: ((body: unknown) => ApiResponse) | undefined
  redirect?: string | undefined
  retry?: true | undefined
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
interface UntypedResolver {
  find(call: AnyCall): object | undefined
  stateOf(record: object, world: CallContext['world']): string
  tell(call: AnyCall): string
  prove(call: AnyCall): Promise<boolean>
  resolve(input: object, context: CallContext): AnyOutcome | Promise<AnyOutcome>
}

interface LooseResource {
  readonly find: Readonly<Record<string, UntypedResolver['find']>>
  readonly stateOf: UntypedResolver['stateOf']
  readonly details: Readonly<Record<string, UntypedResolver['tell']>>
}

export interface Answering {
  readonly operations: Readonly<Record<string, Operation>>
  /** Judge the bodies of those that take one. */
  readonly validators: Validators
  /** Must not be missing where a lifecycle decides any of the operations. */
  readonly resources?: Resources
  /** What conditions ask of a call. Must not be missing where a lifecycle decides any of the operations. */
  readonly viewOf?: Plan['viewOf']
  /** What proves calls before they are decided, which takes time, by operation. */
  readonly proofs?: Readonly<Record<string, UntypedResolver['prove']>>
  readonly resolvers: object
  /** What answers those that have no resolver. Default: none is. */
  readonly keep?: (id: OperationId) => UntypedResolver['resolve']
}

export type Validators = Readonly<Partial<Record<OperationId, Validator>>>

export interface DecisionStep extends Omit<LooseResource, 'find'> {
  readonly machine: string
  /** undefined for an operation that makes the resource. */
  readonly find: UntypedResolver['find'] | undefined
  /** By state, in the order of the rules. */
  readonly candidates: ReadonlyMap<string, readonly Candidate[]>
}

export interface Plan {
  readonly operation: Operation
  /** Judges the body; undefined for an operation without one. */
  readonly validator: Validator | undefined
  /** Empty for an operation without a lifecycle, and for one that means no single resource. */
  readonly steps: readonly DecisionStep[]
  /** Must not be missing where there are steps. */
  readonly viewOf: ((call: EngineCall) => FactView) | undefined
  /** The rule for every state, of an operation that means no single resource. */
  readonly stateIndependentRule: Decision | undefined
  readonly prove: UntypedResolver['prove'] | undefined
  readonly resolve: UntypedResolver['resolve']
}

export type Plans = Readonly<Partial<Record<OperationId, Plan>>>

export function createPlans(answering: Answering): Plans {
  const operations = Object.values(answering.operations)
  return Object.fromEntries(operations.map((operation) => [operation.id, createPlan(operation, answering)]))
}

function createPlan(operation: Operation, { resources, viewOf, proofs, resolvers, validators, keep }: Answering): Plan {
  const { id } = operation
  const ways: readonly (readonly [MachineName, string])[] = isDecided(id) ? decisions[id] : []
  const [first] = ways
  const resolver: unknown = Reflect.get(resolvers, id)
  const resolve = isResolver(resolver) ? resolver : keep?.(id)
  if (resolve === undefined) throw new Error(`${id} has no resolver in src/mocks/resolvers.`)
  const steps = ways.flatMap(([machine, way]): DecisionStep[] => {
    if (way === 'any' || resources === undefined) return []
    const { find, ...resource }: LooseResource = resources[machine]
    return [
      { ...resource, machine, find: way === 'none' ? undefined : find[way], candidates: candidatesOf(machine, id) },
    ]
  })
  return {
    operation,
    steps,
    viewOf,
    stateIndependentRule: first?.[1] === 'any' ? candidatesOf(first[0], id).get('none')?.[0] : undefined,
    prove: proofs?.[id],
    resolve,
    validator: validators[id],
  }
}

/** The resolver's own type is made from the tables by which the engine calls it. */
function isResolver(value: unknown): value is UntypedResolver['resolve'] {
  return typeof value === 'function'
}

function isDecided(id: string): id is DecidedOperation {
  return Object.hasOwn(decisions, id)
}
