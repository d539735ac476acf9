// @ts-check
// Renders the JSON Schemas of files, for editors and other tools: each stands alone, with what it refers to beside it.
import { isObject, objectOf } from '../load-spec.mjs'

const OWN = '#/components/schemas/'

/**
 * @param {import('./read-kit.mjs').Kit} kit
 * @returns {[string, string][]} Contents by path.
 */
export function renderJsonSchemas({ schemas, own }) {
  return own.flatMap((name) => {
    const schema = objectOf(schemas[name])
    const file = schema['x-file']
    if (typeof file !== 'string') return []
    const text = `${JSON.stringify(standAlone(schema, schemas), null, 2)}\n`
    return [/** @type {[string, string]} */ ([`schemas/${file}.json`, text])]
  })
}

/**
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {import('./read-kit.mjs').Kit['schemas']} schemas
 */
export function standAlone(schema, schemas) {
  /** @type {Record<string, unknown>} */
  const $defs = {}
  const visit = (/** @type {unknown} */ value) => {
    if (Array.isArray(value)) return value.map(visit)
    if (!isObject(value)) return value
    // What is a function can stand in code alone.
    if (value['x-function'] !== undefined) return { not: {} }
    const isOpen = value['x-open'] === true
    const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-') && !(isOpen && key === 'enum'))
    const members = Object.fromEntries(kept.map(([key, member]) => [key, LITERALS.has(key) ? member : visit(member)]))
    if (typeof value.$ref !== 'string') return members
    const name = value.$ref.slice(OWN.length)
    if ($defs[name] === undefined) {
      $defs[name] = {}
      $defs[name] = visit(schemas[name])
    }
    return { ...members, $ref: `#/$defs/${name}` }
  }
  const root = objectOf(visit({ ...schema, ...inPlace(schema, schemas) }))
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...withSchemaKey(root), $defs }
}

/**
 * Choices at the root stand there themselves, since each of them takes `$schema` there and nowhere else.
 * @param {import('../load-spec.mjs').JsonObject} schema
 * @param {import('./read-kit.mjs').Kit['schemas']} schemas
 */
function inPlace({ anyOf }, schemas) {
  if (!Array.isArray(anyOf)) return {}
  const choices = anyOf.map(objectOf).map((choice) => {
    return typeof choice.$ref === 'string' ? objectOf(schemas[choice.$ref.slice(OWN.length)]) : choice
  })
  return { anyOf: choices }
}

const LITERALS = new Set(['enum', 'const', 'default', 'examples', 'required'])

/**
 * Readers ignore `$schema` at the root of every file.
 * @param {import('../load-spec.mjs').JsonObject} root
 * @returns {import('../load-spec.mjs').JsonObject}
 */
function withSchemaKey(root) {
  if (Array.isArray(root.anyOf)) return { ...root, anyOf: root.anyOf.map((choice) => withSchemaKey(objectOf(choice))) }
  if (root.type === 'object' && isObject(root.properties)) {
    return { ...root, properties: { $schema: { type: 'string' }, ...root.properties } }
  }
  if (root.type === 'object' && isObject(root.additionalProperties)) {
    return { ...root, properties: { $schema: { type: 'string' } } }
  }
  return root
}
