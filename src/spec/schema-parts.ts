// Takes a schema apart: follows `$ref`, flattens `allOf`, and sets aside the alternatives of `oneOf` and `anyOf`.
// Combined schemas are interned by what they combine, so that recursive schemas give finitely many objects.
import { isObject, listOf, type JsonObject } from '../kernel/json-value.js'
import { lookUp, referenceName, resolve, type SpecDocument } from './parse-spec.js'

/** A schema taken apart. */
export interface SchemaParts {
  /** Schemas that all hold, outermost first, each with its own keywords only. */
  readonly parts: readonly JsonObject[]
  /** When not empty, one of these holds as well; each already includes the parts. */
  readonly alternatives: readonly JsonObject[]
  /** Names of the components it was reached by, outermost first. */
  readonly names: readonly string[]
  readonly nullable: boolean
  /** Whether a reference inside leads nowhere or in a circle, so that the schema can't be known. */
  readonly broken: boolean
}

/** Takes the schemas of one document apart and puts them together. */
export interface SchemaWorkshop {
  takeApart(schema: JsonObject): SchemaParts
  /** The schema that all of these hold; the same object for the same schemas. */
  combine(schemas: readonly JsonObject[]): JsonObject
}

/** The schema that admits any value. */
export const anySchema: JsonObject = {}
const neverSchema: JsonObject = { not: {} }

/** Past this many combinations of alternatives, a schema is judged by its parts alone. */
const maxAlternatives = 32

const compositions = ['$ref', 'allOf', 'oneOf', 'anyOf', 'nullable']

/** A schema value as an object: `true` and malformed ones admit anything, `false` nothing. */
export function schemaOf(value: unknown): JsonObject {
  return isObject(value) ? value : value === false ? neverSchema : anySchema
}

/** Opens a workshop for one document. It keeps the schemas it has combined, and nothing else. */
export function createSchemaWorkshop(document: SpecDocument): SchemaWorkshop {
  const numbers = new Map<JsonObject, number>()
  const combined = new Map<string, JsonObject>()
  const bares = new WeakMap<JsonObject, JsonObject>()

  const numberOf = (schema: JsonObject): number => {
    const number = numbers.get(schema) ?? numbers.size
    numbers.set(schema, number)
    return number
  }
  const bareOf = (schema: JsonObject): JsonObject => {
    if (!compositions.some((keyword) => keyword in schema)) return schema
    const entries = Object.entries(schema).filter(([keyword]) => !compositions.includes(keyword))
    const bare = bares.get(schema) ?? Object.fromEntries(entries)
    bares.set(schema, bare)
    return bare
  }
  const combine = (schemas: readonly JsonObject[]): JsonObject => {
    const members = [...new Set(schemas)]
    const [only] = members
    if (only !== undefined && members.length === 1) return only
    const key = members.map(numberOf).join(' ')
    const schema = combined.get(key) ?? { allOf: members }
    combined.set(key, schema)
    return schema
  }

  return {
    combine,
    takeApart(schema) {
      const gathering = gather(document, schema)
      const parts = gathering.members.map(bareOf).filter((part) => Object.keys(part).length > 0)
      const alternatives = product(gathering.unions).map((choice) => combine([...parts, ...choice]))
      return { parts, alternatives, names: gathering.names, nullable: gathering.nullable, broken: gathering.broken }
    },
  }
}

interface Gathering {
  readonly members: readonly JsonObject[]
  readonly unions: readonly (readonly JsonObject[])[]
  readonly names: readonly string[]
  readonly nullable: boolean
  readonly broken: boolean
}

function gather(document: SpecDocument, schema: JsonObject): Gathering {
  const members = new Set<JsonObject>()
  const unions: (readonly JsonObject[])[] = []
  const names: string[] = []
  let nullable = false
  let broken = false

  const visit = (member: JsonObject, ancestors: readonly JsonObject[]): void => {
    if (ancestors.includes(member)) broken = true
    if (members.has(member)) return
    members.add(member)
    if (member.nullable === true) nullable = true
    const path = [...ancestors, member]
    if (typeof member.$ref === 'string') {
      const target = lookUp(document, member.$ref)
      names.push(referenceName(member.$ref))
      if (isObject(target)) visit(target, path)
      else if (typeof target !== 'boolean') broken = true
    }
    for (const part of listOf(member.allOf)) visit(schemaOf(part), path)
    for (const union of [member.oneOf, member.anyOf]) {
      const options = listOf(union).map(schemaOf)
      const real = options.filter((option) => !isNullOnly(document, option))
      if (real.length < options.length) nullable = true
      const [only] = real
      if (only !== undefined && real.length === 1) visit(only, path)
      else if (real.length > 1) unions.push(real)
    }
  }
  visit(schema, [])
  return { members: [...members], unions, names, nullable, broken }
}

function isNullOnly(document: SpecDocument, option: JsonObject): boolean {
  const schema = resolve(document, option).target ?? option
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type)
  const values = schema.const === undefined ? listOf(schema.enum) : [schema.const]
  const admitted = types.length > 0 ? types.map((type) => (type === 'null' ? null : type)) : values
  return admitted.length > 0 && admitted.every((value) => value === null)
}

function product(unions: readonly (readonly JsonObject[])[]): readonly (readonly JsonObject[])[] {
  if (unions.length === 0) return []
  const size = unions.reduce((total, union) => total * union.length, 1)
  if (size > maxAlternatives) return []
  return unions.reduce<readonly (readonly JsonObject[])[]>(
    (choices, union) => choices.flatMap((choice) => union.map((option) => [...choice, option])),
    [[]],
  )
}
