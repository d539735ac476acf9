// The types of the code that answers requests, derived from the spec: how a machine's resource is found (`Resource`),
// and what an operation brings about (`Resolver`). Leaving one out, or one too many, does not compile.
import type {
  DecidedOperation,
  Decision,
  DecisionBy,
  decisions,
  DetailOf,
  MachineName,
  RuleOf,
  StateOf,
  TriggerOf,
} from '../../lifecycle/table.js'
import type {
  Operation,
  NeighbourOperationId,
  OperationId,
  PathOf,
  QueryOf,
  RequestBodyOf,
  RunnerOperationId,
  SuccessBodyOf,
} from '../../kernel/operation.js'
import type { keptOperations } from '../../generated/collection-operations.js'
import type { constantAnswers } from '../../generated/constant-answers.js'
import type { Identity } from '../base/identity.js'
import type { CommandRecord, JobRecord, RunnerRecord, SessionRecord } from '../world/records.js'
import type { World } from '../world/world.js'
import type { ApiRequest } from '../base/exchange.js'

export interface RecordOf {
  pairingSession: SessionRecord
  runner: RunnerRecord
  job: JobRecord
  bridgeCommand: CommandRecord
}

export interface OperationInput<Id extends OperationId> {
  readonly path: PathOf<Id>
  readonly query: QueryOf<Id>
  readonly body: RequestBodyOf<Id>
}

/** Whom a request concerns beside its own content. */
export interface CallContext {
  readonly world: World
  readonly caller: Identity
  /** The request as it came; for hanging up. */
  readonly exchange: ApiRequest
}

/** A request that is being decided. A union, where several operations ask for the same. */
export type CallOf<Id extends OperationId> = Id extends OperationId
  ? CallContext & OperationInput<Id> & { readonly operation: Id }
  : never

/** How a machine's resource is found, in which state it is, and what words tell of it. */
export interface Resource<M extends MachineName> {
  readonly find: { readonly [Way in WayOf<M>]: (call: CallOf<FinderOf<M, Way>>) => RecordOf[M] | undefined }
  readonly stateOf: (record: RecordOf[M], world: World) => StateOf<M>
  /** Asked for by the words of refusals. */
  readonly details: { readonly [D in DetailOf<M>]: (call: RefusedCall<M>) => string }
}

type StepsOf<Id extends OperationId> = Id extends DecidedOperation ? (typeof decisions)[Id] : readonly []
type AnyStep = (typeof decisions)[DecidedOperation][number]
/** Steps that look for a resource. */
type FindingStep<Step> = Exclude<Step, readonly [string, 'none' | 'any']>
type WayOf<M extends MachineName> = Extract<FindingStep<AnyStep>, readonly [M, string]>[1]
type FinderOf<M extends MachineName, Way> = {
  [Id in DecidedOperation]: Extract<StepsOf<Id>[number], readonly [M, Way]> extends never ? never : Id
}[DecidedOperation]

type AnyRuleOf<M extends MachineName> = RuleOf<M, TriggerOf<M>>
/** A request that is refused for the sake of a resource. */
interface RefusedCall<M extends MachineName> extends CallContext {
  readonly operation: string
  readonly path: object
  readonly query: object
  readonly body: unknown
  readonly subject: RecordOf[M]
}

/** The rules of a machine that accept an operation. */
type AcceptingRule<M extends MachineName, Id> = Extract<
  AnyRuleOf<M>,
  { readonly on: Id; readonly answer: 200 | 201 | 202 | 204 }
>

type FromOf<R> = R extends { readonly from: readonly (infer From)[] } ? From : never

/** The resource that an accepted operation means; undefined among others where the rules accept it without one. */
export type SubjectOf<Id extends OperationId> = [FindingStep<StepsOf<Id>[number]>] extends [never]
  ? undefined
  : FindingStep<StepsOf<Id>[number]> extends readonly [infer M extends MachineName, string]
    ? RecordOf[M] | ('none' extends FromOf<AcceptingRule<M, Id>> ? undefined : never)
    : undefined

/** The rule that has accepted an operation; undefined for an operation without a lifecycle. */
export type DecisionOf<Id extends OperationId> = StepsOf<Id> extends readonly [] ? undefined : Decision

export interface ResolverContext<Id extends OperationId> extends CallContext {
  readonly subject: SubjectOf<Id>
  readonly decision: DecisionOf<Id>
}

export interface OutcomeParts<Id extends OperationId> {
  /** Where the caller is to go instead: an absolute URI. */
  redirect?: string
  delivery?: { failed: () => void }
  /** The rule behind what has happened to another resource than the subject, which then decides the answer. */
  decided?: DecisionBy<Id> | undefined
  retry?: undefined
}

/** The result of an accepted operation: the body of its success, and the id of the new resource. */
export type Outcome<Id extends OperationId> =
  | (OutcomeParts<Id> & BodyPart<SuccessBodyOf<Id>> & CreatedPart<Operation<Id>>)
  /** While it waited, its subject has gone: it is decided again. */
  | { retry: true }

type BodyPart<Body> = [Body] extends [undefined] ? { body?: undefined } : { body: Body }
type CreatedPart<O> = O extends { readonly location: string } ? { created: string } : { created?: undefined }

/** Makes the effect and the body of an operation that has been accepted; a promise only where it must wait. */
export type Resolver<Id extends OperationId> = (
  input: OperationInput<Id>,
  context: ResolverContext<Id>,
) => Outcome<Id> | Promise<Outcome<Id>>

export type RunnerResolvers = { readonly [Id in RunnerOperationId]: Resolver<Id> }

export type ConstantOperationId = keyof typeof constantAnswers

/** A resolver for every operation around them that no collection answers, and that has something to decide. */
export type NeighbourResolvers = {
  readonly [Id in Exclude<NeighbourOperationId, keyof typeof keptOperations | ConstantOperationId>]: Resolver<Id>
}

export type Resources = { readonly [M in MachineName]: Resource<M> }
