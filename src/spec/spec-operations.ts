// Reads a document's operations into one form: path-level parameters joined in, references followed,
// media types and headers by name. Malformed parts read as absent; flaws.ts names them.
import { isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { resolve, type SpecDocument } from './parse-spec.js'

/** HTTP methods that a path item may hold. */
export const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

/** One operation of a document. */
export interface SpecOperation {
  readonly id: string | undefined
  readonly method: string
  readonly path: string
  /** Method and path with the names of path parameters and a trailing slash taken out: what operations are matched by. */
  readonly key: string
  readonly tags: readonly string[]
  readonly deprecated: boolean
  readonly parameters: readonly SpecParameter[]
  readonly body: SpecBody | undefined
  readonly responses: ReadonlyMap<string, SpecResponse>
}

export interface SpecParameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly deprecated: boolean
  /** How lists and objects are written, such as `form, exploded`. */
  readonly style: string
  readonly schema: JsonObject | undefined
}

export interface SpecBody {
  readonly required: boolean
  readonly media: MediaSchemas
}

export interface SpecResponse {
  readonly media: MediaSchemas
  readonly headers: readonly SpecHeader[]
}

export interface SpecHeader {
  readonly name: string
  readonly schema: JsonObject | undefined
}

/** Media type (lower case, without parameters) to its schema, undefined where none is given. */
export type MediaSchemas = ReadonlyMap<string, JsonObject | undefined>

/** The operations of a document, in its order. */
export function readOperations(document: SpecDocument): readonly SpecOperation[] {
  return Object.entries(objectOf(document.root.paths)).flatMap(([path, value]) => {
    const item = resolve(document, value).target ?? {}
    return methods.flatMap((method) => {
      const operation = item[method]
      return isObject(operation) ? [readOperation(document, method.toUpperCase(), path, item, operation)] : []
    })
  })
}

/** The names of a path's parameters, in order. */
export function pathParameterNames(path: string): readonly string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? '')
}

function readOperation(
  document: SpecDocument,
  method: string,
  path: string,
  item: JsonObject,
  operation: JsonObject,
): SpecOperation {
  const body = resolve(document, operation.requestBody).target
  return {
    id: textOf(operation.operationId),
    method,
    path,
    key: `${method} ${path.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')}`,
    tags: textsOf(operation.tags),
    deprecated: operation.deprecated === true,
    parameters: readParameters(document, item, operation),
    body: body && { required: body.required === true, media: readMedia(document, body) },
    responses: new Map(
      Object.entries(objectOf(operation.responses)).map(([status, value]) => [
        status.toUpperCase() === 'DEFAULT' ? 'default' : status.toUpperCase(),
        readResponse(document, resolve(document, value).target ?? {}),
      ]),
    ),
  }
}

function readParameters(document: SpecDocument, item: JsonObject, operation: JsonObject): readonly SpecParameter[] {
  const byPlace = new Map<string, SpecParameter>()
  for (const value of [...listOf(item.parameters), ...listOf(operation.parameters)]) {
    const parameter = resolve(document, value).target
    const name = textOf(parameter?.name)
    const place = textOf(parameter?.in)
    if (parameter === undefined || name === undefined || place === undefined) continue
    byPlace.set(`${place} ${name}`, {
      name,
      in: place,
      required: parameter.required === true || place === 'path',
      deprecated: parameter.deprecated === true,
      style: readStyle(parameter, place),
      schema: readSchema(document, parameter),
    })
  }
  return [...byPlace.values()]
}

function readStyle(parameter: JsonObject, place: string): string {
  const style = textOf(parameter.style) ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple')
  const exploded = typeof parameter.explode === 'boolean' ? parameter.explode : style === 'form'
  return exploded ? `${style}, exploded` : style
}

function readResponse(document: SpecDocument, response: JsonObject): SpecResponse {
  const headers = Object.entries(objectOf(response.headers)).map(([name, value]) => ({
    name,
    schema: readSchema(document, resolve(document, value).target ?? {}),
  }))
  return { media: readMedia(document, response), headers }
}

function readMedia(document: SpecDocument, holder: JsonObject): MediaSchemas {
  return new Map(
    Object.entries(objectOf(holder.content)).map(([type, value]) => [
      (type.split(';', 1)[0] ?? type).trim().toLowerCase(),
      asSchema(resolve(document, value).target?.schema),
    ]),
  )
}

/** The schema of a parameter or header, given directly or under its only media type. */
function readSchema(document: SpecDocument, holder: JsonObject): JsonObject | undefined {
  return asSchema(holder.schema) ?? [...readMedia(document, holder).values()][0]
}

function asSchema(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : value === true ? {} : undefined
}
