/**
 * The form of a resolver: the function that makes the reply of one operation. Its input and every reply it may give
 * are typed from the spec, so that a missing resolver, an undeclared status or a wrong body does not compile.
 */
import type { Decision } from '../../lifecycle.js'
import type { ErrorMessage } from '../../types.js'
import type {
  OperationId,
  PathOf,
  QueryOf,
  RequestBodyOf,
  ResponseBodyOf,
  StatusOf,
  StatusWithBodyOf,
} from '../../operation.js'
import type { KeptOperationId } from '../collections/code.js'
import type { Identity } from '../identity.js'
import type { Refusal } from '../refusal.js'
import type { World } from '../world/world.js'
import type { Exchange } from './exchange.js'

/** A validated request. */
export interface OperationInput<Id extends OperationId> {
  path: PathOf<Id>
  query: QueryOf<Id>
  body: RequestBodyOf<Id>
}

/** What a resolver may use. */
export interface ResolverContext {
  readonly world: World
  readonly caller: Identity
  /** The request as it came; for hanging up and for the base of `Location`. */
  readonly exchange: Exchange
  /** Absolute URI of a path of this API. */
  readonly locate: (path: string) => string
}

interface ReplyParts {
  headers?: Readonly<Record<string, string>>
  /** See `Reply`. */
  delivery?: { failed: () => void }
  /** The rule behind a reply that had to wait, unless it is the one that let it wait. */
  decided?: Decision | undefined
}

/** Every reply that the spec declares for an operation. */
export type OperationReply<Id extends OperationId> =
  | {
      [Status in StatusWithBodyOf<Id>]: ReplyParts & { status: Status; body: ResponseBodyOf<Id, Status> }
    }[StatusWithBodyOf<Id>]
  | {
      [Status in Exclude<StatusOf<Id>, StatusWithBodyOf<Id>>]: ReplyParts & { status: Status; body?: undefined }
    }[Exclude<StatusOf<Id>, StatusWithBodyOf<Id>>]

/** Makes the reply of one operation; a promise only where it must wait. */
export type Resolver<Id extends OperationId> = (
  input: OperationInput<Id>,
  context: ResolverContext,
) => OperationReply<Id> | Promise<OperationReply<Id>>

/** A resolver for every operation that is not on a collection. */
export type Resolvers = { readonly [Id in ResolvedId]: Resolver<Id> }

/** The operations that are not answered from a collection. */
export type ResolvedId = Exclude<OperationId, KeptOperationId>

/** The reply for a request that the world has turned down. */
export function refusedReply<Status extends number>({
  refused,
  message,
}: Refusal<Status>): { [S in Status]: { status: S; body: ErrorMessage } }[Status]
export function refusedReply({ refused, message }: Refusal): { status: number; body: ErrorMessage } {
  return { status: refused, body: { code: refused, message } }
}
