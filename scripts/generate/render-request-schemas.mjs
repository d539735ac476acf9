// @ts-check
// Renders request-schemas.ts: the schema of every request body as plain data with all references followed, so that
// whoever makes up requests, valid or broken, needs no copy of the spec at run time.
import { literal } from './literal.mjs'
import { isObject, objectOf, resolveReference } from './load-spec.mjs'
import { SpecError } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Spec} Spec */

const KEPT = 'type format enum minLength maxLength pattern minimum maximum minItems maxItems required'.split(' ')
const DEEPEST = 12
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
  if (depth > DEEPEST) {
    const problem = `request bodies nest deeper than ${DEEPEST} schemas here.`
    throw new SpecError([{ place: [...place], problem, fix: 'end the schema; one that contains itself is not read.' }])
  }
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
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  /** A text that fits the pattern. */
  readonly example?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly items?: FieldSchema
  readonly propertyNames?: FieldSchema
  readonly additionalProperties?: FieldSchema
}
`
