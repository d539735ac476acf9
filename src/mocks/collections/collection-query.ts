/**
 * What may be asked of a list beyond its page: filters, order, search, times, fields to leave out and texts to cut.
 * Read from the query as the collection declares it.
 */
import type { CollectionList } from '../../generated/collection-operations.js'
import { readJson, writeJson } from '../../kernel/json-text.js'
import { comparableText } from '../base/comparable-text.js'
import { refuseFor, type Entry } from '../world/collection.js'
import type { ListQuery } from '../engine/collection-code.js'
import { readFilters, type Filtering } from './filters.js'
import { readOrder, type SortOrder } from './sorting.js'
import { askedMicroseconds, containing, parseList, textOf, timeOf } from './field-values.js'

/** What a query asks for. */
export interface AskedList {
  /** By what an entry must satisfy as it is shown. */
  readonly filters: readonly Filtering[]
  /** By the texts that it must contain; of made entries, what they are made of. */
  readonly search: readonly Filtering[]
  readonly order: SortOrder | undefined
  readonly times: Times | undefined
  /** An entry as it goes out, without what the query leaves out and cuts off. */
  readonly show: (viewed: Entry, without: Without) => Entry
}

type Without = (viewed: Entry, names: readonly string[]) => Entry

/** Reads the parameters; refuses what cannot be meant. */
export function readQuery(declared: CollectionList, query: ListQuery): AskedList {
  const filters = readFilters(declared.filter, query['filters'])
  const order = readOrder(declared, query['sorting'])
  const exclude = readExclude(declared, query['exclude'])
  const times = readTimes(declared, query)
  const show = createShow(declared, exclude, query['truncate'] === true)
  const search = readSearch(declared, query['search'])
  return { filters: [...filters, ...readMatches(declared, query)], search, order, times, show }
}

/** What fields must contain, without case and accents. */
function readMatches({ match }: CollectionList, query: ListQuery): readonly Filtering[] {
  return Object.entries(match).flatMap(([name, how]) => {
    const part = comparableText(textOf(query[name]))
    if (how === 'equals' || part === '') return []
    const isIn = containing(part)
    return [{ of: name, accepts: (entry: Entry) => isIn(comparableText(textOf(entry[name]))) }]
  })
}

function readSearch({ search }: CollectionList, given: ListQuery[string]): readonly Filtering[] {
  const part = String(given ?? '').toLowerCase()
  if (part === '' || search.length === 0) return []
  const isFound = containing(part)
  return [{ of: '', accepts: (entry) => search.some((field) => isFound(textOf(entry[field]).toLowerCase())) }]
}

function readExclude({ exclude }: CollectionList, given: unknown): readonly string[] {
  if (given === undefined || exclude.length === 0) return []
  const names = parseList(given)
  const unknown = names?.find((name) => typeof name !== 'string' || !exclude.includes(name))
  if (names !== undefined && unknown === undefined) return names.map(String)
  refuseFor('exclude', { names: exclude.join(', ') })
}

/** Milliseconds, both included. */
export interface Times {
  readonly from: number
  readonly to: number
}

function readTimes({ hasTimes }: CollectionList, query: ListQuery): Times | undefined {
  const { from_time: from, to_time: to } = query
  if (!hasTimes || (from === undefined && to === undefined)) return undefined
  const [first, last] = [readTime(from, -Infinity), readTime(to, Infinity)]
  if (Number.isNaN(first) || Number.isNaN(last)) refuseFor('times')
  if (!(first < last)) refuseFor('backwards')
  return { from: Math.floor(first / 1000), to: Math.floor(last / 1000) }
}

/** Microseconds since 1970. */
function readTime(given: ListQuery[string], fallback: number): number {
  if (given === undefined) return fallback
  const text = String(given)
  return /^\d{1,15}$/.test(text) ? Number(text) * 1000 : askedMicroseconds(text)
}

export function isBetween(key: string, { from, to }: Times): boolean {
  const at = timeOf(key)
  return at >= from && at <= to
}

/** Characters of a value's JSON that stay. */
const MAX_LENGTH = 10_001

/** As a URL, or as a whole text that begins as PNG, JPEG, GIF and WebP do. */
const IMAGE =
  /data:image\/[\w.+-]+;base64,[\w+/=]+|(?<=")(?:iVBORw0KGgo|\/9j\/|R0lGOD[dl]h|UklGR)[\w+/]{16,}={0,2}(?=")/g

/** What is done to each entry. */
function createShow({ truncate }: CollectionList, exclude: readonly string[], isCut: boolean): AskedList['show'] {
  return (viewed, without) => {
    const left = exclude.length === 0 ? viewed : without(viewed, exclude)
    if (!isCut) return left
    return Object.fromEntries(
      Object.entries(left).map(([name, value]) => {
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

/** A list that came in a body, as the query has it. */
export function toText(list: readonly unknown[] | undefined): string | undefined {
  return list === undefined ? undefined : JSON.stringify(list)
}
