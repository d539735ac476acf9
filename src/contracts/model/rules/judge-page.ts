/** Holds one page of a list against everything that the list may hold, newest first. */
import { fieldOf, recordsOf, textOf } from './call.js'
import { demand, demandEqual, Mismatch } from './mismatch.js'
import type { Moment } from './model-world.js'

/** A thing that the list holds. */
export interface PageEntry {
  id: string
  /** Whether it must be in the list, or may be. */
  isCertain: boolean
  /** The time that the list is sorted by, once it is known. */
  time: number | undefined
  /** When that was. */
  moment: Moment
}

/** A page and what is known about its list. */
export interface PageParts {
  what: string
  /** Newest first. */
  entries: readonly PageEntry[]
  query: Readonly<Record<string, unknown>>
  body: unknown
  /** Ids of things that are not the model's. */
  ignored?: ReadonlySet<string>
  /** Whether the list may hold things that are not the model's. */
  hasOthers?: boolean
  /** Times that are so close are as good as the same. */
  tieMs: number
  /** How many things beyond the list the total may count. */
  overcount?: number
}

const DEFAULT_SIZE = 25

/** Refuses a page that does not hold what it must, in an order that is none, or with a total that is wrong. */
export function judgePage(parts: PageParts): void {
  const { what, entries, query, body, ignored = new Set(), hasOthers = false, overcount = 0 } = parts
  const all = recordsOf(fieldOf(body, 'content')).map((each) => textOf(each, 'id'))
  const ids = all.filter((id) => !ignored.has(id))
  const page = numberOf(query['page'], 0)
  const size = numberOf(query['size'], DEFAULT_SIZE)
  demand(all.length <= size, `at most ${size} ${what} on a page`, all.length)
  demand(new Set(ids).size === ids.length, `each of the ${what} once`, ids)
  const known = new Map(entries.map((entry, place) => [entry.id, place]))
  const stray = ids.find((id) => !known.has(id))
  if (stray !== undefined) throw new Mismatch(`the ${what} that the caller should see and no other`, stray)
  demandEqual('number of the page', fieldOf(body, 'page'), page)
  judgeTotal(parts, hasOthers, overcount)
  const groups = groupsOf(entries, parts.tieMs)
  const shown = ids.map((id) => groups[known.get(id) ?? 0] ?? 0)
  const isInOrder = shown.every((group, at) => at === 0 || group >= (shown[at - 1] ?? 0))
  demand(isInOrder, `the ${what} newest first`, ids)
  if (hasOthers) return
  if (entries.every(({ isCertain }) => isCertain)) {
    const wanted = groups.slice(page * size, (page + 1) * size)
    if (JSON.stringify(wanted) === JSON.stringify(shown)) return
    const expected = entries.slice(page * size, (page + 1) * size).map(({ id }) => id)
    throw new Mismatch(
      `page ${page} of size ${size} to hold the ${what} ${JSON.stringify(expected)}`,
      JSON.stringify(ids),
    )
  }
  const missing = entries.find(({ id, isCertain }) => isCertain && !ids.includes(id))
  if (page === 0 && entries.length <= size && missing !== undefined)
    throw new Mismatch(`${missing.id} to be among the ${what}`, JSON.stringify(ids))
}

function judgeTotal({ entries, body, what }: PageParts, hasOthers: boolean, overcount: number): void {
  const total = fieldOf(body, 'total')
  const least = entries.filter(({ isCertain }) => isCertain).length
  const most = hasOthers ? Infinity : entries.length + overcount
  const isRight = typeof total === 'number' && total >= least && total <= most
  demand(isRight, `a total of ${least === most ? least : `${least} to ${most}`} ${what}`, total)
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

/** Two moments so close that a server may date them alike. */
const SAME_TIME_MS = 5

/** A number for each entry; those that may come in either order have the same. */
function groupsOf(entries: readonly PageEntry[], tieMs: number): number[] {
  const groups: number[] = []
  for (const [at, entry] of entries.entries()) {
    const before = entries[at - 1]
    const group = groups[at - 1] ?? 0
    groups.push(before === undefined || isTie(before, entry, tieMs) ? group : group + 1)
  }
  return groups
}

function isTie(newer: PageEntry, older: PageEntry, tieMs: number): boolean {
  if (newer.time !== undefined && older.time !== undefined) return Math.abs(newer.time - older.time) <= tieMs
  return newer.moment.from - older.moment.to < SAME_TIME_MS
}
