/** How requests make and change entries: what of them is written, and that no text which must be unique is taken. */
import { collectionFields } from '../../generated/collection-operations.js'
import { isVersion7 } from '../../kernel/id-source.js'
import type { Identity } from '../base/identity.js'
import { refuseFor, type Collection, type Entry } from '../world/collection.js'

/** Makes an entry from a request's values; refuses a unique text that is taken. */
export function createEntry(collection: Collection, caller: Identity, given: Entry): Entry {
  const written = pickSharedFields(collection, given)
  refuseTaken(collection, caller, written)
  return collection.add(caller, collection.newKey(), written)
}

/** Changes an entry by what a request brings. */
export function patchEntry(collection: Collection, caller: Identity, key: string, given: Entry): Entry {
  const known = collection.find(caller, key) ?? refuseFor('unknown', { key })
  const written = pickSharedFields(collection, given)
  refuseTaken(collection, caller, written, key)
  return collection.change(caller, known, written)
}

/** Refuses an id that tells no time. */
export function refuseId(id: string | undefined): void {
  if (id !== undefined && !isVersion7(id)) refuseFor('wrongVersion', { field: 'id', value: id })
}

/** What a request may write, as it is kept. */
export function pickSharedFields({ name }: Collection, given: Entry): Entry {
  const written: Record<string, unknown> = {}
  for (const field of collectionFields[name] ?? []) if (given[field] !== undefined) written[field] = given[field]
  return written
}

/** Refuses what another entry has already in a unique field. */
export function refuseTaken(collection: Collection, caller: Identity, written: Entry, self?: string): void {
  const { key, unique = [] } = collection.form
  const taken = unique.find(({ field }) => {
    const text = written[field]
    const holder = typeof text === 'string' ? collection.findBy(caller, field, text) : undefined
    return holder !== undefined && holder[key] !== self?.toLowerCase()
  })
  if (taken !== undefined) refuseFor('taken', { field: taken.field, value: String(written[taken.field]) })
}
