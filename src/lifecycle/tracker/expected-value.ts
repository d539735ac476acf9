/** What a field of a resource may hold, as far as requests and answers tell. */
import { isSameJson, type JsonObject } from '../../kernel/json-value.js'

/** What a field may hold. */
export interface ExpectedValue {
  readonly values: readonly unknown[]
  readonly mayBeAbsent: boolean
  readonly mayBeAnyText: boolean
}

/** Left out. */
export const ABSENT: ExpectedValue = { values: [], mayBeAbsent: true, mayBeAnyText: false }

/** A text whose words no rule fixes, such as a time. */
export const ANY_TEXT: ExpectedValue = { values: [], mayBeAbsent: false, mayBeAnyText: true }

/** Exactly this value; undefined: left out. */
export function exactly(value: unknown): ExpectedValue {
  return value === undefined ? ABSENT : { values: [value], mayBeAbsent: false, mayBeAnyText: false }
}

/** The same, or left out. */
export function optional(before: ExpectedValue): ExpectedValue {
  return { ...before, mayBeAbsent: true }
}

/** What is known of a field after it was shown. */
export function shownValue(record: JsonObject, field: string): ExpectedValue {
  return Object.hasOwn(record, field) ? exactly(record[field]) : ABSENT
}

export function matches(expected: ExpectedValue, record: JsonObject, field: string): boolean {
  if (!Object.hasOwn(record, field)) return expected.mayBeAbsent
  const value = record[field]
  if (expected.mayBeAnyText && typeof value === 'string') return true
  return expected.values.some((each) => isSameJson(each, value))
}

/** In words, for a report. */
export function describeExpected({ values, mayBeAbsent, mayBeAnyText }: ExpectedValue): string {
  const parts = [...values.map((value) => JSON.stringify(value)), ...(mayBeAnyText ? ['some text'] : [])]
  return [...parts, ...(mayBeAbsent ? ['left out'] : [])].join(' or ')
}
