/** A value that a server keeps for a caller, as far as it is known: absent, exactly this, or one of several things. */
import { isDeepStrictEqual } from 'node:util'

/** What a field may hold. */
export interface Stored {
  /** Values that it may have. */
  values: readonly unknown[]
  /** Whether it may be left out. */
  mayBeAbsent: boolean
  /** Any text will do. */
  mayBeText: boolean
}

/** Left out. */
export const ABSENT: Stored = { values: [], mayBeAbsent: true, mayBeText: false }

/** A text that nobody promises the words of. */
export const SOME_TEXT: Stored = { values: [], mayBeAbsent: false, mayBeText: true }

/** Exactly this value; null counts as one. */
export function exactly(value: unknown): Stored {
  return { values: [value], mayBeAbsent: false, mayBeText: false }
}

/** A given value, or left out where none was given. */
export function given(value: unknown): Stored {
  return value === undefined ? ABSENT : exactly(value)
}

/** What was there before, or nothing: the rules do not say whether a later report without the field clears it. */
export function perhaps(before: Stored): Stored {
  return { ...before, mayBeAbsent: true }
}

/** Whether an object's field is as known. */
export function fits(stored: Stored, record: Readonly<Record<string, unknown>>, field: string): boolean {
  if (!Object.hasOwn(record, field)) return stored.mayBeAbsent
  const value = record[field]
  return (stored.mayBeText && typeof value === 'string') || stored.values.some((each) => isDeepStrictEqual(each, value))
}

/** What is known after the field was seen. */
export function seen(record: Readonly<Record<string, unknown>>, field: string): Stored {
  return Object.hasOwn(record, field) ? exactly(record[field]) : ABSENT
}

/** In words, for a report. */
export function describeStored({ values, mayBeAbsent, mayBeText }: Stored): string {
  const parts = [...values.map((value) => JSON.stringify(value)), ...(mayBeText ? ['some text'] : [])]
  return [...parts, ...(mayBeAbsent ? ['left out'] : [])].join(' or ')
}
