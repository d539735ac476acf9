/** The entries that one workspace, or one owner, has of a collection, with what finds them fast. */
import type { CollectionEntry, UniqueField } from '../../generated/collection-tables.js'
import { comparableText } from '../base/comparable-text.js'

/** One kept resource. It is replaced, never changed. */
export interface Entry {
  readonly [field: string]: unknown
}

/**
 * A copy with further fields, made at once: reading many objects that were spread, or grew field by field, takes V8 ten
 * times as long.
 */
export function extended(entry: Entry, further: Entry): Entry {
  const fields = Object.entries(entry)
  for (const name in further) if (further[name] !== undefined) fields.push([name, further[name]])
  return Object.fromEntries(fields)
}

/** Values that entries must have, by field. */
export type Where = Readonly<Record<string, string>>

/** Entries by key, by unique text and by indexed fields. */
export class ItemStore {
  /** In the order in which they were made; public for those who only read. */
  readonly byKey = new Map<string, Entry>()
  private readonly form: CollectionEntry
  private readonly all = new Group()
  private readonly byText = new Map<string, string>()
  private readonly byField = new Map<string, Group>()

  constructor(form: CollectionEntry) {
    this.form = form
  }

  /** The entry with this text in a unique field. */
  findBy(field: string, text: unknown): Entry | undefined {
    const unique = this.form.unique?.find((each) => each.field === field)
    return unique && this.byKey.get(this.byText.get(uniqueText(unique, text)) ?? '')
  }

  set(key: string, entry: Entry): void {
    const known = this.byKey.get(key)
    if (known !== undefined) this.unlist(key, known, entry)
    this.byKey.set(key, entry)
    this.all.set(key, entry)
    for (const unique of this.form.unique ?? []) this.byText.set(uniqueText(unique, entry[unique.field]), key)
    for (const field of this.form.index ?? []) {
      const place = indexText(field, entry[field])
      const group = this.byField.get(place) ?? new Group()
      this.byField.set(place, group)
      group.set(key, entry)
    }
  }

  delete(key: string): void {
    const known = this.byKey.get(key)
    if (known === undefined) return
    this.unlist(key, known)
    this.byKey.delete(key)
    this.all.delete(key)
  }

  /**
   * How many entries have these values, and a part of them, newest first: the same list again while nothing has changed,
   * where an index finds them all.
   */
  find(where: Where, skipped = 0, count?: number): { total: number; entries: readonly Entry[] } {
    const { group, rest } = this.narrow(where)
    if (rest.length === 0) return { total: group.size, entries: group.newest(skipped, count) }
    const fitting = group.newest().filter((entry) => rest.every(([field, value]) => entry[field] === value))
    return {
      total: fitting.length,
      entries: fitting.slice(skipped, count === undefined ? undefined : skipped + count),
    }
  }

  /** The shortest of the indexes that apply, and the conditions that it does not settle. */
  private narrow(where: Where): { group: Group; rest: [string, string][] } {
    let best = { group: this.all, by: '' }
    for (const field of this.form.index ?? []) {
      const value = where[field]
      const group = value === undefined ? undefined : (this.byField.get(indexText(field, value)) ?? NOBODY)
      if (group !== undefined && (best.by === '' || group.size < best.group.size)) best = { group, by: field }
    }
    return { group: best.group, rest: Object.entries(where).filter(([field]) => field !== best.by) }
  }

  /** Takes an entry off the indexes, unless the one in its place has the same values there. */
  private unlist(key: string, entry: Entry, next?: Entry): void {
    for (const unique of this.form.unique ?? []) this.byText.delete(uniqueText(unique, entry[unique.field]))
    for (const field of this.form.index ?? []) {
      if (next !== undefined && next[field] === entry[field]) continue
      const place = indexText(field, entry[field])
      const group = this.byField.get(place)
      group?.delete(key)
      if (group?.size === 0) this.byField.delete(place)
    }
  }
}

/**
 * Entries that belong together, in the order of their keys, which for version 7 ids is the order of time: so no list has
 * to sort. And their list until one of them changes.
 */
class Group {
  private readonly keys: string[] = []
  private readonly entries: Entry[] = []
  private list: readonly Entry[] | undefined

  get size(): number {
    return this.keys.length
  }

  set(key: string, entry: Entry): void {
    this.list = undefined
    const last = this.keys.at(-1)
    // Nearly always something new is the newest.
    const place = last === undefined || last < key ? this.keys.length : this.placeOf(key)
    const isKnown = this.keys[place] === key
    if (place === this.keys.length) this.keys.push(key)
    else if (!isKnown) this.keys.splice(place, 0, key)
    if (place === this.entries.length) this.entries.push(entry)
    else this.entries.splice(place, isKnown ? 1 : 0, entry)
  }

  delete(key: string): void {
    const place = this.placeOf(key)
    if (this.keys[place] !== key) return
    this.list = undefined
    this.keys.splice(place, 1)
    this.entries.splice(place, 1)
  }

  /** From the newest on, a part of them: `count` after the first `skipped`. */
  newest(skipped = 0, count = this.size): readonly Entry[] {
    if (skipped === 0 && count >= this.size) return (this.list ??= this.entries.toReversed())
    const end = Math.max(this.size - skipped, 0)
    return this.entries.slice(Math.max(end - count, 0), end).reverse()
  }

  /** Where a key is or belongs. */
  private placeOf(key: string): number {
    return placeIn(this.keys, (each) => each < key)
  }
}

const NOBODY = new Group()

function uniqueText({ field, anyCase }: UniqueField, value: unknown): string {
  const text = String(value)
  return `${field} ${anyCase ? comparableText(text) : text}`
}

function indexText(field: string, value: unknown): string {
  return `${field} ${String(value)}`
}

/** Where something is or belongs in a list in order: behind all those that precede it. */
export function placeIn<Item>(ordered: readonly Item[], precedes: (each: Item) => boolean): number {
  let [low, high] = [0, ordered.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const each = ordered[middle]
    if (each !== undefined && precedes(each)) low = middle + 1
    else high = middle
  }
  return low
}
