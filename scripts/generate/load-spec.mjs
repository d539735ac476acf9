// @ts-check
// Reads the OpenAPI documents: joins them, checks the outline that the rest of the generator relies on (operation ids,
// responses, references that lead somewhere) and knows the line of every place. Meaning is judged elsewhere.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { joinDocuments } from './join-documents.mjs'
import { SpecError } from './spec-error.mjs'

/** @typedef {Readonly<Record<string, unknown>>} JsonObject */
/** @typedef {readonly (string | number)[]} Place */

/**
 * A parsed spec.
 * @typedef {object} Spec
 * @property {string} file The name that messages and headers use.
 * @property {JsonObject} document
 * @property {(place: Place) => { file: string, line: number } | null} whereIs
 */

/**
 * Reads, joins and outlines documents; throws a SpecError, or the file system's own error when one cannot be read.
 * @param {readonly string[]} paths
 * @param {readonly string[]} [files] The names to show in messages; the paths when left out.
 * @returns {Spec}
 */
export function loadSpec(paths, files = paths) {
  return parseDocuments(paths.map((path, index) => ({ file: files[index] ?? path, text: readFileSync(path, 'utf8') })))
}

/**
 * @param {string} text
 * @param {string} file
 * @returns {Spec}
 */
export function parseSpec(text, file) {
  return parseDocuments([{ file, text }])
}

/**
 * @param {readonly import('./join-documents.mjs').Source[]} sources
 * @returns {Spec}
 */
function parseDocuments(sources) {
  const { document, whereIs } = joinDocuments(sources)
  return outline({ file: sources.map((source) => basename(source.file)).join(' and '), document, whereIs })
}

/**
 * A spec of a document that is read already.
 * @param {Omit<Spec, 'document'> & { document: unknown }} read
 * @returns {Spec}
 */
export function outline({ document, ...read }) {
  checkOutline(document)
  return { ...read, document: objectOf(document) }
}

/** @param {unknown} document */
function checkOutline(document) {
  const root = objectOf(document)
  if (!String(root.openapi).startsWith('3.1.')) {
    throw problem(
      ['openapi'],
      `expected an OpenAPI 3.1 document, found ${String(root.openapi)}.`,
      "set openapi to '3.1.0'.",
    )
  }
  for (const key of ['paths', 'x-lifecycle']) {
    if (!isObject(root[key])) throw problem([key], `expected an object, found ${kindOf(root[key])}.`, `add ${key}.`)
  }
  if (!isObject(objectOf(root.components).schemas)) {
    throw problem(['components', 'schemas'], 'expected an object of schemas.', 'add components.schemas.')
  }
  const dangling = danglingReferences(root)
  if (dangling.length > 0) throw new SpecError(dangling)
}

/**
 * Every `$ref` must lead to a place of the same document.
 * @param {JsonObject} root
 */
function danglingReferences(root) {
  /** @type {import('./spec-error.mjs').Problem[]} */
  const problems = []
  /**
   * @param {unknown} value
   * @param {Place} place
   */
  const visit = (value, place) => {
    if (Array.isArray(value)) value.forEach((item, index) => visit(item, [...place, index]))
    if (!isObject(value)) return
    const reference = value.$ref
    if (typeof reference === 'string' && (!reference.startsWith('#/') || lookUp(root, reference) === undefined)) {
      problems.push({
        place: [...place, '$ref'],
        problem: `"${reference}" leads nowhere in this document.`,
        fix: 'name an existing place, such as #/components/schemas/Name.',
      })
    }
    for (const [key, member] of Object.entries(value)) if (!LITERAL_KEYS.has(key)) visit(member, [...place, key])
  }
  visit(root, [])
  return problems
}

/** Members that hold plain values, in which `$ref` would mean nothing. */
const LITERAL_KEYS = new Set(['example', 'examples', 'default', 'enum', 'const', 'x-lifecycle', 'x-collection'])

/**
 * The value behind a chain of references, and the value itself when it is no reference.
 * @param {Spec} spec
 * @param {unknown} value
 * @returns {JsonObject}
 */
export function resolveReference(spec, value) {
  let current = value
  for (let depth = 0; depth < 20; depth += 1) {
    if (!isObject(current) || typeof current.$ref !== 'string') return objectOf(current)
    current = lookUp(spec.document, current.$ref)
  }
  throw problem([], `a $ref in ${JSON.stringify(value)} leads back to itself.`, 'break the circle.')
}

/**
 * Properties of a schema, those of its `allOf` parts included.
 * @param {Spec} spec
 * @param {unknown} schema
 * @returns {JsonObject}
 */
export function propertiesOf(spec, schema) {
  const resolved = resolveReference(spec, schema)
  const parts = Array.isArray(resolved.allOf) ? resolved.allOf : []
  return Object.assign({}, ...parts.map((part) => propertiesOf(spec, part)), objectOf(resolved.properties))
}

/**
 * @param {JsonObject} root
 * @param {string} pointer
 */
function lookUp(root, pointer) {
  /** @type {unknown} */
  let current = root
  for (const part of pointer.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    current = isObject(current) && Object.hasOwn(current, key) ? current[key] : undefined
  }
  return current
}

/**
 * @param {Place} place
 * @param {string} text
 * @param {string} fix
 */
function problem(place, text, fix) {
  return new SpecError([{ place, problem: text, fix }])
}

/**
 * @param {unknown} value
 * @returns {value is JsonObject}
 */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The value as an object; anything else reads as an empty one.
 * @param {unknown} value
 * @returns {JsonObject}
 */
export function objectOf(value) {
  return isObject(value) ? value : {}
}

/**
 * The value as a list; anything else reads as an empty one.
 * @param {unknown} value
 * @returns {any[]}
 */
export function listOf(value) {
  return Array.isArray(value) ? value : []
}

/** @param {unknown} value */
export function kindOf(value) {
  if (value === null || value === undefined) return 'nothing'
  return Array.isArray(value)
    ? 'a list'
    : typeof value === 'object'
      ? 'an object'
      : `${typeof value} ${JSON.stringify(value)}`
}
