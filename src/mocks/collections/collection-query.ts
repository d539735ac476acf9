/**
 * What may be asked of a list beyond its page: filters, order, search, times, fields to leave out and texts to cut. Read
 * from the query as the collection declares it; loaded when the first list asks for any of it.
 */
import { collectionLists } from '../../generated/collection-operations.js'
import { collectionQueries, type CollectionQuery } from '../../generated/collection-queries.js'
import type { Entry } from '../world/collection.js'
import { isRefused, refused, type Refused } from '../world/refused-item.js'
import type { ListQuery } from '../engine/collection-code.js'
import { readFilters, type Filtering } from './filters.js'
import { millisecondsOf } from './parse-instant.js'
import { parseList } from './json-list.js'
import { createShow } from './show-item.js'
import { readOrder } from './sorting.js'
import type { IsInTime, Source } from './source.js'
import { textOf } from './filter-values.js'

/** How one list is made. */
export interface ListPlan {
  /** Whether all entries must be looked at. */
  readonly isWhole: boolean
  /** Whether the time in a key lies between those that are asked for; undefined where none are. */
  readonly isInTime: IsInTime | undefined
  /** The first `most` of those that fit, or all, in order; those that had to be viewed for it are, which is none or all. */
  readonly arrange: (entries: readonly Entry[], most?: number) => Arranged
  /** An entry of the page as it goes out. */
  readonly show: (entry: Entry) => Entry
}

interface Arranged {
  readonly entries: readonly Entry[]
  /** How many fit. */
  readonly total: number
  readonly areViewed: boolean
}

/** Why a list cannot be made. */
export type BadQuery =
  | Refused<'filters', 'how'>
  | Refused<'sorting', never>
  | Refused<'exclude', 'names'>
  | Refused<'times' | 'backwards', never>

/** What may be asked for, as the query of a list has it. */
export type PlanQuery = Readonly<
  Partial<
    Record<'filters' | 'sorting' | 'search' | 'exclude' | 'truncate' | 'from_time' | 'to_time', ListQuery[string]>
  >
>

/** Reads the parameters; refuses what cannot be meant. */
export function planList(source: Source, query: PlanQuery): ListPlan | BadQuery {
  const { name, key } = source
  const asked = collectionQueries[name] ?? NOTHING
  const filters = readFilters(asked.filter, query['filters'])
  if (isRefused(filters)) return filters
  const order = readOrder(collectionLists[name]?.sort ?? [], asked.instants, key, query['sorting'])
  if (isRefused(order)) return order
  const exclude = readExclude(asked, query['exclude'])
  if (isRefused(exclude)) return exclude
  const times = readTimes(asked, query)
  if (isRefused(times)) return times
  const search = readSearch(asked, query['search'])
  const early = filters.filter(({ of }) => source.isKept(of))
  const late = [...filters.filter(({ of }) => !source.isKept(of)), ...search]
  const areViewed = late.length > 0 || (order !== undefined && !source.isKept(order.field))
  const isInTime = times === undefined ? undefined : (id: string) => isBetween(id, times)
  return {
    isWhole: filters.length > 0 || search.length > 0 || order !== undefined || times !== undefined,
    isInTime,
    arrange(entries, most = Infinity) {
      const bounds = source.isMade ? undefined : isInTime
      const inTime = bounds === undefined ? entries : entries.filter((entry) => bounds(String(entry[key])))
      const first = inTime.filter((entry) => early.every(({ accepts }) => accepts(entry)))
      const viewed = areViewed ? first.map((entry) => source.view(entry)) : first
      const fitting = viewed.filter((entry) => late.every(({ accepts }) => accepts(entry)))
      return { entries: order?.arrange(fitting, most) ?? fitting, total: fitting.length, areViewed }
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
  query: PlanQuery,
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
  return /^\d{1,15}$/.test(text) ? Number(text) : millisecondsOf(text)
}

/** The first 48 bits of a version 7 id tell its milliseconds. */
export function timeOf(key: string): number {
  return Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16)
}

function isBetween(key: string, { from, to }: Times): boolean {
  const at = timeOf(key)
  return at >= from && at <= to
}
