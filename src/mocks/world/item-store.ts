/** The entries that one workspace, or one owner, has of a collection, with what finds them fast. */
import type { CollectionEntry } from '../../generated/collection-tables.js'
import { OrderedKeys } from '../base/ordered-keys.js'

/** One kept resource. It is replaced, never changed. */
export interface Entry {
  readonly [field: string]: unknown
}

/** Values that entries must have, by field. */
export type Where = Readonly<Record<string, string>>

/** Entries by key, by unique text and by indexed fields. */
export class ItemStore {
  /** In the order in which they were made; public for those who only read. */
  readonly byKey = new Map<string, Entry>()
  private readonly form: CollectionEntry
  private readonly keys = new OrderedKeys()
  private readonly byText = new Map<string, string>()
  private readonly byField = new Map<string, OrderedKeys>()

  constructor(form: CollectionEntry) {
    this.form = form
  }

  /** The key of the entry with this text in a unique field. */
  keyOf(field: string, text: unknown): string | undefined {
    const unique = this.form.unique.find((each) => each.field === field)
    return unique && this.byText.get(uniqueText(unique, text))
  }

  set(key: string, entry: Entry): void {
    const known = this.byKey.get(key)
    if (known !== undefined) this.unlist(key, known)
    this.byKey.set(key, entry)
    this.keys.add(key)
    for (const unique of this.form.unique) this.byText.set(uniqueText(unique, entry[unique.field]), key)
    for (const field of this.form.index) {
      const place = indexText(field, entry[field])
      const keys = this.byField.get(place) ?? new OrderedKeys()
      this.byField.set(place, keys)
      keys.add(key)
    }
  }

  delete(key: string): void {
    const known = this.byKey.get(key)
    if (known === undefined) return
    this.unlist(key, known)
    this.byKey.delete(key)
    this.keys.delete(key)
  }

  /** How many entries have these values, and a part of them, newest first. */
  find(where: Where, skipped = 0, count?: number): { total: number; entries: Entry[] } {
    const { keys, rest } = this.narrow(where)
    if (rest.length === 0) return { total: keys.size, entries: this.entriesOf(keys.newest(skipped, count)) }
    const fitting = this.entriesOf(keys.newest()).filter((entry) =>
      rest.every(([field, value]) => entry[field] === value),
    )
    return {
      total: fitting.length,
      entries: fitting.slice(skipped, count === undefined ? undefined : skipped + count),
    }
  }

  /** The shortest of the indexes that apply, and the conditions that it does not settle. */
  private narrow(where: Where): { keys: OrderedKeys; rest: [string, string][] } {
    let best = { keys: this.keys, by: '' }
    for (const field of this.form.index) {
      const value = where[field]
      const keys = value === undefined ? undefined : (this.byField.get(indexText(field, value)) ?? NO_KEYS)
      if (keys !== undefined && (best.by === '' || keys.size < best.keys.size)) best = { keys, by: field }
    }
    return { keys: best.keys, rest: Object.entries(where).filter(([field]) => field !== best.by) }
  }

  private entriesOf(keys: readonly string[]): Entry[] {
    return keys.map((key) => this.byKey.get(key) ?? {})
  }

  private unlist(key: string, entry: Entry): void {
    for (const unique of this.form.unique) this.byText.delete(uniqueText(unique, entry[unique.field]))
    for (const field of this.form.index) {
      const place = indexText(field, entry[field])
      const keys = this.byField.get(place)
      keys?.delete(key)
      if (keys?.size === 0) this.byField.delete(place)
    }
  }
}

const NO_KEYS = new OrderedKeys()

function uniqueText({ field, anyCase }: CollectionEntry['unique'][number], value: unknown): string {
  const text = String(value)
  return `${field} ${anyCase ? text.toLowerCase() : text}`
}

function indexText(field: string, value: unknown): string {
  return `${field} ${String(value)}`
}
