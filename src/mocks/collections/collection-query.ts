/**
 * What may be asked of a list beyond its page: filters, order, search, times, fields to leave out and texts to cut.
 * Read from the query as the collection declares it. What is computed of many entries finds them here, too.
 */
import { collectionQueries, type CollectionQuery } from '../../generated/collection-queries.js'
import { readJson, writeJson } from '../../kernel/json-text.js'
import { isRefused, refused, type Entry, type Refused, type Where } from '../world/collection.js'
import type { ListQuery } from '../engine/collection-code.js'
import { readFilters, type Filtering } from './filters.js'
import { readOrder, type SortOrder } from './sorting.js'
import type { IsPart, Source } from './source.js'
import { askedMicroseconds, containing, parseList, textOf, timeOf } from './field-values.js'

/** How one list is made. */
export interface ListPlan {
  /** Whether all entries must be looked at. */
  readonly isWhole: boolean
  /** Of made entries, whether something that they are made of counts; undefined where all does. */
  readonly isPart: IsPart | undefined
  /** The first `most` of those that fit, or all, in order. */
  readonly arrange: (entries: readonly Entry[], most?: number) => Arranged
  /** An entry of the page as it goes out. */
  readonly show: (viewed: Entry) => Entry
}

interface Arranged {
  readonly entries: readonly Entry[]
  /** How many fit. */
  readonly total: number
}

/** Why a list cannot be made. */
export type BadQuery =
  | Refused<'filters', 'how'>
  | Refused<'sorting', never>
  | Refused<'exclude', 'names'>
  | Refused<'times' | 'backwards', never>

/** What may be asked for, as the query of a list has it. */
type PlanQuery = Readonly<
  Partial<
    Record<'filters' | 'sorting' | 'search' | 'exclude' | 'truncate' | 'from_time' | 'to_time', ListQuery[string]>
  >
>

/** Reads the parameters; refuses what cannot be meant. */
export function planList(source: Source, query: PlanQuery): ListPlan | BadQuery {
  const { name, isMade, timeKey, sortable, lacked } = source
  const asked = withoutLacked(collectionQueries[name] ?? NOTHING, lacked)
  const filters = readFilters(asked.filter, query['filters'])
  if (isRefused(filters)) return filters
  const order = readOrder({ sortable, ...asked }, query['sorting'])
  if (isRefused(order)) return order
  const exclude = readExclude(asked, query['exclude'])
  if (isRefused(exclude)) return exclude
  const times = readTimes(asked, query)
  if (isRefused(times)) return times
  const found = readSearch(asked, query['search'])
  const own = filters.filter(({ ofParts }) => ofParts !== true)
  const { figures } = source
  const isLate = ({ of }: Filtering): boolean => !source.isKept(of) && !(of in figures)
  const early = [...own.filter((filter) => !isLate(filter)), ...(isMade ? [] : found)].map((filter) => {
    const figure = figures[filter.of]
    return figure === undefined
      ? filter
      : { ...filter, accepts: (entry: Entry) => filter.accepts({ [filter.of]: figure(entry) }) }
  })
  const late = own.filter(isLate)
  // What is made of others is made of those that the search finds, within the times.
  const parts = isMade ? [...found, ...filters.filter(({ ofParts }) => ofParts === true)] : []
  const hasParts = isMade && (parts.length > 0 || times !== undefined)
  const lateFields = source.hides === undefined ? [] : late.map(({ of }) => of)
  const shownIn = ({ field }: SortOrder, entries: readonly Entry[]): readonly Entry[] => {
    const figure = figures[field]
    if (figure !== undefined) return entries.map((entry) => ({ [field]: figure(entry) }))
    return source.isKept(field) ? entries : source.viewAll(entries)
  }
  return {
    isWhole: filters.length > 0 || found.length > 0 || order !== undefined || times !== undefined,
    isPart: hasParts
      ? (part) => (times === undefined || isBetween(String(part['id']), times)) && fits(part, parts)
      : undefined,
    arrange(entries, most = Infinity) {
      const inTime = times === undefined ? entries : entries.filter((entry) => isBetween(String(entry[timeKey]), times))
      const first = early.length === 0 ? inTime : inTime.filter((entry) => fits(entry, early))
      const viewed = late.length === 0 ? first : source.viewAll(first)
      const fitting = late.length === 0 ? first : first.filter((_, at) => fits(viewed[at] ?? {}, late))
      const total = fitting.length
      const rows =
        lateFields.length === 0 ? fitting : fitting.filter((entry) => source.hides?.(entry, lateFields) !== true)
      const entriesInOrder = order?.arrange(rows, most, shownIn(order, rows))
      return { entries: entriesInOrder ?? rows, total }
    },
    show: createShow(asked, source, exclude, query['truncate'] === true),
  }
}

function fits(viewed: Entry, filters: readonly Filtering[]): boolean {
  return filters.every(({ accepts }) => accepts(viewed))
}

const asKept = (entry: Entry): Entry => entry

/** What may be asked for on a server that lacks some of it. */
function withoutLacked(asked: CollectionQuery, lacked: Source['lacked']): CollectionQuery {
  if (lacked === undefined) return asked
  const filter = Object.entries(asked.filter).flatMap(([name, field]) => {
    if (lacked.filter.includes(name)) return []
    return [[name, lacked.ignored.includes(name) ? { ...field, ignored: true as const } : field] as const]
  })
  const exclude = asked.exclude.filter((name) => !lacked.exclude.includes(name))
  return { ...asked, filter: Object.fromEntries(filter), exclude }
}

const NOTHING: CollectionQuery = {
  filter: {},
  search: [],
  exclude: [],
  truncate: { text: [], images: [] },
  hasTimes: false,
  instants: [],
  texts: 'anyCase',
  last: [],
}

function readSearch({ search }: CollectionQuery, given: ListQuery[string]): readonly Filtering[] {
  const part = String(given ?? '').toLowerCase()
  if (part === '' || search.length === 0) return []
  const isFound = containing(part)
  return [{ of: '', accepts: (entry) => search.some((field) => isFound(textOf(entry[field]).toLowerCase())) }]
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
  const [first, last] = [readTime(from, -Infinity), readTime(to, Infinity)]
  if (Number.isNaN(first) || Number.isNaN(last)) return refused('times', {})
  if (!(first < last)) return refused('backwards', {})
  return { from: Math.floor(first / 1000), to: Math.floor(last / 1000) }
}

/** Microseconds since 1970. */
function readTime(given: ListQuery[string], fallback: number): number {
  if (given === undefined) return fallback
  const text = String(given)
  return /^\d{1,15}$/.test(text) ? Number(text) * 1000 : askedMicroseconds(text)
}

function isBetween(key: string, { from, to }: Times): boolean {
  const at = timeOf(key)
  return at >= from && at <= to
}

/** Characters of a value's JSON that stay. */
const MAX_LENGTH = 10_001

/** As a URL, or as a whole text that begins as PNG, JPEG, GIF and WebP do. */
const IMAGE =
  /data:image\/[\w.+-]+;base64,[\w+/=]+|(?<=")(?:iVBORw0KGgo|\/9j\/|R0lGOD[dl]h|UklGR)[\w+/]{16,}={0,2}(?=")/g

/** What is done to each entry. */
function createShow(
  { truncate }: CollectionQuery,
  source: Source,
  exclude: readonly string[],
  isCut: boolean,
): (viewed: Entry) => Entry {
  if (exclude.length === 0 && !isCut) return asKept
  return (viewed) => {
    const without = exclude.length === 0 ? viewed : source.without(viewed, exclude)
    const fields = Object.entries(without)
    if (!isCut) return without
    return Object.fromEntries(
      fields.map(([name, value]) => {
        if (truncate.text.includes(name)) return [name, cut(value, MAX_LENGTH)]
        return [name, truncate.images.includes(name) ? cut(value, Infinity) : value]
      }),
    )
  }
}

/** A value without its images; its text, cut, when that is too long. */
function cut(value: unknown, longest: number): unknown {
  const text = writeJson(value)
  const plain = text.replaceAll(IMAGE, '[image]')
  if (plain.length > longest) return plain.slice(0, longest)
  return plain === text ? value : readJson(plain)
}

/** What may be asked for beside an order and a page, as the query of a list has it. */
export interface FittingQuery extends Readonly<
  Partial<Record<'filters' | 'search' | 'exclude' | 'from_time' | 'to_time', string | undefined>>
> {
  readonly truncate?: boolean | undefined
}

/** Entries that fit, those that a list begins with first. */
export interface FittingEntries {
  /** As they are shown. */
  readonly entries: readonly Entry[]
  /** The same as they are kept, or made. */
  readonly kept: readonly Entry[]
  /** One of these as it goes out. */
  readonly show: (kept: Entry) => Entry
}

/** For which reasons each part may be refused. */
const REASONS = {
  filters: ['filters'],
  exclude: ['exclude'],
  from_time: ['times', 'backwards'],
  to_time: ['times', 'backwards'],
} as const

type ReasonOf<Query> = (typeof REASONS)[keyof Query & keyof typeof REASONS][number]

/** Why a query that has these parts may be refused. */
export type BadPart<Query> = Extract<BadQuery, { readonly refused: ReasonOf<Query> }>

/**
 * Finds entries among those with these values.
 * @param isIn which of them count, beside the query
 * @param isPart of made ones, what they are made of
 */
type FindFitting = (where: Where, isIn?: IsPart, isPart?: IsPart) => FittingEntries

/** Reads a query, and finds what it asks for as often as needed; refuses one that cannot be meant. */
export function readFitting<Query extends FittingQuery>(source: Source, query: Query): FindFitting | BadPart<Query> {
  const plan = planList(source, query)
  if (isRefused(plan)) {
    if (isOf(query, plan)) return plan
    throw new Error(`The query has nothing to be refused for ${plan.refused}.`)
  }
  return (where, isIn, isPart) => {
    const isPartOfAll = isPart && ((part: Entry) => isPart(part) && plan.isPart?.(part) !== false)
    const { entries } = source.list(where, undefined, isPartOfAll ?? plan.isPart)
    const arranged = plan.arrange(entries).entries
    const isThere = arranged.map((entry) => isIn?.(entry) ?? true)
    const within = (list: readonly Entry[]): readonly Entry[] =>
      isIn === undefined ? list : list.filter((_, at) => isThere[at])
    return {
      get entries() {
        return within(source.viewAll(arranged))
      },
      kept: within(arranged),
      show: (entry) => plan.show(source.view(entry)),
    }
  }
}

/** Reads a query, and finds what it asks for among the entries with these values. */
export function findFitting<Query extends FittingQuery>(
  source: Source,
  query: Query,
  where: Where,
): FittingEntries | BadPart<Query> {
  const find = readFitting(source, query)
  return isRefused(find) ? find : find(where)
}

function isOf<Query extends FittingQuery>(query: Query, refusal: BadQuery): refusal is BadPart<Query> {
  return Object.entries(REASONS).some(
    ([part, reasons]) => part in query && reasons.some((each) => each === refusal.refused),
  )
}

/** A list that came in a body, as the query has it. */
export function toText(list: readonly unknown[] | undefined): string | undefined {
  return list === undefined ? undefined : JSON.stringify(list)
}
