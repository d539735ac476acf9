/** Values of entries and queries: found by a path, and as text, numbers, lists and times. */
import { parseJson } from '../../kernel/json-text.js'
import { isDay } from '../../kernel/instant.js'

/** The value at a path such as `usage.total_tokens` or `a.b[0].c`; '' is the value itself, undefined where it leads nowhere. */
export function valueAt(value: unknown, path: string): unknown {
  return readerOf(path)(value)
}

/** Reads the values at one path of many holders. */
export function readerOf(path: string): (holder: unknown) => unknown {
  if (path === '') return (holder) => holder
  const steps = Array.from(path.matchAll(/([^.[\]]+)|\[(\d+)\]/g), ([, name, index]) => name ?? index ?? '')
  return (holder) => steps.reduce(memberOf, holder)
}

/** What the JSON of a holder has under a name; members that all objects inherit do not count. */
function memberOf(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null) return undefined
  return Object.prototype.propertyIsEnumerable.call(holder, name) ? Reflect.get(holder, name) : undefined
}

/** The value of a field such as `usage.total_tokens`: what stands behind the first dot may be one name with dots in it. */
export function fieldValue(entry: object, field: string): unknown {
  const dot = field.indexOf('.')
  if (dot < 0) return memberOf(entry, field)
  return memberOf(memberOf(entry, field.slice(0, dot)), field.slice(dot + 1)) ?? valueAt(entry, field)
}

/** Text as it is, anything else as JSON, '' for nothing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A text, number, boolean or null as text; '' for nothing, and for what holds other values. */
export function scalarText(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? '' : textOf(value)
}

/** JSON as it is kept: texts with their quotes; '' for nothing. */
export function jsonOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value)
}

/**
 * Whether texts contain another one, as they are written; `%` stands for any characters in that, `_` for one, unless a
 * backslash precedes them. One at the end precedes the `%` that the server adds.
 */
export function containing(wanted: string): (text: string) => boolean {
  if (!/[%_\\]/.test(wanted)) return (text) => text.includes(wanted)
  const pattern = `${wanted}%`.replaceAll(
    /\\([%_\\])|([%_])|[\\^$.*+?()[\]{}|]/g,
    (part, escaped: string | undefined, wild: string | undefined) => {
      if (wild !== undefined) return wild === '%' ? '.*' : '.'
      const character = escaped ?? part
      return character === '%' || character === '_' ? character : `\\${character}`
    },
  )
  const found = new RegExp(pattern, 'su')
  return (text) => found.test(text)
}

/** Whether there is nothing in it. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0
}

/** The number that a value is or spells in decimals; NaN for anything else. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN
}

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

/** A list that comes as JSON text in a query parameter; undefined for anything else. */
export function parseList(text: unknown): unknown[] | undefined {
  const value = parseJson(String(text))
  return Array.isArray(value) ? Array.from<unknown>(value) : undefined
}

/**
 * Microseconds since 1970 of a time as the API writes it, ISO-8601 with up to nine decimals; NaN for what is no time.
 */
export function microsecondsOf(time: unknown): number {
  if (typeof time !== 'string' || !ISO.test(time)) return Number.NaN
  const decimals = time.length > MILLISECONDS ? (/\.\d{3}(\d{1,3})/.exec(time)?.[1] ?? '') : ''
  return Date.parse(time) * 1000 + Number(decimals.padEnd(3, '0'))
}

/** Microseconds of a time in a request: a day that its month lacks is invalid, where clocks would go on counting. */
export function askedMicroseconds(time: string): number {
  return isDay(time.slice(0, 'YYYY-MM-DD'.length)) ? microsecondsOf(time) : Number.NaN
}

/** A time as the API writes it: in UTC, with as many groups of three decimals as it needs. */
export function printTime(time: string): string {
  const decimals = /\.(\d{1,9})/.exec(time)?.[1] ?? ''
  const moment = new Date(Date.parse(decimals === '' ? time : time.replace(`.${decimals}`, '')))
  const groups = decimals.padEnd(9, '0').replace(/(000)+$/, '')
  return `${moment.toISOString().slice(0, -'.000Z'.length)}${groups === '' ? '' : `.${groups}`}Z`
}

/** Whole milliseconds since 1970. */
export function millisecondsOf(time: unknown): number {
  return Math.floor(microsecondsOf(time) / 1000)
}

/** The first 48 bits of a version 7 id tell its milliseconds. */
export function timeOf(key: string): number {
  return Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16)
}

/** Seconds of a duration such as P1DT2H30M5.5S or -PT1M; NaN for an invalid one. */
export function secondsOf(duration: string): number {
  const [, sign, days, time, hours, minutes, seconds] = DURATION.exec(duration) ?? []
  const isNothing = days === undefined && hours === undefined && minutes === undefined && seconds === undefined
  if (isNothing || (time !== undefined && time.length === 1)) return Number.NaN
  const [day, hour, minute, second] = [days, hours, minutes, seconds].map((part) =>
    Number(part?.replace(',', '.') ?? 0),
  )
  return (sign === '-' ? -1 : 1) * ((((day ?? 0) * 24 + (hour ?? 0)) * 60 + (minute ?? 0)) * 60 + (second ?? 0))
}

const DURATION =
  /^([+-])?P(?:([+-]?\d{1,12})D)?(T(?:([+-]?\d{1,12})H)?(?:([+-]?\d{1,12})M)?(?:([+-]?\d{1,12}(?:[.,]\d{0,9})?)S)?)?$/i

const MILLISECONDS = '2026-07-14T09:30:04.118Z'.length

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i
