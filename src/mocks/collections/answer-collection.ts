/** Answers the operations on collections as `x-collection` declares them. What a collection's code adds is given. */
import { keptOperations, type KeptOperation } from '../../generated/collection-operations.js'
import { isObject } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { isCollectionName, isRefused, refused, type Collection, type Entry, type Refused } from '../world/collection.js'
import type {
  AnyCode,
  CollectionsCode,
  KeptContext,
  CollectionOperationId,
  KeptSuccess,
  ListQuery,
} from '../engine/collection-code.js'
import { findPage, listOf, whereOf, type ListPage } from './list-page.js'
import { createSource, type Source } from './source.js'
import { createEntry, patchEntry, unknown } from './write-entry.js'

/** A request as the engine has read it. */
export interface KeptInput {
  readonly path: Readonly<Record<string, string>>
  readonly query: ListQuery
  readonly body: unknown
}

type Outcome = KeptSuccess | Refused

/** Answers one operation; a promise where the means to do so must be loaded. */
export type ResolveKept = (input: KeptInput, context: KeptContext) => Outcome | Promise<Outcome>

/** Joins the tables with the code: what answers an operation on a collection. */
export function createCollectionResolver(code: CollectionsCode): (id: OperationId) => ResolveKept {
  const codes: Readonly<Record<string, AnyCode | undefined>> = code
  return (id) => {
    if (!isCollectionOperation(id)) throw new Error(`Nothing answers ${id}.`)
    const { role, collection: name }: KeptOperation = keptOperations[id]
    const ofCollection = codes[name] ?? {}
    return (input, context) => act(role, { id, name, input, context, code: ofCollection })
  }
}

function isCollectionOperation(id: OperationId): id is CollectionOperationId {
  return Object.hasOwn(keptOperations, id)
}

interface CollectionAction {
  readonly id: CollectionOperationId
  /** Of the collection. */
  readonly name: string
  readonly input: KeptInput
  readonly context: KeptContext
  readonly code: AnyCode
}

function act(role: KeptOperation['role'], parts: CollectionAction): Outcome | Promise<Outcome> {
  const { id, name, input, context, code } = parts
  if (role === 'list') return list(parts)
  if (role === 'code') {
    const resolver: unknown = Reflect.get(code, id)
    if (!isResolver(resolver)) throw new Error(`Nothing answers ${id}.`)
    return resolver(input, context)
  }
  if (!isCollectionName(name)) throw new Error(`There is no collection ${name}.`)
  return change(role, context.world.collections[name], parts)
}

/** What is done with one entry, or with some by their keys. */
function change(
  role: Exclude<KeptOperation['role'], 'list' | 'code'>,
  collection: Collection,
  parts: CollectionAction,
): Outcome {
  const { input, context, code } = parts
  const { caller } = context
  const [key = ''] = Object.values(input.path)
  switch (role) {
    case 'create': {
      const made = createEntry(collection, caller, { ...fieldsOf(input.body) })
      return isRefused(made) ? made : { created: String(made[collection.form.key]) }
    }
    case 'read': {
      const found = collection.find(caller, key)
      if (found === undefined) return unknown(key)
      if (code.isLost?.(found, context) === true) return refused('lost', { key })
      return { body: code.view?.(found, context, undefined) ?? found }
    }
    case 'patch': {
      const changed = patchEntry(collection, caller, key, { ...fieldsOf(input.body) })
      return isRefused(changed) ? changed : {}
    }
    case 'delete':
      return collection.delete(caller, key) ?? {}
    case 'deleteMany':
      collection.deleteAll(caller, idsOf(input.body))
      return {}
  }
}

/** The engine has judged the input by the tables that a resolver's types are generated from. */
function isResolver(value: unknown): value is (input: KeptInput, context: KeptContext) => Outcome | Promise<Outcome> {
  return typeof value === 'function'
}

/** One page; `size` tells how many entries are on it. */
function list({ name, code, input, context }: CollectionAction): Outcome | Promise<Outcome> {
  const where = code.narrow?.(input.query, context, input.path) ?? {}
  if (isRefused(where)) return where
  const source = createSource(name, code, context, input.query)
  const found = findPage(source, input.query, whereOf(name, input.query, where), context)
  return found instanceof Promise ? found.then((page) => toPage(source, page)) : toPage(source, found)
}

function toPage({ name, sortable: sort }: Source, found: ListPage | Refused): Outcome {
  if (isRefused(found)) return found
  const { page, total, content } = found
  const { isBareWhenEmpty } = listOf(name)
  const isBare = isBareWhenEmpty === true && content.length === 0
  const sortable = sort.length === 0 ? {} : { sortable_by: isBare ? [] : sort }
  return { body: { page, size: content.length, total: isBare ? 0 : total, content, ...sortable } }
}

function fieldsOf(body: unknown): Entry {
  return isObject(body) ? body : {}
}

function idsOf(body: unknown): string[] {
  const ids = fieldsOf(body)['ids']
  return Array.isArray(ids) ? ids.map(String) : []
}
