/** Pages of lists, newest first: what they hold, in which order, and how many there are in all. */
import { memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { expectSame, expectThat, Mismatch } from './mismatch.js'
import type { TimeRange } from './time-range.js'

/** A thing that the list may hold. */
export interface PageEntry {
  readonly id: string
  /** Whether it must be in the list, or may be. */
  readonly isCertain: boolean
  /** When it was made. Of two that were made at once either may come first. */
  readonly moment: TimeRange
}

/** A page and what is known about its list. */
export interface TrackedPageParts {
  readonly what: string
  readonly entries: readonly PageEntry[]
  /** With defaults filled in. */
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  /** Ids that are there and not known. */
  readonly ignored?: ReadonlySet<string>
  /** Whether the list may hold things that are not known. */
  readonly hasOthers?: boolean
  /** How many things beyond the list the total may count. */
  readonly overcount?: number
}

/** Refuses a page that does not hold what it must, in a wrong order, or with a wrong total. */
export function expectPage(parts: TrackedPageParts): void {
  const { what, entries, query, body, ignored = new Set(), hasOthers = false, overcount = 0 } = parts
  const ids = objectsAt(body, 'content').map((each) => textAt(each, 'id'))
  const [page, size] = [Number(query['page']), Number(query['size'])]
  expectThat(ids.length <= size, `at most ${size} ${what} on a page`, ids.length)
  expectThat(new Set(ids).size === ids.length, `each of the ${what} once`, ids)
  const known = new Map(entries.map((entry) => [entry.id, entry]))
  const stray = ids.find((id) => !known.has(id) && !ignored.has(id))
  if (stray !== undefined) throw new Mismatch(`the ${what} that the caller should see and no other`, stray)
  expectSame('number of the page', memberOf(body, 'page'), page)
  const certain = entries.filter(({ isCertain }) => isCertain)
  expectTotal(parts, certain.length, hasOthers ? Infinity : entries.length + overcount)
  const least = Math.min(size, certain.length - page * size)
  expectThat(ids.length >= least, `${least} of the ${what} on page ${page} of size ${size} at least`, ids)
  const shown = ids.map((id) => known.get(id))
  expectOrder(what, shown, ids)
  for (const [at, entry] of shown.entries()) {
    if (entry === undefined) continue
    const place = page * size + at
    const newer = count(certain, (other) => isNewer(other, entry))
    const older = count(entries, (other) => isNewer(entry, other))
    const isPlaced = newer <= place && (hasOthers || place < entries.length - older)
    expectThat(isPlaced, `page ${page} of size ${size} to hold what stands there in the list of ${what}`, ids)
  }
  const missing = certain.find(({ id }) => !ids.includes(id))
  if (!hasOthers && page === 0 && entries.length <= size && missing !== undefined)
    throw new Mismatch(`${missing.id} to be among the ${what}`, JSON.stringify(ids))
}

function expectOrder(what: string, shown: readonly (PageEntry | undefined)[], ids: readonly string[]): void {
  let newest = Infinity
  for (const entry of shown) {
    if (entry === undefined) continue
    expectThat(entry.moment.from <= newest + SAME_TIME_MS, `the ${what} newest first`, ids)
    newest = Math.min(newest, entry.moment.to)
  }
}

function expectTotal({ body, what }: TrackedPageParts, least: number, most: number): void {
  const total = memberOf(body, 'total')
  const isRight = typeof total === 'number' && total >= least && total <= most
  expectThat(isRight, `a total of ${least === most ? least : `${least} to ${most}`} ${what}`, total)
}

/** Two moments so close that a server may take them for one. */
const SAME_TIME_MS = 5

function isNewer(one: PageEntry, other: PageEntry): boolean {
  return one.moment.from - other.moment.to >= SAME_TIME_MS
}

function count(entries: readonly PageEntry[], holds: (entry: PageEntry) => boolean): number {
  let number = 0
  for (const entry of entries) if (holds(entry)) number++
  return number
}
