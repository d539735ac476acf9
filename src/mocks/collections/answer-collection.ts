/**
 * Answers the operations on collections as `x-collection` declares them. What a collection's code adds is given; what
 * filters, sorts and cuts lists is loaded when a list is asked for it.
 */
import {
  collectionLists,
  keptOperations,
  type CollectionList,
  type KeptOperation,
} from '../../generated/collection-tables.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Collection, Entry } from '../world/collection.js'
import { isCollectionName } from '../world/collections.js'
import { isRefused, type Refused } from '../world/refused-item.js'
import type {
  AnyCode,
  KeptCode,
  KeptContext,
  KeptOperationId,
  KeptSuccess,
  ListQuery,
  OneOperation,
  View,
} from '../engine/collection-code.js'
import type { ListPlan } from './collection-query.js'
import { createEntry, patchEntry, unknown } from './write-entry.js'

/** A request as the engine has read it. */
export interface KeptInput {
  readonly path: Readonly<Record<string, string>>
  readonly query: ListQuery
  readonly body: unknown
}

/** What an operation has come to, for the engine to answer. */
export interface KeptOutcome {
  readonly body?: unknown
  /** The key of what was made. */
  readonly created?: string
  readonly refused?: string
  readonly details?: Readonly<Record<string, string>>
}

/** Answers one operation; a promise where the means to do so must be loaded. */
export type ResolveKept = (input: KeptInput, context: KeptContext) => KeptOutcome | Promise<KeptOutcome>

/** Joins the tables with the code: what answers an operation on a collection. */
export function createKeep(code: KeptCode): (id: OperationId) => ResolveKept {
  const codes: Readonly<Record<string, AnyCode | undefined>> = code
  return (id) => {
    if (!isKept(id)) throw new Error(`Nothing answers ${id}.`)
    const { role, collection: name, ignores }: KeptOperation = keptOperations[id]
    if (!isCollectionName(name)) throw new Error(`There is no collection ${name}.`)
    const { view = asItIs, altered, narrow = everything, resolvers = {} } = codes[name] ?? {}
    return (input, context) => {
      const collection = context.world.collections[name]
      const done = act(role, { id, input, collection, context, ignores, view, altered, narrow, resolvers })
      return done instanceof Promise ? done.then(toOutcome) : toOutcome(done)
    }
  }
}

function isKept(id: OperationId): id is KeptOperationId {
  return Object.hasOwn(keptOperations, id)
}

function toOutcome(outcome: Outcome): KeptOutcome {
  if (isRefused(outcome)) return outcome
  const { made, body } = outcome
  return made === undefined ? { body } : { created: made, body }
}

interface Act {
  readonly id: KeptOperationId
  readonly ignores: readonly string[] | undefined
  readonly input: KeptInput
  readonly collection: Collection
  readonly context: KeptContext
  readonly view: View
  readonly altered: readonly string[] | undefined
  readonly narrow: OneOperation
  readonly resolvers: Readonly<Record<string, unknown>>
}

const asItIs = (entry: Entry): Entry => entry
const everything: OneOperation = () => ({})

type Outcome = KeptSuccess | Refused

function act(role: KeptOperation['role'], parts: Act): Outcome | Promise<Outcome> {
  const { id, input, collection, context, view, resolvers } = parts
  const { caller } = context
  const [key = ''] = Object.values(input.path)
  switch (role) {
    case 'create': {
      const made = createEntry(collection, caller, writtenIn(parts))
      return isRefused(made) ? made : { made: String(made[collection.form.key]) }
    }
    case 'read': {
      const found = collection.find(caller, key)
      return found === undefined ? unknown(key) : { body: view(found, context, true) }
    }
    case 'list':
      return list(parts)
    case 'patch': {
      const changed = patchEntry(collection, caller, key, writtenIn(parts))
      return isRefused(changed) ? changed : {}
    }
    case 'delete':
      return collection.delete(caller, key) ?? {}
    case 'deleteMany':
      collection.deleteAll(caller, idsOf(input.body))
      return {}
    case 'code': {
      const resolver = resolvers[id]
      if (!isResolver(resolver)) throw new Error(`Nothing answers ${id}.`)
      return resolver(input, context)
    }
  }
}

/** The engine has judged the input by the tables that a resolver's types are generated from. */
function isResolver(value: unknown): value is (input: KeptInput, context: KeptContext) => Outcome {
  return typeof value === 'function'
}

/** One page, newest first unless sorted; `size` tells how many entries are on it. */
function list(parts: Act): Outcome | Promise<Outcome> {
  const { input, collection, context, altered, narrow } = parts
  const where = narrow(input.query, context, input.path)
  if (isRefused(where)) return where
  const { match: matched } = listOf(collection)
  const equal = Object.entries(matched).flatMap(([name, how]) => {
    const wanted = input.query[name]
    return how === 'equals' && wanted !== undefined ? [[name, String(wanted)] as const] : []
  })
  const asked = { ...parts, where: { ...where, ...Object.fromEntries(equal) } }
  if (!isElaborate(input.query)) return cut(asked, undefined)
  return context.world.during(import('./collection-query.js')).then(({ planList }) => {
    const plan = planList(collection, input.query, altered)
    return isRefused(plan) ? plan : cut(asked, plan)
  })
}

/** Parameters for which plain paging does not do. */
const ELABORATE = ['filters', 'sorting', 'search', 'exclude', 'truncate', 'from_time', 'to_time']

function isElaborate(query: ListQuery): boolean {
  return ELABORATE.some((name) => query[name] !== undefined && query[name] !== false)
}

function cut(parts: Act & { where: Readonly<Record<string, string>> }, plan: ListPlan | undefined): Outcome {
  const { input, collection, context, view, where } = parts
  const [page, size] = [Number(input.query['page']), Number(input.query['size'])]
  const skipped = (page - 1) * size
  const show = plan?.show ?? asItIs
  const viewOf = (entry: Entry): Entry => view(entry, context, false)
  const contained = containing(collection, input.query)
  if (contained.length === 0 && plan?.isWhole !== true) {
    const { total, entries } = collection.list(context.caller, where, skipped, size)
    return toPage(
      collection,
      page,
      total,
      entries.map((entry) => show(viewOf(entry))),
    )
  }
  const { entries } = collection.list(context.caller, where)
  const named = entries.filter((entry) => contained.every(([name, part]) => textOf(entry[name]).includes(part)))
  const arranged = plan?.arrange(named, viewOf) ?? { entries: named, areViewed: false }
  const content = arranged.entries.slice(skipped, skipped + size)
  const viewed = arranged.areViewed ? content : content.map(viewOf)
  return toPage(collection, page, arranged.entries.length, viewed.map(show))
}

function listOf({ name }: Collection): CollectionList {
  return collectionLists[name] ?? NO_LIST
}

const NO_LIST: CollectionList = { match: {}, sort: [] }

/** What fields must contain, in any case. */
function containing(collection: Collection, query: ListQuery): [string, string][] {
  return Object.entries(listOf(collection).match).flatMap(([name, how]) => {
    const part = textOf(query[name])
    return how === 'contains' && part !== '' ? [[name, part]] : []
  })
}

/** Text in any case; '' for anything else. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : ''
}

function toPage(collection: Collection, page: number, total: number, content: readonly Entry[]): KeptSuccess {
  const { sort } = listOf(collection)
  const sortable = sort.length === 0 ? {} : { sortable_by: total === 0 ? [] : sort }
  return { body: { page, size: content.length, total, content, ...sortable } }
}

/** What the request declares, in so far as it may be written. */
function writtenIn({ input, ignores = [] }: Act): Entry {
  const fields = Object.entries(fieldsOf(input.body)).filter(([name]) => !ignores.includes(name))
  return Object.fromEntries(fields)
}

function fieldsOf(body: unknown): Entry {
  return isFields(body) ? body : {}
}

function isFields(body: unknown): body is Entry {
  return typeof body === 'object' && body !== null
}

function idsOf(body: unknown): string[] {
  const ids = fieldsOf(body)['ids']
  return Array.isArray(ids) ? ids.map(String) : []
}
