// From the text of a file to an OpenAPI 3 document, or to one sentence that says why it is invalid.
// The content of the document is not judged here; flaws.ts does that. `$ref`s are followed inside of it alone.
import { KitError } from '../kernel/errors.js'
import { nestsTooDeeply } from '../kernel/json-text.js'
import { EndlessYamlError, parseBoundedYaml, valueOfYaml } from './bounded-yaml.js'
import { isObject, objectOf, type JsonObject } from '../kernel/json-value.js'

export interface SpecDocument {
  /** The name messages use for it, usually the file's path as the caller wrote it. */
  readonly file: string
  /** The version of OpenAPI it declares, such as `3.1.0`. */
  readonly openapi: string
  readonly title: string
  readonly version: string
  readonly root: JsonObject
}

/** A file that is no OpenAPI 3 document. The message is one line: file, place, what was expected, what to do. */
export class SpecFileError extends KitError {
  constructor(failed: string, fix: string) {
    super('spec/file', { failed, fix })
  }
}

/**
 * Reads the text of an OpenAPI 3 document, YAML or JSON.
 * @param file the name used in messages
 * @throws SpecFileError when the text is neither YAML nor JSON, or no OpenAPI 3 document with paths
 */
export function parseSpec(text: string, file: string): SpecDocument {
  const root = parseText(text.replace(/^\uFEFF/, ''), file)
  const refuse = (found: string, fix: string): never => {
    throw new SpecFileError(`${file}: ${found}.`, fix)
  }
  if (!isObject(root)) {
    const found = root === null || root === undefined ? 'nothing' : Array.isArray(root) ? 'a list' : `a ${typeof root}`
    return refuse(`holds ${found}, expected an OpenAPI 3 document`, 'Check that it is the right file.')
  }
  const openapi = scalarText(root.openapi)
  if (!/^3(\.|$)/.test(openapi)) {
    if (root.swagger !== undefined)
      refuse(`is Swagger ${scalarText(root.swagger)}, expected OpenAPI 3`, 'Convert it first.')
    const found = openapi === '' ? 'has no "openapi" version' : `says "openapi: ${openapi}"`
    refuse(`${found}, expected 3.0, 3.1 or 3.2`, 'Check that it is an OpenAPI document.')
  }
  if (!isObject(root.paths))
    refuse('"paths" is missing or no object, expected its operations', 'Check that the file is complete.')
  const info = objectOf(root.info)
  return { file, openapi, title: scalarText(info.title), version: scalarText(info.version), root }
}

function parseText(text: string, file: string): unknown {
  if (/^\s*[{[]/.test(text)) {
    try {
      if (!nestsTooDeeply(text)) return JSON.parse(text)
    } catch {
      // Either broken JSON or YAML in flow style: the YAML parser reads the one and names the line of the other.
    }
  }
  try {
    const document = parseBoundedYaml(text, { merge: true })
    const [error] = document.errors
    if (error === undefined) return valueOfYaml(document)
    const start = error.linePos?.[0]
    const place = start === undefined ? file : `${file}:${start.line}:${start.col}`
    // Its first line, without the place.
    const problem = error.message.replace(/\n[^]*/, '').replace(/ at line \d+, column \d+:?$/, '')
    throw new SpecFileError(`${place}: ${problem}, expected YAML or JSON.`, 'Mend that line or fetch the file again.')
  } catch (error) {
    if (!(error instanceof EndlessYamlError)) throw error
    throw new SpecFileError(
      `${file}: has no end (${error.message}), expected a finite document.`,
      'Write the parts out.',
    )
  }
}

function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Follows one reference; undefined when it points nowhere or out of the document. */
export function lookUp(document: SpecDocument, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  let place: unknown = document.root
  for (const segment of reference.slice(1).split('/').slice(1).map(decodeSegment)) {
    if (Array.isArray(place)) place = place.at(Number(segment))
    else if (isObject(place) && Object.hasOwn(place, segment)) place = place[segment]
    else return undefined
  }
  return place
}

/** The object at the end of a value's `$ref`s; undefined for a circle, and where they lead nowhere. */
export function resolve(document: SpecDocument, value: unknown): JsonObject | undefined {
  const seen = new Set<unknown>()
  let place = value
  while (isObject(place) && typeof place.$ref === 'string') {
    if (seen.has(place)) return undefined
    seen.add(place)
    place = lookUp(document, place.$ref)
  }
  return isObject(place) ? place : undefined
}

/** The last segment of a reference, which for a component is its name. */
export function referenceName(reference: string): string {
  return decodeSegment(reference.slice(reference.lastIndexOf('/') + 1))
}

function decodeSegment(segment: string): string {
  let decoded = segment
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    // Not percent-encoded.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~')
}
