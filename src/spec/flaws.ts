// Names what is wrong with a document itself, place by place. A comparison reads around flaws;
// a strict validator may switch itself off at them, silently. Flaws inside schemas are patterns,
// types, `nullable` that means nothing, and circles.
import { isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, resolve, type SpecDocument } from './parse-spec.js'
import { methods, pathParameterNames } from './spec-operations.js'
import { compilePattern } from './patterns.js'

/** Kinds of flaws, with what each means for a reader. */
export const flawMeanings = {
  'pattern syntax': 'no ECMAScript pattern; validators refuse the schema or skip the check',
  'header without schema': 'its type is left open; not compared',
  'parameter without schema': 'its type is left open; not compared',
  'response without description': 'required by OpenAPI; some tools drop the response',
  'nullable without effect': 'means nothing at that place; read as meant: null is admitted',
  'dangling reference': 'points to nothing; not compared',
  'outside reference': 'points out of the document; not followed, not compared',
  'circular reference': 'defined by itself, with no field or item in between; that much of it was not compared',
  'duplicate operationId': 'told apart by method and path',
  'duplicate path': 'differs from another path in parameter names alone; the first was compared',
  'path parameter': 'the path and its declared parameters disagree',
  'missing responses': 'required by OpenAPI',
  'unknown status': 'neither a status, a range such as 4XX, nor default',
  'malformed part': 'of the wrong JSON type; read as absent',
  'unknown type': 'no type of JSON Schema',
} as const

type FlawKind = keyof typeof flawMeanings

/** One flaw of a document. */
export interface Flaw {
  readonly kind: FlawKind
  /** The place in words, such as `createJob response 201 header Location`. */
  readonly where: string
  /** JSON pointer to the place. */
  readonly pointer: string
  /** What stands there, where that says more than the place. */
  readonly found?: string
}

/** A part of a document on a walk, with its place. */
interface Place {
  readonly value: unknown
  readonly where: string
  readonly pointer: string
}

function flawAt({ where, pointer }: Place, kind: FlawKind, found?: string): Flaw {
  return { kind, where, pointer, ...(found === undefined ? {} : { found }) }
}

/** The place one step further in, named by `where`. */
function stepInto(place: Place, step: string | number, where: string): Place {
  const segment = String(step).replaceAll('~', '~0').replaceAll('/', '~1')
  const value: unknown = Array.isArray(place.value) ? place.value[Number(step)] : objectOf(place.value)[step]
  return { value, where, pointer: `${place.pointer}/${segment}` }
}

/** The places of an object's members. */
function membersOf(place: Place, nameOf: (member: string) => string): readonly Place[] {
  return Object.keys(objectOf(place.value)).map((member) => stepInto(place, member, nameOf(member)))
}

/** Every flaw of a document: those of its operations, its components, its references. */
export function findFlaws(document: SpecDocument): readonly Flaw[] {
  const root: Place = { value: document.root, where: 'document', pointer: '' }
  const paths = stepInto(root, 'paths', 'paths')
  const items = membersOf(paths, (path) => path).map((item, index) => ({
    item,
    path: Object.keys(objectOf(paths.value))[index] ?? '',
  }))
  return [
    ...items.flatMap(({ path, item }) => [...pathFlaws(document, path, item)]),
    ...repeatedIds(items.map(({ item }) => item)),
    ...repeatedPaths(items.map(({ item }) => item)),
    ...componentFlaws(document, stepInto(root, 'components', 'components')),
    ...referenceFlaws(document, root),
  ]
}

function* pathFlaws(document: SpecDocument, path: string, item: Place): Generator<Flaw> {
  if (!isObject(item.value)) {
    yield flawAt(item, 'malformed part', 'a path item that is no object')
    return
  }
  const shared = stepInto(item, 'parameters', path)
  yield* parametersFlaws(document, shared)
  for (const method of methods.filter((name) => name in objectOf(item.value))) {
    const operation = stepInto(item, method, operationName(item, method))
    if (isObject(operation.value)) yield* operationFlaws(document, path, operation, listOf(shared.value))
    else yield flawAt(operation, 'malformed part', 'an operation that is no object')
  }
}

function operationName(item: Place, method: string): string {
  return textOf(objectOf(objectOf(item.value)[method]).operationId) ?? `${method.toUpperCase()} ${item.where}`
}

function* operationFlaws(
  document: SpecDocument,
  path: string,
  place: Place,
  shared: readonly unknown[],
): Generator<Flaw> {
  const operation = objectOf(place.value)
  const parameters = stepInto(place, 'parameters', place.where)
  yield* parametersFlaws(document, parameters)
  yield* pathParameterFlaws(document, path, place, [...shared, ...listOf(operation.parameters)])
  if ('requestBody' in operation) {
    yield* contentFlaws(document, stepInto(place, 'requestBody', `${place.where} request body`))
  }
  const responses = stepInto(place, 'responses', `${place.where} responses`)
  if (!isObject(responses.value) || Object.keys(responses.value).length === 0) yield flawAt(place, 'missing responses')
  for (const response of membersOf(responses, (status) => `${place.where} response ${status}`)) {
    const status = response.where.slice(response.where.lastIndexOf(' ') + 1)
    if (status.startsWith('x-')) continue
    if (!/^([1-5]\d\d|[1-5]XX|default)$/.test(status)) yield flawAt(response, 'unknown status', status)
    yield* responseFlaws(document, response)
  }
}

function* parametersFlaws(document: SpecDocument, parameters: Place): Generator<Flaw> {
  if (parameters.value === undefined) return
  if (!Array.isArray(parameters.value)) yield flawAt(parameters, 'malformed part', 'parameters that are no list')
  for (const [index, value] of listOf(parameters.value).entries()) {
    const name = `${textOf(objectOf(value).in) ?? ''} ${textOf(objectOf(value).name) ?? index}`.trim()
    yield* parameterFlaws(document, stepInto(parameters, index, `${parameters.where} ${name}`))
  }
}

function* parameterFlaws(document: SpecDocument, place: Place): Generator<Flaw> {
  const parameter = objectOf(place.value)
  if ('$ref' in parameter) return
  if (typeof parameter.name !== 'string' || typeof parameter.in !== 'string') {
    yield flawAt(place, 'malformed part', 'a parameter without name or place')
  }
  if ('schema' in parameter) yield* findSchemaFlaws(document, { ...stepInto(place, 'schema', place.where) })
  else if ('content' in parameter) yield* contentFlaws(document, place)
  else yield flawAt(place, 'parameter without schema')
}

function* pathParameterFlaws(
  document: SpecDocument,
  path: string,
  place: Place,
  parameters: readonly unknown[],
): Generator<Flaw> {
  const inPath = parameters
    .map((value) => objectOf(resolve(document, value).target))
    .filter((value) => value.in === 'path')
  const declared = textsOf(inPath.map((parameter) => parameter.name))
  const named = pathParameterNames(path)
  for (const name of named.filter((each) => !declared.includes(each))) {
    yield flawAt(place, 'path parameter', `{${name}} is not declared`)
  }
  for (const name of declared.filter((each) => !named.includes(each))) {
    yield flawAt(place, 'path parameter', `${name} is declared and not in ${path}`)
  }
}

function* responseFlaws(document: SpecDocument, place: Place): Generator<Flaw> {
  const response = objectOf(place.value)
  if ('$ref' in response) return
  if (!isObject(place.value)) yield flawAt(place, 'malformed part', 'a response that is no object')
  if (typeof response.description !== 'string' && /^3\.[01]/.test(document.openapi)) {
    yield flawAt(place, 'response without description')
  }
  for (const header of membersOf(stepInto(place, 'headers', place.where), (name) => `${place.where} header ${name}`)) {
    yield* headerFlaws(document, header)
  }
  yield* contentFlaws(document, place)
}

function* headerFlaws(document: SpecDocument, place: Place): Generator<Flaw> {
  const header = objectOf(place.value)
  if ('$ref' in header) return
  if ('schema' in header) yield* findSchemaFlaws(document, stepInto(place, 'schema', place.where))
  else if ('content' in header) yield* contentFlaws(document, place)
  else yield flawAt(place, 'header without schema')
}

/** The schemas under the media types of a body, parameter or header. */
function* contentFlaws(document: SpecDocument, holder: Place): Generator<Flaw> {
  const content = stepInto(holder, 'content', holder.where)
  if (content.value !== undefined && !isObject(content.value))
    yield flawAt(content, 'malformed part', 'content that is no object')
  for (const media of membersOf(content, () => holder.where)) {
    if ('schema' in objectOf(media.value)) yield* findSchemaFlaws(document, stepInto(media, 'schema', holder.where))
  }
}

function componentFlaws(document: SpecDocument, components: Place): readonly Flaw[] {
  const each = (section: string, word: string, find: (document: SpecDocument, place: Place) => Iterable<Flaw>) =>
    membersOf(stepInto(components, section, section), (name) => `${word} ${name}`).flatMap((place) => [
      ...find(document, place),
    ])
  return [
    ...each('schemas', 'schema', findSchemaFlaws),
    ...each('responses', 'response', responseFlaws),
    ...each('parameters', 'parameter', parameterFlaws),
    ...each('requestBodies', 'request body', contentFlaws),
    ...each('headers', 'header', headerFlaws),
  ]
}

function repeatedIds(items: readonly Place[]): readonly Flaw[] {
  const operations = items.flatMap((item) =>
    methods
      .filter((method) => method in objectOf(item.value))
      .map((method) => stepInto(item, method, `${method.toUpperCase()} ${item.where}`)),
  )
  return repeated(operations, ({ value }) => textOf(objectOf(value).operationId)).map(([place, id, first]) =>
    flawAt(place, 'duplicate operationId', `${id}, as in ${first.where}`),
  )
}

function repeatedPaths(items: readonly Place[]): readonly Flaw[] {
  return repeated(items, ({ where }) => where.replace(/\{[^}]*\}/g, '{}')).map(([place, , first]) =>
    flawAt(place, 'duplicate path', `as ${first.where}`),
  )
}

/** The places whose key came up before, each with the key and the first place that had it. */
function repeated(
  places: readonly Place[],
  keyOf: (place: Place) => string | undefined,
): readonly (readonly [Place, string, Place])[] {
  const firsts = new Map<string, Place>()
  return places.flatMap((place) => {
    const key = keyOf(place)
    const first = key === undefined ? undefined : firsts.get(key)
    if (key !== undefined && first !== undefined) return [[place, key, first] as const]
    if (key !== undefined) firsts.set(key, place)
    return []
  })
}

/** Members that hold values of callers, not parts of the document. */
const dataMembers = ['example', 'default', 'enum', 'const', 'value']
/** Members whose own members have names of the author's choice. */
const nameMaps = [
  'properties',
  'patternProperties',
  '$defs',
  'schemas',
  'headers',
  'parameters',
  'responses',
  'examples',
  'paths',
]

function referenceFlaws(document: SpecDocument, place: Place): readonly Flaw[] {
  if (Array.isArray(place.value)) {
    return [...place.value.keys()].flatMap((index) => referenceFlaws(document, stepInto(place, index, place.where)))
  }
  if (!isObject(place.value)) return []
  const isNameMap = nameMaps.includes(place.pointer.slice(place.pointer.lastIndexOf('/') + 1))
  const members = Object.keys(place.value).filter(
    (name) => isNameMap || !(dataMembers.includes(name) || name.startsWith('x-')),
  )
  const own = typeof place.value.$ref === 'string' ? brokenReference(document, place, place.value.$ref) : []
  return [...own, ...members.flatMap((name) => referenceFlaws(document, stepInto(place, name, placeName(place, name))))]
}

function brokenReference(document: SpecDocument, place: Place, reference: string): readonly Flaw[] {
  if (!reference.startsWith('#')) return [flawAt(place, 'outside reference', reference)]
  return lookUp(document, reference) === undefined ? [flawAt(place, 'dangling reference', reference)] : []
}

/** A generic walk names operations and components; the pointer says the rest. */
function placeName(parent: Place, member: string): string {
  if (/^\/paths\/[^/]*$/.test(parent.pointer)) return operationName(parent, member)
  if (/^\/(paths|components\/[^/]*)$/.test(parent.pointer)) return member
  return parent.where
}

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
function* findSchemaFlaws(document: SpecDocument, root: Place): Generator<Flaw> {
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
