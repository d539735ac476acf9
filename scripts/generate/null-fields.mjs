// @ts-check
// A null in a request stands for a field without a value, unless the field may be null: a keyword of our own that takes
// such fields away in the pass that validates the rest, before anything asks whether they are there.
import { _ } from 'ajv'
import { isObject } from './load-spec.mjs'

const KEYWORD = 'nullless'

/** @typedef {ReadonlyMap<string, unknown>} LocalSchemas By id. */

/** @type {import('ajv').CodeKeywordDefinition} */
export const NULLS_KEYWORD = {
  keyword: KEYWORD,
  type: 'object',
  schemaType: 'array',
  before: 'required',
  code: ({ gen, data, schemaCode }) => void gen.code(_`dropNulls(${data}, ${schemaCode})`),
}

/**
 * The same schemas, every object with the names of those of its properties that must not be null.
 * @param {LocalSchemas} schemas
 * @returns {Map<string, unknown>}
 */
export function markNulls(schemas) {
  return new Map([...schemas].map(([id, schema]) => [id, mark(schema, schemas)]))
}

/**
 * @param {unknown} schema
 * @param {LocalSchemas} schemas
 * @returns {unknown}
 */
function mark(schema, schemas) {
  if (Array.isArray(schema)) return schema.map((member) => mark(member, schemas))
  if (!isObject(schema)) return schema
  const marked = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, mark(value, schemas)]))
  if (schema.type !== 'object' || !isObject(schema.properties)) return marked
  const names = Object.keys(schema.properties).filter((name) => !mayBeNull(schema.properties[name], schemas))
  return names.length === 0 ? marked : { ...marked, [KEYWORD]: names }
}

/**
 * @param {unknown} schema
 * @param {LocalSchemas} schemas
 * @returns {boolean}
 */
function mayBeNull(schema, schemas) {
  if (!isObject(schema)) return schema !== false
  const { $ref, type, enum: values, allOf, anyOf, oneOf } = schema
  const isAdmitted = (/** @type {unknown} */ part) => mayBeNull(part, schemas)
  return (
    (typeof $ref !== 'string' || isAdmitted(schemas.get($ref))) &&
    (type === undefined || [type].flat().includes('null')) &&
    (!Array.isArray(values) || values.includes(null)) &&
    (!Array.isArray(allOf) || allOf.every(isAdmitted)) &&
    [anyOf, oneOf].every((parts) => !Array.isArray(parts) || parts.some(isAdmitted))
  )
}
