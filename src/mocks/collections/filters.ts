/** The grammar of filters: `[{"field","operator","value","key"}]`, all of which an entry must satisfy. */
import { comparableText } from '../base/comparable-text.js'
import type { FilterField } from '../../generated/collection-queries.js'
import { isRefused, refused, type Entry, type Refused } from '../world/collection.js'
import {
  askedMicroseconds,
  containing,
  isEmpty,
  jsonOf,
  microsecondsOf,
  numberOf,
  parseList,
  textOf,
  valueAt,
} from './field-values.js'

type Test = (entry: Entry) => boolean

export interface Filtering {
  /** The path to what it judges; '' for the whole entry. */
  readonly of: string
  readonly accepts: Test
}

type BadFilters = Refused<'filters', 'how'>

/** Whether a value of an entry satisfies an operator and what stands behind it. */
type Judge = (value: unknown) => boolean

/** Reads filters; empty text are none. Unknown fields, operators that a field's type lacks and values that it cannot have are refused. */
export function readFilters(
  fields: Readonly<Record<string, FilterField>>,
  given: unknown,
): readonly Filtering[] | BadFilters {
  if (given === undefined || given === '' || Object.keys(fields).length === 0) return []
  const filters = parseList(given)
  if (filters === undefined || !filters.every(isFilter)) {
    return bad('must be a JSON array of {"field", "operator", "value"}')
  }
  const found: Filtering[] = []
  for (const filter of filters) {
    const field = Object.hasOwn(fields, filter.field) ? fields[filter.field] : undefined
    if (field === undefined) return bad(`cannot name '${filter.field}'; name ${Object.keys(fields).join(', ')}`)
    const test = readFilter(field, filter)
    if (isRefused(test)) return test
    if (field.ignored !== true) found.push({ of: field.of, accepts: test })
  }
  return found
}

interface Filter {
  readonly field: string
  readonly operator: string
  readonly value?: string | number | boolean | null
  readonly key?: string | null
}

function isFilter(value: unknown): value is Filter {
  if (typeof value !== 'object' || value === null) return false
  const { field, operator, value: wanted, key }: { [name: string]: unknown } = { ...value }
  const isPlain = wanted === undefined || wanted === null || typeof wanted !== 'object'
  return typeof field === 'string' && typeof operator === 'string' && isPlain && typeof (key ?? '') === 'string'
}

function readFilter(field: FilterField, filter: Filter): Test | BadFilters {
  const { operator, key } = filter
  const wanted = String(filter.value ?? '')
  const value = field.type === 'string' || field.type === 'exact' ? wanted : decode(wanted)
  const isKeyed = KEYED.has(field.type)
  if (isKeyed && (key ?? '').trim() === '' && field.of !== '') return bad(`need a key for '${filter.field}'`)
  const judge = JUDGES[field.type](operator, value, field)
  if (judge === undefined) return bad(`cannot ask '${filter.field}' for ${operator} '${wanted}'`)
  const { of, needs, absent } = field
  const test: Test = (entry) => judge(isKeyed ? keyedValue(field, entry, key ?? '') : (valueAt(entry, of) ?? absent))
  return needs === undefined ? test : (entry) => valueAt(entry, needs) !== undefined && test(entry)
}

const KEYED: ReadonlySet<FilterField['type']> = new Set(['dictionary', 'custom', 'scores'])

function keyedValue({ type, of }: FilterField, entry: Entry, key: string): unknown {
  const holder = valueAt(entry, of)
  if (type !== 'scores') return valueAt(holder, key)
  const scores = Array.isArray(holder) ? Array.from<unknown>(holder) : []
  const named = scores.find((score) => valueAt(score, 'name') === key)
  return valueAt(named, 'value')
}

/** Values come encoded once more than the query itself, which changes nothing for most. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Makes a judge; undefined for an operator that the type lacks, or a value that it cannot have. */
type ReadJudge = (operator: string, value: string, field: FilterField) => Judge | undefined

const JUDGES: Readonly<Record<FilterField['type'], ReadJudge>> = {
  string: (operator, value) => judgeText(operator, value, lower),
  text: (operator, value) => judgeName(operator, value),
  exact: (operator, value) => judgeText(operator, value, (text) => text),
  json: (operator, value) => judgeText(operator, value, lower, jsonOf),
  time: (operator, value) => judgeSize(operator, askedMicroseconds(value), microsecondsOf),
  number: (operator, value) => judgeSize(operator, numberOf(value), numberOf),
  list: judgeList,
  tags: judgeTags,
  dictionary: judgeDictionary,
  custom: (operator, value) => (operator.endsWith('=') ? judgeText(operator, value, lower) : undefined),
  enum: judgeEnum,
  choice: (operator, value, field) => judgeEmpty(operator) ?? judgeEnum(operator, value, field),
  scores: (operator, value) => judgeEmpty(operator) ?? judgeSize(operator, numberOf(value), numberOf),
  error_info: judgeEmpty,
}

const lower = (text: string): string => text.toLowerCase()

const TEXT_OPERATORS: Readonly<Record<string, (text: string, wanted: string) => boolean>> = {
  '=': (text, wanted) => text === wanted,
  '!=': (text, wanted) => text !== wanted,
  starts_with: (text, wanted) => text.startsWith(wanted),
  ends_with: (text, wanted) => text.endsWith(wanted),
  '>': (text, wanted) => text > wanted,
  '<': (text, wanted) => text < wanted,
}

function judgeText(
  operator: string,
  value: string,
  fold: (text: string) => string,
  read: (value: unknown) => string = textOf,
): Judge | undefined {
  if (value.trim() === '') return undefined
  const wanted = fold(value)
  if (operator === 'contains' || operator === 'not_contains') {
    const isIn = containing(wanted)
    return (found) => isIn(fold(read(found))) === (operator === 'contains')
  }
  const compare = Object.hasOwn(TEXT_OPERATORS, operator) ? TEXT_OPERATORS[operator] : undefined
  return compare && ((found) => compare(fold(read(found)), wanted))
}

/** As names compare; without an order, and nothing that is missing fits. */
function judgeName(operator: string, value: string): Judge | undefined {
  const judge = operator === '>' || operator === '<' ? undefined : judgeText(operator, value, comparableText)
  return judge && ((found) => found !== undefined && judge(found))
}

/** A list as its JSON text. */
function judgeTags(operator: string, value: string): Judge | undefined {
  return operator.endsWith('_with') ? undefined : judgeName(operator, value)
}

const SIZE_OPERATORS: Readonly<Record<string, (size: number, wanted: number) => boolean>> = {
  '=': (size, wanted) => size === wanted,
  '!=': (size, wanted) => size !== wanted,
  '>': (size, wanted) => size > wanted,
  '>=': (size, wanted) => size >= wanted,
  '<': (size, wanted) => size < wanted,
  '<=': (size, wanted) => size <= wanted,
}

/** What is missing is neither equal nor unequal, smaller nor greater. */
function judgeSize(operator: string, wanted: number, measure: (value: unknown) => number): Judge | undefined {
  const compare = Object.hasOwn(SIZE_OPERATORS, operator) ? SIZE_OPERATORS[operator] : undefined
  if (compare === undefined || Number.isNaN(wanted)) return undefined
  return (found) => {
    const size = measure(found)
    return !Number.isNaN(size) && compare(size, wanted)
  }
}

function judgeEmpty(operator: string): Judge | undefined {
  if (operator === 'is_empty') return isEmpty
  return operator === 'is_not_empty' ? (found) => !isEmpty(found) : undefined
}

function judgeList(operator: string, value: string): Judge | undefined {
  const empty = judgeEmpty(operator)
  if (empty !== undefined) return empty
  const isNegative = operator === '!=' || operator === 'not_contains'
  if (!['=', '!=', 'contains', 'not_contains'].includes(operator) || value.trim() === '') return undefined
  const judge = judgeText(operator.endsWith('=') ? '=' : 'contains', value, lower)
  return (found) => (Array.isArray(found) && found.some((item) => judge?.(item) === true)) !== isNegative
}

function judgeDictionary(operator: string, value: string): Judge | undefined {
  // What is no number is neither smaller nor greater.
  if (operator === '>' || operator === '<') return judgeSize(operator, numberOf(value), numberOf) ?? (() => false)
  return judgeEmpty(operator) ?? judgeText(operator, value, lower)
}

/** Several values stand side by side, with commas between them. */
function judgeEnum(operator: string, value: string, { values }: FilterField): Judge | undefined {
  const isOfMany = operator === 'in' || operator === 'not_in'
  const isNegative = operator === '!=' || operator === 'not_in'
  if ((operator !== '=' && operator !== '!=' && !isOfMany) || value.trim() === '') return undefined
  const wanted = isOfMany ? value.split(',').map((each) => each.trim()) : [value]
  if (values !== undefined && !wanted.every((each) => values.includes(each))) return undefined
  return (found) => wanted.some((each) => each === found) !== isNegative
}

function bad(how: string): BadFilters {
  return refused('filters', { how })
}
