// An OpenAPI 3 document: the check that a file holds one, and its references, which are followed inside of it alone.
import { KitError } from '../kernel/errors.js'
import { isObject, objectOf, placeAt, type JsonObject, listOf, textOf, textsOf } from '../kernel/json-value.js'
import type { Position } from './finding.js'

export interface SpecDocument {
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
  if (!isObject(root) || swagger !== undefined || !/^3(\.|$)/.test(openapi) || !isObject(paths)) {
    const flaw = /^3(\.|$)/.test(openapi)
      ? '"paths" is missing or no object'
      : `its "openapi" version is ${openapi || 'missing'}`
    throw new KitError('spec/file', {
      failed: `The file ${file} is no OpenAPI document of version 3.0, 3.1 or 3.2: ${swagger === undefined ? flaw : `it is Swagger ${scalarText(swagger)}`}.`,
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
  const decoded = reference.replaceAll(/%[0-7][0-9a-f]/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)))
  const place = placeAt(root, decoded.slice(1))
  if (place === undefined) return decoded === '#' ? root : undefined
  return Object.hasOwn(place.parent, place.key) ? Reflect.get(place.parent, place.key) : undefined
}

/** The object at the end of a value's `$ref`s; undefined where they lead nowhere, or are too many. */
function resolve(document: SpecDocument, value: unknown, most = 100): JsonObject | undefined {
  if (!isObject(value) || typeof value.$ref !== 'string') return isObject(value) ? value : undefined
  return most > 0 ? resolve(document, lookUp(document, value.$ref), most - 1) : undefined
}

export type Schemas = readonly JsonObject[]

export const MALFORMED: JsonObject = {}
export const ANYTHING: JsonObject = {}

/** A schema value as an object: `true` admits anything, as malformed ones do, `false` nothing. */
export function asSchema(value: unknown): JsonObject {
  return isObject(value) ? value : value === true ? ANYTHING : value === false ? { not: {} } : MALFORMED
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

export interface SpecPart {
  readonly kind: 'operation' | 'parameter' | 'body' | 'status' | 'header' | 'field'
  readonly where: string
  readonly position: Position
  readonly name: string
  readonly isRequired: boolean
  readonly isDeprecated: boolean
  /** Media type (lower case, without parameters) to its schemas; `''` for a schema outside of a body. */
  readonly media: ReadonlyMap<string, Schemas | undefined>
  /** By what parts are matched by: place and name, the status, or the name of a header in small letters. */
  readonly parts: ReadonlyMap<string, SpecPart>
}

export interface SpecOperation extends SpecPart {
  readonly method: string
  readonly path: string
  /** Method and path with the names of path parameters and a trailing slash taken out: what operations are matched by. */
  readonly key: string
  readonly tags: readonly string[]
}

type Parts = readonly (readonly [key: string, part: SpecPart])[]

const ignoredHeaders = ['accept', 'content-type', 'authorization']

/**
 * The operations of a document as trees of parts: parameters, bodies, answers and headers, each with its place and its
 * schemas. A malformed part counts as absent. OpenAPI 3.2 lets a path item name methods of its own.
 */
export function readOperations(document: SpecDocument): readonly SpecOperation[] {
  const follow = (value: unknown): JsonObject => resolve(document, value) ?? {}
  const readPart = (
    [kind, where, position = 'request']: readonly [SpecPart['kind'], where: string, Position?],
    part: JsonObject,
    parts: Parts = [],
  ): SpecPart => {
    const isBody = kind === 'body' || kind === 'status'
    const media = Object.entries(objectOf(part.content)).map(([type, content]): [string, Schemas | undefined] => {
      const { itemSchema: items, schema = items === undefined ? undefined : { type: 'array', items } } = follow(content)
      const name = isBody ? (type.split(';', 1)[0] ?? type).trim().toLowerCase() : ''
      return [name, schema === undefined ? undefined : [asSchema(schema)]]
    })
    return {
      ...{ kind, where, position, name: textOf(part.name) ?? '' },
      ...{ isRequired: part.required === true || part.in === 'path', isDeprecated: part.deprecated === true },
      media: new Map(part.schema === undefined ? media : [['', [asSchema(part.schema)]]]),
      parts: new Map(parts),
    }
  }
  const readParameter = (value: unknown, pathNames: readonly string[]): Parts => {
    const parameter = follow(value)
    const [name, place] = [textOf(parameter.name), textOf(parameter.in)]
    if (name === undefined || place === undefined) return []
    const plainName = place === 'header' ? name.toLowerCase() : name
    if (place === 'header' && ignoredHeaders.includes(plainName)) return []
    const at = place === 'path' ? pathNames.indexOf(name) : -1
    return [[`${place} ${at < 0 ? plainName : at}`, readPart(['parameter', `${place} ${name}`], parameter)]]
  }
  const readAnswer = ([code, value]: [string, unknown]): Parts[number] => {
    const status = code.toLowerCase() === 'default' ? 'default' : code.toUpperCase()
    const [where, position] = [`response ${status}`, /^[123]/.test(status) ? 'success' : 'failure'] as const
    const answer = follow(value)
    const headers = Object.entries(objectOf(answer.headers)).map(([name, header]): Parts[number] => {
      return [name.toLowerCase(), readPart(['header', `${where} header ${name}`, position], follow(header))]
    })
    return [status, readPart(['status', where, position], answer, headers)]
  }
  return Object.entries(objectOf(document.root.paths)).flatMap(([path, value]) => {
    const item = follow(value)
    const known = methods.map((method): [string, unknown] => [method.toUpperCase(), item[method]])
    const pathNames = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name)
    return [...known, ...Object.entries(objectOf(item.additionalOperations))].flatMap(([method, operation]) => {
      if (!isObject(operation)) return []
      const { operationId, deprecated, tags, parameters, requestBody, responses } = operation
      const name = textOf(operationId) || `${method} ${path}`
      const body = resolve(document, requestBody)
      const parts: Parts = [
        ...[item.parameters, parameters].flatMap(listOf).flatMap((each) => readParameter(each, pathNames)),
        ...(body === undefined ? [] : [['body', readPart(['body', 'request body'], body)] as const]),
        ...Object.entries(objectOf(responses)).map(readAnswer),
      ]
      const part = readPart(['operation', 'operation'], { name, deprecated }, parts)
      const key = `${method} ${path.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')}`
      return [{ ...part, method, path, key, tags: textsOf(tags) }]
    })
  })
}
