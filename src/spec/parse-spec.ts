// An OpenAPI 3 document: the check that a file holds one, and its references, which are followed inside of it alone.
import { KitError } from '../kernel/errors.js'
import { isObject, objectOf, placeAt, type JsonObject, listOf, textOf, textsOf } from '../kernel/json-value.js'
import type { Position } from './finding.js'

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
function resolve(document: SpecDocument, value: unknown): JsonObject | undefined {
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

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

export interface SpecPart {
  readonly kind: 'operation' | 'parameter' | 'body' | 'status' | 'header' | 'field'
  readonly where: string
  readonly position: Position
  /** Of an operation its operationId. */
  readonly name: string
  readonly isRequired: boolean
  readonly isDeprecated: boolean
  /** Media type (lower case, without parameters) to its schema; `''` for a schema outside of a body. */
  readonly media: ReadonlyMap<string, JsonObject | undefined>
  /**
   * The key is what parts are matched by: place and name, or the status; of the headers of an answer, the name in small
   * letters.
   */
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

/** A path by which two are compared: without the names of its parameters and a slash at its end. */
export function plainPath(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')
}

/** OpenAPI says to ignore parameters that declare these headers. */
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
    const media = Object.entries(objectOf(part.content)).map(([type, content]): [string, JsonObject | undefined] => {
      const { schema: whole, itemSchema: items } = follow(content)
      const name = isBody ? (type.split(';', 1)[0] ?? type).trim().toLowerCase() : ''
      return [name, asSchema(whole) ?? (items === undefined ? undefined : { type: 'array', items })]
    })
    const schema = asSchema(part.schema)
    return {
      ...{ kind, where, position, name: textOf(part.name) ?? '' },
      ...{ isRequired: part.required === true || part.in === 'path', isDeprecated: part.deprecated === true },
      ...{ media: new Map(schema === undefined ? media : [['', schema]]), parts: new Map(parts) },
    }
  }
  /** Known by place and name; those of a path by their position. */
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
      const { operationId: name, deprecated, tags, parameters, requestBody, responses } = operation
      const body = resolve(document, requestBody)
      const parts: Parts = [
        ...[item.parameters, parameters].flatMap(listOf).flatMap((each) => readParameter(each, pathNames)),
        ...(body === undefined ? [] : [['body', readPart(['body', 'request body'], body)] as const]),
        ...Object.entries(objectOf(responses)).map(readAnswer),
      ]
      const part = readPart(['operation', 'operation'], { name, deprecated }, parts)
      return [{ ...part, method, path, key: `${method} ${plainPath(path)}`, tags: textsOf(tags) }]
    })
  })
}

function asSchema(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : value === true ? {} : undefined
}
