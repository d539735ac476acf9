// @ts-check
// Renders component-schemas.ts: the named schemas as plain data that refer to each other by name, for whoever makes up a
// value of a field that nobody has described by hand.
import { keyText, literal } from './literal.mjs'
import { isObject, objectOf } from './load-spec.mjs'
import { componentName } from './localize-schema.mjs'

const KEPT =
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
  return `${DECLARATIONS}
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
    ...Object.fromEntries(KEPT.flatMap((key) => (tells(key, found[key]) ? [[key, found[key]]] : []))),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...Object.fromEntries([...lists, ...parts]),
  }
}

/**
 * Whether a keyword says something to whoever makes values up: no such text is blank, no such number large.
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

const DECLARATIONS = `
/** A schema; or the name of one behind a #, a type, or the format of a text. */
export type SchemaPart = string | ComponentSchema

/** A schema that no single word says. */
export interface ComponentSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly examples?: readonly unknown[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minItems?: number
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
