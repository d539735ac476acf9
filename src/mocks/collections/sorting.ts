/** The order of a list: `[{"field","direction"}]`, of which the first entry counts. */
import type { CollectionQuery } from '../../generated/collection-queries.js'
import { refused, type Entry, type Refused } from '../world/collection.js'
import { placeIn } from '../world/item-store.js'
import { foldText } from '../../kernel/fold-text.js'
import { fieldValue, microsecondsOf, parseList, textOf } from './field-values.js'

/** The order of a list, by one field. */
export interface Order {
  readonly field: string
  /** Gives the first `most` of them; `view` shows the field. */
  readonly arrange: (entries: readonly Entry[], most: number, view: (entry: Entry) => Entry) => Entry[]
}

interface Placed {
  readonly entry: Entry
  readonly place: Place
}

type Place = number | string | undefined

/** What is known of a list that is to be sorted. */
export interface Sortable extends Pick<CollectionQuery, 'instants' | 'texts' | 'last'> {
  /** Field names, of which some end in `.*`. */
  readonly sortable: readonly string[]
  readonly key: string
}

/**
 * Reads an order; undefined for none, an unknown field included: then the newest come first. Of two that are alike the
 * newer one comes first.
 */
export function readOrder(
  { sortable, key, instants, texts, last }: Sortable,
  given: unknown,
): Order | undefined | Refused<'sorting', never> {
  if (given === undefined || sortable.length === 0) return undefined
  const entries = parseList(given)
  if (entries === undefined || !entries.every(isSorting)) {
    return refused('sorting', {})
  }
  const [first] = entries
  if (first === undefined || !sortable.some((name) => isNamed(first.field, name))) return undefined
  const { field } = first
  const turn = first.direction === 'DESC' ? -1 : 1
  const read = instants.includes(field) ? (entry: Entry) => numberOrNothing(entry, field) : readerOf(field, texts)
  const compare = last.includes(field) || last.includes('*') ? compareLast : compareLeast
  return {
    field,
    arrange(list, most, view) {
      const precedes = (a: Placed, b: Placed): number =>
        compare(a.place, b.place, turn) || (String(a.entry[key]) < String(b.entry[key]) ? 1 : -1)
      const placed = list.map((entry) => ({ entry, place: read(view(entry)) }))
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

/** Numbers by their size, anything else as text. */
function readerOf(field: string, texts: CollectionQuery['texts']): (entry: Entry) => Place {
  return (entry) => {
    const value = fieldValue(entry, field)
    if (typeof value === 'number' || value === undefined) return value
    return texts === 'anyCase' ? foldText(textOf(value)) : textOf(value)
  }
}
