/** Pages of lists. What filters, sorts and cuts them is loaded when a list is asked for it. */
import { collectionLists, type CollectionList } from '../../generated/collection-operations.js'
import { foldText } from '../../kernel/fold-text.js'
import type { KeptContext, ListQuery } from '../engine/collection-code.js'
import { isRefused, type Entry, type Where, type Refused } from '../world/collection.js'
import type { ListPlan } from './collection-query.js'
import type { Source } from './source.js'

/** One page: how many entries fit in all, and those that are on it, as they go out. */
export interface ListPage {
  readonly page: number
  readonly total: number
  readonly content: readonly Entry[]
}

/** The page that a query asks for, newest first unless sorted. */
export function findPage(
  source: Source,
  query: ListQuery,
  where: Where,
  { world }: KeptContext,
): ListPage | Refused | Promise<ListPage | Refused> {
  if (!isElaborate(query)) return cut(source, query, where, undefined)
  return world.during(import('./collection-query.js')).then(({ planList }) => {
    const plan = planList(source, query)
    return isRefused(plan) ? plan : cut(source, query, where, plan)
  })
}

/** Parameters for which plain paging does not do. */
const ELABORATE = ['filters', 'sorting', 'search', 'exclude', 'truncate', 'from_time', 'to_time']

function isElaborate(query: ListQuery): boolean {
  return ELABORATE.some((name) => query[name] !== undefined && query[name] !== false)
}

function cut(source: Source, query: ListQuery, where: Where, plan: ListPlan | undefined): ListPage {
  const [page, count] = [Number(query['page']), Number(query['size'])]
  const skipped = (page - 1) * count
  const show = (entry: Entry): Entry => plan?.show(entry) ?? entry
  const contained = containing(source.name, query)
  if (contained.length === 0 && plan?.isWhole !== true) {
    const { total, entries } = source.list(where, { skipped, count })
    return { page, total, content: entries.map((entry) => show(source.view(entry))) }
  }
  const { entries } = source.list(where, undefined, plan?.isInTime)
  const named = entries.filter((entry) => contained.every(([name, contains]) => contains(textOf(entry[name]))))
  const arranged = plan?.arrange(named, skipped + count) ?? { entries: named, total: named.length, areViewed: false }
  const content = arranged.entries.slice(skipped, skipped + count)
  const viewed = arranged.areViewed ? content : content.map((entry) => source.view(entry))
  return { page, total: arranged.total, content: viewed.map(show) }
}

/** The values of the entries that a query is about, with those that its parameters name. */
export function whereOf(name: string, query: ListQuery, where: Where): Where {
  const equal = Object.entries(listOf(name).match).flatMap(([field, how]) => {
    const wanted = query[field]
    return how === 'equals' && wanted !== undefined ? [[field, String(wanted)] as const] : []
  })
  return { ...where, ...Object.fromEntries(equal) }
}

/** What a plain list of a collection may be asked for. */
export function listOf(name: string): CollectionList {
  return collectionLists[name] ?? NO_LIST
}

const NO_LIST: CollectionList = { match: {}, sort: [] }

type Contains = (text: string) => boolean

/** What fields must contain; `%` and `_` are wildcards. */
function containing(of: string, query: ListQuery): [string, Contains][] {
  return Object.entries(listOf(of).match).flatMap(([name, how]) => {
    const part = textOf(query[name])
    return how === 'contains' && part !== '' ? [[name, containsPattern(part)]] : []
  })
}

/** Judges whether a text contains a pattern of the kind `LIKE`. */
function containsPattern(pattern: string): Contains {
  if (!/[%_]/.test(pattern)) return (text) => text.includes(pattern)
  // Each part between two '%' is looked for behind the one before it, so that no pattern takes long.
  const parts = pattern.split('%').filter((part) => part !== '')
  return (text) => {
    let from = 0
    return parts.every((part) => {
      const at = placeOfPart(text, part, from)
      from = at + part.length
      return at >= 0
    })
  }
}

/** Where a part, in which '_' stands for any character, begins in a text; -1 for nowhere. */
function placeOfPart(text: string, part: string, from: number): number {
  for (let at = from; at + part.length <= text.length; at++) {
    let length = 0
    while (length < part.length && (part[length] === '_' || part[length] === text[at + length])) length++
    if (length === part.length) return at
  }
  return -1
}

/** Text as names compare; '' for anything else. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? foldText(value) : ''
}
