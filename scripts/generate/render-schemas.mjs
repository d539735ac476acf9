// @ts-check
// Renders schemas as plain data, so that no copy of the spec is needed at run time: request-schemas.ts, every request
// body with all references followed, to make up requests, valid or broken; component-schemas.ts, the named
// schemas, to make up values of fields that no definition describes; answer-shapes.ts, which fields the
// spec knows in the answer of each operation, and which of them are times, to compare two answers.
import { literal, keyText } from './literal.mjs'
import { isObject, listOf, objectOf, resolveReference } from './load-spec.mjs'
import { SpecError } from './spec-error.mjs'
import { componentName } from './localize-schema.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */

const KEPT = 'type format enum minLength maxLength pattern minimum maximum minItems maxItems required'.split(' ')
const MAX_DEPTH = 12
const NOT_BLANK = '\\S'

/**
 * @param {Spec} spec
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {string}
 */
export function renderRequestSchemas(spec, operations) {
  const entries = operations.flatMap(({ id, requestBody }) =>
    requestBody === null ? [] : [`  ${id}: ${literal(fieldOf(spec, requestBody.schema, requestBody.place), 2)},\n`],
  )
  return `import type { OperationId } from './operations.js'
${DECLARATIONS}
/** The body of every operation that takes one. */
export const requestSchemas: Readonly<Partial<Record<OperationId, FieldSchema>>> = {
${entries.join('')}}
`
}

/**
 * The names alone, which pages can carry.
 * @param {Spec} spec
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {string}
 */
export function renderRequestFields(spec, operations) {
  const entriesOf = (/** @type {boolean} */ ofNeighbours) =>
    operations.flatMap((operation) => (operation.isNeighbour === ofNeighbours ? entryOf(operation) : [])).join('')
  const entryOf = (/** @type {import('./read-operations.mjs').Operation} */ { id, requestBody }) => {
    if (requestBody === null) return []
    const { properties, additionalProperties } = fieldOf(spec, requestBody.schema, requestBody.place)
    const isFree = properties === undefined || additionalProperties !== undefined
    return isFree ? [] : [`  ${id}: '${Object.keys(objectOf(properties)).join(' ')}',\n`]
  }
  return `import type { OperationId } from './operations.js'

/** The fields of each request body that is an object with fields of its own, separated by blanks. */
export const requestFields: Readonly<Partial<Record<OperationId, string>>> = {
${entriesOf(false)}}

/** The same of the operations around runners. */
export const neighbourRequestFields: Readonly<Partial<Record<OperationId, string>>> = {
${entriesOf(true)}}
`
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @param {import('./load-spec.mjs').Place} place
 * @param {number} [depth]
 * @returns {Record<string, unknown>}
 */
function fieldOf(spec, schema, place, depth = 0) {
  expectShallow('request bodies', place, depth)
  const resolved = resolveReference(spec, schema)
  const inner = (/** @type {unknown} */ part) => fieldOf(spec, part, place, depth + 1)
  const own = Object.fromEntries(KEPT.map((key) => [key, resolved[key]]))
  // What must look like something is told by its example; what must not be blank is plain.
  if (resolved.pattern !== undefined && resolved.pattern !== NOT_BLANK) own.example = resolved.example
  const properties = Object.entries(objectOf(resolved.properties)).map(([name, part]) => [name, inner(part)])
  return {
    ...own,
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(isObject(resolved.items) ? { items: inner(resolved.items) } : {}),
    ...(isObject(resolved.propertyNames) ? { propertyNames: inner(resolved.propertyNames) } : {}),
    ...(isObject(resolved.additionalProperties) ? { additionalProperties: inner(resolved.additionalProperties) } : {}),
  }
}

const DECLARATIONS = `
/** One place of a request body. Without a type it holds any JSON. */
export interface FieldSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: string
  readonly enum?: readonly string[]
${numbers('minLength maxLength')}
  readonly pattern?: string
  /** A text that fits the pattern. */
  readonly example?: string
${numbers('minimum maximum minItems maxItems')}
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly items?: FieldSchema
  readonly propertyNames?: FieldSchema
  readonly additionalProperties?: FieldSchema
}
`

const COMPONENT_KEPT =
  'type format enum const minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems required examples'.split(
    ' ',
  )
const LISTS = ['allOf', 'anyOf', 'oneOf']
const PARTS = ['items', 'additionalProperties', 'propertyNames']

/**
 * @param {import('./load-spec.mjs').Spec} spec
 * @returns {string}
 */
export function renderComponentSchemas(spec) {
  const schemas = objectOf(objectOf(spec.document.components).schemas)
  const entries = Object.entries(schemas).map(([name, schema]) => `  ${keyText(name)}: ${literal(short(schema), 2)},\n`)
  return `${COMPONENT_DECLARATIONS}
/** Every named schema. */
export const componentSchemas: Readonly<Record<string, SchemaPart>> = {
${entries.join('')}}
`
}

/**
 * A part of a schema in the shortest form: pages load all of them with the fixtures.
 * @param {unknown} schema
 * @returns {string | Record<string, unknown>}
 */
function short(schema) {
  const name = componentName(schema)
  if (name !== null) return `#${name}`
  const { type, format, ...rest } = plain(schema)
  const isBare = typeof type === 'string' && Object.keys(rest).length === 0
  return isBare && (format === undefined || type === 'string') ? String(format ?? type) : plain(schema)
}

/**
 * @param {unknown} schema
 * @returns {Record<string, unknown>}
 */
function plain(schema) {
  const found = objectOf(schema)
  const properties = Object.entries(objectOf(found.properties)).map(([key, part]) => [key, short(part)])
  const examples = found.example === undefined ? {} : { examples: [found.example] }
  const lists = LISTS.flatMap((key) => (Array.isArray(found[key]) ? [[key, found[key].map(short)]] : []))
  const parts = PARTS.flatMap((key) => (isObject(found[key]) ? [[key, short(found[key])]] : []))
  return {
    ...examples,
    ...Object.fromEntries(COMPONENT_KEPT.flatMap((key) => (tells(key, found[key]) ? [[key, found[key]]] : []))),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...Object.fromEntries([...lists, ...parts]),
  }
}

/**
 * Whether a keyword helps to make values up: no such text is blank, no such number large.
 * @param {string} key
 * @param {unknown} value
 */
function tells(key, value) {
  if (value === undefined) return false
  if (key === 'pattern') return value !== '\\S'
  if (key === 'minLength') return Number(value) > 1
  if (key === 'maxLength') return Number(value) < 100
  return key !== 'format' || !/^(u?int\d+|float|double)$/.test(String(value))
}

const COMPONENT_DECLARATIONS = `
/** A schema; or the name of one behind a #, a type, or the format of a text. */
export type SchemaPart = string | ComponentSchema

/** A schema that no single word says. */
export interface ComponentSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly examples?: readonly unknown[]
${numbers('minLength maxLength')}
  readonly pattern?: string
${numbers('minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems')}
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, SchemaPart>>
  readonly items?: SchemaPart
  readonly propertyNames?: SchemaPart
  readonly additionalProperties?: SchemaPart
  readonly allOf?: readonly SchemaPart[]
  readonly anyOf?: readonly SchemaPart[]
  readonly oneOf?: readonly SchemaPart[]
}
`

/**
 * @param {Spec} spec
 * @param {readonly import('./read-operations.mjs').Operation[]} operations
 * @returns {string}
 */
export function renderAnswerShapes(spec, operations) {
  const entries = operations.flatMap(({ id, responses }) => {
    const body = responses.find((response) => response.status < 300)?.body ?? null
    return body === null ? [] : [`  ${id}: ${literal(shapeOf(spec, body.schema, body.place), 2)},\n`]
  })
  return `import type { OperationId } from './operations.js'
${ANSWER_DECLARATIONS}
/** The body with which every operation answers that succeeds, where it has one. */
export const answerShapes: Readonly<Partial<Record<OperationId, AnswerShape>>> = {
${entries.join('')}}
`
}

/**
 * @param {Spec} spec
 * @param {unknown} schema
 * @param {import('./load-spec.mjs').Place} place
 * @param {number} [depth]
 * @returns {Record<string, unknown>}
 */
function shapeOf(spec, schema, place, depth = 0) {
  expectShallow('answers', place, depth)
  const resolved = resolveReference(spec, schema)
  const inner = (/** @type {unknown} */ part) => shapeOf(spec, part, place, depth + 1)
  // Of alternatives one has fields; the others are null.
  const [only] = listOf(resolved.oneOf ?? resolved.anyOf).filter((part) => resolveReference(spec, part).type !== 'null')
  if (only !== undefined) return inner(only)
  const inherited = listOf(resolved.allOf).map((part) => objectOf(inner(part).fields))
  const own = Object.entries(objectOf(resolved.properties)).map(([name, part]) => [name, inner(part)])
  const fields = Object.assign({}, ...inherited, Object.fromEntries(own))
  return {
    ...(resolved.format === 'date-time' ? { isTime: true } : {}),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(isObject(resolved.items) ? { items: inner(resolved.items) } : {}),
  }
}

/**
 * @param {string} what
 * @param {import('./load-spec.mjs').Place} place
 * @param {number} depth
 */
function expectShallow(what, place, depth) {
  if (depth <= MAX_DEPTH) return
  const problem = `${what} nest deeper than ${MAX_DEPTH} schemas here.`
  throw new SpecError([{ place: [...place], problem, fix: 'end the schema; one that contains itself is not read.' }])
}

/** Members of a type that are numbers. @param {string} names */
function numbers(names) {
  return names.replaceAll(/(\w+) ?/g, '  readonly $1?: number\n').trimEnd()
}

const ANSWER_DECLARATIONS = `
/** One place of an answer. Without fields and items it is a value, or holds any JSON. */
export interface AnswerShape {
  readonly fields?: Readonly<Record<string, AnswerShape>>
  readonly items?: AnswerShape
  readonly isTime?: true
}
`
