/** The order of a list: `[{"field","direction"}]`, of which the first entry counts. */
import type { Entry } from '../world/collection.js'
import { refused, type Refused } from '../world/refused-item.js'
import { microsecondsOf } from './parse-instant.js'
import { parseList } from './json-list.js'
import { textOf, valueAt } from './filter-values.js'

type Compare = (a: Entry, b: Entry) => number

/**
 * Reads an order; undefined for none, an unknown field included: then the newest come first. Entries without the field
 * come last, and of two that are alike the newer first.
 * @param sortable field names, of which some end in `.*`
 * @param instants those that hold a time
 */
export function readOrder(
  sortable: readonly string[],
  instants: readonly string[],
  key: string,
  given: unknown,
): Compare | undefined | Refused<'sorting', never> {
  if (given === undefined || sortable.length === 0) return undefined
  const entries = parseList(given)
  if (entries === undefined || !entries.every(isSorting)) {
    return refused('sorting', {})
  }
  const [first] = entries
  if (first === undefined || !sortable.some((name) => isNamed(first.field, name))) return undefined
  const { field } = first
  const turn = first.direction === 'DESC' ? -1 : 1
  const read = instants.includes(field) ? (entry: Entry) => numberOrNothing(entry, field) : readerOf(field)
  return (a, b) => {
    const [left, right] = [read(a), read(b)]
    if (left === undefined || right === undefined) {
      if (left !== right) return left === undefined ? 1 : -1
    } else if (left !== right) return (left < right ? -1 : 1) * turn
    return String(a[key]) < String(b[key]) ? 1 : -1
  }
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

function numberOrNothing(entry: Entry, field: string): number | undefined {
  const moment = microsecondsOf(entry[field])
  return Number.isNaN(moment) ? undefined : moment
}

/** Numbers by their size, anything else as text in any case. */
function readerOf(field: string): (entry: Entry) => number | string | undefined {
  return (entry) => {
    const value = valueAt(entry, field)
    if (typeof value === 'number') return value
    return value === undefined ? undefined : textOf(value).toLowerCase()
  }
}
