/**
 * What may be asked of a list beyond its page: filters, order, search, times, fields to leave out and texts to cut.
 * Read from the query as the collection declares it.
 */
import type { CollectionList } from '../../generated/collection-operations.js'
import { readJson, writeJson } from '../../kernel/json-text.js'
import { comparableText } from '../base/comparable-text.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { placeIn } from '../world/item-store.js'
import type { ListQuery } from '../engine/collection-code.js'
import { readFilters, type Filtering } from './filters.js'
import { askedMicroseconds, containing, fieldValue, microsecondsOf, parseList, textOf, timeOf } from './field-values.js'

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

/** The order of a list, by one field. */
export interface SortOrder {
  readonly field: string
  /** Gives the first `most` of them; `shown` are the same as they show the field. */
  readonly arrange: (entries: readonly Entry[], most: number, shown: readonly Entry[]) => Entry[]
}

interface Placed {
  readonly entry: Entry
  readonly place: Place
  /** Where it stands unsorted. */
  readonly at: number
}

type Place = number | string | undefined

/** What is known of a list that is to be sorted. */
export type Sortable = Pick<CollectionList, 'sort' | 'filter' | 'instants' | 'texts' | 'last'>

/**
 * Reads an order; undefined for none, an unknown field included: then the newest come first. Of two that are alike the
 * newer one comes first.
 */
export function readOrder({ sort, filter, instants, texts, last }: Sortable, given: unknown): SortOrder | undefined {
  if (given === undefined || sort.length === 0) return undefined
  const entries = parseList(given)
  if (entries === undefined || !entries.every(isSorting)) refuseFor('sorting')
  const [first] = entries
  if (first === undefined || !sort.some((name) => isNamed(first.field, name))) return undefined
  const { field } = first
  const turn = first.direction === 'DESC' ? -1 : 1
  const read = instants.includes(field)
    ? (entry: Entry) => numberOrNothing(entry, field)
    : readerOf(field, texts, filter[field]?.values)
  const compare =
    last.includes(field) || last.includes('*') ? compareLast : field.includes('.') ? compareNamed : compareLeast
  return {
    field,
    arrange(list, most, shown) {
      const precedes = (a: Placed, b: Placed): number => compare(a.place, b.place, turn) || a.at - b.at
      const placed = list.map((entry, at) => ({ entry, at, place: read(shown[at] ?? entry) }))
      const first = most < list.length / MANY_TIMES ? firstOf(placed, most, precedes) : placed.sort(precedes)
      return first.map(({ entry }) => entry)
    },
  }
}

/** A page of so many times as many entries is found without sorting all of them. */
const MANY_TIMES = 20

/** The first ones, in order: each that comes before the last of them takes its place among them. */
function firstOf(all: readonly Placed[], most: number, precedes: (a: Placed, b: Placed) => number): Placed[] {
  const first: Placed[] = []
  for (const each of all) {
    const last = first.at(-1)
    if (first.length >= most && (last === undefined || precedes(each, last) > 0)) continue
    const place = placeIn(first, (other) => precedes(other, each) < 0)
    first.splice(place, 0, each)
    if (first.length > most) first.pop()
  }
  return first
}

/** What is missing comes last in both directions. */
function compareLast(left: Place, right: Place, turn: number): number {
  if (left === right) return 0
  if (left === undefined || right === undefined) return left === undefined ? 1 : -1
  return left < right ? -turn : turn
}

/** What is missing counts as 0 among numbers, and as empty among texts. */
function compareLeast(left: Place, right: Place, turn: number): number {
  const [one, other] = [left ?? leastLike(right), right ?? leastLike(left)]
  if (one === other) return 0
  return one < other ? -turn : turn
}

/** The same, and a name that is missing comes before one whose value is 0. */
function compareNamed(left: Place, right: Place, turn: number): number {
  return compareLeast(left, right, turn) || turn * (Number(left !== undefined) - Number(right !== undefined))
}

function leastLike(other: Place): number | string {
  return typeof other === 'number' ? 0 : ''
}

interface Sorting {
  readonly field: string
  readonly direction?: 'ASC' | 'DESC'
}

function isSorting(value: unknown): value is Sorting {
  if (typeof value !== 'object' || value === null || !('field' in value) || typeof value.field !== 'string')
    return false
  return !('direction' in value) || value.direction === 'ASC' || value.direction === 'DESC'
}

function isNamed(field: string, name: string): boolean {
  return name.endsWith('.*') ? field.startsWith(name.slice(0, -1)) : field === name
}

function numberOrNothing(entry: Entry, field: string): Place {
  const moment = microsecondsOf(entry[field])
  return Number.isNaN(moment) ? undefined : moment
}

/** Numbers by their size, one of several values by its place among them, anything else as text. */
function readerOf(
  field: string,
  texts: CollectionList['texts'],
  values: readonly string[] | undefined,
): (entry: Entry) => Place {
  return (entry) => {
    const value = fieldValue(entry, field)
    if (typeof value === 'number' || value === undefined) return value
    if (texts === 'anyCase') return comparableText(textOf(value))
    if (typeof value === 'string' && values !== undefined) return 1 + values.indexOf(value)
    return Array.isArray(value) ? inSetOrder(value.map(textOf)).join('\u{1}') : textOf(value)
  }
}

/** Texts in the order in which the server keeps a set of them, by their hashes: lists are sorted by that. */
function inSetOrder(texts: readonly string[]): string[] {
  const slots = Math.max(16, 2 ** Math.ceil(Math.log2(texts.length / 0.75)))
  const slotOf = (text: string): number => {
    let hash = 0
    for (let place = 0; place < text.length; place++) hash = (Math.imul(31, hash) + text.charCodeAt(place)) | 0
    return (hash ^ (hash >>> 16)) & (slots - 1)
  }
  return texts.toSorted((one, other) => slotOf(one) - slotOf(other))
}
