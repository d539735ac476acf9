/** Every collection of the spec, wired to one world, and all of them as data. */
import { collections as forms, type CollectionEntry } from '../../generated/collection-tables.js'
import type { Parts } from './world-parts.js'
import { Collection, type Entry } from './collection.js'

/** Names of collections. */
export type CollectionName = keyof typeof forms

/** A collection by its name. */
export type Collections = Readonly<Record<CollectionName, Collection>>

/** Entries by collection and by workspace or owner. */
export type SavedCollections = Record<string, Record<string, Entry[]>>

export const collectionNames: readonly CollectionName[] = Object.keys(forms).filter(isCollectionName)

/** Whether a collection has this name. */
export function isCollectionName(name: string): name is CollectionName {
  return Object.hasOwn(forms, name)
}

/** Empty collections. */
export function createCollections(parts: Parts): Collections {
  const entries = Object.entries<CollectionEntry>(forms)
  const made = Object.fromEntries(entries.map(([name, form]) => [name, new Collection(name, form, parts)]))
  if (isComplete(made)) return made
  throw new Error('A collection is missing.')
}

/** Those that somebody has something in. */
export function saveCollections(collections: Collections): SavedCollections {
  const used = Object.values(collections).filter(({ shelves }) => shelves.size > 0)
  return Object.fromEntries(used.map((collection) => [collection.name, collection.save()]))
}

/** Fills the collections; what the spec does not declare any more is left out. */
export function loadCollections(collections: Collections, saved: SavedCollections): void {
  for (const name of collectionNames) collections[name].load(saved[name] ?? {})
}

function isComplete(collections: Readonly<Record<string, Collection>>): collections is Collections {
  return collectionNames.every((name) => name in collections)
}
