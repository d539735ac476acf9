/**
 * What code adds to a collection: fields that are computed when an entry is shown, which entries a list is about, and the
 * operations that no other word of `x-collection` describes. A collection that declares none of it needs none.
 */
import type { CollectionEntry, collections, keptOperations } from '../../generated/collections.js'
import type { OperationId, PathOf, QueryOf, RequestBodyOf, StatusOf } from '../../operation.js'
import type { Identity } from '../identity.js'
import type { Refusal } from '../refusal.js'
import type { Entry, Where } from '../world/collections/collection.js'
import type { CollectionName } from '../world/collections/collections.js'
import type { World } from '../world/world.js'

/** Operations on collections. */
export type KeptOperationId = keyof typeof keptOperations

/** Those that code answers. */
export type CodedOperationId = {
  [Id in KeptOperationId]: (typeof keptOperations)[Id]['role'] extends 'code' ? Id : never
}[KeptOperationId]

/** What code may use. */
export interface KeptContext {
  readonly world: World
  readonly caller: Identity
}

/** A success: the key of what was made, for Location, or the body; neither for an empty answer. */
export interface KeptSuccess {
  readonly made?: string
  readonly body?: unknown
}

/** Makes the effect of one operation, or turns it down with a status that the spec declares for it. */
export type KeptResolver<Id extends OperationId> = (
  input: { path: PathOf<Id>; query: QueryOf<Id>; body: RequestBodyOf<Id> },
  context: KeptContext,
) => KeptSuccess | Refusal<StatusOf<Id>>

/** A resolver for every operation whose role is `code`. */
export type KeptResolvers = { readonly [Id in CodedOperationId]: KeptResolver<Id> }

/** What a list is asked by, before it is known to be what its operation takes. */
export type ListQuery = Readonly<Record<string, string | number | boolean | undefined>>

/** The entry as it is shown, alone or in a list. */
export type View = (entry: Entry, context: KeptContext, isAlone: boolean) => Entry

/** The values of the entries that a list is about, or why there can be no list. */
export type Narrow = (query: ListQuery, context: KeptContext) => Where | Refusal<400 | 404>

/** Views of the collections with computed fields. */
export type Views = {
  readonly [Name in CollectionName as (typeof collections)[Name]['isCoded'] extends true ? Name : never]: View
}

type IsNarrowed<Form extends CollectionEntry> = Form['list'] extends { isNarrowed: true } ? true : false

/** What narrows the lists that are not about all entries. */
export type Narrows = {
  readonly [Name in CollectionName as IsNarrowed<(typeof collections)[Name]> extends true ? Name : never]: Narrow
}

/** All of it. */
export interface KeptCode {
  readonly resolvers: KeptResolvers
  readonly views: Views
  readonly narrows: Narrows
}
