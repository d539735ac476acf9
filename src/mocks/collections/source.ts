/**
 * What lists and sums are made from, as one caller sees it: the entries of a collection, or what code makes of those of
 * another one.
 */
import { collectionFields, collectionLists } from '../../generated/collection-operations.js'
import type { LackedList } from '../../generated/versions.js'
import { isCollectionName, type Entry, type Where } from '../world/collection.js'
import type { CollectionView, Figures, KeptContext, ListQuery } from '../engine/collection-code.js'

/** Whether an entry counts. */
export type IsPart = (entry: Entry) => boolean

/** Entries to list. */
export interface Source {
  readonly name: string
  /** Whether code makes the entries of those of another collection. */
  readonly isMade: boolean
  /** The field with the key whose time is the entry's. */
  readonly timeKey: string
  /** What may be sorted by; a name may end in `.*`. */
  readonly sortable: readonly string[]
  /** What the list cannot be asked for on a server of this version. */
  readonly lacked: LackedList | undefined
  /**
   * How many entries have these values, and a part of them, the first of a list first.
   * @param isPart of made ones, whether something that they are made of counts
   */
  list(where: Where, part?: Part, isPart?: IsPart): { readonly total: number; readonly entries: readonly Entry[] }
  /** An entry as it is shown in a list. */
  view(entry: Entry): Entry
  /** All of a list as they are shown; made ones as they are made, with what sums ask for and no list shows. */
  viewAll(entries: readonly Entry[]): readonly Entry[]
  /** What is computed of an entry alone, by field. */
  readonly figures: Figures
  /** A viewed entry without some fields. */
  without(viewed: Entry, names: readonly string[]): Entry
  /** Whether a list that is filtered by these fields leaves out an entry that its total counts. Absent: none does. */
  hides?(entry: Entry, fields: readonly string[]): boolean
  /** Whether what stands at a path is shown as it is kept; what code computes is not kept at all. */
  isKept(path: string): boolean
}

interface Part {
  readonly skipped: number
  readonly count: number
}

/** The entries of a collection, or those that its code makes. */
export function createSource(name: string, code: CollectionView, context: KeptContext, query: ListQuery): Source {
  const { make, besides, instead, figures = {}, altered = [] } = code
  const { caller, world } = context
  const { hidesRow, lists } = world.deviations
  const lacked = lists?.[name]
  const collection = isCollectionName(name) ? world.collections[name] : undefined
  const { key = '', created, changed } = collection?.form ?? {}
  const view = (entry: Entry): Entry => code.view?.(entry, context, query) ?? entry
  let shown: Set<string> | undefined
  return {
    ...{ name, figures, lacked, view, isMade: make !== undefined, timeKey: code.timeKey ?? key },
    sortable: (collectionLists[name]?.sort ?? []).filter((each) => lacked?.sort.includes(each) !== true),
    list(where, part, isPart = () => true) {
      if (collection !== undefined) return collection.list(caller, where, part?.skipped, part?.count)
      const entries = make?.(where, context, isPart) ?? []
      const { skipped, count } = part ?? { skipped: 0, count: Infinity }
      return { total: entries.length, entries: entries.slice(skipped, skipped + count) }
    },
    viewAll(entries) {
      if (make !== undefined) return entries
      return besides === undefined ? entries.map(view) : viewOnce(entries, besides(context), view)
    },
    without(viewed, names) {
      const left = Object.fromEntries(Object.entries(viewed).filter(([field]) => !names.includes(field)))
      return { ...left, ...instead?.(viewed, names) }
    },
    ...(hidesRow && { hides: (entry: Entry, fields: readonly string[]) => hidesRow(name, fields, view(entry)) }),
    isKept(path) {
      if (make !== undefined) return true
      shown ??= new Set([key, ...(collectionFields[name] ?? []), ...Object.keys({ ...created, ...changed })])
      const field = fieldOf(path)
      return shown.has(field) && !altered.includes(field)
    },
  }
}

/** Views a list once while nothing else that shows in it has changed: a collection gives the same list again. */
function viewOnce(
  entries: readonly Entry[],
  besides: readonly unknown[],
  view: (entry: Entry) => Entry,
): readonly Entry[] {
  const known = lists.get(entries)
  if (known !== undefined && besides.every((each, at) => each === known.besides[at])) return known.viewed
  const viewed = entries.map(view)
  lists.set(entries, { besides, viewed })
  return viewed
}

const lists = new WeakMap<readonly Entry[], { besides: readonly unknown[]; viewed: readonly Entry[] }>()

function fieldOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? ''
}
