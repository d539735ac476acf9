// What differs between JSON that was recorded and JSON of the mock: one walk, with the freedoms of each kind of recording.
import { isObject, type JsonObject } from '../../src/kernel/json-value.js'

/** What is not as recorded, in a few words. */
export interface Flaw {
  /** Where, with `*` in place of the numbers of lists. */
  readonly where: string
  readonly expected: string
  readonly actual: string
}

export function flaw(where: string, expected: unknown, actual: unknown): Flaw {
  return { where, expected: show(expected), actual: show(actual) }
}

function show(value: unknown): string {
  return value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** A list in a header, whose order says nothing. */
export function toSet(list: string | undefined): string | undefined {
  return list?.split(/, */).toSorted().join(', ')
}

/** What may be otherwise. `name` is that of the field. */
export interface Freedoms {
  /** Whether the order of a list says nothing. */
  isSet: (name: string, expected: readonly unknown[]) => boolean
  /** Whether two values that are no lists and no objects are the same. */
  isSame: (expected: unknown, actual: unknown, name: string) => boolean
  /** Whether a field is not compared. Default: none. */
  isLeftOut?: (name: string, expected: JsonObject) => boolean
  /** The entries of a list that are compared; undefined where the list is as it may be. Default: all. */
  entriesOf?: (actual: readonly unknown[], expected: readonly unknown[], name: string) => readonly unknown[] | undefined
}

export function compareValues(expected: unknown, actual: unknown, freedoms: Freedoms, place = ''): Flaw[] {
  const name = place.slice(place.lastIndexOf('/') + 1)
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const entries = freedoms.entriesOf === undefined ? actual : freedoms.entriesOf(actual, expected, name)
    return entries === undefined ? [] : compareLists(expected, entries, freedoms, place)
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
    return keys.flatMap((key) =>
      freedoms.isLeftOut?.(key, expected) === true
        ? []
        : compareValues(expected[key], actual[key], freedoms, `${place}/${key}`),
    )
  }
  return freedoms.isSame(expected, actual, name) ? [] : [flaw(place, expected, actual)]
}

function compareLists(
  expected: readonly unknown[],
  actual: readonly unknown[],
  freedoms: Freedoms,
  place: string,
): Flaw[] {
  const isSet = freedoms.isSet(place.slice(place.lastIndexOf('/') + 1), expected)
  const [left, right] = isSet ? [expected.toSorted(byText), actual.toSorted(byText)] : [expected, actual]
  if (left.length !== right.length) {
    const [before, after] = [left, right].map((list) => `${list.length}: ${list.map(idOf).join()}`)
    return [flaw(`${place}/length`, before, after)]
  }
  return left.flatMap((each, at) => compareValues(each, right[at], freedoms, `${place}/*`))
}

function byText(one: unknown, other: unknown): number {
  const [a = '', b = ''] = [one, other].map((each) => (isObject(each) ? show(each['name']) : show(each)))
  return a < b ? -1 : a > b ? 1 : 0
}

function idOf(value: unknown): string {
  return isObject(value) ? String(value['id'] ?? value['name'] ?? value['time']) : show(value)
}
