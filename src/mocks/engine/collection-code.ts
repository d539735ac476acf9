// What code adds to a collection: fields that are computed when an entry is shown, which entries a list is about, and the
// operations that no other word of `x-collection` describes. A collection that declares none of it needs none.
import type { keptOperations } from '../../generated/collection-operations.js'
import type { OperationId } from '../../kernel/operation.js'
import type { ApiResponse } from '../base/exchange.js'
import type { Entry, Where } from '../world/collection.js'
import type { CallContext, OperationInput } from './resolver.js'

type KeptOperationId = keyof typeof keptOperations

type CodedOperationId = {
  [Id in KeptOperationId]: (typeof keptOperations)[Id]['role'] extends 'code' ? Id : never
}[KeptOperationId]

export type KeptContext = Pick<CallContext, 'world' | 'caller'>

/** A success: the key of the new entry, for Location, or the body; neither for an empty answer. */
export interface KeptSuccess {
  readonly created?: string
  readonly body?: unknown
  /** Makes the answer as it goes out, where the body is not to be written as JSON. */
  readonly write?: (body: unknown) => ApiResponse
}

/** Makes the effect of one operation, or refuses it for a reason that the spec declares for it (`refuseFor`). */
export type KeptResolver<Id extends OperationId> = (input: OperationInput<Id>, context: KeptContext) => KeptSuccess

/** What answers the operations whose role is `code`. */
export type KeptResolvers = { readonly [Id in CodedOperationId]: KeptResolver<Id> }

/** What a list is asked by, before it is known to be what its operation takes. */
export type ListQuery = Readonly<Record<string, string | number | boolean | undefined>>

/** The entry as it is shown in the list that a query asks for, or alone. */
export type EntryView = (entry: Entry, context: KeptContext, query: ListQuery | undefined) => Entry

/** Makes entries of those of another collection; `isPart` tells which of these count. */
export type MakeEntries = (where: Where, context: KeptContext, isPart: (entry: Entry) => boolean) => readonly Entry[]

export type Figures = Readonly<Record<string, (entry: Entry) => unknown>>

/** How code shows the entries of a collection; there is nothing for what it does not declare. */
export interface CollectionView {
  /** Default: the entry as it is kept. */
  readonly view?: EntryView
  /** The values of the entries that a list is about. Default: all. */
  readonly narrow?: (query: ListQuery, context: KeptContext, path: Readonly<Record<string, string>>) => Where
  /** Makes the entries of a collection that nothing keeps. */
  readonly make?: MakeEntries
  /** The field with the key whose time is the entry's. Default: the key. */
  readonly timeKey?: string
  /** What requests may write and the view shows otherwise. Default: nothing; all that is computed is known anyhow. */
  readonly altered?: readonly string[]
  /** Fields that are computed of an entry alone, by which lists are filtered, sorted and summed without its view. */
  readonly figures?: Figures
  /** What an entry's view depends on beside the entry, each the same again while it has not changed. */
  readonly besides?: (context: KeptContext) => readonly unknown[]
  /** What a list shows instead of fields that it is to leave out. Default: nothing. */
  readonly instead?: (viewed: Entry, excluded: readonly string[]) => Entry
  /** Whether an entry is kept but cannot be reached any more. Default: all can be reached. */
  readonly isLost?: (entry: Entry, context: KeptContext) => boolean
}
