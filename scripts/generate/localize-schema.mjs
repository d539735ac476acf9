// @ts-check
// Turns a schema of the spec into one that stands alone under its own name: references to components become
// references to those names, annotations that decide nothing are dropped (they would only make validators larger).
import { isObject } from './load-spec.mjs'

const ANNOTATIONS = new Set(
  'title description default deprecated readOnly writeOnly example examples externalDocs xml discriminator'.split(' '),
)
const MAPS_OF_SCHEMAS = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])
const LITERALS = new Set(['enum', 'const', 'required', 'type', 'dependentRequired'])
const COMPONENT = '#/components/schemas/'

/**
 * @param {unknown} schema
 * @returns {unknown}
 */
export function localizeSchema(schema) {
  if (Array.isArray(schema)) return schema.map(localizeSchema)
  if (schema === false) return { not: {} }
  if (!isObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !ANNOTATIONS.has(key) && !key.startsWith('x-'))
      .map(([key, value]) => [key, localizeMember(key, value)]),
  )
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function localizeMember(key, value) {
  if (LITERALS.has(key)) return value
  if (key === '$ref' && typeof value === 'string') return localReference(value)
  if (MAPS_OF_SCHEMAS.has(key) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, localizeSchema(schema)]))
  }
  return localizeSchema(value)
}

/** @param {string} reference */
function localReference(reference) {
  if (!reference.startsWith(COMPONENT)) return reference
  const [name, ...rest] = reference.slice(COMPONENT.length).split('/')
  return rest.length === 0 ? name : `${name}#/${rest.join('/')}`
}

/**
 * The component that a schema is nothing but a reference to, or null.
 * @param {unknown} schema
 */
export function componentName(schema) {
  if (!isObject(schema) || typeof schema.$ref !== 'string') return null
  const reference = schema.$ref
  const name = reference.slice(COMPONENT.length)
  return reference.startsWith(COMPONENT) && !name.includes('/') ? name : null
}
