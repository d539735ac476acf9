/** Answers the operations on collections whose role says what they do. How code shows the entries is given. */
import { keptOperations, type KeptOperation } from '../../generated/collection-operations.js'
import { isObject, listOf } from '../../kernel/json-value.js'
import type { OperationId } from '../../kernel/operation.js'
import { isCollectionName, refuseFor, type Collection, type Entry } from '../world/collection.js'
import type { CollectionView, KeptContext, KeptSuccess, ListQuery } from '../engine/collection-code.js'
import { readList } from './entry-list.js'
import { createEntry, patchEntry } from './write-entry.js'

/** A request as the engine has read it. */
interface KeptInput {
  readonly path: Readonly<Record<string, string>>
  readonly query: ListQuery
  readonly body: unknown
}

/** What answers an operation by its role. */
export function answerByRole(
  id: OperationId,
  views: Readonly<Record<string, CollectionView>>,
): (input: KeptInput, context: KeptContext) => KeptSuccess {
  const kept: Readonly<Partial<Record<OperationId, KeptOperation>>> = keptOperations
  const { role = 'code', collection: name = '' } = kept[id] ?? {}
  const view = views[name] ?? {}
  if (role === 'list') return (input, context) => list(name, view, input, context)
  if (role === 'code' || !isCollectionName(name)) throw new Error(`Nothing answers ${id}.`)
  return (input, context) => change(role, context.world.collections[name], { view, input, context })
}

interface Change {
  readonly view: CollectionView
  readonly input: KeptInput
  readonly context: KeptContext
}

/** What is done with one entry, or with some by their keys. */
function change(
  role: Exclude<KeptOperation['role'], 'list' | 'code'>,
  collection: Collection,
  { view, input, context }: Change,
): KeptSuccess {
  const { caller } = context
  const [key = ''] = Object.values(input.path)
  const fields: Entry = isObject(input.body) ? input.body : {}
  switch (role) {
    case 'create':
      return { created: String(createEntry(collection, caller, { ...fields })[collection.form.key]) }
    case 'read': {
      const found = collection.find(caller, key) ?? refuseFor('unknown', { key })
      if (view.isLost?.(found, context) === true) refuseFor('lost', { key })
      return { body: view.view?.(found, context, undefined) ?? found }
    }
    case 'patch':
      patchEntry(collection, caller, key, { ...fields })
      break
    case 'delete':
      collection.delete(caller, key)
      break
    case 'deleteMany':
      collection.deleteAll(caller, listOf(fields['ids']).map(String))
  }
  return {}
}

function list(name: string, view: CollectionView, { query, path }: KeptInput, context: KeptContext): KeptSuccess {
  const where = view.narrow?.(query, context, path) ?? {}
  return { body: readList(name, view, context, query).page(where) }
}
