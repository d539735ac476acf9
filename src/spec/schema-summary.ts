// One form for what a schema of OpenAPI 3.0 or 3.1 admits, so that two documents can be compared keyword by keyword.
// Children stay schemas; they are shaped when the comparison gets there.
import { canonicalJson, isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { resolve, type SpecDocument } from './parse-spec.js'
import { createSchemaWorkshop, schemaOf, type SchemaParts, type SchemaWorkshop } from './schema-parts.js'

/** What a schema admits. */
export interface Shape {
  /** Name of the component it was reached by, if any. */
  readonly name: string | undefined
  /** Whether the schema can't be known, because a reference leads nowhere. */
  readonly broken: boolean
  /** Admitted types without `null`; empty: any. */
  readonly types: readonly string[]
  readonly nullable: boolean
  /** Whether it is upstream's way of writing any JSON: a schema named JsonNode, an object without properties. */
  readonly anyJson: boolean
  readonly format: string | undefined
  /** Values of `enum` or `const`, `null` left out. */
  readonly values: readonly unknown[] | undefined
  /** JSON text of the default. */
  readonly defaultJson: string | undefined
  readonly limits: Limits
  readonly patterns: readonly string[]
  readonly properties: ReadonlyMap<string, JsonObject>
  readonly required: ReadonlySet<string>
  readonly additional: JsonObject | boolean | undefined
  readonly items: JsonObject | undefined
  readonly alternatives: readonly JsonObject[]
  readonly deprecated: boolean
  readonly readOnly: boolean
  readonly writeOnly: boolean
  /** Keywords that constrain and that no comparison judges, as JSON text. */
  readonly unjudged: ReadonlyMap<string, string>
}

/** Shapes the schemas of one document, each once. */
export interface ShapeReader {
  shape(schema: JsonObject): Shape
  /** What a value must be one of: the schema's alternatives and theirs, or the schema once per type, or the schema. */
  alternatives(schema: JsonObject): readonly JsonObject[]
  /** The schema itself in place of a bare reference to it, so that each is known by one object. */
  identity(schema: JsonObject): JsonObject
}

const unjudgedKeywords = new Set(
  (
    'not if then else prefixItems contains patternProperties propertyNames dependentRequired dependentSchemas ' +
    'unevaluatedProperties unevaluatedItems discriminator contentEncoding contentMediaType'
  ).split(' '),
)

const bareReference = new Set(['$ref', 'description', 'summary'])

/** Opens a reader for one document. It keeps the shapes it has made. */
export function createShapeReader(document: SpecDocument): ShapeReader {
  const workshop = createSchemaWorkshop(document)
  const shapes = new WeakMap<JsonObject, Shape>()
  const typeSchemas = new Map<string, JsonObject>()

  const shape = (schema: JsonObject): Shape => {
    const known = shapes.get(schema)
    if (known !== undefined) return known
    const bare = shapeParts(workshop.takeApart(schema), workshop)
    shapes.set(schema, bare) // what a schema that is its own alternative sees of itself
    const whole = foldAlternatives(bare, shape)
    shapes.set(schema, whole)
    return whole
  }
  const ofType = (schema: JsonObject, type: string): JsonObject => {
    const typed = typeSchemas.get(type) ?? { type }
    typeSchemas.set(type, typed)
    return workshop.combine([schema, typed])
  }
  const identity = (schema: JsonObject): JsonObject =>
    Object.keys(schema).every((keyword) => bareReference.has(keyword))
      ? (resolve(document, schema).target ?? schema)
      : schema

  const collectAlternatives = (schema: JsonObject, seen: Set<JsonObject>): readonly JsonObject[] => {
    if (seen.has(identity(schema))) return []
    seen.add(identity(schema))
    const { alternatives, types } = shape(schema)
    if (alternatives.length > 0) return alternatives.flatMap((each) => collectAlternatives(each, seen))
    return types.length > 1 ? types.map((type) => ofType(schema, type)) : [schema]
  }
  return { shape, identity, alternatives: (schema) => collectAlternatives(schema, new Set()) }
}

/** Whether a shape admits any JSON, `null` included. */
export function admitsAnything({ types, alternatives, values }: Shape): boolean {
  return types.length === 0 && alternatives.length === 0 && values === undefined
}

/** A few words for a schema: its component's name, or its type. */
export function describeShape({ name, anyJson, types, format, values, alternatives }: Shape): string {
  if (anyJson) return 'any JSON'
  if (name !== undefined) return name
  if (values !== undefined) return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
  if (alternatives.length > 0) return `one of ${alternatives.length} forms`
  const type = types.length === 0 ? 'any JSON' : types.join(' or ')
  return format === undefined ? type : `${type} (${format})`
}

function shapeParts(taken: SchemaParts, workshop: SchemaWorkshop): Shape {
  const { parts, names } = taken
  const first = (keyword: string): unknown => parts.find((part) => keyword in part)?.[keyword]
  const says = (keyword: string): boolean => parts.some((part) => part[keyword] === true)
  const values = readValues(parts)
  const properties = mergeProperties(parts, workshop)
  const additional = first('additionalProperties')
  const items = first('items')
  const types = readTypes(parts, values)
  const defaultValue = first('default')
  return {
    name: names[0],
    broken: taken.broken,
    types: types.filter((type) => type !== 'null'),
    nullable: taken.nullable || types.includes('null') || values?.includes(null) === true,
    anyJson: properties.size === 0 && !isObject(additional) && names.some((name) => /^JsonNode(?![a-z])/.test(name)),
    format: textOf(first('format')),
    values: values?.filter((value) => value !== null),
    defaultJson: defaultValue === undefined ? undefined : canonicalJson(defaultValue),
    limits: readLimits(parts),
    patterns: [...new Set(parts.flatMap((part) => textOf(part.pattern) ?? []))],
    properties,
    required: new Set(parts.flatMap((part) => textsOf(part.required))),
    additional: isObject(additional) || typeof additional === 'boolean' ? additional : undefined,
    items: items === undefined ? undefined : schemaOf(items),
    alternatives: taken.alternatives,
    deprecated: says('deprecated'),
    readOnly: says('readOnly'),
    writeOnly: says('writeOnly'),
    unjudged: new Map(
      parts
        .flatMap((part) => Object.entries(part).filter(([keyword]) => unjudgedKeywords.has(keyword)))
        .map(([keyword, value]) => [keyword, canonicalJson(value)] as const),
    ),
  }
}

/** Alternatives that are all plain values are one enum; and one nullable alternative makes the whole nullable. */
function foldAlternatives(bare: Shape, shape: (schema: JsonObject) => Shape): Shape {
  const alternatives = bare.alternatives.map(shape)
  if (alternatives.length === 0) return bare
  const nullable = bare.nullable || alternatives.some((alternative) => alternative.nullable)
  const values = alternatives.flatMap((alternative) => alternative.values ?? [])
  if (alternatives.some((alternative) => alternative.values === undefined)) return { ...bare, nullable }
  const types = [...new Set(alternatives.flatMap((alternative) => alternative.types))]
  return { ...bare, nullable, types, values, alternatives: [] }
}

function mergeProperties(parts: readonly JsonObject[], workshop: SchemaWorkshop): ReadonlyMap<string, JsonObject> {
  const merged = new Map<string, JsonObject>()
  for (const part of parts) {
    for (const [name, value] of Object.entries(objectOf(part.properties))) {
      const known = merged.get(name)
      merged.set(name, known === undefined ? schemaOf(value) : workshop.combine([known, schemaOf(value)]))
    }
  }
  return merged
}

function readValues(parts: readonly JsonObject[]): readonly unknown[] | undefined {
  const lists = parts.flatMap((part) =>
    'const' in part ? [[part.const]] : part.enum === undefined ? [] : [listOf(part.enum)],
  )
  const [first, ...others] = lists
  if (first === undefined) return undefined
  const allowed = others.map((list) => new Set(list.map(canonicalJson)))
  return first.filter((value) => allowed.every((list) => list.has(canonicalJson(value))))
}

/** Declared types that all parts agree on; where none is declared, what the other keywords speak of. */
function readTypes(parts: readonly JsonObject[], values: readonly unknown[] | undefined): readonly string[] {
  const declared = parts
    .map((part) => (typeof part.type === 'string' ? [part.type] : textsOf(part.type)))
    .filter((types) => types.length > 0)
  const [first, ...others] = declared
  if (first === undefined) return impliedTypes(parts, values)
  const common = others.reduce((types, other) => commonTypes(types, other), first)
  return common.length > 0 ? common : first
}

function commonTypes(left: readonly string[], right: readonly string[]): readonly string[] {
  const admits = (types: readonly string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  const common = [...left.filter((type) => admits(right, type)), ...right.filter((type) => admits(left, type))]
  return [...new Set(common)]
}

function impliedTypes(parts: readonly JsonObject[], values: readonly unknown[] | undefined): readonly string[] {
  if (values !== undefined) return [...new Set(values.map(typeOfValue))]
  if (parts.some((part) => 'properties' in part || 'additionalProperties' in part)) return ['object']
  return parts.some((part) => 'items' in part) ? ['array'] : []
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** Limit keyword to its value. Exclusive bounds of integers are written as inclusive ones; limits that refuse nothing are left out. */
export type Limits = ReadonlyMap<string, number>

/** Which value of a limit refuses more. */
type Sense = 'lower-bound' | 'upper-bound'

const senses: Readonly<Record<string, Sense>> = {
  minimum: 'lower-bound',
  exclusiveMinimum: 'lower-bound',
  maximum: 'upper-bound',
  exclusiveMaximum: 'upper-bound',
  minLength: 'lower-bound',
  maxLength: 'upper-bound',
  minItems: 'lower-bound',
  maxItems: 'upper-bound',
  minProperties: 'lower-bound',
  maxProperties: 'upper-bound',
  multipleOf: 'lower-bound',
  uniqueItems: 'lower-bound',
}

/** The limits that hold when all of these schemas do. */
function readLimits(parts: readonly JsonObject[]): Limits {
  const limits = new Map<string, number>()
  for (const part of parts) {
    for (const [name, value] of limitsOf(part)) {
      const known = limits.get(name)
      limits.set(name, known === undefined ? value : tighter(name, known, value))
    }
  }
  return limits
}

/** Whether `value` of a limit refuses more than `other` does. */
export function isTighter(name: string, value: number, other: number): boolean {
  return value !== other && tighter(name, value, other) === value
}

function tighter(name: string, left: number, right: number): number {
  return senses[name] === 'upper-bound' ? Math.min(left, right) : Math.max(left, right)
}

function limitsOf(part: JsonObject): readonly (readonly [string, number])[] {
  const isInteger = part.type === 'integer' || textsOf(part.type).includes('integer')
  return Object.keys(senses).flatMap((name) => {
    const value = boundOf(part, name)
    if (value === undefined || refusesNothing(name, value)) return []
    if (isInteger && name === 'exclusiveMinimum') return [['minimum', Math.floor(value) + 1] as const]
    if (isInteger && name === 'exclusiveMaximum') return [['maximum', Math.ceil(value) - 1] as const]
    return [[name, value] as const]
  })
}

/** A limit's number. In 3.0 an exclusive bound is a flag beside the inclusive one, which then does not hold. */
function boundOf(part: JsonObject, name: string): number | undefined {
  if (name === 'minimum' && part.exclusiveMinimum === true) return undefined
  if (name === 'maximum' && part.exclusiveMaximum === true) return undefined
  const value = part[name]
  if (typeof value === 'number') return value
  if (value !== true) return undefined
  if (name === 'uniqueItems') return 1
  const flagged = name === 'exclusiveMinimum' ? part.minimum : name === 'exclusiveMaximum' ? part.maximum : undefined
  return typeof flagged === 'number' ? flagged : undefined
}

function refusesNothing(name: string, value: number): boolean {
  return value <= 0 && (name === 'minLength' || name === 'minItems' || name === 'minProperties')
}
