// @ts-check
// Renders carried.ts: finds out which properties a request shares with the resource that its schema names under
// `x-feeds`, and how each of them travels. What the mock computes, renames or leaves out besides is code, or
// `x-normalize`.
import { isObject, objectOf, propertiesOf, resolveReference } from './load-spec.mjs'
import { componentName } from './localize-schema.mjs'
import { SpecError, listText } from './spec-error.mjs'
import { keyText, literal } from './literal.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */
/** @typedef {import('./load-spec.mjs').JsonObject} JsonObject */
/** @typedef {import('./load-spec.mjs').Place} Place */

/**
 * How a value travels: undefined unchanged, 'json' unchanged and unread, 'uuid' in lower case, 'trim' without
 * the white space around it, else part by part.
 * @typedef {undefined | 'json' | 'uuid' | 'trim' | { fields: Field[] } | { items: Way } | { keys?: Way, values?: Way }} Way
 */
/** @typedef {{ name: string, as?: Way, default?: unknown, omitEmpty?: true }} Field */
/**
 * @typedef {object} Feed
 * @property {string} source The request's schema.
 * @property {string} target The resource's.
 * @property {Field[]} fields
 * @property {string[]} certain Names of the fields that every resource then has.
 */

const MAX_DEPTH = 12
const NORMALIZATIONS = ['trim', 'omit-empty']

/**
 * @param {Spec} spec
 * @param {{ operations: readonly import('./read-operations.mjs').Operation[], lifecycle: import('./read-lifecycle.mjs').Lifecycle }} context
 * @returns {Feed[]}
 */
export function readCarried(spec, { operations, lifecycle }) {
  const schemas = objectOf(objectOf(spec.document.components).schemas)
  return Object.entries(schemas).flatMap(([source, schema]) => {
    const target = objectOf(schema)['x-feeds']
    if (target === undefined) return []
    const place = ['components', 'schemas', source, 'x-feeds']
    if (typeof target !== 'string' || !Object.hasOwn(schemas, target)) {
      throw refusal(place, `"${String(target)}" is no schema.`, 'name the schema of the resource that is fed.')
    }
    const state = stateFields(source, operations, lifecycle)
    const shared = sharedFields(spec, [schema, schemas[target]], place).filter(({ name }) => !state.includes(name))
    const given = requiredOf(spec, schema)
    const shown = requiredOf(spec, schemas[target])
    const certain = shared.filter((field) => shown.has(field.name) && (given.has(field.name) || 'default' in field))
    return [{ source, target, fields: shared, certain: certain.map(({ name }) => name) }]
  })
}

/**
 * A rule that writes one field out of its operation's request writes all that the request shares with the resource.
 * @param {import('./read-lifecycle.mjs').Lifecycle} lifecycle
 * @param {{ operations: readonly import('./read-operations.mjs').Operation[], feeds: readonly Feed[] }} context
 */
export function widenRules(lifecycle, { operations, feeds }) {
  for (const { rules } of lifecycle.machines) {
    for (const rule of rules) {
      const source = componentName(operations.find(({ id }) => id === rule.on)?.requestBody?.schema)
      const names = feeds.find((feed) => feed.source === source)?.fields.map(({ name }) => name) ?? []
      const first = rule.set.findIndex((name) => names.includes(name))
      if (first < 0) continue
      const others = names.filter((name) => !rule.set.includes(name))
      const last = rule.set.findLastIndex((name) => names.includes(name))
      rule.set.splice(last + 1, 0, ...others)
    }
  }
}

/**
 * The fields that a machine moves itself, when the request belongs to one of its operations.
 * @param {string} source
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @param {import('./read-lifecycle.mjs').Lifecycle} lifecycle
 */
function stateFields(source, operations, { machines }) {
  const own = operations.filter(({ requestBody }) => componentName(requestBody?.schema) === source).map(({ id }) => id)
  return machines.flatMap(({ field, operations: known }) =>
    field !== null && known.some((id) => own.includes(id)) ? [field] : [],
  )
}

/**
 * @param {Spec} spec
 * @param {[unknown, unknown]} pair What is given and what is shown.
 * @param {Place} place
 * @param {number} [depth]
 * @returns {Field[]}
 */
function sharedFields(spec, [given, shown], place, depth = 0) {
  const properties = propertiesOf(spec, given)
  const others = propertiesOf(spec, shown)
  return Object.entries(properties).flatMap(([name, from]) => {
    const to = others[name]
    if (to === undefined || resolveReference(spec, from).readOnly === true) return []
    if (name in Object.prototype) throw refusal(place, `a field cannot be called ${name}.`, 'choose another name.')
    return [fieldOf(spec, { name, from, to }, [...place, name], depth)]
  })
}

/**
 * @param {Spec} spec
 * @param {{ name: string, from: unknown, to: unknown }} shared
 * @param {Place} place
 * @param {number} depth
 * @returns {Field}
 */
function fieldOf(spec, { name, from, to }, place, depth) {
  const as = wayOf(spec, [from, to], place, depth)
  const normalize = normalizationOf(spec, from, place) ?? normalizationOf(spec, to, place)
  const fallback = memberOf(spec, from, 'default') ?? memberOf(spec, to, 'default')
  return {
    name,
    ...(normalize === 'trim' ? { as: 'trim' } : as === undefined ? {} : { as }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(normalize === 'omit-empty' ? { omitEmpty: true } : {}),
  }
}

/**
 * @param {Spec} spec
 * @param {[unknown, unknown]} pair
 * @param {Place} place
 * @param {number} depth
 * @returns {Way}
 */
function wayOf(spec, [given, shown], place, depth) {
  if (depth > MAX_DEPTH) {
    throw refusal(
      place,
      `nests deeper than ${MAX_DEPTH} schemas.`,
      'end the schema; one that contains itself is not read.',
    )
  }
  const from = resolveReference(spec, given)
  const to = resolveReference(spec, shown)
  /** @type {(parts: [unknown, unknown]) => Way} */
  const inner = (parts) => wayOf(spec, parts, place, depth + 1)
  if (from.format === 'uuid' || to.format === 'uuid') return 'uuid'
  if (isObject(from.items) && isObject(to.items)) {
    const items = inner([from.items, to.items])
    return items === undefined || items === 'json' ? items : { items }
  }
  if (Object.keys(propertiesOf(spec, from)).length > 0) {
    return { fields: sharedFields(spec, [from, to], place, depth + 1) }
  }
  if (isObject(from.additionalProperties) && isObject(to.additionalProperties)) {
    const keys = isObject(from.propertyNames) ? inner([from.propertyNames, objectOf(to.propertyNames)]) : undefined
    const values = inner([from.additionalProperties, to.additionalProperties])
    const way = { ...(isUseful(keys) ? { keys } : {}), ...(isUseful(values) ? { values } : {}) }
    return Object.keys(way).length > 0 ? way : undefined
  }
  return from.type === undefined || from.type === 'object' || from.type === 'array' ? jsonOf(from) : undefined
}

/** @param {Way} way */
function isUseful(way) {
  return way !== undefined && way !== 'json'
}

/**
 * Whatever may hold any JSON is stored as it is; an enumeration is a plain value.
 * @param {JsonObject} schema
 * @returns {Way}
 */
function jsonOf(schema) {
  return schema.enum === undefined && schema.const === undefined && schema.format === undefined ? 'json' : undefined
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @returns {Set<unknown>}
 */
function requiredOf(spec, schema) {
  const resolved = resolveReference(spec, schema)
  const inherited = Array.isArray(resolved.allOf) ? resolved.allOf.flatMap((part) => [...requiredOf(spec, part)]) : []
  return new Set([...inherited, ...(Array.isArray(resolved.required) ? resolved.required : [])])
}

/**
 * A member of a schema, or of the schema that it refers to.
 * @param {Spec} spec
 * @param {unknown} schema
 * @param {string} name
 */
function memberOf(spec, schema, name) {
  return objectOf(schema)[name] ?? resolveReference(spec, schema)[name]
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @param {Place} place
 */
function normalizationOf(spec, schema, place) {
  const found = memberOf(spec, schema, 'x-normalize')
  if (found === undefined || NORMALIZATIONS.includes(String(found))) return found
  throw refusal(place, `x-normalize is "${String(found)}".`, `use ${listText(NORMALIZATIONS)}.`)
}

/**
 * @param {Place} place
 * @param {string} problem
 * @param {string} fix
 */
function refusal(place, problem, fix) {
  return new SpecError([{ place, problem, fix }])
}

/**
 * @param {readonly Feed[]} feeds
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {string}
 */
export function renderCarried(feeds, operations) {
  const ofRequests = operations.flatMap(({ id, requestBody }) => {
    const source = componentName(requestBody?.schema)
    return feeds.some((feed) => feed.source === source) ? [[id, source]] : []
  })
  const entries = feeds.map(({ source, fields }) => `  ${keyText(source)}: ${literal(fields, 2)},\n`)
  const types = feeds.map(
    ({ source, target, fields, certain }) =>
      `  ${keyText(source)}: {\n    from: Schemas['${source}']\n    gives: ${givesType(target, fields, certain)}\n  }\n`,
  )
  return `import type { components } from './api-types.js'
${DECLARATIONS}
type Schemas = components['schemas']

/** What each request is and gives. */
export interface Feeds {
${types.join('')}}

/** The fields that each request shares with the resource that it feeds. */
export const carried: Readonly<Record<keyof Feeds, readonly CarriedField[]>> = {
${entries.join('')}}

/** The schema of each request that feeds a resource. */
export const requestFeeds = ${literal(Object.fromEntries(ofRequests))} as const satisfies Readonly<Record<string, keyof Feeds>>
`
}

/**
 * @param {string} target
 * @param {readonly { name: string }[]} fields
 * @param {readonly string[]} certain
 */
function givesType(target, fields, certain) {
  const pick = (/** @type {readonly string[]} */ names) =>
    `Pick<Schemas['${target}'], ${names.map((name) => `'${name}'`).join(' | ')}>`
  const others = fields.map(({ name }) => name).filter((name) => !certain.includes(name))
  const parts = [
    ...(certain.length === 0 ? [] : [pick(certain)]),
    ...(others.length === 0 ? [] : [`Partial<${pick(others)}>`]),
  ]
  return parts.length === 0 ? 'object' : parts.join(' & ')
}

const DECLARATIONS = `
/** A field that travels. */
export interface CarriedField {
  readonly name: string
  /** Default: a plain value, as it is. */
  readonly as?: Way
  /** What stands for it when it was not given. */
  readonly default?: unknown
  /** Left out when it has no members. */
  readonly omitEmpty?: true
}

/**
 * How a value travels: \`json\` is the caller's own and stays as it is, \`uuid\` comes out in lower case, \`trim\` without
 * the white space around it; objects, lists and maps part by part.
 */
export type Way =
  | 'json'
  | 'uuid'
  | 'trim'
  | { readonly fields: readonly CarriedField[] }
  | { readonly items: Way }
  | { readonly keys?: Way; readonly values?: Way }
`
