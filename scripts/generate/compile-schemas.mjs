// @ts-check
// Gives every schema of the spec, named or written where it is used, to Ajv under an id of its own, so that each becomes
// one shared function. Says what Ajv refuses at the place where it stands.
import { _ } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { objectOf, isObject } from './load-spec.mjs'
import { localizeSchema } from './localize-schema.mjs'
import { SpecError } from './spec-error.mjs'
import { formats } from './validator-runtime.mjs'

/** @typedef {import('./read-operations.mjs').Body} PlacedSchema A schema and its place in the spec. */

/** Formats by name: an expression, a check of the run-time file, or true where the words decide nothing. */
const FORMATS = {
  uuid: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  uri: /^[a-z][a-z0-9+\-.]*:\S+$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  ...formats,
  double: /** @type {const} */ (true),
  float: /** @type {const} */ (true),
}

/**
 * An Ajv in which every schema is compiled; throws a SpecError that names all schemas that are at fault.
 * @param {ReadonlyMap<string, PlacedSchema>} schemas By id.
 * @param {{ dropsNulls?: boolean }} [options] Whether what is validated loses the nulls that stand for no value.
 * @returns {Ajv2020}
 */
export function compileSchemas(schemas, { dropsNulls = false } = {}) {
  const strict = new Map([...schemas].map(([id, { schema }]) => [id, localizeSchema(schema)]))
  const local = dropsNulls ? markNulls(strict) : strict
  const texts = new Map([...local].map(([id, schema]) => [id, JSON.stringify(schema)]))
  const ajv = createAjv()
  // Bookkeeping for unevaluatedProperties and -Items costs a fifth of the code, so it is left out where no schema needs
  // it.
  ajv.opts.unevaluated = [...texts.values()].some((text) => text.includes('"unevaluated'))
  /** @type {Map<string, string>} */
  const refused = new Map()
  for (const [id, schema] of local) {
    const reason = reasonOf(() => ajv.addSchema({ ...objectOf(schema), $id: id }))
    if (reason !== null) refused.set(id, reason)
    // The schemaPath of an error then points into the spec, not into a schema that has no name any more.
    Object.assign(ajv.schemas[id] ?? {}, { schemaPath: pointerOf(schemas.get(id)?.place ?? []) })
  }
  for (const id of refused.size > 0 ? [] : local.keys()) {
    const reason = reasonOf(() => ajv.getSchema(id))
    if (reason !== null) refused.set(id, reason)
  }
  if (refused.size > 0) throw new SpecError(problemsOf(refused, { schemas, texts }))
  return ajv
}

function createAjv() {
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allowUnionTypes: true,
    allErrors: true,
    messages: false,
    inlineRefs: false,
    // Loops over names instead of a statement for each: the code ends up in browsers.
    loopRequired: 1,
    loopEnum: 1,
    formats: FORMATS,
    code: { source: true, esm: true, lines: true, optimize: 2, formats: _`formats` },
  })
  return ajv.addKeyword(NULLS_KEYWORD)
}

/**
 * Schemas that fail only because one they refer to fails are left out.
 * @param {ReadonlyMap<string, string>} refused Reasons by id.
 * @param {{ schemas: ReadonlyMap<string, PlacedSchema>, texts: ReadonlyMap<string, string> }} parts
 */
function problemsOf(refused, { schemas, texts }) {
  const ids = [...refused.keys()]
  const own = ids.filter((id) => !ids.some((other) => other !== id && texts.get(id)?.includes(`"$ref":"${other}"`)))
  return (own.length > 0 ? own : ids).map((id) => ({
    place: schemas.get(id)?.place ?? [],
    problem: `Ajv refuses this schema: ${refused.get(id)}.`,
    fix: `use JSON Schema 2020-12 keywords and the formats ${Object.keys(FORMATS).join(', ')}.`,
  }))
}

/**
 * Why a step fails; null when it does not.
 * @param {() => unknown} run
 */
function reasonOf(run) {
  try {
    run()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** @param {import('./load-spec.mjs').Place} place */
function pointerOf(place) {
  return `#/${place.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`
}

const KEYWORD = 'nullless'

/** @typedef {ReadonlyMap<string, unknown>} LocalSchemas By id. */

/**
 * A null in a request stands for a field without a value, unless the field may be null: a keyword of our own takes such
 * fields away in the pass that validates the rest, before anything asks whether they are there.
 * @type {import('ajv').CodeKeywordDefinition}
 */
const NULLS_KEYWORD = {
  keyword: KEYWORD,
  type: 'object',
  schemaType: 'array',
  before: 'required',
  code: ({ gen, data, schemaCode }) => void gen.code(_`dropNulls(${data}, ${schemaCode})`),
}

/**
 * The same schemas, every object with the names of those of its properties that must not be null.
 * @param {LocalSchemas} schemas
 * @returns {Map<string, unknown>}
 */
function markNulls(schemas) {
  return new Map([...schemas].map(([id, schema]) => [id, mark(schema, schemas)]))
}

/**
 * @param {unknown} schema
 * @param {LocalSchemas} schemas
 * @returns {unknown}
 */
function mark(schema, schemas) {
  if (Array.isArray(schema)) return schema.map((member) => mark(member, schemas))
  if (!isObject(schema)) return schema
  const marked = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, mark(value, schemas)]))
  if (schema.type !== 'object' || !isObject(schema.properties)) return marked
  const names = Object.keys(schema.properties).filter((name) => !mayBeNull(schema.properties[name], schemas))
  return names.length === 0 ? marked : { ...marked, [KEYWORD]: names }
}

/**
 * @param {unknown} schema
 * @param {LocalSchemas} schemas
 * @returns {boolean}
 */
function mayBeNull(schema, schemas) {
  if (!isObject(schema)) return schema !== false
  const { $ref, type, enum: values, allOf, anyOf, oneOf } = schema
  const isAdmitted = (/** @type {unknown} */ part) => mayBeNull(part, schemas)
  return (
    (typeof $ref !== 'string' || isAdmitted(schemas.get($ref))) &&
    (type === undefined || [type].flat().includes('null')) &&
    (!Array.isArray(values) || values.includes(null)) &&
    (!Array.isArray(allOf) || allOf.every(isAdmitted)) &&
    [anyOf, oneOf].every((parts) => !Array.isArray(parts) || parts.some(isAdmitted))
  )
}
