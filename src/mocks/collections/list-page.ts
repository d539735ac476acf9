/** Pages of lists, filtered, sorted and cut as their queries ask. */
import { collectionLists, type CollectionList } from '../../generated/collection-operations.js'
import { comparableText } from '../base/comparable-text.js'
import type { ListQuery } from '../engine/collection-code.js'
import { isRefused, type Entry, type Where } from '../world/collection.js'
import { planList, type BadQuery } from './collection-query.js'
import { containing, textOf } from './field-values.js'
import type { Source } from './source.js'

/** One page: how many entries fit in all, and those that are on it, as they go out. */
export interface ListPage {
  readonly page: number
  readonly total: number
  readonly content: readonly Entry[]
}

/** The page that a query asks for, newest first unless sorted. */
export function findPage(source: Source, query: ListQuery, where: Where): ListPage | BadQuery {
  const plan = planList(source, query)
  if (isRefused(plan)) return plan
  const [page, count] = [Number(query['page']), Number(query['size'])]
  const skipped = (page - 1) * count
  const contained = containedIn(source.name, query)
  const toPage = (total: number, entries: readonly Entry[]): ListPage => {
    return { page, total, content: entries.map((entry) => plan.show(source.view(entry))) }
  }
  if (contained.length === 0 && !plan.isWhole) {
    const { total, entries } = source.list(where, { skipped, count })
    return toPage(total, entries)
  }
  const { entries } = source.list(where, undefined, plan.isPart)
  const isNamed = (entry: Entry): boolean =>
    contained.every(([name, isIn]) => isIn(comparableText(textOf(entry[name]))))
  const named = contained.length === 0 ? entries : entries.filter(isNamed)
  const arranged = plan.arrange(named, skipped + count)
  return toPage(arranged.total, arranged.entries.slice(skipped, skipped + count))
}

/** The values of the entries that a query is about, with those that its parameters name. */
export function whereOf(name: string, query: ListQuery, where: Where): Where {
  const equal = Object.entries(declaredList(name).match).flatMap(([field, how]) => {
    const wanted = query[field]
    return how === 'equals' && wanted !== undefined ? [[field, String(wanted)] as const] : []
  })
  return { ...where, ...Object.fromEntries(equal) }
}

/** What a plain list of a collection may be asked for. */
export function declaredList(name: string): CollectionList {
  return collectionLists[name] ?? NO_LIST
}

const NO_LIST: CollectionList = { match: {}, sort: [] }

/** What fields must contain, without case and accents. */
function containedIn(of: string, query: ListQuery): [string, (text: string) => boolean][] {
  return Object.entries(declaredList(of).match).flatMap(([name, how]) => {
    const part = comparableText(textOf(query[name]))
    return how === 'contains' && part !== '' ? [[name, containing(part)]] : []
  })
}
