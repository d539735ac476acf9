// What code adds to a collection: fields that are computed when an entry is shown, which entries a list is about, and the
// operations that no other word of `x-collection` describes. A collection that declares none of it needs none.
import type { CollectionFacts, keptOperations, madeCollections } from '../../generated/collection-operations.js'
import type { OperationId, PathOf, QueryOf, RefusedBy, RequestBodyOf } from '../../kernel/operation.js'
import type { ApiResponse } from '../base/exchange.js'
import type { Identity } from '../base/identity.js'
import type { Entry, Where, CollectionName, Refused } from '../world/collection.js'
import type { World } from '../world/world.js'

export type CollectionOperationId = keyof typeof keptOperations

export type CodedOperationId = {
  [Id in CollectionOperationId]: (typeof keptOperations)[Id]['role'] extends 'code' ? Id : never
}[CollectionOperationId]

export interface KeptContext {
  readonly world: World
  readonly caller: Identity
}

/** A success: the key of the new entry, for Location, or the body; neither for an empty answer. */
export interface KeptSuccess {
  readonly created?: string
  readonly body?: unknown
  /** Makes the answer as it goes out, where the body is not to be written as JSON. */
  readonly write?: (body: unknown) => ApiResponse
}

/** Makes the effect of one operation, or refuses it for a reason that the spec declares for it; a promise where code must be loaded. */
export type KeptResolver<Id extends OperationId> = (
  input: { path: PathOf<Id>; query: QueryOf<Id>; body: RequestBodyOf<Id> },
  context: KeptContext,
) => KeptSuccess | RefusedBy<Id> | Promise<KeptSuccess | RefusedBy<Id>>

/** What a list is asked by, before it is known to be what its operation takes. */
export type ListQuery = Readonly<Record<string, string | number | boolean | undefined>>

/** The entry as it is shown in the list that a query asks for, or alone. */
export type EntryView = (entry: Entry, context: KeptContext, query: ListQuery | undefined) => Entry

/** The values of the entries that a list is about, or why there can be no list. */
export type OneOperation<Because = Refused> = (
  query: ListQuery,
  context: KeptContext,
  path: Readonly<Record<string, string>>,
) => Where | Because

/** Makes entries of those of another collection; `isPart` tells which of these count. */
export type MakeEntries = (where: Where, context: KeptContext, isPart: (entry: Entry) => boolean) => readonly Entry[]

type MadeName = keyof typeof madeCollections

type CodedOperationOf<Name extends CollectionName | MadeName> = {
  [Id in CodedOperationId]: (typeof keptOperations)[Id]['collection'] extends Name ? Id : never
}[CodedOperationId]

type ListOf<Name extends CollectionName | MadeName> = {
  [Id in CollectionOperationId]: (typeof keptOperations)[Id] extends { collection: Name; role: 'list' } ? Id : never
}[CollectionOperationId]

type Coded<Name extends CollectionName | MadeName> = { readonly [Id in CodedOperationOf<Name>]: KeptResolver<Id> }

type Needed<IsNeeded extends boolean, Part> = IsNeeded extends true ? Part : unknown

interface Narrowed<Name extends CollectionName | MadeName> {
  readonly narrow: OneOperation<RefusedBy<ListOf<Name>>>
}

/** What any collection may declare; what it does not declare there is nothing for. */
interface CommonCode {
  /** What requests may write and the view shows otherwise. Default: nothing; all that is computed is known anyhow. */
  readonly altered?: readonly string[]
  /** An entry with no more than sums ask of many, which is made faster than its view. Default: its view. */
  readonly measure?: EntryView
  /** Fields that are computed of an entry alone, by which lists are filtered and sorted. */
  readonly figures?: Figures
  /** What an entry's view depends on beside the entry, each the same again while it has not changed. */
  readonly besides?: (context: KeptContext) => readonly unknown[]
  /** What a list shows instead of fields that it is to leave out. Default: nothing. */
  readonly instead?: (viewed: Entry, excluded: readonly string[]) => Entry
  /** Whether an entry is kept but cannot be reached any more. Default: all can be reached. */
  readonly isLost?: (entry: Entry, context: KeptContext) => boolean
}

export type Figures = Readonly<Record<string, (entry: Entry) => unknown>>

/** The code of a collection: what answers its coded operations, by their ids, and what else the spec leaves to code. */
export type CollectionCode<Name extends CollectionName> = CommonCode &
  Coded<Name> &
  Needed<CollectionFacts[Name]['isCoded'], { readonly view: EntryView }> &
  Needed<CollectionFacts[Name]['isNarrowed'], Narrowed<Name>>

export type MadeCode<Name extends MadeName> = CommonCode &
  Coded<Name> & {
    readonly make: MakeEntries
    /** The field with the key whose time is the entry's. */
    readonly timeKey: string
    readonly view?: EntryView
  } & Needed<(typeof madeCollections)[Name]['isNarrowed'], Narrowed<Name>>

export interface AnyCode extends CommonCode {
  readonly view?: EntryView
  readonly make?: MakeEntries
  readonly timeKey?: string
  readonly narrow?: OneOperation
}

type CodedName = {
  [Name in CollectionName]: true extends CollectionFacts[Name]['isCoded'] | CollectionFacts[Name]['isNarrowed']
    ? Name
    : [CodedOperationOf<Name>] extends [never]
      ? never
      : Name
}[CollectionName]

export type CollectionsCode = { readonly [Name in CodedName]: CollectionCode<Name> } & {
  readonly [Name in MadeName]: MadeCode<Name>
}
