// How each operation is decided and answered: its plan, read once off the tables, with the steps of its decision and its
// resolver; the directory of plans, which has those of runners and pairing at once and the others once they are loaded; and
// the decision of a call. It knows no resource; `resolvers/all-resolvers.ts` hands them in.
import { requestFields } from '../../generated/request-fields.js'
import { factOf, type FactView } from '../../lifecycle/facts.js'
import {
  candidatesOf,
  decisions,
  words,
  type Candidate,
  type Decision,
  type DecidedOperation,
  type MachineName,
} from '../../lifecycle/table.js'
import { matchRunnerOperation } from '../../kernel/operation.js'
import type { Match, MatchOperation, Operation, OperationId } from '../../kernel/operation.js'
import type { Validator } from '../../kernel/schema.js'
import type { ApiResponse } from '../base/exchange.js'
import type { CallContext, Resources } from './resolver.js'

export interface EngineCall extends CallContext {
  readonly operation: OperationId
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>
  body: unknown
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
  resolve(input: object, context: CallContext): AnyOutcome | Promise<AnyOutcome>
}

interface LooseResource {
  readonly find: Readonly<Record<string, UntypedResolver['find']>>
  readonly stateOf: UntypedResolver['stateOf']
  readonly details: Readonly<Record<string, UntypedResolver['tell']>>
}

interface Answering {
  readonly operations: Readonly<Record<string, Operation>>
  /** Judge the bodies of those that take one. */
  readonly validators: Readonly<Partial<Record<OperationId, Validator>>>
  /** Must not be missing where a lifecycle decides any of the operations. */
  readonly resources?: Resources
  /** What conditions ask of a call. Must not be missing where a lifecycle decides any of the operations. */
  readonly viewOf?: Plan['viewOf']
  readonly resolvers: object
  /** What answers those that have no resolver. Default: none is. */
  readonly keep?: (id: OperationId) => UntypedResolver['resolve']
}

interface DecisionStep extends Omit<LooseResource, 'find'> {
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
  readonly resolve: UntypedResolver['resolve']
}

type Plans = Readonly<Partial<Record<OperationId, Plan>>>

export function createPlans(answering: Answering): Plans {
  const operations = Object.values(answering.operations)
  return Object.fromEntries(operations.map((operation) => [operation.id, createPlan(operation, answering)]))
}

function createPlan(operation: Operation, { resources, viewOf, resolvers, validators, keep }: Answering): Plan {
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

interface Neighbours {
  readonly matchNeighbourOperation: MatchOperation
  readonly neighbourPlans: Plans
  readonly neighbourRequestFields: typeof requestFields
}

/** Paths that are remembered for each method, and the length of one. */
const MAX_REMEMBERED = 1000
const MAX_REMEMBERED_LENGTH = 200

export class Directory {
  private plans: Plans
  private readonly loadNeighbours: () => Promise<Neighbours>
  private matchNeighbour: MatchOperation | undefined
  private fields = requestFields
  /** What was found for the paths asked for last, by method: clients repeat the same few, and reading one costs a split. */
  private readonly found = new Map<string, Map<string, Match>>()

  /** @param loadNeighbours brings what pages that use runners alone do without */
  constructor(runners: Plans, loadNeighbours: () => Promise<Neighbours>) {
    this.plans = runners
    this.loadNeighbours = loadNeighbours
  }

  /** Finds the operation for a method and a path, as far as operations are loaded. */
  match(method: string, path: string): Match {
    const before = this.found.get(method)?.get(path)
    if (before !== undefined) return before
    const first = matchRunnerOperation(method, path)
    const found = first.kind === 'unknown' ? (this.matchNeighbour?.(method, path) ?? first) : first
    if (found.kind === 'operation' && path.length <= MAX_REMEMBERED_LENGTH) this.remember(method, path, found)
    return found
  }

  private remember(method: string, path: string, found: Match): void {
    const paths = this.found.get(method) ?? new Map<string, Match>()
    if (paths.size >= MAX_REMEMBERED) paths.clear()
    this.found.set(method, paths.set(path, found))
  }

  /** Whether all operations are there; `load` brings them. */
  get isWhole(): boolean {
    return this.matchNeighbour !== undefined
  }

  async load(): Promise<void> {
    const { neighbourPlans, matchNeighbourOperation, neighbourRequestFields } = await this.loadNeighbours()
    this.plans = { ...this.plans, ...neighbourPlans }
    this.fields = { ...this.fields, ...neighbourRequestFields }
    this.matchNeighbour = matchNeighbourOperation
  }

  /** How an operation that was matched is answered. */
  planOf(id: OperationId): Plan {
    const plan = this.plans[id]
    if (plan === undefined) throw new Error(`${id} is not loaded.`)
    return plan
  }

  /** The fields that an operation's body may have; none while it is not loaded. */
  fieldsOf(id: OperationId): readonly string[] {
    return this.fields[id]?.split(' ') ?? []
  }
}

/**
 * Finds the rule that decides a call, and leaves the resource in `call.subject`. Of several machines the first refusal
 * counts, else the rule of the last one. Nothing is changed by it, and nothing is asked that the rules do not ask for.
 * @returns undefined for an operation that no machine decides by a resource
 * @throws Error when no rule holds, which the generator rules out
 */
export function decide(call: EngineCall, { steps, viewOf }: Plan): Decision | undefined {
  let decision: Decision | undefined
  for (const step of steps) {
    decision = decideStep(call, step, viewOf)
    if (isRefusing(decision)) break
  }
  return decision
}

export function isRefusing({ rule }: Decision): boolean {
  return rule.answer !== null && rule.answer >= 400
}

function decideStep(
  call: EngineCall,
  { machine, find, stateOf, candidates }: DecisionStep,
  viewOf: Plan['viewOf'],
): Decision {
  let state = 'none'
  if (find !== undefined) {
    const found = find(call)
    call.subject = found
    if (found !== undefined) state = stateOf(found, call.world)
  }
  let view: FactView | undefined
  for (const candidate of candidates.get(state) ?? []) {
    let holds = true
    for (const [name, values] of candidate.conditions) {
      view ??= viewOf?.(call)
      holds &&= view !== undefined && values.includes(factOf(view, machine, name) ?? '')
    }
    if (holds) return candidate
  }
  throw new Error(`No rule of ${machine} decides ${call.operation} in state ${state}.`)
}

/** What a refusal says: the rule's own words, or those of its machine for the status. */
export function describeRefusal(call: EngineCall, { steps }: Plan, { machine, from, rule }: Decision): string {
  const say = rule.say ?? words[machine]?.[rule.answer ?? 0] ?? OTHERWISE
  const details = steps.find((step) => step.machine === machine)?.details
  return fill(say, call, (name) => (name === 'state' ? from : details?.[name]?.(call)))
}

/** Fallback text for custom rules that define no message. */
const OTHERWISE = "The lifecycle does not allow this in state '{state}'."

/** Fills the placeholders of words: parts of the request, settings, and what `tell` knows. */
export function fill(say: string, call: EngineCall, tell?: (name: string) => string | undefined): string {
  if (!say.includes('{')) return say
  return say.replaceAll(/\{([\w.]+)\}/g, (_, name: string) => tell?.(name) ?? valueOf(name, call))
}

function valueOf(name: string, { path, body, caller, world }: EngineCall): string {
  if (name === 'workspace') return caller.workspace
  const [part, member = ''] = name.split('.', 2)
  if (part === 'path') return path[member] ?? ''
  if (part === 'body') return String(Reflect.get(Object(body), member))
  return String(Reflect.get(world.settings, name))
}
