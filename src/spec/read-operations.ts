// Reads a document's operations as lists of parts: parameters, bodies, answers and headers, each with its place and
// schema; references are followed. Malformed parts read as absent; flaws.ts names them.
import { isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import type { Position } from './finding.js'
import { resolve, type SpecDocument } from './parse-spec.js'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

export interface SpecOperation {
  readonly id: string | undefined
  readonly method: string
  readonly path: string
  /** Method and path with the names of path parameters and a trailing slash taken out: what operations are matched by. */
  readonly key: string
  readonly tags: readonly string[]
  readonly deprecated: boolean
  /** Parameters and request body, by what they are matched by. */
  readonly request: ReadonlyMap<string, SpecPart>
  /** Answers by status, in capitals. */
  readonly responses: ReadonlyMap<string, SpecPart>
}

export interface SpecPart {
  readonly kind: 'parameter' | 'body' | 'status' | 'header'
  readonly where: string
  readonly position: Position
  readonly name: string
  readonly required: boolean
  readonly deprecated: boolean
  /** Media type (lower case, without parameters) to its schema; `''` for a schema outside of a body. */
  readonly media: ReadonlyMap<string, JsonObject | undefined>
  /** The headers of an answer, by their names in small letters. */
  readonly headers: ReadonlyMap<string, SpecPart>
}

/** The operations that a path item holds, by method; OpenAPI 3.2 lets it name methods of its own. */
function operationsOf(item: JsonObject): readonly (readonly [method: string, operation: unknown])[] {
  const named = methods.flatMap((method) => (method in item ? [[method.toUpperCase(), item[method]] as const] : []))
  return [...named, ...Object.entries(objectOf(item.additionalOperations))]
}

export function readOperations(document: SpecDocument): readonly SpecOperation[] {
  return Object.entries(objectOf(document.root.paths)).flatMap(([path, value]) => {
    const item = resolve(document, value) ?? {}
    return operationsOf(item).flatMap(([method, operation]) =>
      isObject(operation) ? [readOperation(document, method, path, item, operation)] : [],
    )
  })
}

export function pathParameterNames(path: string): readonly string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '')
}

/** A path without what does not tell it from others: the names of its parameters, and a slash at its end. */
export function plainPath(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')
}

function readOperation(
  document: SpecDocument,
  method: string,
  path: string,
  item: JsonObject,
  operation: JsonObject,
): SpecOperation {
  const body = resolve(document, operation.requestBody)
  const request = [...listOf(item.parameters), ...listOf(operation.parameters)].flatMap((value) =>
    readParameter(document, path, resolve(document, value) ?? {}),
  )
  if (body !== undefined) request.push(['body', readPart(document, body, 'body', 'request body', 'request')])
  const responses = Object.entries(objectOf(operation.responses)).map(([name, value]) => {
    const status = name.toLowerCase() === 'default' ? 'default' : name.toUpperCase()
    const position = /^[123]/.test(status) ? 'success' : 'failure'
    return [status, readPart(document, value, 'status', `response ${status}`, position)] as const
  })
  return {
    ...{ id: textOf(operation.operationId), method, path, key: `${method} ${plainPath(path)}` },
    ...{ tags: textsOf(operation.tags), deprecated: operation.deprecated === true },
    ...{ request: new Map(request), responses: new Map(responses) },
  }
}

/** Headers that OpenAPI wants ignored where they are declared as parameters. */
const ignoredHeaders = ['accept', 'content-type', 'authorization']

/** Parameters are known by place and name; those of a path by their position. */
function readParameter(document: SpecDocument, path: string, parameter: JsonObject): (readonly [string, SpecPart])[] {
  const [name, place] = [textOf(parameter.name), textOf(parameter.in)]
  if (name === undefined || place === undefined) return []
  const plainName = place === 'header' ? name.toLowerCase() : name
  if (place === 'header' && ignoredHeaders.includes(plainName)) return []
  const at = pathParameterNames(path).indexOf(name)
  const part = readPart(document, parameter, 'parameter', `${place} ${name}`, 'request')
  return [[`${place} ${place === 'path' && at >= 0 ? at : plainName}`, part]]
}

function readPart(
  document: SpecDocument,
  value: unknown,
  kind: SpecPart['kind'],
  where: string,
  position: Position,
): SpecPart {
  const part = resolve(document, value) ?? {}
  const isValue = kind === 'parameter' || kind === 'header'
  const media = Object.entries(objectOf(part.content)).map(([type, content]): [string, JsonObject | undefined] => {
    const { schema: whole, itemSchema: items } = resolve(document, content) ?? {}
    const name = isValue ? '' : (type.split(';', 1)[0] ?? type).trim().toLowerCase()
    return [name, asSchema(whole) ?? (items === undefined ? undefined : { type: 'array', items })]
  })
  const schema = asSchema(part.schema)
  const headers = Object.entries(objectOf(kind === 'status' ? part.headers : {})).map(([name, header]) => {
    return [name.toLowerCase(), readPart(document, header, 'header', `${where} header ${name}`, position)] as const
  })
  return {
    ...{ kind, where, position, name: textOf(part.name) ?? '' },
    required: part.required === true || part.in === 'path',
    deprecated: part.deprecated === true,
    media: new Map(schema === undefined ? media : [['', schema]]),
    headers: new Map(headers),
  }
}

function asSchema(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : value === true ? {} : undefined
}
