// Flaws inside schemas: patterns, types, `nullable` that means nothing, circles.
import { flawAt, stepInto, type Flaw, type Place } from './flaw.js'
import { isObject, listOf, objectOf, textOf, type JsonObject } from './json-value.js'
import type { SpecDocument } from './parse-spec.js'
import { compilePattern } from './patterns.js'
import { lookUp } from './references.js'

const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']
const schemaLists = ['allOf', 'oneOf', 'anyOf', 'prefixItems']
const schemaMaps = ['properties', 'patternProperties', '$defs', 'dependentSchemas']
const schemaMembers = [
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'unevaluatedProperties',
]

/** The flaws of a schema and of the schemas written inside it. References are not followed. */
export function* findSchemaFlaws(document: SpecDocument, root: Place): Generator<Flaw> {
  yield* walk(document, root, root.where, '')
}

function* walk(document: SpecDocument, place: Place, name: string, path: string): Generator<Flaw> {
  const schema = place.value
  if (typeof schema === 'boolean') return
  if (!isObject(schema)) {
    yield flawAt(place, 'malformed part', `${JSON.stringify(schema)} where a schema belongs`)
    return
  }
  const enter = (from: Place, step: string | number, more: string) =>
    walk(document, stepInto(from, step, `${name} ${path}${more}`.trimEnd()), name, path + more)

  yield* ownFlaws(document, schema, place)
  for (const keyword of schemaMaps) {
    if (keyword in schema && !isObject(schema[keyword]))
      yield flawAt(place, 'malformed part', `${keyword} is no object`)
    for (const member of Object.keys(objectOf(schema[keyword]))) {
      yield* enter(stepInto(place, keyword, name), member, `/${member}`)
    }
  }
  for (const keyword of schemaLists) {
    if (keyword in schema && !Array.isArray(schema[keyword]))
      yield flawAt(place, 'malformed part', `${keyword} is no list`)
    for (const index of listOf(schema[keyword]).keys()) yield* enter(stepInto(place, keyword, name), index, '')
  }
  for (const keyword of schemaMembers) {
    if (keyword in schema) yield* enter(place, keyword, keyword === 'additionalProperties' ? '/{name}' : '')
  }
  if ('items' in schema) yield* enter(place, 'items', '[]')
}

function* ownFlaws(document: SpecDocument, schema: JsonObject, place: Place): Generator<Flaw> {
  const pattern = textOf(schema.pattern)
  if (pattern !== undefined && compilePattern(pattern) === undefined) yield flawAt(place, 'pattern syntax', pattern)
  if ('nullable' in schema && !isNullableMeaningful(document, schema)) {
    const beside = ['allOf', 'oneOf', 'anyOf', '$ref'].find((keyword) => keyword in schema)
    yield flawAt(
      place,
      'nullable without effect',
      beside === undefined ? `in OpenAPI ${document.openapi}` : `beside ${beside}`,
    )
  }
  for (const type of typeof schema.type === 'string' ? [schema.type] : listOf(schema.type)) {
    if (typeof type !== 'string' || !types.includes(type)) yield flawAt(place, 'unknown type', JSON.stringify(type))
  }
  if (isCircular(document, schema)) yield flawAt(place, 'circular reference')
}

/** Only OpenAPI 3.0 knows `nullable`, and only beside the `type` that it widens. */
function isNullableMeaningful(document: SpecDocument, schema: JsonObject): boolean {
  return schema.nullable === false || (document.openapi.startsWith('3.0') && 'type' in schema)
}

/** Whether a schema comes up again in its own definition without a field or item in between. */
function isCircular(document: SpecDocument, schema: JsonObject): boolean {
  const reached = new Set<unknown>()
  const visit = (from: JsonObject): boolean => {
    const target = typeof from.$ref === 'string' ? lookUp(document, from.$ref) : undefined
    const parts = [target, ...['allOf', 'oneOf', 'anyOf'].flatMap((keyword) => listOf(from[keyword]))].filter(isObject)
    return parts.some((part) => {
      if (part === schema) return true
      if (reached.has(part)) return false
      reached.add(part)
      return visit(part)
    })
  }
  return visit(schema)
}
