// One form for what a schema of OpenAPI 3.0 to 3.2 admits, so that two documents can be compared type by type and keyword
// by keyword: references followed, `allOf` and alternatives joined. Children stay schemas until a comparison gets there.
import { canonicalJson, isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, referenceName, type SpecDocument } from './parse-spec.js'
import { translatePattern } from './patterns.js'

export interface SchemaShape {
  /** Name of the component it was reached by, if any. */
  readonly name: string | undefined
  /** `broken`: it can't be known, because a reference leads nowhere or in a circle. */
  readonly flags: ReadonlySet<'nullable' | 'readOnly' | 'writeOnly' | 'broken'>
  /** What it admits by type, integers among numbers; `any`: of whatever type. None: only null, or nothing. */
  readonly forms: ReadonlyMap<string, Form>
}

/** What is said of values of one type. */
export interface Form {
  /** Of single values, by keyword: words, limits, and as lists the values of `enum` or `const` and patterns. */
  readonly facts: FormFacts
  readonly fields: ReadonlyMap<string, JsonObject>
  readonly required: ReadonlySet<string>
  readonly otherFields: JsonObject | boolean | undefined
  readonly items: JsonObject | undefined
}

type Fact = string | number | readonly string[]
export type FormFacts = ReadonlyMap<string, Fact>

export type ShapeReader = (schema: JsonObject) => SchemaShape

const words = (text: string): readonly string[] => text.split(' ')
const textKeywords = words(
  'format default not if then else prefixItems contains patternProperties propertyNames dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems discriminator contentEncoding contentMediaType',
)
const limitKeywords = words(
  'minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties multipleOf uniqueItems',
)
const flagKeywords = ['nullable', 'readOnly', 'writeOnly'] as const

const NO_FORM: Form = {
  ...{ facts: new Map(), fields: new Map(), required: new Set(), otherFields: undefined, items: undefined },
}

const BROKEN: SchemaShape = { name: undefined, flags: new Set(['broken']), forms: new Map() }

export function createShapeReader(document: SpecDocument): ShapeReader {
  const known = new Map<JsonObject, SchemaShape>()
  const readValue = (value: unknown): SchemaShape => (value === undefined ? BROKEN : read(asSchema(value)))
  const read = (schema: JsonObject): SchemaShape => {
    const before = known.get(schema)
    if (before !== undefined) return before
    known.set(schema, BROKEN) // what a schema that is defined by itself sees of itself
    const { $ref: reference, allOf, oneOf, anyOf } = schema
    const isReference = typeof reference === 'string'
    const target = isReference ? [readValue(lookUp(document, reference))] : []
    const whole = [
      ...(isReference && Object.keys(schema).length === 1 ? [] : [ownShape(schema)]),
      ...target,
      ...listOf(allOf).map(readValue),
      ...[oneOf, anyOf].flatMap((union) => eitherOf(listOf(union).map(readValue))),
    ].reduce(both)
    const shape = isReference ? { ...whole, name: referenceName(reference) } : whole
    known.set(schema, shape)
    return shape
  }
  return read
}

/** A schema value as an object: `true` and malformed ones admit anything, `false` nothing. */
function asSchema(value: unknown): JsonObject {
  return isObject(value) ? value : value === false ? { not: {} } : {}
}

/** What a schema says by itself. */
function ownShape(schema: JsonObject): SchemaShape {
  const { type, properties, additionalProperties: otherFields, items, required } = schema
  const isOfType = (value: unknown, name: string) =>
    typeOf(value) === name || (typeOf(value) === 'integer' && name === 'number')
  const values = 'const' in schema ? [schema.const] : 'enum' in schema ? listOf(schema.enum) : undefined
  const declared = typeof type === 'string' ? [type] : textsOf(type)
  const spokenOf = (properties ?? otherFields) ? 'object' : items ? 'array' : 'any'
  const types = new Set(declared.length > 0 ? declared : (values?.map(typeOf) ?? [spokenOf]))
  const flags = flagKeywords.filter((keyword) => schema[keyword] === true)
  const facts = readFacts(schema)
  const formOf = (name: string): Form => ({
    facts: new Map([
      ...facts,
      ...(/^(integer|number)$/.test(name) ? [['type', name] as const] : []),
      ...(values === undefined
        ? []
        : [['enum', values.filter((value) => isOfType(value, name)).map(textOfValue)] as const]),
    ]),
    fields: new Map(Object.entries(objectOf(properties)).map(([field, value]) => [field, asSchema(value)])),
    required: new Set(textsOf(required)),
    otherFields: isObject(otherFields) || typeof otherFields === 'boolean' ? otherFields : undefined,
    items: items === undefined ? undefined : asSchema(items),
  })
  const named = [...types].toSorted().filter((name) => name !== 'null')
  return {
    name: undefined,
    flags: new Set(types.has('null') || values?.includes(null) === true ? [...flags, 'nullable'] : flags),
    forms: new Map(named.map((name) => [name === 'integer' ? 'number' : name, formOf(name)])),
  }
}

/** What holds when both do. `nullable` is meant for the whole, wherever it stands. */
function both(one: SchemaShape, other: SchemaShape): SchemaShape {
  const [first, second] = one.forms.has('any') ? [other, one] : [one, other]
  const common = [...first.forms.keys()].filter((type) => second.forms.has(type) || second.forms.has('any'))
  const types = common.length > 0 ? common : first.forms.keys()
  const formIn = ({ forms }: SchemaShape, type: string) => forms.get(type) ?? forms.get('any') ?? NO_FORM
  return {
    name: one.name ?? other.name,
    flags: new Set([...one.flags, ...other.flags]),
    forms: new Map([...types].map((type) => [type, join('allOf', formIn(one, type), formIn(other, type))])),
  }
}

/** What alternatives have in common by type; only one that is not null stands for itself. */
function eitherOf(options: readonly SchemaShape[]): readonly SchemaShape[] {
  const real = options.filter(({ forms, flags }) => forms.size > 0 || flags.has('broken'))
  const forms = new Map<string, Form>()
  for (const [type, form] of real.flatMap((option) => [...option.forms]))
    forms.set(type, join('anyOf', forms.get(type) ?? form, form))
  const any = forms.get('any')
  const [only] = real
  return options.length === 0
    ? []
    : [
        {
          name: real.length === 1 ? only?.name : undefined,
          flags: new Set(options.flatMap(({ flags }) => [...flags])),
          forms: any === undefined ? forms : new Map([['any', any]]),
        },
      ]
}

/** One form of two of a type that both hold (`allOf`), or of which one does (`anyOf`). */
function join(how: 'allOf' | 'anyOf', one: Form, other: Form): Form {
  const facts = new Map<string, Fact>()
  for (const keyword of [...one.facts.keys(), ...other.facts.keys()]) {
    const fact = joinFacts(how, keyword, one.facts.get(keyword), other.facts.get(keyword))
    if (fact !== undefined) facts.set(keyword, fact)
  }
  const fields = new Map(one.fields)
  for (const [name, schema] of other.fields) fields.set(name, joinSchemas(how, fields.get(name), schema))
  const isRequired = how === 'allOf' ? () => true : (name: string) => one.required.has(name) && other.required.has(name)
  return {
    ...{ facts, fields },
    required: new Set([...one.required, ...other.required].filter(isRequired)),
    otherFields: one.otherFields ?? other.otherFields,
    items: other.items === undefined ? one.items : joinSchemas(how, one.items, other.items),
  }
}

function joinFacts(how: 'allOf' | 'anyOf', keyword: string, one: Fact | undefined, other: Fact | undefined) {
  const isBoth = how === 'allOf'
  if (one === undefined || other === undefined) return isBoth ? (one ?? other) : undefined
  const [mine, others] = [textsOf(one), textsOf(other)]
  const whole = [...new Set([...mine, ...others])]
  if (keyword === 'type') return one === other ? one : isBoth ? 'integer' : 'number'
  if (keyword === 'enum') return isBoth ? mine.filter((value) => others.includes(value)) : whole
  if (!isBoth) return canonicalJson(one) === canonicalJson(other) ? one : undefined
  if (keyword === 'pattern') return whole
  return typeof one === 'number' && isTighter(keyword, Number(other), one) ? other : one
}

/** No schema is joined twice, so that what recurs comes to an end. */
function joinSchemas(how: 'allOf' | 'anyOf', one: JsonObject | undefined, other: JsonObject): JsonObject {
  if (one === undefined) return other
  const membersOf = (schema: JsonObject) => (Object.keys(schema).join() === how ? listOf(schema[how]) : [schema])
  const members = membersOf(one)
  const further = membersOf(other).filter((schema) => !members.includes(schema))
  return further.length === 0 ? one : { [how]: [...members, ...further] }
}

/** A few words for a schema: its component's name, or its type. */
export function describeShape(shape: SchemaShape): string {
  if (isAnyJson(shape)) return 'any JSON'
  return shape.name ?? ([...shape.forms].map(([type, form]) => describeForm(type, form)).join(' or ') || 'null')
}

export function describeForm(type: string, { facts }: Form): string {
  const [values, format] = [facts.get('enum'), facts.get('format')]
  if (values !== undefined) return `one of ${textsOf(values).join(', ')}`
  const name = type === 'any' ? 'any JSON' : (facts.get('type') ?? type)
  return [name.toString(), ...(format === undefined ? [] : [`(${format.toString()})`])].join(' ')
}

/** Upstream's way of writing any JSON: a schema named JsonNode, an object without properties. */
export function isAnyJson({ name = '', forms }: SchemaShape): boolean {
  return (
    /^JsonNode(?![a-z])/.test(name) &&
    [...forms.values()].every(({ fields, otherFields }) => fields.size === 0 && !isObject(otherFields))
  )
}

function textOfValue(value: unknown): string {
  return textOf(value) ?? canonicalJson(value)
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** What a schema says of values, but which ones they are; no limit that refuses nothing. */
function readFacts(schema: JsonObject): FormFacts {
  const facts = new Map<string, Fact>(limitsOf(schema))
  const pattern = textOf(schema.pattern)
  if (pattern !== undefined) {
    facts.set('pattern', [pattern])
    if (!facts.has('minLength') && translatePattern(pattern)?.test('') === false) facts.set('minLength', 1)
  }
  for (const keyword of textKeywords.filter((name) => schema[name] !== undefined))
    facts.set(keyword, keyword === 'format' ? textOfValue(schema[keyword]) : canonicalJson(schema[keyword]))
  if (schema.deprecated === true) facts.set('deprecation', 'deprecated')
  return facts
}

/** Whether a limit of `value` refuses more than one of `other`. */
function isTighter(name: string, value: number, other: number): boolean {
  return /max/i.test(name) ? value < other : value > other
}

/** The limits of a schema: a bound that 3.0 excludes by a flag as 3.1 writes it, that of an integer as one it includes. */
function limitsOf(schema: JsonObject): readonly (readonly [string, number])[] {
  const limits: Record<string, unknown> = { ...schema, uniqueItems: schema.uniqueItems === true ? 1 : undefined }
  for (const [side, step] of [['Minimum', 1] as const, ['Maximum', -1] as const]) {
    const [inclusive, exclusive] = [side.toLowerCase(), `exclusive${side}`]
    if (limits[exclusive] === true) Object.assign(limits, { [exclusive]: schema[inclusive], [inclusive]: undefined })
    const bound = limits[exclusive]
    if (typeof bound !== 'number' || schema.type !== 'integer') continue
    const next = (step > 0 ? Math.floor(bound) : Math.ceil(bound)) + step
    Object.assign(limits, { [inclusive]: next, [exclusive]: undefined })
  }
  return limitKeywords.flatMap((name) => {
    const limit = limits[name]
    const refusesSome = typeof limit === 'number' && (limit > 0 || !/^min[LIP]/.test(name))
    return refusesSome ? [[name, limit] as const] : []
  })
}
