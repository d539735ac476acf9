// @ts-check
// Reads since when (`x-since`) and until when (`x-until`) an operation, a query parameter, a field, a value of an enum and
// what lists may be asked for are there, and renders versions.ts: what each version of Opik lacks of the spec.
import { literal } from './literal.mjs'
import { isObject, listOf, objectOf, resolveReference } from './load-spec.mjs'
import { SpecError, listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./load-spec.mjs').Place} Place */
/** @typedef {import('./read-operations.mjs').Operation} Operation */
/** @typedef {import('./read-collections.mjs').Collection} Collection */
/** @typedef {{ since?: string, until?: string }} Mark */
/** @typedef {{ at: string, before?: unknown }} LackedField */
/**
 * @typedef {object} Lacks
 * @property {string[]} operations
 * @property {Record<string, LackedField[]>} parameters By operationId.
 * @property {Record<string, LackedField[]>} fields Of requests.
 * @property {Record<string, { at: string, values: string[] }[]>} values Of enums in requests.
 * @property {Record<string, string[]>} answers
 * @property {Record<string, { filter: string[], ignored: string[], sort: string[], exclude: string[] }>} lists
 */

const ROOT = 'x-versions'

/**
 * The versions that the spec tells apart, oldest first.
 * @param {Spec} spec
 * @returns {{ name: string, is: string }[]}
 */
export function readVersions(spec) {
  return Object.entries(objectOf(spec.document[ROOT])).map(([name, is]) => ({ name, is: String(is) }))
}

/**
 * @param {Spec} spec
 * @param {readonly Operation[]} operations
 * @param {readonly Collection[]} collections
 * @returns {{ versions: string[], lacks: Record<string, Lacks> }}
 */
export function readLacks(spec, operations, collections) {
  const versions = readVersions(spec).map(({ name }) => name)
  expectKnown(spec, versions)
  const marks = readMarks(spec, operations)
  /** @type {Record<string, Lacks>} */
  const lacks = {}
  for (const version of versions) {
    const isThere = (/** @type {Mark} */ mark) => isWithin(versions, mark, version)
    // What the newest does not show any more its answers leave out by themselves.
    const isNewest = version === versions.at(-1)
    lacks[version] = {
      operations: marks.filter(({ mark }) => !isThere(mark)).map(({ id }) => id),
      parameters: entries(marks, ({ parameters }) => lacked(parameters, isThere)),
      fields: entries(marks, ({ request }) => lacked(request.fields, isThere)),
      values: entries(marks, ({ request }) =>
        request.values.flatMap(({ at, marks: ofValues }) => {
          const values = Object.entries(ofValues).flatMap(([value, mark]) => (isThere(mark) ? [] : [value]))
          return values.length === 0 ? [] : [{ at, values }]
        }),
      ),
      answers: isNewest ? {} : entries(marks, ({ answer }) => lacked(answer.fields, isThere).map(({ at }) => at)),
      lists: listsOf(spec, collections, isThere, (ignoredUntil) =>
        isWithin(versions, { until: ignoredUntil }, version),
      ),
    }
  }
  return { versions, lacks }
}

/** @param {{ versions: string[], lacks: Record<string, Lacks> }} read */
export function renderVersions({ versions, lacks }) {
  const told = Object.fromEntries(
    Object.entries(lacks).map(([version, each]) => [
      version,
      Object.fromEntries(Object.entries(each).filter(([, part]) => Object.keys(part).length > 0)),
    ]),
  )
  return `import type { OperationId } from './operations.js'

/** A field or parameter, and what servers do without it: as if it came with this value. */
export interface LackedField {
  /** Names on the way to it; \`*\` is any name of a map, \`[]\` any item of a list. */
  readonly at: string
  readonly before?: unknown
}

type ByOperation<Part> = Readonly<Partial<Record<OperationId, readonly Part[]>>>

/** What lists of a collection cannot be asked for yet, or any more. */
export interface LackedList {
  readonly filter: readonly string[]
  /** Filters that are taken, and without effect. */
  readonly ignored: readonly string[]
  readonly sort: readonly string[]
  readonly exclude: readonly string[]
}

/** The parts of the spec that a version of Opik lacks. */
export interface Lacks {
  readonly operations?: readonly OperationId[]
  /** Of queries. */
  readonly parameters?: ByOperation<LackedField>
  /** Of request bodies. */
  readonly fields?: ByOperation<LackedField>
  /** Values of enums in request bodies. */
  readonly values?: ByOperation<{ readonly at: string; readonly values: readonly string[] }>
  /** Of the bodies of successes. */
  readonly answers?: ByOperation<string>
  readonly lists?: Readonly<Record<string, LackedList>>
}

/** The versions that the spec tells apart, oldest first. */
export const versions = ${literal(versions)} as const

/** A version of Opik. */
export type Version = (typeof versions)[number]

/** What each of them lacks. */
export const lacks: Readonly<Record<Version, Lacks>> = ${literal(told)}
`
}

/**
 * Since when and until when something is there, in words; '' for always.
 * @param {unknown} marked
 */
export function describeMark(marked) {
  const { since, until } = markOf(marked)
  const parts = [since === undefined ? '' : `since ${since}`, until === undefined ? '' : `until ${until}`]
  return parts.filter((part) => part !== '').join(', ')
}

/**
 * @param {readonly string[]} versions
 * @param {Mark} mark
 * @param {string} version
 */
function isWithin(versions, { since, until }, version) {
  const at = versions.indexOf(version)
  return at >= versions.indexOf(since ?? version) && (until === undefined || at < versions.indexOf(until))
}

/**
 * @param {readonly (LackedField & { mark: Mark })[]} marked
 * @param {(mark: Mark) => boolean} isThere
 * @returns {LackedField[]}
 */
function lacked(marked, isThere) {
  return marked
    .filter(({ mark }) => !isThere(mark))
    .map(({ at, before }) => (before === undefined ? { at } : { at, before }))
}

/**
 * @template Found
 * @param {readonly MarkedOperation[]} marks
 * @param {(operation: MarkedOperation) => Found[]} find
 * @returns {Record<string, Found[]>}
 */
function entries(marks, find) {
  return Object.fromEntries(
    marks.flatMap((each) => {
      const found = find(each)
      return found.length === 0 ? [] : [[each.id, found]]
    }),
  )
}

/** @typedef {ReturnType<typeof readMarks>[number]} MarkedOperation */

/**
 * @param {Spec} spec
 * @param {readonly Operation[]} operations
 */
function readMarks(spec, operations) {
  return operations.map(({ id, place, parameters, requestBody, responses }) => {
    const success = responses.find(({ status, body }) => status < 300 && body !== null)?.body
    return {
      id,
      mark: markOf(place.reduce((/** @type {unknown} */ value, key) => objectOf(value)[key], spec.document)),
      parameters: parameters
        .filter((each) => each.in === 'query' && isMarked(each.schema))
        .map(({ name, schema }) => ({ at: name, before: schema['x-before'], mark: markOf(schema) })),
      request: visit(spec, requestBody?.schema),
      answer: visit(spec, success?.schema),
    }
  })
}

/**
 * The marked fields of a schema, and the marked values of its enums.
 * @param {Spec} spec
 * @param {unknown} schema
 */
function visit(spec, schema) {
  /** @type {(LackedField & { mark: Mark })[]} */
  const fields = []
  /** @type {{ at: string, marks: Record<string, Mark> }[]} */
  const values = []
  /** @type {(part: unknown, path: readonly string[]) => void} */
  const walk = (part, path) => {
    const { properties, items, additionalProperties, ...found } = resolveReference(spec, part)
    if (isObject(found['x-since']) || isObject(found['x-until'])) {
      const [since, until] = [objectOf(found['x-since']), objectOf(found['x-until'])]
      const names = new Set([...Object.keys(since), ...Object.keys(until)])
      const marks = [...names].map((name) => [name, markOf({ 'x-since': since[name], 'x-until': until[name] })])
      values.push({ at: path.join('/'), marks: Object.fromEntries(marks) })
    }
    for (const [name, property] of Object.entries(objectOf(properties))) {
      const at = [...path, name]
      const marked = objectOf(property)
      if (isMarked(marked)) fields.push({ at: at.join('/'), before: marked['x-before'], mark: markOf(marked) })
      walk(property, at)
    }
    if (isObject(items)) walk(items, [...path, '[]'])
    if (isObject(additionalProperties)) walk(additionalProperties, [...path, '*'])
    for (const list of [found.allOf, found.anyOf, found.oneOf]) for (const each of listOf(list)) walk(each, path)
  }
  if (schema !== undefined) walk(schema, [])
  return { fields, values }
}

/**
 * What a list may be asked for by a field goes with the field; a filter may say more.
 * @param {Spec} spec
 * @param {readonly Collection[]} collections
 * @param {(mark: Mark) => boolean} isThere
 * @param {(until: string) => boolean} isIgnored
 */
function listsOf(spec, collections, isThere, isIgnored) {
  return Object.fromEntries(
    collections.flatMap(({ name, schema, list }) => {
      if (list === null) return []
      const properties = objectOf(objectOf(objectOf(spec.document.components).schemas)[schema]).properties
      const isLacked = (/** @type {string} */ path) =>
        !isThere(markOf(objectOf(properties)[path.split(/[.[]/, 1)[0] ?? '']))
      const filters = Object.entries(list.filter)
      const lacking = {
        filter: filters.flatMap(([field, { of, since }]) =>
          isLacked(of) || isLacked(field) || !isThere({ since }) ? [field] : [],
        ),
        ignored: filters.flatMap(([field, { ignoredUntil }]) =>
          ignoredUntil !== undefined && isIgnored(ignoredUntil) ? [field] : [],
        ),
        sort: list.sort.filter(isLacked),
        exclude: list.exclude.filter(isLacked),
      }
      return Object.values(lacking).some((part) => part.length > 0) ? [[name, lacking]] : []
    }),
  )
}

/** @param {unknown} value */
function isMarked(value) {
  const { since, until } = markOf(value)
  return since !== undefined || until !== undefined
}

/**
 * Since when and until when a value of the spec is there.
 * @param {unknown} value
 * @returns {Mark}
 */
export function markOf(value) {
  const { 'x-since': since, 'x-until': until } = objectOf(value)
  return {
    ...(typeof since === 'string' ? { since } : {}),
    ...(typeof until === 'string' ? { until } : {}),
  }
}

/**
 * Every mark names a version of the list, wherever it stands.
 * @param {Spec} spec
 * @param {readonly string[]} versions
 */
function expectKnown(spec, versions) {
  /** @type {import('./spec-error.mjs').Problem[]} */
  const problems = []
  /** @type {(value: unknown, place: Place) => void} */
  const judge = (value, place) => {
    if (isObject(value)) for (const [name, each] of Object.entries(value)) judge(each, [...place, name])
    else if (!versions.includes(String(value)) || typeof value !== 'string') {
      const problem = `${JSON.stringify(value)} is no version of ${ROOT}.`
      problems.push({ place, problem, fix: `use ${listText(versions.map((each) => `'${each}'`))}.` })
    }
  }
  /** @type {(value: unknown, place: Place) => void} */
  const walk = (value, place) => {
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, [...place, index]))
    if (!isObject(value)) return
    for (const [key, member] of Object.entries(value)) {
      if (key === 'x-since' || key === 'x-until') judge(member, [...place, key])
      else if (key !== 'example' && key !== 'examples') walk(member, [...place, key])
    }
  }
  walk(spec.document, [])
  if (problems.length > 0) throw new SpecError(problems)
}
