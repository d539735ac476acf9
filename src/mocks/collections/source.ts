/**
 * What lists and sums are made from, as one caller sees it: the entries of a collection, or what code makes of those of
 * another one.
 */
import {
  collectionFields,
  collectionLists,
  madeCollections,
  type MadeCollection,
} from '../../generated/collection-operations.js'
import type { LackedList } from '../../generated/versions.js'
import { isCollectionName, type Entry, type Where } from '../world/collection.js'
import type { CollectionView, Figures, KeptContext, ListQuery } from '../engine/collection-code.js'

/** Whether an entry counts. */
export type IsPart = (entry: Entry) => boolean

/** Entries to list. */
export interface Source {
  readonly name: string
  /** The field that tells entries apart. */
  readonly key: string
  /** The collection of whose entries code makes these; undefined where they are kept. */
  readonly of: string | undefined
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
  /** Whether a list may leave out what its total counts; and whether one does that is filtered by these fields. */
  readonly hidesRows: boolean
  hides(entry: Entry, fields: readonly string[]): boolean
  /** Whether what stands at a path is shown as it is kept; what code computes is not kept at all. */
  isKept(path: string): boolean
}

interface Part {
  readonly skipped: number
  readonly count: number
}

/** The entries of a collection, or those that its code makes. */
export function createSource(name: string, code: CollectionView, context: KeptContext, query: ListQuery): Source {
  const view = (entry: Entry): Entry => code.view?.(entry, context, query) ?? entry
  const viewAll = (entries: readonly Entry[]): readonly Entry[] => {
    if (code.make !== undefined) return entries
    const besides = code.besides?.(context)
    return besides === undefined ? entries.map(view) : viewOnce(entries, besides, view)
  }
  const part = isCollectionName(name) ? keptSource(name, code, context) : madeSource(name, code, context)
  const without = (viewed: Entry, names: readonly string[]): Entry => {
    const left = Object.fromEntries(Object.entries(viewed).filter(([field]) => !names.includes(field)))
    return { ...left, ...code.instead?.(viewed, names) }
  }
  const { hidesRow } = context.world.deviations
  const hides = (entry: Entry, fields: readonly string[]): boolean => hidesRow?.(name, fields, view(entry)) === true
  const lacked = context.world.deviations.lists?.[name]
  const sort = collectionLists[name]?.sort ?? []
  return {
    ...part,
    name,
    view,
    viewAll,
    figures: code.figures ?? {},
    without,
    hidesRows: hidesRow !== undefined,
    hides,
    lacked,
    sortable: sort.filter((each) => lacked?.sort.includes(each) !== true),
  }
}

type Viewless = Omit<
  Source,
  'name' | 'view' | 'viewAll' | 'figures' | 'without' | 'hidesRows' | 'hides' | 'sortable' | 'lacked'
>

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

function keptSource(
  name: keyof KeptContext['world']['collections'],
  code: CollectionView,
  context: KeptContext,
): Viewless {
  const collection = context.world.collections[name]
  const { key, created = {}, changed = {} } = collection.form
  const { altered = [] } = code
  let shown: Set<string> | undefined
  return {
    ...{ key, of: undefined, timeKey: key },
    list: (where, part) => collection.list(context.caller, where, part?.skipped, part?.count),
    isKept(path) {
      shown ??= new Set([key, ...(collectionFields[name] ?? []), ...Object.keys(created), ...Object.keys(changed)])
      const field = fieldOf(path)
      return shown.has(field) && !altered.includes(field)
    },
  }
}

function madeSource(name: string, { make, timeKey = '' }: CollectionView, context: KeptContext): Viewless {
  const made: Readonly<Record<string, MadeCollection>> = madeCollections
  return {
    ...{ key: made[name]?.key ?? '', of: made[name]?.of, timeKey },
    list(where, { skipped, count } = { skipped: 0, count: Infinity }, isPart = always) {
      const entries = make?.(where, context, isPart) ?? []
      return { total: entries.length, entries: entries.slice(skipped, skipped + count) }
    },
    isKept: always,
  }
}

const always = (): boolean => true

function fieldOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? ''
}
