/** How requests make and change entries: what of them is written, and that no text which must be unique is taken. */
import { collectionFields } from '../../generated/collection-operations.js'
import type { Identity } from '../base/identity.js'
import { refused, type Collection, type Entry, type Refused } from '../world/collection.js'

/** Why writes are refused. */
export type Unknown = Refused<'unknown', 'key'>
export type Taken = Refused<'taken', 'field' | 'value'>

/** Makes an entry from a request's values; refuses a unique text that is taken. */
export function createEntry(collection: Collection, caller: Identity, given: Entry): Entry | Taken {
  const written = pickSharedFields(collection, given)
  return refuseTaken(collection, caller, written) ?? collection.add(caller, collection.newKey(), written)
}

/** Changes an entry by what a request brings. */
export function patchEntry(
  collection: Collection,
  caller: Identity,
  key: string,
  given: Entry,
): Entry | Unknown | Taken {
  const known = collection.find(caller, key)
  if (known === undefined) return unknown(key)
  const written = pickSharedFields(collection, given)
  return refuseTaken(collection, caller, written, key) ?? collection.change(caller, known, written)
}

/** What a request may write, as it is kept. */
export function pickSharedFields({ name }: Collection, given: Entry): Entry {
  const written: Record<string, unknown> = {}
  for (const field of collectionFields[name] ?? []) if (given[field] !== undefined) written[field] = given[field]
  return written
}

/** What is answered for a key that nothing has. */
export function unknown(key: string): Unknown {
  return refused('unknown', { key })
}

/** Refuses what another entry has already in a unique field. */
export function refuseTaken(
  collection: Collection,
  caller: Identity,
  written: Entry,
  self?: string,
): Taken | undefined {
  const { key, unique = [] } = collection.form
  const taken = unique.find(({ field }) => {
    const text = written[field]
    const holder = typeof text === 'string' ? collection.findBy(caller, field, text) : undefined
    return holder !== undefined && holder[key] !== self?.toLowerCase()
  })
  if (taken === undefined) return undefined
  const { field } = taken
  return refused('taken', { field, value: String(written[field]) })
}
