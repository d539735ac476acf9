// Carries what a request and its resource share by name from the one into the other, as the generated table says: ids
// in lower case, nested values without what the spec does not know, defaults for what is absent. JSON that belongs to
// the caller is neither copied nor looked into.
import { carried, type CarriedField, type Feeds, type Way } from '../generated/carried.js'

export type { Feeds } from '../generated/carried.js'

interface Fields {
  [name: string]: unknown
}

/**
 * Fills `into` with what `request` gives, and returns it. What stands in `into` before is computed, and stays.
 * @param source the schema of the request; its resource is named there under `x-feeds`
 */
export function copySharedFields<Source extends keyof Feeds, Into extends object>(
  source: Source,
  request: Feeds[Source]['from'],
  into: Into,
): Into & Feeds[Source]['gives']
export function copySharedFields(source: keyof Feeds, request: Readonly<Fields>, into: Fields): object {
  return fill(plans.get(source) ?? NOTHING, request, into)
}

/** Like `copySharedFields`, for a request that no type describes. */
export function carryUntyped(source: keyof Feeds, request: Readonly<Fields>, into: Fields = {}): Readonly<Fields> {
  return fill(plans.get(source) ?? NOTHING, request, into)
}

/**
 * What of a resource came from its requests, but for JSON of the caller's own: small, and without secrets.
 * @param sources the schemas of those requests
 */
export function carriedFields(sources: readonly (keyof Feeds)[], resource: object): { fields?: Readonly<Fields> } {
  const fields: Fields = {}
  if (isFields(resource)) for (const source of sources) fill(toldPlans.get(source) ?? NOTHING, resource, fields)
  return isEmpty(fields) ? {} : { fields }
}

/** Names of the fields that a request of this schema shares with its resource. */
export function sharedNames(source: keyof Feeds): string[] {
  return carried[source].map(({ name }) => name)
}

export function sharedPart<Source extends keyof Feeds>(source: Source, given: object): Partial<Feeds[Source]['from']>
export function sharedPart(source: keyof Feeds, given: object): object {
  const names = plans.get(source)?.byName
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== undefined && names?.has(name) === true),
  )
}

/** A table, ready for use. */
interface Plan {
  readonly byName: ReadonlyMap<string, { readonly field: CarriedField; readonly convert: Convert | undefined }>
  readonly withDefault: readonly CarriedField[]
}

type Convert = (value: unknown) => unknown

function toPlan(fields: readonly CarriedField[]): Plan {
  const entries = fields.map((field) => [field.name, { field, convert: toConvert(field.as) }] as const)
  return { byName: new Map(entries), withDefault: fields.filter((field) => field.default !== undefined) }
}

function toConvert(way: Way | undefined): Convert | undefined {
  if (way === undefined || way === 'json') return undefined
  if (way === 'uuid') return (value) => (typeof value === 'string' ? value.toLowerCase() : value)
  if (way === 'trim') return (value) => (typeof value === 'string' ? value.trim() : value)
  if ('fields' in way) {
    const plan = toPlan(way.fields)
    return (value) => (isFields(value) ? fill(plan, value, {}) : value)
  }
  if ('items' in way) {
    const convert = toConvert(way.items) ?? unchanged
    return (value) => (Array.isArray(value) ? value.map((item) => convert(item)) : value)
  }
  const [key, item] = [toConvert(way.keys) ?? unchanged, toConvert(way.values) ?? unchanged]
  // Unlike an assignment, this makes a member of any key, `__proto__` included.
  return (value) => {
    if (!isFields(value)) return value
    const members: Fields = Object.fromEntries(
      Object.entries(value).map(([name, each]) => [String(key(name)), item(each)]),
    )
    return members
  }
}

const unchanged: Convert = (value) => value

const NOTHING = toPlan([])
const plans: ReadonlyMap<string, Plan> = new Map(
  Object.entries(carried).map(([source, fields]) => [source, toPlan(fields)]),
)
/** The fields of events, whose tables are read once: a watched server reports every move. */
const toldPlans: ReadonlyMap<string, Plan> = new Map(
  Object.entries<readonly CarriedField[]>(carried).map(([source, fields]) => [
    source,
    toPlan(fields.filter(({ as }) => as !== 'json')),
  ]),
)

function fill({ byName, withDefault }: Plan, from: Readonly<Fields>, into: Fields): Fields {
  for (const name in from) {
    const known = byName.get(name)
    const given = from[name]
    if (known === undefined || given === undefined || into[name] !== undefined) continue
    const value = known.convert === undefined ? given : known.convert(given)
    if (known.field.omitEmpty === true && isEmpty(value)) continue
    into[name] = value
  }
  for (const { name, default: fallback } of withDefault) if (into[name] === undefined) into[name] = fallback
  return into
}

function isEmpty(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
