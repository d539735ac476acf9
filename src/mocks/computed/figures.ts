/** Figures of many numbers: how they are spread, their sum, their average. */
import { isObject, listOf, memberOf } from '../../kernel/json-value.js'
import { addTo } from '../../kernel/group-by.js'
import type { Figures } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'
import { fieldValue } from '../collections/field-values.js'

/** Half, nine tenths and nearly all of the numbers are not greater. */
export interface Spread {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** The numbers that entries have in a field, or that are computed for it. */
export function numbersIn(entries: readonly Entry[], field: string, computed: Figures = {}): number[] {
  const numbers: number[] = []
  const plain = (entry: Entry): unknown => entry[field]
  const read = computed[field] ?? (field.includes('.') ? (entry: Entry) => fieldValue(entry, field) : plain)
  for (const entry of entries) {
    const value = read(entry)
    if (typeof value === 'number') numbers.push(value)
  }
  return numbers
}

/** How numbers are spread; undefined for none. Between two of them a part of the way is taken. */
export function spreadOf(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined
  const sorted = Float64Array.from(numbers).sort()
  const at = (part: number): number => {
    const place = part * (sorted.length - 1)
    const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
    return low + (high - low) * (place - Math.floor(place))
  }
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

export function sumOf(numbers: readonly number[]): number {
  // What is too large for a number stays the largest that JSON can say.
  const sum = numbers.reduce((total, each) => total + each, 0)
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum))
}

/** Null for the average of nothing. */
export function averageOf(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : sumOf(numbers) / numbers.length
}

/** The numbers of `usage` by name, the names in alphabetical order. */
export function usageByName(entries: readonly Entry[]): [name: string, numbers: number[]][] {
  const found = new Map<string, number[]>()
  for (const { usage } of entries) {
    if (!isObject(usage)) continue
    for (const name of Object.keys(usage)) addTo(found, name, Number(usage[name]))
  }
  return byName(found)
}

/** The values of `feedback_scores`, or of another field with scores, by name, the names in alphabetical order. */
export function scoresByName(entries: readonly Entry[], field = 'feedback_scores'): [name: string, values: number[]][] {
  const found = new Map<string, number[]>()
  for (const entry of entries) {
    const scores = entry[field]
    if (scores === undefined) continue
    for (const score of listOf(scores)) {
      const [name, value] = [memberOf(score, 'name'), memberOf(score, 'value')]
      if (typeof name === 'string' && typeof value === 'number') addTo(found, name, value)
    }
  }
  return byName(found)
}

function byName(found: ReadonlyMap<string, number[]>): [name: string, numbers: number[]][] {
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

export function failedOf(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ error_info: error }) => error !== undefined)
}

/** A figure of entries; null where there is nothing to take the average of. */
export type Point = (entries: readonly Entry[]) => number | null

export const averageDuration: Point = (entries) => averageOf(numbersIn(entries, 'duration'))
export const totalCost: Point = (entries) => sumOf(numbersIn(entries, 'total_estimated_cost'))

/** How many threads they belong to. */
export function countThreads(traces: readonly Entry[]): number {
  return new Set(traces.flatMap(({ thread_id: thread }) => (thread === undefined ? [] : [thread]))).size
}
