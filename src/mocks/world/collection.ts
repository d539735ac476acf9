/**
 * A resource that the spec declares as kept (`x-collection`): its entries by workspace or owner; and every one of them,
 * wired to one world, as data. What of a request is written (`collections/write-entry.ts`), who may see what of it, and
 * how it is asked for, is for others.
 */
import type { SavedWorld } from '../../generated/kit-schema.js'
import { collections as forms, type CollectionEntry } from '../../generated/collection-tables.js'
import { createIdSource, hashText } from '../../kernel/id-source.js'
import type { RefusalReason } from '../../kernel/operation.js'
import { createIdentity, LOCAL_USER, type Identity } from '../base/identity.js'
import { newId, type Parts } from './world-parts.js'
import { extended, ItemStore, type Entry, type Where } from './item-store.js'

export type { Entry, Where } from './item-store.js'

/** Ends what answers a request: it is refused for a reason of the spec (`x-refusals`), which has its status and its words. */
export class Refused extends Error {
  readonly refused: RefusalReason
  /** What the words tell beside the request. */
  readonly details: Readonly<Record<string, string>>

  constructor(reason: RefusalReason, details: Refused['details']) {
    super(reason)
    this.refused = reason
    this.details = details
  }
}

export function refuseFor(reason: RefusalReason, details: Refused['details'] = {}): never {
  throw new Refused(reason, details)
}

/** The entries of one collection. */
export class Collection {
  readonly name: string
  readonly form: CollectionEntry
  private readonly stores = new Map<string, ItemStore>()
  /** What is yet to be added. */
  private fill: (() => void) | undefined
  private readonly parts: Parts
  private readonly nothing: ItemStore

  constructor(name: string, form: CollectionEntry, parts: Parts) {
    this.name = name
    this.form = form
    this.parts = parts
    this.nothing = new ItemStore(form)
  }

  /** By workspace or owner; public for those who only read. */
  get shelves(): ReadonlyMap<string, ItemStore> {
    const { fill } = this
    this.fill = undefined
    fill?.()
    return this.stores
  }

  /** Adds entries of the caller on the first access to this collection. */
  addLater(caller: Identity, make: () => Iterable<Entry>): void {
    this.fill = () => {
      const shelf = this.of(caller)
      for (const entry of make()) shelf.set(String(entry[this.form.key]), entry)
    }
  }

  /** An entry that the caller may see. */
  find(caller: Identity, key: string): Entry | undefined {
    return this.read(caller).byKey.get(key.toLowerCase())
  }

  /** The entry with this text in a unique field. */
  findBy(caller: Identity, field: string, text: string): Entry | undefined {
    return this.read(caller).findBy(field, text)
  }

  /**
   * How many entries have these values, and a part of them, newest first: the same list again while nothing has changed,
   * where an index finds them all.
   */
  list(caller: Identity, where: Where = {}, skipped = 0, count?: number): { total: number; entries: readonly Entry[] } {
    return this.read(caller).find(where, skipped, count)
  }

  /** Removes an entry, if there is one; refuses to remove what every workspace has from the start. */
  delete(caller: Identity, key: string): void {
    if (this.find(caller, key) !== undefined && this.isSeed(caller, key)) refuseFor('permanent', { key })
    this.deleteAll(caller, [key])
  }

  /** Removes those of them that are there and need not stay. */
  deleteAll(caller: Identity, keys: readonly string[]): void {
    const shelf = this.read(caller)
    for (const each of keys) {
      const key = each.toLowerCase()
      const known = shelf.byKey.get(key)
      if (known === undefined || this.isSeed(caller, key)) continue
      shelf.delete(key)
      this.parts.touch()
    }
  }

  /** When and by whom, in the fields that tell it. */
  stamp(moment: 'created' | 'changed', { user }: Identity): Entry {
    const at = this.parts.clock.iso()
    const stamps: Record<string, unknown> = {}
    for (const [field, what] of Object.entries(this.form[moment] ?? {})) stamps[field] = what === 'at' ? at : user
    return stamps
  }

  /** Removes the entries with these values. */
  deleteWhere(caller: Identity, where: Where): void {
    const keys = this.list(caller, where).entries.map((entry) => String(entry[this.form.key]))
    this.deleteAll(caller, keys)
  }

  /** Adds what requests may write under a key of its own. */
  add(caller: Identity, key: string, written: Entry): Entry {
    const { defaults, key: keyField } = this.form
    const stamps = { ...this.stamp('created', caller), ...this.stamp('changed', caller) }
    return this.put(caller, { [keyField]: key, ...defaults, ...written, ...stamps })
  }

  /** Changes fields of an entry that is there. */
  change(caller: Identity, known: Entry, fields: Entry): Entry {
    return this.put(caller, { ...known, ...fields, ...this.stamp('changed', caller) })
  }

  /** Puts a whole entry in the place of the one with its key, or adds it. */
  put(caller: Identity, entry: Entry): Entry {
    const shelf = this.of(caller)
    const key = String(entry[this.form.key])
    const kept = extended(entry, {})
    shelf.set(key, kept)
    this.parts.touch()
    // The oldest go first, so that a mock that lives long stays small.
    const [oldest] = shelf.byKey.keys()
    if (oldest !== undefined && shelf.byKey.size > (this.form.most ?? Infinity)) shelf.delete(oldest)
    return kept
  }

  newKey(): string {
    return newId(this.parts)
  }

  save(): Record<string, Entry[]> {
    return Object.fromEntries([...this.shelves].map(([scope, { byKey }]) => [scope, [...byKey.values()]]))
  }

  load(saved: Readonly<Record<string, readonly Entry[]>>): void {
    this.fill = undefined
    this.stores.clear()
    for (const [scope, entries] of Object.entries(saved)) {
      const shelf = new ItemStore(this.form)
      for (const entry of entries) shelf.set(String(entry[this.form.key]), entry)
      this.stores.set(scope, shelf)
    }
  }

  /** Who only looks makes no shelf, unless there are entries from the start. */
  private read(caller: Identity): ItemStore {
    if (this.form.seeds !== undefined) return this.of(caller)
    return this.shelves.get(this.scopeOf(caller)) ?? this.nothing
  }

  private of(caller: Identity): ItemStore {
    const scope = this.scopeOf(caller)
    const known = this.shelves.get(scope)
    if (known !== undefined) return known
    const shelf = new ItemStore(this.form)
    this.stores.set(scope, shelf)
    const maker = createIdentity(caller.workspace, this.form.scope === 'owner' ? caller.user : LOCAL_USER)
    const keys = seedKeys(scope)
    for (const seed of this.form.seeds ?? []) this.add(maker, keys(), seed)
    return shelf
  }

  private scopeOf({ workspace, owner }: Identity): string {
    return this.form.scope === 'owner' ? owner : workspace
  }

  private isSeed(caller: Identity, key: string): boolean {
    const keys = seedKeys(this.scopeOf(caller))
    return this.form.seeds?.some(() => keys() === key.toLowerCase()) === true
  }
}

/** The time part of the keys of seeds: 2024-07-16, so that they sort before anything made later. */
const BEFORE_EVERYTHING = 1_721_088_000_000

/** Same scope, same keys, in every mock: people paste them into commands and tests. */
export function seedKeys(scope: string): () => string {
  const ids = createIdSource(hashText(scope))
  return () => ids.next(BEFORE_EVERYTHING)
}

type CollectionName = keyof typeof forms

export type Collections = Readonly<Record<CollectionName, Collection>>

/** Entries by collection and by workspace or owner. */
export type SavedCollections = NonNullable<SavedWorld['collections']>

export const collectionNames: readonly CollectionName[] = Object.keys(forms).filter(isCollectionName)

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

/** Saves the collections that have entries. */
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
