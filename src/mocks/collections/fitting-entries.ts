/** All entries that a query asks for, for what is computed of them together. */
import type { Entry, Where } from '../world/collection.js'
import { isRefused } from '../world/refused-item.js'
import { planList, type BadQuery } from './collection-query.js'
import type { IsInTime, Source } from './source.js'

/** What may be asked for beside an order and a page, as the query of a list has it. */
export interface FittingQuery {
  readonly filters?: string | undefined
  readonly search?: string | undefined
  readonly exclude?: string | undefined
  readonly truncate?: boolean | undefined
  readonly from_time?: string | undefined
  readonly to_time?: string | undefined
}

/** Entries as they are shown, those that a list begins with first, and what is done to each that goes out. */
export interface FittingEntries {
  readonly entries: readonly Entry[]
  readonly show: (entry: Entry) => Entry
}

/** For which reasons each part may be refused. */
const REASONS = {
  filters: ['filters'],
  exclude: ['exclude'],
  from_time: ['times', 'backwards'],
  to_time: ['times', 'backwards'],
} as const

type ReasonOf<Query> = (typeof REASONS)[keyof Query & keyof typeof REASONS][number]

/** Why a query that has these parts may be refused. */
export type BadPart<Query> = Extract<BadQuery, { readonly refused: ReasonOf<Query> }>

/** Finds entries among those with these values; `isInTime` bounds their times, where the query does not. */
export type FindFitting = (where: Where, isInTime?: IsInTime) => FittingEntries

/** Reads a query, and finds what it asks for as often as needed; refuses one that cannot be meant. */
export function readFitting<Query extends FittingQuery>(source: Source, query: Query): FindFitting | BadPart<Query> {
  const plan = planList(source, query)
  if (isRefused(plan)) {
    if (isOf(query, plan)) return plan
    throw new Error(`The query has nothing to be refused for ${plan.refused}.`)
  }
  return (where, isInTime) => {
    const { entries } = source.list(where, undefined, isInTime ?? plan.isInTime)
    const isBounded = isInTime !== undefined && !source.isMade
    const arranged = plan.arrange(isBounded ? entries.filter((entry) => isInTime(String(entry[source.key]))) : entries)
    const viewed = arranged.areViewed ? arranged.entries : arranged.entries.map((entry) => source.view(entry))
    return { entries: viewed, show: plan.show }
  }
}

/** Reads a query, and finds what it asks for among the entries with these values. */
export function findFitting<Query extends FittingQuery>(
  source: Source,
  query: Query,
  where: Where,
): FittingEntries | BadPart<Query> {
  const find = readFitting(source, query)
  return isRefused(find) ? find : find(where)
}

function isOf<Query extends FittingQuery>(query: Query, refusal: BadQuery): refusal is BadPart<Query> {
  return Object.entries(REASONS).some(
    ([part, reasons]) => part in query && reasons.some((each) => each === refusal.refused),
  )
}

/** A list that came in a body, as the query has it. */
export function toText(list: readonly unknown[] | undefined): string | undefined {
  return list === undefined ? undefined : JSON.stringify(list)
}
