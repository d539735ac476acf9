// One form for what a schema of OpenAPI 3.0 to 3.2 admits, so that two documents can be compared type by type and keyword
// by keyword: references followed, `allOf` and alternatives joined. Children stay schemas until a comparison gets there.
import { canonicalJson, isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, referenceName, type SpecDocument } from './parse-spec.js'
import { RE2JS } from 're2js'

export interface SchemaShape {
  /** Name of the component it was reached by, if any. */
  readonly name: string | undefined
  /** `broken`: it can't be known, because a reference leads nowhere or in a circle. */
  readonly flags: ReadonlySet<'nullable' | 'readOnly' | 'writeOnly' | 'broken'>
  /** Mistakes in the schema, and how each was read. */
  readonly flaws: ReadonlyMap<string, string>
  /** What it admits by type, integers among numbers; `any`: of whatever type. None: only null, or nothing. */
  readonly forms: ReadonlyMap<string, Form>
}

/**
 * What is said of values of one type: words and limits by keyword, lists of the values of `enum` or `const`, of patterns
 * and of required fields; and schemas by the steps to what they describe: `/name`, `[]`, and `{}` for all other fields.
 */
export type Form = ReadonlyMap<string, SchemaFact>
export type SchemaFact = string | number | readonly string[] | JsonObject

export type ShapeReader = (schema: JsonObject) => SchemaShape

/** What `{}` says where other fields are not admitted. */
export const REFUSED = 'refused'

const textKeywords =
  'format default not if then else prefixItems contains patternProperties propertyNames dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems discriminator contentEncoding contentMediaType'.split(
    ' ',
  )
const limitKeywords =
  'minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties multipleOf uniqueItems'.split(
    ' ',
  )

/** What stands for a schema of the wrong JSON type. */
const MALFORMED: JsonObject = {}

function broken(flaw: string, why: string): SchemaShape {
  const flaws = new Map([[flaw, `${why}; not compared`]])
  return { name: undefined, flags: new Set(['broken']), flaws, forms: new Map() }
}

/** Combined schemas that recur may combine without end. Documents of today have few of these, and none this deep. */
const MAX_COMBINED = 300
const MAX_DEPTH = 200

export function createShapeReader(document: SpecDocument): ShapeReader {
  const known = new Map<unknown, SchemaShape>()
  const numbers = new Map<unknown, number>()
  let [combined, depth] = [0, 0]
  /** The schema, or for one that only combines others, which ones: it is made again at each place. */
  const keyOf = (schema: unknown): unknown => {
    const [how = '', ...others] = isObject(schema) ? Object.keys(schema) : []
    if (!isObject(schema) || others.length > 0 || (how !== 'allOf' && how !== 'anyOf')) return schema
    const members = listOf(schema[how]).map((member) => {
      const key = keyOf(member)
      if (!numbers.has(key)) numbers.set(key, numbers.size)
      return numbers.get(key)
    })
    return `${how} ${members.join()}`
  }
  const readValue = (value: unknown): SchemaShape => read(asSchema(value))
  const readTarget = (reference: string): SchemaShape => {
    const target = lookUp(document, reference)
    if (target !== undefined) return readValue(target)
    return broken(`$ref ${reference}`, reference.startsWith('#') ? 'points to nothing' : 'points out of the document')
  }
  const read = (schema: JsonObject): SchemaShape => {
    const key = keyOf(schema)
    const before = known.get(key)
    if (before !== undefined) return before
    if (depth > MAX_DEPTH || (typeof key === 'string' && ++combined > MAX_COMBINED))
      return broken('depth', 'combines too many schemas in each other')
    // What a schema that is defined by itself sees of itself.
    known.set(key, broken('circle', 'defined by itself, with no field or item in between'))
    const { $ref: reference, allOf, oneOf, anyOf } = schema
    const isReference = typeof reference === 'string'
    depth++
    const whole = [
      ...(isReference && Object.keys(schema).length === 1 ? [] : [ownShape(schema, document.openapi)]),
      ...(isReference ? [readTarget(reference)] : []),
      ...listOf(allOf).map(readValue),
      ...[oneOf, anyOf].flatMap((union) => eitherOf(listOf(union).map(readValue))),
    ].reduce(both)
    depth--
    const shape = isReference ? { ...whole, name: referenceName(reference) } : whole
    known.set(key, shape)
    return shape
  }
  return read
}

/** A schema value as an object: `true` admits anything, as malformed ones do, `false` nothing. */
function asSchema(value: unknown): JsonObject {
  return isObject(value) ? value : value === false ? { not: {} } : value === true ? {} : MALFORMED
}

/** What a schema says by itself. */
function ownShape(schema: JsonObject, openapi: string): SchemaShape {
  const { type, properties, additionalProperties, items } = schema
  const values = 'const' in schema ? [schema.const] : 'enum' in schema ? listOf(schema.enum) : undefined
  const declared = typeof type === 'string' ? [type] : textsOf(type)
  const spokenOf = (properties ?? additionalProperties) ? 'object' : items ? 'array' : 'any'
  const types = new Set(declared.length > 0 ? declared : (values?.map(typeOf) ?? [spokenOf]))
  const flags = (['nullable', 'readOnly', 'writeOnly'] as const).filter((keyword) => schema[keyword] === true)
  const isNullable = types.delete('null') || values?.includes(null) === true
  const facts = factsOf(schema)
  const forms = [...types].toSorted().map((name): [string, Form] => {
    const form = new Map(facts)
    if (name === 'integer') form.set('type', name)
    const own = values?.filter((value) => [name, name === 'number' ? 'integer' : name].includes(typeOf(value)))
    if (own !== undefined) form.set('enum', own.map(textOfValue))
    return [name === 'integer' ? 'number' : name, form]
  })
  const flaws = new Map<string, string>()
  // Only OpenAPI 3.0 knows `nullable`, and only beside the `type` that it widens.
  if (schema.nullable === true && !(openapi.startsWith('3.0') && 'type' in schema))
    flaws.set('nullable', 'means nothing at that place; read as meant: null is admitted')
  if (schema === MALFORMED) flaws.set('no schema', 'of the wrong JSON type; read as any JSON')
  return { name: undefined, flags: new Set(isNullable ? [...flags, 'nullable'] : flags), flaws, forms: new Map(forms) }
}

/** What holds when both do. `nullable` is meant for the whole, wherever it stands. */
function both(one: SchemaShape, other: SchemaShape): SchemaShape {
  const [first, second] = one.forms.has('any') ? [other, one] : [one, other]
  const common = [...first.forms.keys()].filter((type) => second.forms.has(type) || second.forms.has('any'))
  const types = common.length > 0 ? common : first.forms.keys()
  const formIn = ({ forms }: SchemaShape, type: string): Form => forms.get(type) ?? forms.get('any') ?? new Map()
  return {
    name: one.name ?? other.name,
    flags: new Set([...one.flags, ...other.flags]),
    flaws: new Map([...one.flaws, ...other.flaws]),
    forms: new Map([...types].map((type) => [type, join('allOf', formIn(one, type), formIn(other, type))])),
  }
}

/** What alternatives have in common by type; only one that is not null stands for itself. */
function eitherOf(options: readonly SchemaShape[]): readonly SchemaShape[] {
  if (options.length === 0) return []
  const real = options.filter(({ forms, flags }) => forms.size > 0 || flags.has('broken'))
  const forms = new Map<string, Form>()
  for (const [type, form] of real.flatMap((option) => [...option.forms]))
    forms.set(type, join('anyOf', forms.get(type) ?? form, form))
  const any = forms.get('any')
  const name = real.length === 1 ? real[0]?.name : undefined
  const flags = new Set(options.flatMap((option) => [...option.flags]))
  const flaws = new Map(options.flatMap((option) => [...option.flaws]))
  return [{ name, flags, flaws, forms: any === undefined ? forms : new Map([['any', any]]) }]
}

type Joint = 'allOf' | 'anyOf'

/** One form of two of a type that both hold, or of which one does. */
function join(how: Joint, one: Form, other: Form): Form {
  const joined = new Map<string, SchemaFact>()
  for (const keyword of [...one.keys(), ...other.keys()]) {
    const fact = joinFacts(how, keyword, one.get(keyword), other.get(keyword))
    if (fact !== undefined) joined.set(keyword, fact)
  }
  return joined
}

function joinFacts(
  how: Joint,
  keyword: string,
  one: SchemaFact | undefined,
  other: SchemaFact | undefined,
): SchemaFact | undefined {
  const isBoth = how === 'allOf'
  if (one === undefined || other === undefined) {
    const only = one ?? other
    return isBoth || isObject(only) ? only : undefined
  }
  if (isObject(one)) return isObject(other) ? joinSchemas(how, one, other) : one
  if (Array.isArray(one) && Array.isArray(other)) {
    const [mine, others] = [textsOf(one), textsOf(other)]
    const common = mine.filter((value) => others.includes(value))
    const joined = isBoth === (keyword === 'enum') ? common : [...new Set([...mine, ...others])]
    return joined.length > 0 || keyword === 'enum' ? joined : undefined
  }
  if (!isBoth) return one === other ? one : undefined
  // The tighter one of two limits.
  return typeof one === 'number' && (/max/i.test(keyword) ? Number(other) < one : Number(other) > one) ? other : one
}

/** No schema is joined twice, so that what recurs comes to an end. */
function joinSchemas(how: Joint, one: JsonObject, other: JsonObject): JsonObject {
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

export function describeForm(type: string, form: Form): string {
  const [values, format] = [form.get('enum'), textOf(form.get('format'))]
  if (values !== undefined) return `one of ${textsOf(values).join(', ')}`
  const name = type === 'any' ? 'any JSON' : (textOf(form.get('type')) ?? type)
  return format === undefined ? name : `${name} (${format})`
}

/** Upstream's way of writing any JSON: a schema named JsonNode, an object without properties. */
export function isAnyJson({ name = '', forms }: SchemaShape): boolean {
  return /^JsonNode(?![a-z])/.test(name) && ![...forms.values()].some(hasFields)
}

/** Whether fields are described, by their names or all alike. */
function hasFields(form: Form): boolean {
  return [...form].some(([keyword, fact]) => isObject(fact) && keyword !== '[]')
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
function factsOf(schema: JsonObject): Form {
  const { pattern, properties, additionalProperties: others, items, required } = schema
  const facts = new Map<string, SchemaFact>(limitsOf(schema))
  if (typeof pattern === 'string') {
    facts.set('pattern', [pattern])
    if (!facts.has('minLength') && matcherOf(pattern)?.('') === false) facts.set('minLength', 1)
  }
  for (const keyword of textKeywords.filter((name) => schema[name] !== undefined))
    facts.set(keyword, keyword === 'format' ? textOfValue(schema[keyword]) : canonicalJson(schema[keyword]))
  if (schema.deprecated === true) facts.set('deprecation', 'deprecated')
  facts.set(
    'required',
    textsOf(required).map((name) => `/${name}`),
  )
  for (const [name, value] of Object.entries(objectOf(properties))) facts.set(`/${name}`, asSchema(value))
  if (isObject(others) || others === false) facts.set('{}', others || REFUSED)
  if (items !== undefined) facts.set('[]', asSchema(items))
  return facts
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

const samples = [
  '', ' ', '\n', '\t ', 'a', 'A', '0', '7', '_', '-', '.', '/', '+', '=', ':', ',', '@', '"', '{}', 'é', 'ß', '日本', '🙂',
  'ab', 'AB', 'a b', ' a ', ' a', 'a ', 'a\nb', '\na', 'a\n', 'a_b', 'a-b', 'a.b', 'a/b', 'a+b', 'a1', '1a', 'A1', '12', '-1',
  '1.5', 'jobs', 'Jobs', 'bridge', 'abcdefghijklmnop', '0123456789', '2026-07-01', 'a@b.c', 'YWJj', 'YWI=', 'a:b,c', 'a  b',
  '0190babc-62a0-71d2-832a-0feffa4676eb', '0190BABC-62A0-71D2-832A-0FEFFA4676EB', '2026-07-01T00:00:00Z', 'https://example.com/a',
  'a'.repeat(43), `${'a'.repeat(43)}=`, '0'.repeat(64), 'a'.repeat(128),
] // oxfmt-ignore

/** Whether a text has something that a pattern matches; undefined for a pattern that can't be read. */
export function matcherOf(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.matcher(text).find()
  } catch {
    return undefined
  }
}

type Rules = ReadonlyMap<string, unknown>

/**
 * Tries samples on both sides' patterns and lengths, by their keywords. Only what accepts some and refuses others, and
 * the same ones, is no more than a note.
 */
export function comparePatterns(ours: Rules, theirs: Rules): { severity?: 'note'; remark: string } {
  const [our, their] = [acceptorOf(ours), acceptorOf(theirs)]
  if (our === undefined || their === undefined)
    return { remark: `the pattern of ${our === undefined ? 'ours' : 'theirs'} can't be read; compare them by eye` }
  const odd = samples.find((sample) => our(sample) !== their(sample))
  if (odd !== undefined) return { remark: `${our(odd) ? 'ours' : 'theirs'} alone accepts ${JSON.stringify(odd)}` }
  return new Set(samples.map(our)).size === 2
    ? { severity: 'note', remark: 'spelled differently; the samples tried are accepted and refused alike' }
    : { remark: 'no sample tells accepted from refused strings; compare them by eye' }
}

function acceptorOf(rules: Rules): ((text: string) => boolean) | undefined {
  const matchers = textsOf(rules.get('pattern')).map(matcherOf)
  if (matchers.includes(undefined)) return undefined
  const [least, most] = [Number(rules.get('minLength') ?? 0), Number(rules.get('maxLength') ?? Infinity)]
  return (text) => {
    const { length } = Array.from(text)
    return length >= least && length <= most && matchers.every((matches) => matches?.(text))
  }
}
