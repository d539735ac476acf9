// One form for what a schema of OpenAPI 3.0 to 3.2 admits, so that two documents can be compared keyword by keyword:
// references followed, `allOf` flattened, alternatives set aside. Children stay schemas until a comparison gets there.
import { canonicalJson, isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, referenceName, resolve, type SpecDocument } from './parse-spec.js'
import { translatePattern, type StringRules } from './patterns.js'

/** Schemas that all hold. */
export type Schemas = readonly JsonObject[]

export interface SchemaShape extends StringRules {
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
  readonly properties: ReadonlyMap<string, Schemas>
  readonly required: ReadonlySet<string>
  readonly additional: Schemas | boolean | undefined
  readonly items: Schemas | undefined
  /** When not empty, one of these holds; each includes what holds for all. */
  readonly forms: readonly Schemas[]
  readonly says: (keyword: 'deprecated' | 'readOnly' | 'writeOnly') => boolean
}

export type ShapeReader = (schemas: Schemas) => SchemaShape

const words = (text: string): readonly string[] => text.split(' ')
const textKeywords = words(
  'format default not if then else prefixItems contains patternProperties propertyNames dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems discriminator contentEncoding contentMediaType',
)
const limitKeywords = words(
  'minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties multipleOf uniqueItems',
)
/** What only leads to other schemas. */
const followed = words('$ref allOf oneOf anyOf nullable')

/** Past this many combinations of alternatives, a schema is judged by its other parts alone. */
const MAX_FORMS = 32

export function createShapeReader(document: SpecDocument): ShapeReader {
  const ids = new Map<JsonObject, number>()
  const idOf = (schema: JsonObject): number => {
    const id = ids.get(schema) ?? ids.size
    ids.set(schema, id)
    return id
  }
  const shapes = new Map<string, SchemaShape>()
  const read = (schemas: Schemas): SchemaShape => {
    const gathered = gather(document, schemas)
    const { parts, unions, nullable, broken, names } = gathered
    const options = unions.map((union) => union.map(idOf).join('|'))
    const key = [...parts.map(idOf).toSorted(), ...options, nullable, broken, parts.length > 0 || names].join(' ')
    const known = shapes.get(key)
    if (known !== undefined) return known
    const bare = shapeOf(gathered, key)
    shapes.set(key, bare) // what a schema that is its own alternative sees of itself
    const whole = foldForms(bare, read)
    shapes.set(key, whole)
    return whole
  }
  return read
}

/** All schemas that hold together, and the alternatives of `oneOf` and `anyOf`, `null` aside. */
function gather(document: SpecDocument, schemas: Schemas) {
  const members = new Set<JsonObject>()
  const [unions, names]: [Schemas[], string[]] = [[], []]
  let [nullable, broken] = [false, false]
  const visit = (schema: JsonObject, ancestors: Schemas): void => {
    if (ancestors.includes(schema)) broken = true
    if (members.has(schema)) return
    members.add(schema)
    if (schema.nullable === true) nullable = true
    const path = [...ancestors, schema]
    if (typeof schema.$ref === 'string') {
      const target = lookUp(document, schema.$ref)
      names.push(referenceName(schema.$ref))
      if (isObject(target)) visit(target, path)
      else if (typeof target !== 'boolean') broken = true
    }
    for (const part of listOf(schema.allOf)) visit(asSchema(part), path)
    for (const union of [schema.oneOf, schema.anyOf]) {
      const options = listOf(union).map(asSchema)
      const real = options.filter((option) => !isNullOnly(document, option))
      if (real.length < options.length) nullable = true
      const [only] = real
      if (only !== undefined && real.length === 1) visit(only, path)
      else if (real.length > 1) unions.push(real)
    }
  }
  for (const schema of schemas) visit(schema, [])
  const parts = [...members].filter((schema) => Object.keys(schema).some((keyword) => !followed.includes(keyword)))
  // An alternative that is there already has been chosen.
  const open = unions.filter((union) => !union.some((option) => members.has(option)))
  return { parts, unions: open, names, nullable, broken }
}

/** A schema value as an object: `true` and malformed ones admit anything, `false` nothing. */
function asSchema(value: unknown): JsonObject {
  return isObject(value) ? value : value === false ? { not: {} } : {}
}

function isNullOnly(document: SpecDocument, option: JsonObject): boolean {
  const schema = resolve(document, option) ?? option
  return readTypes([schema], readValues([schema])).join() === 'null'
}

function shapeOf({ parts, names, nullable, broken, unions }: ReturnType<typeof gather>, key: string): SchemaShape {
  const first = (keyword: string): unknown => parts.find((part) => keyword in part)?.[keyword]
  const values = readValues(parts)
  const properties = new Map<string, Schemas>()
  for (const [name, value] of parts.flatMap((part) => Object.entries(objectOf(part.properties)))) {
    properties.set(name, [...(properties.get(name) ?? []), asSchema(value)])
  }
  const [additional, items] = [first('additionalProperties'), first('items')]
  const types = readTypes(parts, values)
  const patterns = [...new Set(parts.flatMap((part) => textOf(part.pattern) ?? []))]
  const size = unions.reduce((total, union) => total * union.length, 1)
  const choose = (forms: readonly Schemas[], union: Schemas): readonly Schemas[] =>
    forms.flatMap((form) => union.map((option) => [...form, option]))
  return {
    ...{ key, name: names[0], broken, patterns, properties },
    types: types.filter((type) => type !== 'null').toSorted(),
    nullable: nullable || types.includes('null') || values?.includes(null) === true,
    anyJson: properties.size === 0 && !isObject(additional) && names.some((name) => /^JsonNode(?![a-z])/.test(name)),
    values: values?.filter((value) => value !== null),
    facts: readFacts(parts, patterns),
    required: new Set(parts.flatMap((part) => textsOf(part.required))),
    additional: isObject(additional) ? [additional] : typeof additional === 'boolean' ? additional : undefined,
    items: items === undefined ? undefined : [asSchema(items)],
    forms: size === 1 || size > MAX_FORMS ? [] : unions.reduce(choose, [parts]),
    says: (keyword) => parts.some((part) => part[keyword] === true),
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
export function describeShape({ name, anyJson, types, facts, values, forms }: SchemaShape): string {
  if (anyJson) return 'any JSON'
  if (name !== undefined) return name
  if (values !== undefined) return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`
  if (forms.length > 0) return `one of ${forms.length} forms`
  const type = types.length === 0 ? 'any JSON' : types.join(' or ')
  return facts.has('format') ? `${type} (${facts.get('format')})` : type
}

function readValues(parts: Schemas): readonly unknown[] | undefined {
  const lists = parts.flatMap((part) => ('const' in part ? [[part.const]] : 'enum' in part ? [listOf(part.enum)] : []))
  const [first, ...others] = lists
  const allowed = others.map((list) => list.map(canonicalJson))
  return first?.filter((value) => allowed.every((list) => list.includes(canonicalJson(value))))
}

function typesOf({ type }: JsonObject): readonly string[] {
  return typeof type === 'string' ? [type] : textsOf(type)
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
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** What is said about values when all parts hold; no limit that refuses nothing. */
function readFacts(parts: Schemas, patterns: readonly string[]): ReadonlyMap<string, string | number> {
  const facts = new Map<string, string | number>()
  for (const [name, limit] of parts.flatMap(limitsOf)) {
    const refusesSome = limit > 0 || !/^min[LIP]/.test(name)
    if (refusesSome && isTighter(name, limit, facts.get(name))) facts.set(name, limit)
  }
  const refusesEmpty = patterns.some((pattern) => translatePattern(pattern)?.test('') === false)
  if (refusesEmpty && !facts.has('minLength')) facts.set('minLength', 1)
  if (patterns.length > 0) facts.set('pattern', patterns.join(' and '))
  for (const keyword of textKeywords) {
    const value = parts.find((part) => keyword in part)?.[keyword]
    const isPlain = keyword === 'format' && typeof value === 'string'
    if (value !== undefined) facts.set(keyword, isPlain ? value : canonicalJson(value))
  }
  return facts
}

/** Whether `value` of a limit refuses more than `other` does. */
export function isTighter(name: string, value: string | number, other: string | number | undefined): boolean {
  return other === undefined || (/max/i.test(name) ? value < other : value > other)
}

/** The limits of one schema: a bound that 3.0 excludes by a flag as 3.1 writes it, that of an integer as one it includes. */
function limitsOf(part: JsonObject): readonly (readonly [string, number])[] {
  const limits: Record<string, unknown> = { ...part, uniqueItems: part.uniqueItems === true ? 1 : undefined }
  for (const [side, step] of [['Minimum', 1] as const, ['Maximum', -1] as const]) {
    const [inclusive, exclusive] = [side.toLowerCase(), `exclusive${side}`]
    if (limits[exclusive] === true) Object.assign(limits, { [exclusive]: part[inclusive], [inclusive]: undefined })
    const bound = limits[exclusive]
    if (typeof bound !== 'number' || !typesOf(part).includes('integer')) continue
    const next = (step > 0 ? Math.floor(bound) : Math.ceil(bound)) + step
    Object.assign(limits, { [inclusive]: next, [exclusive]: undefined })
  }
  return limitKeywords.flatMap((name) => {
    const limit = limits[name]
    return typeof limit === 'number' ? [[name, limit] as const] : []
  })
}
