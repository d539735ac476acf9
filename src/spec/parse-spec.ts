// An OpenAPI 3 document: the check that a file holds one, and its references, which are followed inside of it alone.
import { KitError } from '../kernel/errors.js'
import { isObject, objectOf, placeAt, type JsonObject } from '../kernel/json-value.js'

export interface SpecDocument {
  /** The name messages use for it, usually the file's path as the caller wrote it. */
  readonly file: string
  /** The version of OpenAPI it declares, such as `3.1.0`. */
  readonly openapi: string
  readonly title: string
  readonly version: string
  readonly root: JsonObject
}

/**
 * @param file the name used in messages
 * @throws KitError `spec/file` for a value that is no OpenAPI 3 document with paths
 */
export function toSpecDocument(root: unknown, file: string): SpecDocument {
  const { openapi: declared, swagger, paths, info } = objectOf(root)
  const openapi = scalarText(declared)
  const flaw = !isObject(root)
    ? 'it holds no object'
    : swagger !== undefined
      ? `it is Swagger ${scalarText(swagger)}`
      : !/^3(\.|$)/.test(openapi)
        ? `its "openapi" version is ${openapi || 'missing'}`
        : isObject(paths)
          ? undefined
          : '"paths" is missing or no object'
  if (!isObject(root) || flaw !== undefined) {
    throw new KitError('spec/file', {
      failed: `The file ${file} is no OpenAPI document of version 3.0, 3.1 or 3.2: ${flaw}.`,
      fix: swagger === undefined ? 'Check that it is the right file, and complete.' : 'Convert it first.',
    })
  }
  const { title, version } = objectOf(info)
  return { file, openapi, title: scalarText(title), version: scalarText(version), root }
}

function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Follows one reference; undefined when it points nowhere or out of the document. */
export function lookUp({ root }: SpecDocument, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  const pointer = percentDecoded(reference.slice(1))
  const place = placeAt(root, pointer)
  if (place === undefined) return pointer === '' ? root : undefined
  return Object.hasOwn(place.parent, place.key) ? Reflect.get(place.parent, place.key) : undefined
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
  return percentDecoded(reference.slice(reference.lastIndexOf('/') + 1))
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
