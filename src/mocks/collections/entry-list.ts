/**
 * Lists, and what sums are made from, as one caller sees and asks for them: the entries of a collection, or what code
 * makes of those of another one.
 */
import { collectionFields, collectionLists, type CollectionList } from '../../generated/collection-operations.js'
import type { LackedList } from '../../generated/versions.js'
import type { CollectionView, KeptContext, ListQuery } from '../engine/collection-code.js'
import { isCollectionName, type Collection, type Entry, type Where } from '../world/collection.js'
import { isBetween, readQuery, type AskedList } from './collection-query.js'
import type { Filtering } from './filters.js'

/** Whether an entry counts. */
type IsPart = (entry: Entry) => boolean

interface ListPage {
  readonly page: number
  readonly size: number
  readonly total: number
  readonly content: readonly Entry[]
  readonly sortable_by?: readonly string[]
}

export interface FittingEntries {
  /** As they are shown; made ones as they are made, with what sums ask for and no list shows. */
  readonly entries: readonly Entry[]
  /** The same as they are kept, or made. */
  readonly kept: readonly Entry[]
  /** One of these as it goes out. */
  readonly show: (kept: Entry) => Entry
}

interface Arranged {
  readonly entries: readonly Entry[]
  /** How many fit. */
  readonly total: number
}

interface ListParts {
  readonly name: string
  readonly code: CollectionView
  readonly context: KeptContext
  readonly query: ListQuery
}

/** What a query asks for of a collection. */
export class EntryList {
  private readonly parts: ListParts
  private readonly declared: CollectionList
  private readonly asked: AskedList
  /** What is kept; undefined for what code makes. */
  private readonly collection: Collection | undefined
  /** Filters by what is kept or computed of an entry alone, and those by what only its view shows. */
  private readonly early: readonly Filtering[]
  private readonly late: readonly Filtering[]
  private kept: ReadonlySet<string> | undefined

  /** Refuses a query that cannot be meant. */
  constructor(parts: ListParts) {
    const { name, code, context, query } = parts
    const { make, figures = {} } = code
    this.parts = parts
    this.declared = declaredFor(name, context.world.deviations.lists?.[name])
    const asked = readQuery(this.declared, query)
    this.asked = asked
    this.collection = isCollectionName(name) ? context.world.collections[name] : undefined
    const own = asked.filters.filter(({ ofParts }) => ofParts !== true)
    const isLate = ({ of }: Filtering): boolean => !this.isKept(of) && !(of in figures)
    this.late = own.filter(isLate)
    const early = [...own.filter((filter) => !isLate(filter)), ...(make === undefined ? asked.search : [])]
    this.early = early.map((filter) => {
      const figure = figures[filter.of]
      if (figure === undefined) return filter
      return { ...filter, accepts: (entry: Entry) => filter.accepts({ [filter.of]: figure(entry) }) }
    })
  }

  /** One page, newest first unless sorted; `size` tells how many entries are on it. */
  page(where: Where): ListPage {
    const { query, context } = this.parts
    const { filters, search, order, times } = this.asked
    const [page, count] = [Number(query['page']), Number(query['size'])]
    const skipped = (page - 1) * count
    const isPlain = filters.length + search.length === 0 && order === undefined && times === undefined
    if (this.collection !== undefined && isPlain)
      return this.toPage(page, this.collection.list(context.caller, this.whole(where), skipped, count))
    const { total, entries } = this.arrange(this.entriesOf(where), skipped + count)
    return this.toPage(page, { total, entries: entries.slice(skipped, skipped + count) })
  }

  /**
   * All that fit, those that a list begins with first.
   * @param isIn which of them count, beside the query
   * @param isPart of made ones, what they are made of
   */
  find(where: Where, isIn?: IsPart, isPart?: IsPart): FittingEntries {
    const arranged = this.arrange(this.entriesOf(where, isPart)).entries
    const isThere = isIn && arranged.map(isIn)
    const within = (list: readonly Entry[]): readonly Entry[] => (isThere ? list.filter((_, at) => isThere[at]) : list)
    const viewAll = (): readonly Entry[] => within(this.viewAll(arranged))
    return {
      get entries() {
        return viewAll()
      },
      kept: within(arranged),
      show: (entry) => this.show(entry),
    }
  }

  private toPage(page: number, { total, entries }: Arranged): ListPage {
    const { sort, isBareWhenEmpty } = this.declared
    const isBare = isBareWhenEmpty === true && entries.length === 0
    const sortable = sort.length === 0 ? {} : { sortable_by: isBare ? [] : sort }
    const content = entries.map((entry) => this.show(entry))
    return { page, size: entries.length, total: isBare ? 0 : total, content, ...sortable }
  }

  /** The values that entries must have, with those that parameters name. */
  private whole(where: Where): Where {
    const { query } = this.parts
    const equal = Object.entries(this.declared.match).flatMap(([field, how]) => {
      const wanted = query[field]
      return how === 'equals' && wanted !== undefined ? [[field, String(wanted)] as const] : []
    })
    return { ...where, ...Object.fromEntries(equal) }
  }

  /** What is made of others is made of those that the search finds, within the times. */
  private entriesOf(where: Where, isPart?: IsPart): readonly Entry[] {
    const { code, context } = this.parts
    if (this.collection !== undefined) return this.collection.list(context.caller, this.whole(where)).entries
    const { times, search, filters } = this.asked
    const parts = [...search, ...filters.filter(({ ofParts }) => ofParts === true)]
    const isAsked: IsPart = (part) =>
      (times === undefined || isBetween(String(part['id']), times)) && fits(part, parts) && isPart?.(part) !== false
    return code.make?.(this.whole(where), context, isAsked) ?? []
  }

  /** The first `most` of those that fit, in order, and how many fit. */
  private arrange(entries: readonly Entry[], most = Infinity): Arranged {
    const { early, late, parts } = this
    const { times, order } = this.asked
    const timeKey = parts.code.timeKey ?? this.collection?.form.key ?? ''
    const inTime = times === undefined ? entries : entries.filter((entry) => isBetween(String(entry[timeKey]), times))
    const first = early.length === 0 ? inTime : inTime.filter((entry) => fits(entry, early))
    const viewed = late.length === 0 ? first : this.viewAll(first)
    const fitting = late.length === 0 ? first : first.filter((_, at) => fits(viewed[at] ?? {}, late))
    const isBySums = parts.name === 'traces' && late.some(({ of }) => SUMS.test(of))
    const isHiding = isBySums && parts.context.world.hasQuirk('total-counts-traces-without-spans')
    const rows = isHiding ? fitting.filter((entry) => this.view(entry)['span_count'] !== 0) : fitting
    return { entries: order?.arrange(rows, most, this.shownIn(order.field, rows)) ?? rows, total: fitting.length }
  }

  /** Entries as they show a field. */
  private shownIn(field: string, entries: readonly Entry[]): readonly Entry[] {
    const figure = this.parts.code.figures?.[field]
    if (figure !== undefined) return entries.map((entry) => ({ [field]: figure(entry) }))
    return this.isKept(field) ? entries : this.viewAll(entries)
  }

  /** Whether what stands at a path is shown as it is kept; what code computes is not kept at all. */
  private isKept(path: string): boolean {
    const { name, code } = this.parts
    if (this.collection === undefined) return true
    const { key, created, changed } = this.collection.form
    this.kept ??= new Set([key, ...(collectionFields[name] ?? []), ...Object.keys({ ...created, ...changed })])
    const [field = ''] = path.split(/[.[]/, 1)
    return this.kept.has(field) && code.altered?.includes(field) !== true
  }

  private view(entry: Entry): Entry {
    const { code, context, query } = this.parts
    return code.view?.(entry, context, query) ?? entry
  }

  private viewAll(entries: readonly Entry[]): readonly Entry[] {
    const { make, besides } = this.parts.code
    if (make !== undefined) return entries
    const view = (entry: Entry): Entry => this.view(entry)
    return besides === undefined ? entries.map(view) : viewOnce(entries, besides(this.parts.context), view)
  }

  private show(entry: Entry): Entry {
    return this.asked.show(this.view(entry), (viewed, names) => {
      const left = Object.fromEntries(Object.entries(viewed).filter(([field]) => !names.includes(field)))
      return { ...left, ...this.parts.code.instead?.(viewed, names) }
    })
  }
}

/** What the spans of a trace come to. */
const SUMS = /^(llm_span_count|total_estimated_cost|usage\..+)$/

function fits(viewed: Entry, filters: readonly Filtering[]): boolean {
  return filters.every(({ accepts }) => accepts(viewed))
}

/** What may be asked for, on a server that may lack some of it. */
function declaredFor(name: string, lacked: LackedList | undefined): CollectionList {
  const declared = collectionLists[name] ?? NOTHING
  if (lacked === undefined) return declared
  const filter = Object.entries(declared.filter).flatMap(([field, of]) => {
    if (lacked.filter.includes(field)) return []
    return [[field, lacked.ignored.includes(field) ? { ...of, ignored: true as const } : of] as const]
  })
  const [exclude, sort] = (['exclude', 'sort'] as const).map((part) =>
    declared[part].filter((field) => !lacked[part].includes(field)),
  )
  return { ...declared, filter: Object.fromEntries(filter), ...(exclude && { exclude }), ...(sort && { sort }) }
}

const NOTHING: CollectionList = {
  ...{ match: {}, sort: [], filter: {}, search: [], exclude: [], truncate: { text: [], images: [] } },
  ...{ hasTimes: false, instants: [], texts: 'anyCase', last: [] },
}

/** Views a list once while nothing else that shows in it has changed: a collection gives the same list again. */
function viewOnce(
  entries: readonly Entry[],
  besides: readonly unknown[],
  view: (entry: Entry) => Entry,
): readonly Entry[] {
  const known = lists.get(entries)
  if (known !== undefined && besides.every((each, at) => each === known.besides[at])) return known.viewed
  const viewed = entries.map(view)
  lists.set(entries, { besides, viewed })
  return viewed
}

const lists = new WeakMap<readonly Entry[], { besides: readonly unknown[]; viewed: readonly Entry[] }>()
