// One form for what a schema of OpenAPI 3.0 to 3.2 admits, so that two documents can be compared keyword by keyword:
// references followed, `allOf` flattened, alternatives set aside. Children stay schemas until a comparison gets there.
import { canonicalJson, isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, referenceName, resolve, type SpecDocument } from './parse-spec.js'

/** Schemas that all hold. */
export type Schemas = readonly JsonObject[]

/** What a schema admits. */
export interface SchemaShape {
  /** The same for schemas of the same parts. */
  readonly key: string
  /** Name of the component it was reached by, if any. */
  readonly name: string | undefined
  /** Whether the schema can't be known, because a reference leads nowhere or in a circle. */
  readonly broken: boolean
  /** Admitted types without `null`, sorted; empty: any. */
  readonly types: readonly string[]
  readonly nullable: boolean
  /** Whether it is upstream's way of writing any JSON: a schema named JsonNode, an object without properties. */
  readonly anyJson: boolean
  /** Values of `enum` or `const`, `null` left out. */
  readonly values: readonly unknown[] | undefined
  readonly limits: ReadonlyMap<string, number>
  readonly patterns: readonly string[]
  /** Other keywords that say something about values, as text: `format`, `default` (JSON), and those without a check. */
  readonly keywords: ReadonlyMap<string, string>
  readonly properties: ReadonlyMap<string, Schemas>
  readonly required: ReadonlySet<string>
  readonly additional: Schemas | boolean | undefined
  readonly items: Schemas | undefined
  /** When not empty, one of these holds; each includes what holds for all. */
  readonly forms: readonly Schemas[]
  readonly deprecated: boolean
  readonly readOnly: boolean
  readonly writeOnly: boolean
}

/** Shapes the schemas of one document. */
export type ShapeReader = (schemas: Schemas) => SchemaShape

const unjudgedKeywords =
  'not if then else prefixItems contains patternProperties propertyNames dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems discriminator contentEncoding contentMediaType'.split(
    ' ',
  )

/** Past this many combinations of alternatives, a schema is judged by its other parts alone. */
const MAX_FORMS = 32

export function createShapeReader(document: SpecDocument): ShapeReader {
  const parts = new WeakMap<JsonObject, { bare: JsonObject; id: number }>()
  let next = 0
  const partOf = (schema: JsonObject) => {
    const known = parts.get(schema)
    if (known !== undefined) return known
    const { $ref, allOf, oneOf, anyOf, nullable, ...bare } = schema
    const part = { bare, id: next++ }
    parts.set(schema, part)
    parts.set(bare, part)
    return part
  }
  const shapes = new Map<string, SchemaShape>()
  const read = (schemas: Schemas): SchemaShape => {
    const gathered = gather(document, schemas)
    const members = [...gathered.members].map(partOf).filter(({ bare }) => Object.keys(bare).length > 0)
    const unions = gathered.unions.map((union) => union.map((option) => partOf(option).id).join('|'))
    const { nullable, broken, names } = gathered
    const ids = new Set(members.map(({ id }) => id))
    const key = [...ids, ...unions, nullable, broken, ...(ids.size === 0 ? names : [])].join(' ')
    const known = shapes.get(key)
    if (known !== undefined) return known
    const bare = shapeOf(gathered, [...new Set(members.map((part) => part.bare))], key)
    shapes.set(key, bare) // what a schema that is its own alternative sees of itself
    const whole = foldForms(bare, read)
    shapes.set(key, whole)
    return whole
  }
  return read
}

interface Gathered {
  readonly members: Set<JsonObject>
  readonly unions: Schemas[]
  readonly names: string[]
  nullable: boolean
  broken: boolean
}

/** All schemas that hold together, and the alternatives of `oneOf` and `anyOf`, `null` aside. */
function gather(document: SpecDocument, schemas: Schemas): Gathered {
  const found: Gathered = { members: new Set(), unions: [], names: [], nullable: false, broken: false }
  const visit = (schema: JsonObject, ancestors: Schemas): void => {
    if (ancestors.includes(schema)) found.broken = true
    if (found.members.has(schema)) return
    found.members.add(schema)
    if (schema.nullable === true) found.nullable = true
    const path = [...ancestors, schema]
    if (typeof schema.$ref === 'string') {
      const target = lookUp(document, schema.$ref)
      found.names.push(referenceName(schema.$ref))
      if (isObject(target)) visit(target, path)
      else if (typeof target !== 'boolean') found.broken = true
    }
    for (const part of listOf(schema.allOf)) visit(asSchema(part), path)
    for (const union of [schema.oneOf, schema.anyOf]) {
      const options = listOf(union).map(asSchema)
      const real = options.filter((option) => !isNullOnly(document, option))
      if (real.length < options.length) found.nullable = true
      const [only] = real
      if (only !== undefined && real.length === 1) visit(only, path)
      else if (real.length > 1) found.unions.push(real)
    }
  }
  for (const schema of schemas) visit(schema, [])
  return found
}

/** A schema value as an object: `true` and malformed ones admit anything, `false` nothing. */
function asSchema(value: unknown): JsonObject {
  return isObject(value) ? value : value === false ? { not: {} } : {}
}

function isNullOnly(document: SpecDocument, option: JsonObject): boolean {
  const schema = resolve(document, option) ?? option
  const types = typesOf(schema)
  const values = 'const' in schema ? [schema.const] : listOf(schema.enum)
  return types.length > 0
    ? types.every((type) => type === 'null')
    : values.length > 0 && values.every((value) => value === null)
}

function typesOf({ type }: JsonObject): readonly string[] {
  return typeof type === 'string' ? [type] : textsOf(type)
}

function shapeOf({ names, nullable, broken, unions }: Gathered, parts: Schemas, key: string): SchemaShape {
  const first = (keyword: string): unknown => parts.find((part) => keyword in part)?.[keyword]
  const says = (keyword: string): boolean => parts.some((part) => part[keyword] === true)
  const values = readValues(parts)
  const properties = new Map<string, Schemas>()
  for (const [name, value] of parts.flatMap((part) => Object.entries(objectOf(part.properties)))) {
    properties.set(name, [...(properties.get(name) ?? []), asSchema(value)])
  }
  const additional = first('additionalProperties')
  const items = first('items')
  const types = readTypes(parts, values)
  const format = textOf(first('format'))
  const default_ = first('default')
  const size = unions.reduce((total, union) => total * union.length, 1)
  return {
    key,
    name: names[0],
    broken,
    types: types.filter((type) => type !== 'null').toSorted(),
    nullable: nullable || types.includes('null') || values?.includes(null) === true,
    anyJson: properties.size === 0 && !isObject(additional) && names.some((name) => /^JsonNode(?![a-z])/.test(name)),
    values: values?.filter((value) => value !== null),
    limits: readLimits(parts),
    patterns: [...new Set(parts.flatMap((part) => textOf(part.pattern) ?? []))],
    keywords: new Map([
      ...(format === undefined ? [] : [['format', format] as const]),
      ...(default_ === undefined ? [] : [['default', canonicalJson(default_)] as const]),
      ...unjudgedKeywords
        .filter((keyword) => first(keyword) !== undefined)
        .map((keyword) => [keyword, canonicalJson(first(keyword))] as const),
    ]),
    properties,
    required: new Set(parts.flatMap((part) => textsOf(part.required))),
    additional: isObject(additional) ? [additional] : typeof additional === 'boolean' ? additional : undefined,
    items: items === undefined ? undefined : [asSchema(items)],
    forms:
      size === 1 || size > MAX_FORMS
        ? []
        : unions.reduce<readonly Schemas[]>(
            (forms, union) => forms.flatMap((form) => union.map((option) => [...form, option])),
            [parts],
          ),
    deprecated: says('deprecated'),
    readOnly: says('readOnly'),
    writeOnly: says('writeOnly'),
  }
}

/** Alternatives that are all plain values are one enum; and one nullable alternative makes the whole nullable. */
function foldForms(bare: SchemaShape, read: ShapeReader): SchemaShape {
  const forms = bare.forms.map(read)
  const nullable = bare.nullable || forms.some((form) => form.nullable)
  if (forms.length === 0 || forms.some(({ values }) => values === undefined)) return { ...bare, nullable }
  const types = [...new Set(forms.flatMap((form) => form.types))].toSorted()
  return { ...bare, nullable, types, values: forms.flatMap(({ values }) => values ?? []), forms: [] }
}

/** What a value must be one of: the forms of a shape and theirs, or the shape once per type, or the shape. */
export function formsOf(shape: SchemaShape, read: ShapeReader, seen = new Set<string>()): readonly SchemaShape[] {
  if (seen.has(shape.key)) return []
  seen.add(shape.key)
  if (shape.forms.length > 0) return shape.forms.flatMap((form) => formsOf(read(form), read, seen))
  return shape.types.length > 1
    ? shape.types.map((type) => ({ ...shape, key: `${shape.key} ${type}`, types: [type] }))
    : [shape]
}

export function admitsAnything({ types, forms, values }: SchemaShape): boolean {
  return types.length === 0 && forms.length === 0 && values === undefined
}

/** A few words for a schema: its component's name, or its type. */
export function describeShape({ name, anyJson, types, keywords, values, forms }: SchemaShape): string {
  if (anyJson) return 'any JSON'
  if (name !== undefined) return name
  if (values !== undefined) return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
  if (forms.length > 0) return `one of ${forms.length} forms`
  const type = types.length === 0 ? 'any JSON' : types.join(' or ')
  return keywords.has('format') ? `${type} (${keywords.get('format')})` : type
}

function readValues(parts: Schemas): readonly unknown[] | undefined {
  const lists = parts.flatMap((part) => ('const' in part ? [[part.const]] : 'enum' in part ? [listOf(part.enum)] : []))
  const [first, ...others] = lists
  const allowed = others.map((list) => list.map(canonicalJson))
  return first?.filter((value) => allowed.every((list) => list.includes(canonicalJson(value))))
}

/** Declared types that all parts agree on; where none is declared, what the other keywords speak of. */
function readTypes(parts: Schemas, values: readonly unknown[] | undefined): readonly string[] {
  const declared = parts.map(typesOf).filter((types) => types.length > 0)
  const admits = (types: readonly string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'))
  const common = new Set(declared.flat().filter((type) => declared.every((types) => admits(types, type))))
  if (declared.length > 0) return common.size > 0 ? [...common] : (declared[0] ?? [])
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

const limitKeywords =
  'minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties multipleOf uniqueItems'.split(
    ' ',
  )

/** Whether `value` of a limit refuses more than `other` does. */
export function isTighter(name: string, value: number, other: number): boolean {
  return /max/i.test(name) ? value < other : value > other
}

/** The limits that hold when all parts do; exclusive bounds of integers as inclusive ones, none that refuse nothing. */
function readLimits(parts: Schemas): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const part of parts) {
    const isInteger = typesOf(part).includes('integer')
    for (const keyword of limitKeywords) {
      const bound = boundOf(part, keyword)
      if (bound === undefined || (bound <= 0 && /^min[LIP]/.test(keyword))) continue
      const step = isInteger ? { exclusiveMinimum: 1, exclusiveMaximum: -1 }[keyword] : undefined
      const name = step === undefined ? keyword : step > 0 ? 'minimum' : 'maximum'
      const value = step === undefined ? bound : (step > 0 ? Math.floor(bound) : Math.ceil(bound)) + step
      const known = limits.get(name)
      if (known === undefined || isTighter(name, value, known)) limits.set(name, value)
    }
  }
  return limits
}

/** A limit's number. In 3.0 an exclusive bound is a flag beside the inclusive one, which then does not hold. */
function boundOf(part: JsonObject, keyword: string): number | undefined {
  const inclusive = { exclusiveMinimum: 'minimum', exclusiveMaximum: 'maximum' }[keyword]
  const exclusive = { minimum: 'exclusiveMinimum', maximum: 'exclusiveMaximum' }[keyword]
  if (exclusive !== undefined && part[exclusive] === true) return undefined
  if (keyword === 'uniqueItems') return part[keyword] === true ? 1 : undefined
  const value = inclusive !== undefined && part[keyword] === true ? part[inclusive] : part[keyword]
  return typeof value === 'number' ? value : undefined
}
