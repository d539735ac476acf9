/**
 * What may be asked of a list beyond its page: filters, order, search, times, fields to leave out and texts to cut. Read
 * from the query as the collection declares it; loaded when the first list asks for any of it.
 */
import { collectionQueries, type CollectionQuery } from '../../generated/collection-queries.js'
import type { Collection, Entry } from '../world/collection.js'
import { isRefused, refused, type Refused } from '../world/refused-item.js'
import type { ListQuery } from '../engine/collection-code.js'
import { readFilters } from './filters.js'
import { microsecondsOf } from './parse-instant.js'
import { parseList } from './json-list.js'
import { createShow } from './show-item.js'
import { readOrder } from './sorting.js'
import { textOf } from './filter-values.js'

/** How one list is made. */
export interface ListPlan {
  /** Whether all entries must be looked at, and whether as they are shown. */
  readonly isWhole: boolean
  readonly needsView: boolean
  /** Whether the time in the key is within the bounds. */
  readonly isInTime: (entry: Entry) => boolean
  /** Those that fit, in order. */
  readonly arrange: (entries: Entry[]) => Entry[]
  /** An entry of the page as it goes out. */
  readonly show: (entry: Entry) => Entry
}

/** Reads the parameters; refuses what cannot be meant. */
export function planList(collection: Collection, query: ListQuery): ListPlan | Refused {
  const { form, name } = collection
  const asked = collectionQueries[name] ?? NOTHING
  const keep = readFilters(asked.filter, query['filters'])
  if (isRefused(keep)) return keep
  const order = readOrder(form.list?.sort ?? [], asked.instants, form.key, query['sorting'])
  if (isRefused(order)) return order
  const exclude = readExclude(asked, query['exclude'])
  if (isRefused(exclude)) return exclude
  const times = readTimes(asked, query)
  if (isRefused(times)) return times
  const hasText = readSearch(asked, query['search'])
  const tests = [keep, hasText].filter((test) => test !== undefined)
  const needsView = tests.length > 0 || order !== undefined
  return {
    isWhole: needsView || times !== undefined,
    needsView,
    isInTime: (entry) => times === undefined || isBetween(String(entry[form.key]), times),
    arrange(entries) {
      const fitting = entries.filter((entry) => tests.every((test) => test(entry)))
      return order === undefined ? fitting : fitting.sort(order)
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

function readSearch({ search }: CollectionQuery, given: ListQuery[string]): ((entry: Entry) => boolean) | undefined {
  const part = String(given ?? '').toLowerCase()
  if (part === '' || search.length === 0) return undefined
  return (entry) => search.some((field) => textOf(entry[field]).toLowerCase().includes(part))
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
