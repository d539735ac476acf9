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
  const entries = Object.entries(schemas).map(([name, schema]) => `  ${keyText(name)}: ${literal(plain(schema), 2)},\n`)
  return `${DECLARATIONS}
/** Every named schema. */
export const componentSchemas: Readonly<Record<string, ComponentSchema>> = {
${entries.join('')}}
`
}

/**
 * @param {unknown} schema
 * @returns {Record<string, unknown>}
 */
function plain(schema) {
  const name = componentName(schema)
  if (name !== null) return { ref: name }
  const found = objectOf(schema)
  const properties = Object.entries(objectOf(found.properties)).map(([key, part]) => [key, plain(part)])
  const examples = found.example === undefined ? {} : { examples: [found.example] }
  const lists = LISTS.flatMap((key) => (Array.isArray(found[key]) ? [[key, found[key].map(plain)]] : []))
  const parts = PARTS.flatMap((key) => (isObject(found[key]) ? [[key, plain(found[key])]] : []))
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
/** A schema, or the name of one. */
export interface ComponentSchema {
  readonly ref?: string
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
  readonly properties?: Readonly<Record<string, ComponentSchema>>
  readonly items?: ComponentSchema
  readonly propertyNames?: ComponentSchema
  readonly additionalProperties?: ComponentSchema
  readonly allOf?: readonly ComponentSchema[]
  readonly anyOf?: readonly ComponentSchema[]
  readonly oneOf?: readonly ComponentSchema[]
}
`
