// Reads a document's operations as trees of parts: parameters, bodies, answers and headers, each with its place and its
// schemas; references are followed. Malformed parts read as absent; flaws.ts names them.
import { isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import type { Position } from './finding.js'
import { resolve, type SpecDocument } from './parse-spec.js'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

export interface SpecPart {
  readonly kind: 'operation' | 'parameter' | 'body' | 'status' | 'header'
  readonly where: string
  readonly position: Position
  /** Of an operation its operationId. */
  readonly name: string
  readonly required: boolean
  readonly deprecated: boolean
  /** Media type (lower case, without parameters) to its schema; `''` for a schema outside of a body. */
  readonly media: ReadonlyMap<string, JsonObject | undefined>
  /**
   * By what they are matched by: those of an operation by place and name, or by status; the headers of an answer by
   * their names in small letters.
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

/** OpenAPI 3.2 lets a path item name methods of its own. */
export function readOperations(document: SpecDocument): readonly SpecOperation[] {
  return Object.entries(objectOf(document.root.paths)).flatMap(([path, value]) => {
    const item = resolve(document, value) ?? {}
    const known = methods.map((method): [string, unknown] => [method.toUpperCase(), item[method]])
    return [...known, ...Object.entries(objectOf(item.additionalOperations))].flatMap(([method, operation]) =>
      isObject(operation) ? [readOperation(document, [method, path], listOf(item.parameters), operation)] : [],
    )
  })
}

function pathParameterNames(path: string): readonly string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '')
}

/** A path without what does not tell it from others: the names of its parameters, and a slash at its end. */
export function plainPath(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')
}

type Parts = readonly (readonly [key: string, part: SpecPart])[]

function readOperation(
  document: SpecDocument,
  [method, path]: readonly [string, string],
  shared: readonly unknown[],
  operation: JsonObject,
): SpecOperation {
  const { operationId, requestBody: body, responses, tags } = operation
  const parts: Parts = [
    ...[...shared, ...listOf(operation.parameters)].flatMap((value) => readParameter(document, path, value)),
    ...(resolve(document, body) === undefined
      ? []
      : [['body', readPart(document, body, 'body', 'request body')] as const]),
    ...Object.entries(objectOf(responses)).map(([name, value]) => {
      const status = name.toLowerCase() === 'default' ? 'default' : name.toUpperCase()
      const position = /^[123]/.test(status) ? 'success' : 'failure'
      return [status, readPart(document, value, 'status', `response ${status}`, position)] as const
    }),
  ]
  return {
    ...readPart(document, { deprecated: operation.deprecated }, 'operation', 'operation'),
    ...{ name: textOf(operationId) ?? '', method, path, key: `${method} ${plainPath(path)}` },
    ...{ tags: textsOf(tags), parts: new Map(parts) },
  }
}

/** Headers that OpenAPI wants ignored where they are declared as parameters. */
const ignoredHeaders = ['accept', 'content-type', 'authorization']

/** Parameters are known by place and name; those of a path by their position. */
function readParameter(document: SpecDocument, path: string, value: unknown): Parts {
  const parameter = resolve(document, value) ?? {}
  const [name, place] = [textOf(parameter.name), textOf(parameter.in)]
  if (name === undefined || place === undefined) return []
  const plainName = place === 'header' ? name.toLowerCase() : name
  if (place === 'header' && ignoredHeaders.includes(plainName)) return []
  const at = place === 'path' ? pathParameterNames(path).indexOf(name) : -1
  return [[`${place} ${at < 0 ? plainName : at}`, readPart(document, parameter, 'parameter', `${place} ${name}`)]]
}

function readPart(
  document: SpecDocument,
  value: unknown,
  kind: SpecPart['kind'],
  where: string,
  position: Position = 'request',
): SpecPart {
  const part = resolve(document, value) ?? {}
  const isBody = kind === 'body' || kind === 'status'
  const media = Object.entries(objectOf(part.content)).map(([type, content]): [string, JsonObject | undefined] => {
    const { schema: whole, itemSchema: items } = resolve(document, content) ?? {}
    const name = isBody ? (type.split(';', 1)[0] ?? type).trim().toLowerCase() : ''
    return [name, asSchema(whole) ?? (items === undefined ? undefined : { type: 'array', items })]
  })
  const schema = asSchema(part.schema)
  const headers = Object.entries(objectOf(kind === 'status' ? part.headers : {})).map(
    ([name, header]) =>
      [name.toLowerCase(), readPart(document, header, 'header', `${where} header ${name}`, position)] as const,
  )
  return {
    ...{ kind, where, position, name: textOf(part.name) ?? '' },
    ...{ required: part.required === true || part.in === 'path', deprecated: part.deprecated === true },
    ...{ media: new Map(schema === undefined ? media : [['', schema]]), parts: new Map(headers) },
  }
}

function asSchema(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : value === true ? {} : undefined
}
