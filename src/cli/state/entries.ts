/** The entries of collections, read without copying. */
import { isCollectionName } from '../../mocks/world/collections.js'
import type { World } from '../../mocks/world/world.js'

type Entries = ReadonlyMap<string, object>

/** Names of the kinds of entries in files of version 0.1, and the collections that keep them now. */
export const FORMER_KINDS: Readonly<Record<string, string>> = { project: 'projects', trace: 'traces', span: 'spans' }

/** The workspaces or owners that have something of a collection, and what they have of it by key. */
export function* shelvesOf(world: World, collection: string): Generator<readonly [string, Entries], void> {
  if (!isCollectionName(collection)) return
  for (const [scope, { byKey }] of world.collections[collection].shelves) yield [scope, byKey]
}

/** What a workspace or owner has of a collection, by key. */
export function entriesIn(world: World, collection: string, scope: string): Entries | undefined {
  return isCollectionName(collection) ? world.collections[collection].shelves.get(scope)?.byKey : undefined
}
