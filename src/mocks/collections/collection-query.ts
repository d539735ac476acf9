/**
 * What may be asked of a list beyond its page: filters, order, search, times, fields to leave out and texts to cut. Read
 * from the query as the collection declares it; loaded when the first list asks for any of it.
 */
import { collectionFields, collectionLists } from '../../generated/collection-tables.js'
import { collectionQueries, type CollectionQuery } from '../../generated/collection-queries.js'
import type { Collection, Entry } from '../world/collection.js'
import { isRefused, refused, type Refused } from '../world/refused-item.js'
import type { ListQuery } from '../engine/collection-code.js'
import { readFilters, type Filtering } from './filters.js'
import { microsecondsOf } from './parse-instant.js'
import { parseList } from './json-list.js'
import { createShow } from './show-item.js'
import { readOrder } from './sorting.js'
import { textOf } from './filter-values.js'

/** How one list is made. */
export interface ListPlan {
  /** Whether all entries must be looked at. */
  readonly isWhole: boolean
  /** Those that fit, in order; those that had to be viewed for it are, which is none or all. */
  readonly arrange: (entries: readonly Entry[], view: (entry: Entry) => Entry) => Arranged
  /** An entry of the page as it goes out. */
  readonly show: (entry: Entry) => Entry
}

interface Arranged {
  readonly entries: readonly Entry[]
  readonly areViewed: boolean
}

/**
 * Reads the parameters; refuses what cannot be meant.
 * @param altered kept fields that the collection's view shows otherwise
 */
export function planList(
  collection: Collection,
  query: ListQuery,
  altered: readonly string[] = [],
): ListPlan | Refused {
  const { form, name } = collection
  const asked = collectionQueries[name] ?? NOTHING
  const filters = readFilters(asked.filter, query['filters'])
  if (isRefused(filters)) return filters
  const order = readOrder(collectionLists[name]?.sort ?? [], asked.instants, form.key, query['sorting'])
  if (isRefused(order)) return order
  const exclude = readExclude(asked, query['exclude'])
  if (isRefused(exclude)) return exclude
  const times = readTimes(asked, query)
  if (isRefused(times)) return times
  const search = readSearch(asked, query['search'])
  const isKept = keptFields(collection, altered)
  const early = filters.filter(({ of }) => isKept(of))
  const late = [...filters.filter(({ of }) => !isKept(of)), ...search]
  const areViewed = late.length > 0 || (order !== undefined && !isKept(order.field))
  return {
    isWhole: filters.length > 0 || search.length > 0 || order !== undefined || times !== undefined,
    arrange(entries, view) {
      const inTime =
        times === undefined ? entries : entries.filter((entry) => isBetween(String(entry[form.key]), times))
      const first = inTime.filter((entry) => early.every(({ accepts }) => accepts(entry)))
      const viewed = areViewed ? first.map(view) : first
      const fitting = viewed.filter((entry) => late.every(({ accepts }) => accepts(entry)))
      return { entries: order === undefined ? fitting : order.arrange(fitting), areViewed }
    },
    show: createShow(asked, exclude, query['truncate'] === true),
  }
}

const NOTHING: CollectionQuery = {
  filter: {},
  search: [],
  exclude: [],
  truncate: { text: [], images: [] },
  hasTimes: false,
  instants: [],
}

/** Whether what stands at a path is shown as it is kept; what code computes is not kept at all. */
function keptFields({ name, form }: Collection, altered: readonly string[]) {
  const { key, created = {}, changed = {} } = form
  const kept = new Set([key, ...(collectionFields[name] ?? []), ...Object.keys(created), ...Object.keys(changed)])
  for (const field of altered) kept.delete(field)
  return (path: string): boolean => kept.has(path.split(/[.[]/, 1)[0] ?? '')
}

function readSearch({ search }: CollectionQuery, given: ListQuery[string]): readonly Filtering[] {
  const part = String(given ?? '').toLowerCase()
  if (part === '' || search.length === 0) return []
  return [{ of: '', accepts: (entry) => search.some((field) => textOf(entry[field]).toLowerCase().includes(part)) }]
}

function readExclude({ exclude }: CollectionQuery, given: unknown): readonly string[] | Refused<'exclude', 'names'> {
  if (given === undefined || exclude.length === 0) return []
  const names = parseList(given)
  const unknown = names?.find((name) => typeof name !== 'string' || !exclude.includes(name))
  if (names !== undefined && unknown === undefined) return names.map(String)
  return refused('exclude', { names: exclude.join(', ') })
}

/** Milliseconds, both included. */
interface Times {
  readonly from: number
  readonly to: number
}

function readTimes(
  { hasTimes }: CollectionQuery,
  query: ListQuery,
): Times | undefined | Refused<'times' | 'backwards', never> {
  const { from_time: from, to_time: to } = query
  if (!hasTimes || (from === undefined && to === undefined)) return undefined
  const times = { from: readTime(from, -Infinity), to: readTime(to, Infinity) }
  if (Number.isNaN(times.from) || Number.isNaN(times.to)) {
    return refused('times', {})
  }
  return times.from < times.to ? times : refused('backwards', {})
}

function readTime(given: ListQuery[string], fallback: number): number {
  if (given === undefined) return fallback
  const text = String(given)
  return /^\d{1,15}$/.test(text) ? Number(text) : Math.floor(microsecondsOf(text) / 1000)
}

/** The first 48 bits of a version 7 id tell its milliseconds. */
function isBetween(key: string, { from, to }: Times): boolean {
  const at = Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16)
  return at >= from && at <= to
}
