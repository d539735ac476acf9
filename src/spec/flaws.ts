// Names what a document says and cannot mean, place by place, as far as a comparison has to read around it. What else is
// wrong with a document a linter tells.
import { isObject, listOf, objectOf, textOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, resolve, type SpecDocument } from './parse-spec.js'
import { compilePattern } from './patterns.js'
import { readOperations } from './read-operations.js'

export const flawMeanings = {
  'pattern syntax': 'no ECMAScript pattern; validators refuse the schema or skip the check',
  'header without schema': 'its type is left open; not compared',
  'parameter without schema': 'its type is left open; not compared',
  'nullable without effect': 'means nothing at that place; read as meant: null is admitted',
  'dangling reference': 'points to nothing; not compared',
  'outside reference': 'points out of the document; not followed, not compared',
  'circular reference': 'defined by itself, with no field or item in between; that much of it was not compared',
  'duplicate path': 'differs from another path in parameter names alone; the first was compared',
  'malformed part': 'of the wrong JSON type; read as absent',
} as const

export interface SpecFlaw {
  readonly kind: keyof typeof flawMeanings
  /** The place: an operation, a path or a component, and the members that lead on from there. */
  readonly where: string
  /** What stands there, where that says more than the place. */
  readonly found?: string | undefined
}

export function findFlaws(document: SpecDocument): readonly SpecFlaw[] {
  const operations = readOperations(document)
  const twins = operations.flatMap(({ key, path }, at): SpecFlaw[] => {
    const same = operations.slice(0, at).find((other) => other.key === key)
    return same === undefined ? [] : [{ kind: 'duplicate path', where: path, found: `as ${same.path}` }]
  })
  return [...twins, ...walk(document, document.root, [])]
}

/** Members that hold neither schemas nor what refers to them. */
const dataMembers = ['example', 'default', 'enum', 'const', 'value', 'securitySchemes']
/** Members whose own members have names of the author's choice. */
const nameMaps =
  'properties patternProperties $defs schemas headers parameters responses examples paths callbacks'.split(' ')

/** The flaws of a part of a document and of all that it holds; references are not followed. */
function* walk(document: SpecDocument, part: unknown, steps: readonly string[]): Generator<SpecFlaw> {
  const [holder = '', parent = ''] = [steps.at(-2), steps.at(-1)]
  if (Array.isArray(part)) {
    for (const [at, item] of part.entries()) yield* walk(document, item, [...steps, String(at)])
  }
  if (!isObject(part)) return
  const isMap = nameMaps.includes(parent) && !nameMaps.includes(holder)
  if (!isMap) {
    const isParameter = (holder === 'headers' || holder === 'parameters') && steps.at(-3) !== 'properties'
    const flaws = isParameter ? parameterFlaws(part, holder) : schemaFlaws(document, part)
    for (const [kind, found] of flaws) yield { kind, where: placeOf(document, steps), found }
  }
  for (const [name, value] of Object.entries(part)) {
    if (!isMap && (dataMembers.includes(name) || name.startsWith('x-'))) continue
    const isSchema = ['properties', 'schemas'].includes(parent) || name === 'schema'
    if (isSchema && !isObject(value) && typeof value !== 'boolean') {
      const found = `${JSON.stringify(value)} where a schema belongs`
      yield { kind: 'malformed part', where: placeOf(document, [...steps, name]), found }
    }
    yield* walk(document, value, [...steps, name])
  }
}

type Found = readonly [kind: SpecFlaw['kind'], found?: string]

function parameterFlaws(part: JsonObject, holder: string): readonly Found[] {
  if ('schema' in part || 'content' in part || '$ref' in part) return []
  return [[holder === 'headers' ? 'header without schema' : 'parameter without schema']]
}

function schemaFlaws(document: SpecDocument, schema: JsonObject): readonly Found[] {
  const { $ref: reference, pattern } = schema
  const found: Found[] = []
  if (typeof reference === 'string') {
    if (!reference.startsWith('#')) found.push(['outside reference', reference])
    else if (lookUp(document, reference) === undefined) found.push(['dangling reference', reference])
  }
  if (typeof pattern === 'string' && compilePattern(pattern) === undefined) found.push(['pattern syntax', pattern])
  // Only OpenAPI 3.0 knows `nullable`, and only beside the `type` that it widens.
  if (schema.nullable === true && !(document.openapi.startsWith('3.0') && 'type' in schema)) {
    const beside = ['allOf', 'oneOf', 'anyOf', '$ref'].find((keyword) => keyword in schema)
    const place = beside === undefined ? `in OpenAPI ${document.openapi}` : `beside ${beside}`
    found.push(['nullable without effect', place])
  }
  if (isCircular(document, schema)) found.push(['circular reference'])
  return found
}

/** Whether a schema comes up again in its own definition without a field or item in between. */
function isCircular(document: SpecDocument, schema: JsonObject): boolean {
  const reached = new Set<JsonObject>([schema])
  for (const { $ref: reference, ...from } of reached) {
    const target = typeof reference === 'string' ? lookUp(document, reference) : undefined
    const parts = [target, ...['allOf', 'oneOf', 'anyOf'].flatMap((keyword) => listOf(from[keyword]))].filter(isObject)
    if (parts.includes(schema)) return true
    for (const part of parts) reached.add(part)
  }
  return false
}

/** A place in words: `createJob responses 201 headers Location`, `schemas LocalRunnerJob /timeout`. */
function placeOf(document: SpecDocument, steps: readonly string[]): string {
  const [root, path = '', method = '', ...rest] = steps
  const operation = objectOf(resolve(document, objectOf(document.root.paths)[path]))[method]
  const name = textOf(objectOf(operation).operationId) ?? `${method.toUpperCase()} ${path}`
  const words = root === 'paths' ? [name, ...rest] : steps.slice(root === 'components' ? 1 : 0)
  return words.join(' ').replaceAll(' properties ', ' /')
}
