/** The grammar of filters: `[{"field","operator","value","key"}]`, all of which an entry must satisfy. */
import { listOf } from '../../kernel/json-value.js'
import { comparableText } from '../base/comparable-text.js'
import type { FilterField } from '../../generated/collection-operations.js'
import { refuseFor, type Entry } from '../world/collection.js'
import {
  askedMicroseconds,
  containing,
  isEmpty,
  jsonOf,
  microsecondsOf,
  numberOf,
  parseList,
  readerOf,
  scalarText,
  textOf,
  valueAt,
} from './field-values.js'

type Test = (entry: Entry) => boolean

export interface Filtering {
  /** The path to what it judges; '' for the whole entry. */
  readonly of: string
  /** For a collection derived in code: whether this judges the source entries. */
  readonly ofParts?: true
  readonly accepts: Test
}

/** Whether a value of an entry satisfies an operator and what stands behind it. */
type Judge = (value: unknown) => boolean

/** Reads filters; empty text are none. Unknown fields, operators that a field's type lacks and values that it cannot have are refused. */
export function readFilters(fields: Readonly<Record<string, FilterField>>, given: unknown): readonly Filtering[] {
  if (given === undefined || given === '' || Object.keys(fields).length === 0) return []
  const filters = parseList(given)
  if (filters === undefined || !filters.every(isFilter)) {
    bad('must be a JSON array of {"field", "operator", "value"}')
  }
  const found: Filtering[] = []
  for (const given of filters) {
    const filter = fields[given.field]?.type === 'custom' ? withoutPath(given) : given
    const field = filter && Object.hasOwn(fields, filter.field) ? fields[filter.field] : undefined
    if (filter === undefined || field === undefined)
      bad(`cannot name '${given.field}'; name ${Object.keys(fields).join(', ')}`)
    const test = readFilter(field, filter)
    if (field.ignored !== true) found.push({ ...field, accepts: test })
  }
  return found
}

/** A filter by a path that begins with `input` or `output` as one on that field, or on what stands in it; undefined for another path. */
function withoutPath(filter: Filter): Filter | undefined {
  const [, field, index = '', name = ''] = CUSTOM_PATH.exec(filter.key ?? '') ?? []
  if (field === undefined) return undefined
  const key = index === '' || name === '' ? index + name : `${index}.${name}`
  return key === '' ? { ...filter, field } : { ...filter, field: `${field}_json`, key }
}

const CUSTOM_PATH = /^(?:\$\.)?(input|output)(\[\d+\])?(?:\.(.+))?$/s

interface Filter {
  readonly field: string
  readonly operator: string
  readonly value: string | number | boolean
  readonly key?: string | null
}

function isFilter(value: unknown): value is Filter {
  if (typeof value !== 'object' || value === null) return false
  const { field, operator, value: wanted, key }: { [name: string]: unknown } = { ...value }
  const isPlain = wanted !== undefined && typeof wanted !== 'object'
  return typeof field === 'string' && typeof operator === 'string' && isPlain && typeof (key ?? '') === 'string'
}

function readFilter(field: FilterField, { field: name, operator, value: given, key }: Filter): Test {
  const wanted = String(given)
  const value = PLAIN.has(field.type) ? wanted : decode(wanted)
  const isKeyed = KEYED.has(field.type)
  if (isKeyed && (key ?? '').trim() === '') bad(`need a key for '${name}'`)
  const judge = value === undefined ? undefined : JUDGES[field.type](operator, value, field, key ?? '')
  if (judge === undefined) bad(`cannot ask '${name}' for ${operator} '${wanted}'`)
  const { of, needs, absent } = field
  const read = readerOf(of)
  const inside = readerOf(field.type === 'dictionary' ? (key ?? '').replace(/^\$\.?/, '') : '')
  const test: Test = (entry) => judge(inside(read(entry) ?? absent))
  return needs === undefined ? test : (entry) => valueAt(entry, needs) !== undefined && test(entry)
}

const KEYED: ReadonlySet<FilterField['type']> = new Set(['dictionary', 'scores'])
const PLAIN: ReadonlySet<FilterField['type']> = new Set(['string', 'exact', 'json'])

/** Values come encoded once more than the query itself, which changes nothing for most; undefined for what is no such text. */
function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** Makes a judge; undefined for an operator that the type lacks, or a value that it cannot have. */
type ReadJudge = (operator: string, value: string, field: FilterField, key: string) => Judge | undefined

const JUDGES: Readonly<Record<FilterField['type'], ReadJudge>> = {
  string: (operator, value) => judgeText(operator, value, lower),
  text: (operator, value) => judgeName(operator, value),
  exact: (operator, value) => judgeText(operator, value, asIs),
  json: (operator, value) => judgeText(operator, value, lower, jsonOf),
  time: (operator, value) =>
    judgeSize(operator, WITH_SECONDS.test(value) ? askedMicroseconds(value) : NaN, microsecondsOf),
  number: (operator, value) => judgeSize(operator, PLAIN_NUMBER.test(value) ? Number(value) : NaN, numberOf),
  list: judgeList,
  tags: judgeTags,
  dictionary: judgeDictionary,
  custom: () => undefined,
  enum: judgeEnum,
  choice: (operator, value, field) => judgeEmpty(operator) ?? judgeEnum(operator, value, field),
  scores: judgeScores,
  error_info: (operator) => judgeEmpty(operator, (found) => found === undefined),
}

const WITH_SECONDS = /T\d{2}:\d{2}:\d{2}/i
const PLAIN_NUMBER = /^-?\d*\.?\d+$/

/** Whole texts are compared with the letters of ASCII in any case, and parts of texts with all letters. */
const lower = (text: string): string => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
const lowerAll = (text: string): string => text.toLowerCase()
const asIs = (text: string): string => text

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
  return value.trim() === '' ? undefined : judgeAnyText(operator, value, fold, read)
}

function judgeAnyText(
  operator: string,
  value: string,
  fold: (text: string) => string,
  read: (value: unknown) => string,
): Judge | undefined {
  if (operator === 'contains' || operator === 'not_contains') {
    const foldPart = fold === lower ? lowerAll : fold
    const isIn = containing(foldPart(value))
    return (found) => isIn(foldPart(read(found))) === (operator === 'contains')
  }
  const compare = Object.hasOwn(TEXT_OPERATORS, operator) ? TEXT_OPERATORS[operator] : undefined
  const wanted = fold(value)
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

function judgeEmpty(operator: string, isNothing: Judge = isEmpty): Judge | undefined {
  if (operator === 'is_empty') return isNothing
  return operator === 'is_not_empty' ? (found) => !isNothing(found) : undefined
}

function judgeList(operator: string, value: string): Judge | undefined {
  const empty = judgeEmpty(operator)
  if (empty !== undefined) return empty
  const isNegative = operator === '!=' || operator === 'not_contains'
  if (!['=', '!=', 'contains', 'not_contains'].includes(operator) || value.trim() === '') return undefined
  const judge = operator.endsWith('=') ? judgeText('=', value, asIs) : judgeText('contains', value, lower)
  return (found) => (Array.isArray(found) && found.some((item) => judge?.(item) === true)) !== isNegative
}

/** What stands at a path, as text; what holds other values is no text. */
function judgeDictionary(operator: string, value: string): Judge | undefined {
  if (operator === 'is_empty' || operator === 'is_not_empty') {
    return (found) => ['', 'null'].includes(scalarText(found)) === (operator === 'is_empty')
  }
  // What is no number is neither smaller nor greater.
  if (operator === '>' || operator === '<') return judgeSize(operator, numberOf(value), numberOf) ?? (() => false)
  return judgeAnyText(operator, value, lower, scalarText)
}

/** Judges scores of a name, in any case. An entry without scores never matches `!=`. */
function judgeScores(operator: string, value: string, _field: FilterField, key: string): Judge | undefined {
  const named = (found: unknown): readonly unknown[] =>
    listOf(found).filter((score) => lower(textOf(valueAt(score, 'name'))) === lower(key))
  if (operator === 'is_empty') return (found) => named(found).length === 0
  if (operator === 'is_not_empty') return (found) => named(found).length > 0
  const isNegative = operator === '!='
  const judge = judgeSize(isNegative ? '=' : operator, numberOf(value), numberOf)
  if (judge === undefined) return undefined
  return (found) => {
    const isThere = named(found).some((score) => judge(valueAt(score, 'value')))
    return isNegative ? !isThere && listOf(found).length > 0 : isThere
  }
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

function bad(how: string): never {
  refuseFor('filters', { how })
}
