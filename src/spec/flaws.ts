// Names what is wrong with a document itself, place by place. A comparison reads around flaws;
// a strict validator may switch itself off at them, silently. Flaws inside schemas: schema-flaws.ts.
import { flawAt, membersOf, stepInto, type Flaw, type Place } from './flaw.js'
import { isObject, listOf, objectOf, textOf, textsOf } from './json-value.js'
import type { SpecDocument } from './parse-spec.js'
import { lookUp, resolve } from './references.js'
import { findSchemaFlaws } from './schema-flaws.js'
import { methods, pathParameterNames } from './spec-operations.js'

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
