// Reads a document's operations as trees of parts: parameters, bodies, answers and headers, each with its place and its
// schemas; references are followed. A malformed part counts as absent.
import { isObject, listOf, objectOf, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import type { Position } from './finding.js'
import { resolve, type SpecDocument } from './parse-spec.js'

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

/** OpenAPI 3.2 lets a path item name methods of its own. */
export function readOperations(document: SpecDocument): readonly SpecOperation[] {
  return Object.entries(objectOf(document.root.paths)).flatMap(([path, value]) => {
    const item = resolve(document, value) ?? {}
    const known = methods.map((method): [string, unknown] => [method.toUpperCase(), item[method]])
    return [...known, ...Object.entries(objectOf(item.additionalOperations))].flatMap(([method, operation]) => {
      if (!isObject(operation)) return []
      const { operationId: name, deprecated, tags } = operation
      const parts = partsOf(document, path, {
        ...operation,
        parameters: [item.parameters, operation.parameters].flatMap(listOf),
      })
      const part = readPart(document, ['operation', 'operation'], { name, deprecated }, parts)
      return [{ ...part, method, path, key: `${method} ${plainPath(path)}`, tags: textsOf(tags) }]
    })
  })
}

/** A path by which two are compared: without the names of its parameters and a slash at its end. */
export function plainPath(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}').replace(/(.)\/$/, '$1')
}

/** OpenAPI says to ignore parameters that declare these headers. */
const ignoredHeaders = ['accept', 'content-type', 'authorization']

/** Parameters are known by place and name; those of a path by their position. */
function partsOf(document: SpecDocument, path: string, { parameters, requestBody, responses }: JsonObject): Parts {
  const pathNames = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name)
  const body = resolve(document, requestBody)
  return [
    ...listOf(parameters).flatMap((value): Parts => {
      const parameter = resolve(document, value) ?? {}
      const [name, place] = [textOf(parameter.name), textOf(parameter.in)]
      if (name === undefined || place === undefined) return []
      const plainName = place === 'header' ? name.toLowerCase() : name
      if (place === 'header' && ignoredHeaders.includes(plainName)) return []
      const at = place === 'path' ? pathNames.indexOf(name) : -1
      return [[`${place} ${at < 0 ? plainName : at}`, readPart(document, ['parameter', `${place} ${name}`], parameter)]]
    }),
    ...(body === undefined ? [] : [['body', readPart(document, ['body', 'request body'], body)] as const]),
    ...Object.entries(objectOf(responses)).map(([code, value]) => {
      const status = code.toLowerCase() === 'default' ? 'default' : code.toUpperCase()
      const [where, position] = [`response ${status}`, /^[123]/.test(status) ? 'success' : 'failure'] as const
      const answer = resolve(document, value) ?? {}
      const headers = Object.entries(objectOf(answer.headers)).map(([name, header]) => {
        const part = readPart(
          document,
          ['header', `${where} header ${name}`, position],
          resolve(document, header) ?? {},
        )
        return [name.toLowerCase(), part] as const
      })
      return [status, readPart(document, ['status', where, position], answer, headers)] as const
    }),
  ]
}

function readPart(
  document: SpecDocument,
  [kind, where, position = 'request']: readonly [SpecPart['kind'], where: string, Position?],
  part: JsonObject,
  parts: Parts = [],
): SpecPart {
  const isBody = kind === 'body' || kind === 'status'
  const media = Object.entries(objectOf(part.content)).map(([type, content]): [string, JsonObject | undefined] => {
    const { schema: whole, itemSchema: items } = resolve(document, content) ?? {}
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

function asSchema(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : value === true ? {} : undefined
}
