// What a schema of OpenAPI 3.0 to 3.2 says, as texts by keyword that can be compared one by one: references followed, and
// all that `allOf`, `oneOf` and `anyOf` list taken together. Schemas of fields and items are read when a comparison gets there.
import { addTo } from '../kernel/group-by.js'
import {
  canonicalJson,
  isObject,
  listOf,
  objectOf,
  textAt,
  textOf,
  textsOf,
  type JsonObject,
} from '../kernel/json-value.js'
import { asSchema, lookUp, MALFORMED, type Schemas, type SpecDocument } from './parse-spec.js'

const flagKeywords = ['nullable', 'readOnly', 'writeOnly'] as const
type Flag = (typeof flagKeywords)[number] | 'anyJson' | 'unknown'

export interface SchemaShape {
  readonly id: number
  /** Several are joined by `or`, without null. */
  readonly type: string
  readonly flags: ReadonlySet<Flag>
  /** Mistakes in the schema, and how each was read. */
  readonly flaws: ReadonlyMap<string, string>
  /** What is said of single values, by keyword; several times, if several of the combined schemas say it. */
  readonly facts: ReadonlyMap<string, readonly string[]>
  /** The schemas of what is inside, by the steps to it: `/name`, `/{name}` for all other fields, `[]` for items. */
  readonly inside: ReadonlyMap<string, Schemas>
}

export type ShapeReader = (schemas: Schemas) => SchemaShape

/** Keywords that are read on their own, and those that say nothing of values; `x-` ones do not either. */
const otherKeywords = new Set(
  '$ref allOf oneOf anyOf type enum const nullable readOnly writeOnly properties required items title description example examples xml externalDocs discriminator $comment $schema $id $anchor $defs'.split(
    ' ',
  ),
)

/** What keywords mean that are not there. */
const defaults = new Map<string, unknown>(
  Object.entries({
    ...{ minLength: 0, minItems: 0, minProperties: 0, uniqueItems: false, deprecated: false },
    ...{ exclusiveMinimum: false, exclusiveMaximum: false, additionalProperties: true },
  }),
)

/** Combined schemas that recur may combine without end. Documents of today have few of these, and none this large. */
const MAX_COMBINED = 300
const MAX_MEMBERS = 1000

/** Reads each schema of a document once, and each list of schemas that describe one place. */
export function createShapeReader(document: SpecDocument): ShapeReader {
  const known = new Map<string, SchemaShape>()
  const numbers = new Map<JsonObject, number>()
  let combined = 0
  return (schemas) => {
    for (const schema of schemas) if (!numbers.has(schema)) numbers.set(schema, numbers.size)
    const key = schemas.map((schema) => numbers.get(schema)).join()
    const before = known.get(key)
    if (before !== undefined) return before
    const isTooMuch = schemas.length > 1 && ++combined > MAX_COMBINED
    const shape = { id: known.size, ...(isTooMuch ? TOO_MUCH : readShape(document, schemas)) }
    known.set(key, shape)
    return shape
  }
}

function unknown(flaw: string, why: string): Omit<SchemaShape, 'id'> {
  const flaws = new Map([[flaw, `${why}; not compared`]])
  return { type: '', flags: new Set(['unknown']), flaws, facts: new Map(), inside: new Map() }
}

const TOO_MUCH = unknown('depth', 'combines too many schemas in each other')

/** Schemas with all that they refer to and combine; the shape of a schema where that cannot be known. */
function membersOf(document: SpecDocument, schemas: Schemas): Omit<SchemaShape, 'id'> | ReadonlySet<JsonObject> {
  const members = new Set(schemas)
  for (const { $ref: reference, allOf, oneOf, anyOf } of members) {
    for (const each of [allOf, oneOf, anyOf].flatMap(listOf)) members.add(asSchema(each))
    if (members.size > MAX_MEMBERS) return TOO_MUCH
    if (typeof reference !== 'string') continue
    const target = lookUp(document, reference)
    const why = reference.startsWith('#') ? 'points to nothing' : 'points out of the document'
    if (target === undefined) return unknown(`$ref ${reference}`, why)
    members.add(asSchema(target))
  }
  return members
}

function readShape(document: SpecDocument, schemas: Schemas): Omit<SchemaShape, 'id'> {
  const members = membersOf(document, schemas)
  if ('facts' in members) return members
  const types = new Set<string>()
  const flags = new Set<Flag>()
  const flaws = new Map<string, string>()
  const facts = new Map<string, string[]>()
  const inside = new Map<string, JsonObject[]>()
  for (const schema of members) {
    const { properties, additionalProperties: others, items } = schema
    // Generated documents write any JSON as an object of this name, without fields.
    if (/\/JsonNode(?![a-z])[^/]*$/.test(textAt(schema, '$ref'))) flags.add('anyJson')
    if (schema === MALFORMED) flaws.set('no schema', 'of the wrong JSON type; read as any JSON')
    for (const flag of flagKeywords.filter((name) => schema[name] === true)) flags.add(flag)
    for (const type of typesOf(schema)) types.add(type)
    for (const [keyword, value] of factsOf(schema)) addTo(facts, keyword, textOf(value) ?? canonicalJson(value))
    for (const [field, value] of Object.entries(objectOf(properties))) addTo(inside, `/${field}`, asSchema(value))
    if (Object.keys(objectOf(others)).length > 0) addTo(inside, '/{name}', asSchema(others))
    if (items !== undefined) addTo(inside, '[]', asSchema(items))
  }
  if (types.delete('null')) flags.add('nullable')
  if (inside.size > 0 && types.size === 0) types.add(inside.has('[]') ? 'array' : 'object')
  if (inside.size > 0) flags.delete('anyJson')
  if (flags.has('anyJson')) types.clear()
  const type = [...types].toSorted().join(' or ') || 'any JSON'
  return { type, flags, flaws, facts, inside }
}

/** The declared types, else those of the values. */
function typesOf({ type, ...schema }: JsonObject): readonly string[] {
  if (type !== undefined) return typeof type === 'string' ? [type] : textsOf(type)
  return valuesOf(schema).map((value) => {
    if (value === null) return 'null'
    if (Array.isArray(value)) return 'array'
    return Number.isInteger(value) ? 'integer' : typeof value
  })
}

function valuesOf(schema: JsonObject): readonly unknown[] {
  return 'const' in schema ? [schema.const] : listOf(schema.enum)
}

/** A text that is not blank, as generated documents write it. */
const NOT_BLANK = String.raw`(?s)^\s*(\S.*\S|\S)\s*$`

/** What one schema says of single values; each value of an enum and each further alternative on its own. */
function factsOf(schema: JsonObject): readonly (readonly [keyword: string, value: unknown])[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, pattern, minLength, additionalProperties } = schema
  const isNotBlank = pattern === NOT_BLANK || pattern === String.raw`\S`
  const said = {
    ...schema,
    // A bound that 3.0 excludes by a flag, as 3.1 writes it.
    ...(exclusiveMinimum === true && { exclusiveMinimum: minimum, minimum: undefined }),
    ...(exclusiveMaximum === true && { exclusiveMaximum: maximum, maximum: undefined }),
    ...(isNotBlank && { pattern: String.raw`\S`, minLength: minLength ?? 1 }),
    ...(isObject(additionalProperties) && { additionalProperties: undefined }),
  }
  const facts = Object.entries(said).filter(
    ([name, value]) =>
      value !== undefined && value !== defaults.get(name) && !otherKeywords.has(name) && !name.startsWith('x-'),
  )
  const isReal = (each: unknown) => each !== 'null' && typesOf(asSchema(each)).join() !== 'null'
  const choices = [typesOf(schema), listOf(schema.oneOf), listOf(schema.anyOf)].map((choice) => choice.filter(isReal))
  return [
    ...facts,
    ...textsOf(schema.required).map((name) => ['required', name] as const),
    ...valuesOf(schema).flatMap((value) => (value === null ? [] : [['enum', value] as const])),
    ...choices.flatMap((choice) => choice.slice(1).map(() => ['form', 'an alternative'] as const)),
  ]
}
