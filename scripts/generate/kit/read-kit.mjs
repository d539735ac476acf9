// @ts-check
// Reads openapi/kit.yaml together with the spec beside it: everything that it borrows from there (schemas, settings,
// operationIds) and from its own schemas (x-merge) is put in, so that what comes out stands alone.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import { isObject, objectOf } from '../load-spec.mjs'
import { SpecError } from '../spec-error.mjs'

/** @typedef {import('../load-spec.mjs').JsonObject} JsonObject */
/**
 * @typedef {object} Kit
 * @property {string} file
 * @property {JsonObject} paths Operations of the admin API, references to parameters and responses followed.
 * @property {Record<string, JsonObject>} schemas By name: the kit's own, then what they borrow from the spec.
 * @property {readonly string[]} own Names of the kit's own.
 * @property {(name: string) => readonly string[]} ownMembers Members of a schema that it has from no other one.
 * @property {readonly string[]} operationIds
 */
/**
 * What comes from the spec beside its schemas.
 * @typedef {object} Tables
 * @property {readonly string[]} operationIds
 * @property {Record<string, JsonObject>} settings
 * @property {readonly string[]} quirkIds
 * @property {Record<string, readonly string[]>} lifecycleNames Names of machines, moves and timers.
 */

const API = 'local-runners.yaml#/components/schemas/'
/** A schema of any document that is joined into the API. */
const OF_API = /^(?:local-runners|neighbours)\.yaml#\/components\/schemas\/(.*)$/
const OWN = '#/components/schemas/'

/**
 * The kit that stands next to a spec; null when it is missing.
 * @param {import('../load-spec.mjs').Spec} spec
 * @param {string} specPath
 * @param {Tables} tables
 * @returns {Kit | null}
 */
export function readKit(spec, specPath, tables) {
  const path = join(dirname(specPath), 'kit.yaml')
  if (!existsSync(path)) return null
  const text = readFileSync(path, 'utf8')
  const parsed = parseDocument(text)
  const [error] = parsed.errors
  if (error !== undefined) throw problem('syntax', error.message, 'correct it')
  const document = objectOf(parsed.toJS())
  return new KitReader(document, spec, tables).read(path)
}

class KitReader {
  /** @type {Record<string, JsonObject>} */
  borrowed = {}
  /** @type {Record<string, JsonObject>} */
  done = {}

  /**
   * @param {JsonObject} document
   * @param {import('../load-spec.mjs').Spec} spec
   * @param {Tables} tables
   */
  constructor(document, spec, tables) {
    this.document = document
    this.api = objectOf(objectOf(spec.document.components).schemas)
    this.tables = tables
    this.raw = objectOf(objectOf(document.components).schemas)
  }

  /**
   * @param {string} file
   * @returns {Kit}
   */
  read(file) {
    const own = Object.keys(this.raw)
    const paths = objectOf(this.expand(this.inline(this.document.paths)))
    for (const name of own) this.schema(name)
    for (const name of own) {
      if (Object.hasOwn(this.borrowed, name))
        throw problem(name, 'the spec has a schema of that name, too', 'rename it')
    }
    const ownMembers = (/** @type {string} */ name) => Object.keys(objectOf(objectOf(this.raw[name]).properties))
    const { operationIds } = this.tables
    return { file, paths, schemas: { ...this.done, ...this.borrowed }, own, ownMembers, operationIds }
  }

  /**
   * A schema of the kit with everything in it.
   * @param {string} name
   * @returns {JsonObject}
   */
  schema(name) {
    const known = this.done[name]
    if (known !== undefined) return known
    const raw = this.raw[name]
    if (!isObject(raw)) throw problem(name, 'there is no such schema', 'add it, or correct the reference')
    return (this.done[name] = this.expandSchema(raw))
  }

  /**
   * @param {JsonObject} schema
   * @returns {JsonObject}
   */
  expandSchema(schema) {
    const { 'x-merge': sources, 'x-except': except, 'x-optional': optional, ...own } = schema
    const expanded = objectOf(this.expand(own))
    const withSettings = own['x-settings'] === undefined ? expanded : this.withSettings(expanded)
    if (!Array.isArray(sources)) return withSettings
    const parts = sources.map((source) => this.source(String(source)))
    const left = new Set(listOf(except))
    const members = parts.flatMap((part) => Object.entries(objectOf(part.properties)))
    const properties = {
      ...objectOf(withSettings.properties),
      ...Object.fromEntries(members.filter(([name]) => !left.has(name))),
      ...objectOf(withSettings.properties),
    }
    const needed = optional === true || left.size > 0 ? [] : parts.flatMap((part) => listOf(part.required))
    const required = [...new Set([...needed, ...listOf(withSettings.required)])]
    return { ...withSettings, ...(required.length === 0 ? {} : { required }), properties }
  }

  /** @param {string} source */
  source(source) {
    const name = OF_API.exec(source)?.[1]
    if (name === undefined) return this.schema(source)
    return objectOf(this.expand(this.closed(this.joined(this.api[name]))))
  }

  /** @param {JsonObject} schema */
  withSettings(schema) {
    const entries = Object.entries(this.tables.settings).map(
      ([name, { type, minimum, maximum, description, ...rest }]) => {
        const range = maximum === null ? { minimum } : { minimum, maximum }
        return [name, { type, ...range, description, default: rest.default, 'x-setting': true }]
      },
    )
    const required = schema['x-settings'] === 'all' ? { required: entries.map(([name]) => name) } : {}
    return { ...schema, ...required, properties: { ...Object.fromEntries(entries), ...objectOf(schema.properties) } }
  }

  /**
   * @param {unknown} value
   * @returns {unknown}
   */
  expand(value) {
    if (Array.isArray(value)) return value.map((item) => this.expand(item))
    if (!isObject(value)) return value
    if (typeof value.$ref === 'string') return this.reference(value.$ref, value)
    const expanded = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.expand(member)]))
    if (value['x-operations'] === true) {
      return { 'x-says': 'an operationId of the spec', ...expanded, enum: this.tables.operationIds }
    }
    if (value['x-quirks'] === true) return { ...expanded, enum: this.tables.quirkIds }
    const names = this.tables.lifecycleNames[String(value['x-lifecycle'])]
    return names === undefined ? expanded : { ...expanded, enum: [...names, ...listOf(expanded.enum)] }
  }

  /**
   * @param {string} reference
   * @param {JsonObject} value
   */
  reference(reference, { 'x-closed': isClosed, ...value }) {
    const name = OF_API.exec(reference)?.[1]
    if (name === undefined) {
      if (reference.startsWith(OWN)) this.schema(reference.slice(OWN.length))
      return value
    }
    const schema = this.joined(this.api[name])
    if (!isObject(schema)) throw problem(name, 'the spec has no such schema', 'correct the reference')
    const local = isClosed === true ? `Closed${name}` : name
    if (this.borrowed[local] === undefined) {
      this.borrowed[local] = {}
      this.borrowed[local] = objectOf(this.expand(isClosed === true ? this.closed(schema) : toApi(schema)))
    }
    return { ...value, $ref: OWN + local }
  }

  /**
   * A schema of the API with the members of all that it is made of.
   * @param {unknown} schema
   * @returns {unknown}
   */
  joined(schema) {
    if (!isObject(schema) || !Array.isArray(schema.allOf)) return schema
    const { allOf, ...own } = schema
    const parts = allOf.map((part) => {
      const { $ref } = objectOf(part)
      return objectOf(this.joined(typeof $ref === 'string' ? this.api[$ref.slice(OWN.length)] : part))
    })
    const all = [...parts, own]
    const properties = Object.assign({}, ...all.map((part) => objectOf(part.properties)))
    const required = [...new Set(all.flatMap((part) => listOf(part.required)))]
    return { ...Object.assign({}, ...all), properties, ...(required.length === 0 ? {} : { required }) }
  }

  /**
   * A schema of the API that allows no members but those it names.
   * @param {unknown} schema
   * @returns {JsonObject}
   */
  closed(schema) {
    const close = (/** @type {unknown} */ value) => {
      if (Array.isArray(value)) return value.map(close)
      if (!isObject(value)) return value
      if (typeof value.$ref === 'string') return { $ref: API + value.$ref.slice(OWN.length), 'x-closed': true }
      const members = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, close(member)]))
      const isOpen = isObject(value.properties) && value.additionalProperties === undefined
      return isOpen ? { ...members, additionalProperties: false } : members
    }
    return objectOf(close(schema))
  }

  /**
   * Parameters and responses in the place of references to them.
   * @param {unknown} value
   * @returns {unknown}
   */
  inline(value) {
    if (Array.isArray(value)) return value.map((item) => this.inline(item))
    if (!isObject(value)) return value
    const [, kind = '', name = ''] = /^#\/components\/(parameters|responses)\/(.+)$/.exec(String(value.$ref)) ?? []
    if (kind !== '') return this.inline(objectOf(objectOf(this.document.components)[kind])[name])
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.inline(member)]))
  }
}

/**
 * The same schema, with references as the kit writes them.
 * @param {unknown} value
 * @returns {unknown}
 */
function toApi(value) {
  if (Array.isArray(value)) return value.map(toApi)
  if (!isObject(value)) return value
  if (typeof value.$ref === 'string') return { ...value, $ref: API + value.$ref.slice(OWN.length) }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toApi(member)]))
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function listOf(value) {
  return Array.isArray(value) ? value.map(String) : []
}

/**
 * @param {string} name
 * @param {string} what
 * @param {string} fix
 */
function problem(name, what, fix) {
  return new SpecError([{ place: [], problem: `kit.yaml, ${name}: ${what}.`, fix: `${fix}.` }])
}
