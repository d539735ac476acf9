// @ts-check
// Renders collection-tables.ts, what the mock needs to keep a resource that the spec declares so; and collection-operations.ts,
// what answers the operations on it: apart, since pages load each when it is asked for.
import { literal } from './literal.mjs'

/** @typedef {import('./read-collections.mjs').Collection} Collection */

/** @param {readonly Collection[]} collections */
export function renderCollections(collections) {
  const kept = collections.filter(({ of }) => of === undefined)
  const entries = kept.map((collection) => `  ${collection.name}: ${literal(entryOf(collection), 2)},\n`)
  return `${DECLARATIONS}
/** Every resource that is kept as its schema says, by the name of its collection. */
export const collections = {
${entries.join('')}} as const satisfies Record<string, CollectionEntry>
`
}

/** @param {readonly Collection[]} collections */
export function renderCollectionOperations(collections) {
  const ofKept = collections.filter(({ of }) => of === undefined)
  const fields = ofKept.map((collection) => `  ${collection.name}: ${literal(collection.fields, 2)},\n`)
  const lists = collections.flatMap(({ name, list, instants }) =>
    list === null ? [] : [`  ${name}: ${literal(listOf(list, instants), 2)},\n`],
  )
  const kept = collections.flatMap(({ name, operations }) =>
    Object.entries(operations).map(([id, role]) => `  ${id}: ${literal({ collection: name, role }, 2)},\n`),
  )
  return `${OPERATION_DECLARATIONS}
/** What requests may write; the rest is computed. Apart, since who only keeps entries needs none of it. */
export const collectionFields: Readonly<Record<string, readonly string[]>> = {
${fields.join('')}}

/** Those that can be listed. */
export const collectionLists: Readonly<Record<string, CollectionList>> = {
${lists.join('')}}

/** The operations on them. */
export const keptOperations = {
${kept.join('')}} as const satisfies Record<string, KeptOperation>
`
}

/**
 * Without what is empty: pages carry it.
 * @param {Collection} collection
 */
function entryOf({ scope, key, index, unique, seeds, defaults, most, created, changed }) {
  const entry = { scope, key, index, unique, seeds, defaults, most, created, changed }
  return Object.fromEntries(
    Object.entries(entry).filter(([, value]) => Object.keys(Object(value)).length > 0 || typeof value !== 'object'),
  )
}

/**
 * @param {import('./read-collections.mjs').List} list
 * @param {string[]} instants
 */
function listOf({ match, sort, isBareWhenEmpty, filter, search, exclude, truncate, hasTimes, order }, instants) {
  const fields = Object.entries(filter).map(([name, { since: _, ignoredUntil: __, ...field }]) => [name, field])
  const plain = { match, sort, ...(isBareWhenEmpty && { isBareWhenEmpty }), filter: Object.fromEntries(fields) }
  return { ...plain, search, exclude, truncate, hasTimes, instants, ...order }
}

const DECLARATIONS = `/** How one resource is kept. */
export interface CollectionEntry {
  /** Who shares entries: all of a workspace, or only their owner. */
  readonly scope: 'workspace' | 'owner'
  readonly key: string
  /** Fields by which entries are found fast. */
  readonly index?: readonly string[]
  /** Fields whose text only one entry may have. */
  readonly unique?: readonly UniqueField[]
  /** Entries that are there from the start and stay. */
  readonly seeds?: readonly Readonly<Record<string, string | number | boolean>>[]
  readonly defaults?: Readonly<Record<string, unknown>>
  /** How many entries one scope keeps; the oldest go first. */
  readonly most?: number
  /** Fields that tell when and by whom an entry was made, and changed. */
  readonly created?: Readonly<Record<string, 'at' | 'by'>>
  readonly changed?: Readonly<Record<string, 'at' | 'by'>>
}

export interface UniqueField {
  readonly field: string
  readonly anyCase: boolean
}
`

const OPERATION_DECLARATIONS = `/** A field that filters may name. */
export interface FilterField {
  readonly type:
    | 'string'
    | 'text'
    | 'exact'
    | 'json'
    | 'time'
    | 'number'
    | 'list'
    | 'tags'
    | 'dictionary'
    | 'custom'
    | 'enum'
    | 'choice'
    | 'scores'
    | 'error_info'
  /** The path to it in an entry; '' for the entry itself. */
  readonly of: string
  /** What an entry without the field counts as. */
  readonly absent?: string
  /** A field without which an entry satisfies no filter. */
  readonly needs?: string
  /** The values that there are. */
  readonly values?: readonly string[]
  /** Checked, and without effect. */
  readonly ignored?: true
  /** For a collection derived in code: it picks the source entries. */
  readonly ofParts?: true
}

/** What may be asked of a collection's lists. */
export interface CollectionList {
  /** Query parameters that are compared with the field of their name. */
  readonly match: Readonly<Record<string, 'equals' | 'contains'>>
  /** What may be sorted by; a name may end in \`.*\`. */
  readonly sort: readonly string[]
  /** Whether a page without entries tells neither \`total\` nor \`sortable_by\`. */
  readonly isBareWhenEmpty?: true
  readonly filter: Readonly<Record<string, FilterField>>
  /** Fields in which a text is searched for; for a collection derived in code, those of the source entries. */
  readonly search: readonly string[]
  readonly exclude: readonly string[]
  /** Fields that \`truncate\` cuts, and those from which it takes images alone. */
  readonly truncate: { readonly text: readonly string[]; readonly images: readonly string[] }
  /** Whether \`from_time\` and \`to_time\` bound the time in the key. */
  readonly hasTimes: boolean
  /** Fields that hold a time. */
  readonly instants: readonly string[]
  /** How texts are sorted: by their bytes, what is missing being the least, or in any case. */
  readonly texts: 'anyCase' | 'bytes'
  /** Fields that come last where they are missing, sorted upwards or downwards; \`*\` for all. */
  readonly last: readonly string[]
}

/** What an operation does with a collection. */
export interface KeptOperation {
  readonly collection: string
  readonly role: 'create' | 'read' | 'list' | 'patch' | 'delete' | 'deleteMany' | 'code'
}
`
