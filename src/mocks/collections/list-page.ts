/** Pages of lists. What filters, sorts and cuts them is loaded when a list is asked for it. */
import { collectionLists, type CollectionList } from '../../generated/collection-operations.js'
import { comparableText } from '../base/comparable-text.js'
import type { KeptContext, ListQuery } from '../engine/collection-code.js'
import { isRefused, type Entry, type Where, type Refused } from '../world/collection.js'
import type { ListPlan } from './collection-query.js'
import { containing, textOf } from './field-values.js'
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
  const contained = containedIn(source.name, query)
  if (contained.length === 0 && plan?.isWhole !== true) {
    const { total, entries } = source.list(where, { skipped, count })
    return { page, total, content: entries.map((entry) => show(source.view(entry))) }
  }
  const { entries } = source.list(where, undefined, plan?.isPart)
  const named =
    contained.length === 0
      ? entries
      : entries.filter((entry) => contained.every(([name, isIn]) => isIn(comparableText(textOf(entry[name])))))
  const arranged = plan?.arrange(named, skipped + count) ?? { entries: named, total: named.length }
  const content = arranged.entries.slice(skipped, skipped + count)
  return { page, total: arranged.total, content: content.map((entry) => show(source.view(entry))) }
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

/** What fields must contain, without case and accents. */
function containedIn(of: string, query: ListQuery): [string, (text: string) => boolean][] {
  return Object.entries(listOf(of).match).flatMap(([name, how]) => {
    const part = comparableText(textOf(query[name]))
    return how === 'contains' && part !== '' ? [[name, containing(part)]] : []
  })
}
