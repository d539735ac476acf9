// Compares one operation of ours with its counterpart: parameters, request body, statuses with bodies and headers.
import type { SchemaComparer } from './compare-schema.js'
import { difference, within, type Difference, type Position } from './finding.js'
import { anySchema } from './schema-parts.js'
import { describeShape, type ShapeReader } from './schema-summary.js'
import {
  pathParameterNames,
  type MediaSchemas,
  type SpecHeader,
  type SpecOperation,
  type SpecParameter,
  type SpecResponse,
} from './spec-operations.js'

/** What the comparison of operations needs of the two documents. */
export interface OperationTools {
  readonly compareSchemas: SchemaComparer
  readonly ours: ShapeReader
  readonly theirs: ShapeReader
}

/** Differences between two operations, in the order a reader meets them in a document. */
export function compareOperations(
  ours: SpecOperation,
  theirs: SpecOperation,
  tools: OperationTools,
): readonly Difference[] {
  return [
    ...compareIds(ours, theirs),
    ...compareParameters(ours, theirs, tools),
    ...compareBodies(ours, theirs, tools),
    ...compareResponses(ours, theirs, tools),
  ]
}

function compareIds(ours: SpecOperation, theirs: SpecOperation): readonly Difference[] {
  const ids =
    ours.id === theirs.id
      ? []
      : [difference('request', 'operationId', 'operation id', { ours: ours.id, theirs: theirs.id })]
  if (ours.deprecated === theirs.deprecated) return ids
  const details = ours.deprecated ? { ours: 'deprecated' } : { theirs: 'deprecated' }
  return [...ids, difference('request', 'operation', 'deprecation', details)]
}

/** Headers that OpenAPI wants ignored where they are declared as parameters. */
const ignoredHeaders = ['accept', 'content-type', 'authorization']

function compareParameters(ours: SpecOperation, theirs: SpecOperation, tools: OperationTools): readonly Difference[] {
  const keyOfOurs = parameterKeys(ours, theirs)
  const keyOfTheirs = parameterKeys(theirs, ours)
  const our = new Map(ours.parameters.filter(isCompared).map((parameter) => [keyOfOurs(parameter), parameter]))
  const their = new Map(theirs.parameters.filter(isCompared).map((parameter) => [keyOfTheirs(parameter), parameter]))
  const found = [...their].flatMap(([key, parameter]) => {
    const mine = our.get(key)
    return mine === undefined ? [unpaired(parameter, 'theirs', tools)] : comparePair(mine, parameter, tools)
  })
  const lost = [...our].flatMap(([key, parameter]) => (their.has(key) ? [] : [unpaired(parameter, 'ours', tools)]))
  return [...found, ...lost]
}

function isCompared(parameter: SpecParameter): boolean {
  return parameter.in !== 'header' || !ignoredHeaders.includes(parameter.name.toLowerCase())
}

/** Parameters are known by place and name; those of a path by their position where both paths have as many. */
function parameterKeys(operation: SpecOperation, other: SpecOperation): (parameter: SpecParameter) => string {
  const names = pathParameterNames(operation.path)
  const byPosition = names.length === pathParameterNames(other.path).length
  return ({ in: place, name }) => {
    if (place === 'path' && byPosition) return `path ${names.includes(name) ? names.indexOf(name) : name}`
    return `${place} ${place === 'header' ? name.toLowerCase() : name}`
  }
}

function unpaired(parameter: SpecParameter, side: 'ours' | 'theirs', tools: OperationTools): Difference {
  const type = describeShape(tools[side].shape(parameter.schema ?? anySchema))
  const where = `${parameter.in} ${parameter.name}`
  const text = parameter.required ? `${type}, required` : type
  if (side === 'theirs') return difference('request', where, 'parameter', { theirs: text })
  const isHeader = parameter.in === 'header'
  return difference('request', where, 'parameter', {
    ours: text,
    // A parameter of a path that lost its declaration is a flaw of the document; published documents leave headers out.
    severity: isHeader || parameter.in === 'path' ? 'note' : undefined,
    remark: isHeader ? 'published documents leave identity headers out' : undefined,
  })
}

function comparePair(ours: SpecParameter, theirs: SpecParameter, tools: OperationTools): readonly Difference[] {
  const where = `${theirs.in} ${ours.name}`
  const found: Difference[] = []
  if (ours.name.toLowerCase() !== theirs.name.toLowerCase()) {
    found.push(difference('request', where, 'parameter name', { ours: ours.name, theirs: theirs.name }))
  }
  if (theirs.required && !ours.required) found.push(difference('request', where, 'required', { theirs: 'required' }))
  if (ours.deprecated !== theirs.deprecated) {
    found.push(
      difference('request', where, 'deprecation', ours.deprecated ? { ours: 'deprecated' } : { theirs: 'deprecated' }),
    )
  }
  if (ours.schema === undefined || theirs.schema === undefined) return found
  const types = [...tools.ours.shape(ours.schema).types, ...tools.theirs.shape(theirs.schema).types]
  if (ours.style !== theirs.style && types.some((type) => type === 'array' || type === 'object')) {
    found.push(difference('request', where, 'parameter style', { ours: ours.style, theirs: theirs.style }))
  }
  return [...found, ...at(where, tools.compareSchemas(ours.schema, theirs.schema, 'request'))]
}

function compareBodies(ours: SpecOperation, theirs: SpecOperation, tools: OperationTools): readonly Difference[] {
  const where = 'request body'
  const [mine, other] = [ours.body, theirs.body]
  if (mine === undefined || other === undefined) {
    return mine === other
      ? []
      : [
          difference('request', where, 'body', {
            ours: mine && describeMedia(mine.media),
            theirs: other && describeMedia(other.media),
          }),
        ]
  }
  const required =
    other.required && !mine.required ? [difference('request', where, 'required', { theirs: 'required' })] : []
  return [...required, ...compareMedia(mine.media, other.media, 'request', where, tools)]
}

function compareMedia(
  ours: MediaSchemas,
  theirs: MediaSchemas,
  position: Position,
  where: string,
  tools: OperationTools,
): readonly Difference[] {
  const shared = [...theirs.keys()].filter((type) => [...ours.keys()].some((mine) => mediaMeet(mine, type)))
  if (shared.length === 0) {
    return [difference(position, where, 'media type', { ours: describeMedia(ours), theirs: describeMedia(theirs) })]
  }
  const found = [...theirs].flatMap(([type, schema]) => {
    const mine = [...ours].find(([name]) => mediaMeet(name, type))
    if (mine === undefined) return [difference(position, where, 'media type', { theirs: type })]
    const [, ourSchema] = mine
    return schema === undefined || ourSchema === undefined
      ? []
      : at(where, tools.compareSchemas(ourSchema, schema, position))
  })
  const lost = [...ours.keys()]
    .filter((type) => ![...theirs.keys()].some((other) => mediaMeet(type, other)))
    .map((type) => difference(position, where, 'media type', { ours: type }))
  return [...found, ...lost]
}

/** Media types meet when they are equal or one is a range, such as `*` / `*`, that holds the other. */
function mediaMeet(left: string, right: string): boolean {
  const holds = (range: string, type: string) =>
    range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
  return left === right || holds(left, right) || holds(right, left)
}

function compareResponses(ours: SpecOperation, theirs: SpecOperation, tools: OperationTools): readonly Difference[] {
  const declared = [...theirs.responses].flatMap(([status, their]): readonly Difference[] => {
    const our = findResponse(ours.responses, status)
    if (our !== undefined) return compareAnswer(status, our, their, tools)
    if (isRange(status)) return []
    return [difference(positionOf(status), `response ${status}`, 'status', { theirs: describeMedia(their.media) })]
  })
  const others = [...ours.responses]
    .filter(([status]) => !theirs.responses.has(status) && !isRange(status))
    .flatMap(([status, our]): readonly Difference[] => {
      const their = findResponse(theirs.responses, status)
      if (their !== undefined) return compareAnswer(status, our, their, tools)
      return [difference(positionOf(status), `response ${status}`, 'status', { ours: describeMedia(our.media) })]
    })
  return [...declared, ...others]
}

/** The response declared for a status: by itself, by its range, or by `default`. */
function findResponse(responses: ReadonlyMap<string, SpecResponse>, status: string): SpecResponse | undefined {
  return responses.get(status) ?? responses.get(`${status.charAt(0)}XX`) ?? responses.get('default')
}

function isRange(status: string): boolean {
  return status === 'default' || status.endsWith('XX')
}

function positionOf(status: string): Position {
  return /^[123]/.test(status) ? 'success' : 'failure'
}

function compareAnswer(
  status: string,
  ours: SpecResponse,
  theirs: SpecResponse,
  tools: OperationTools,
): readonly Difference[] {
  const where = `response ${status}`
  const position = positionOf(status)
  const headers = compareHeaders(ours, theirs, position, where, tools)
  const [mine, other] = [ours.media, theirs.media]
  if (mine.size > 0 && other.size > 0) return [...compareMedia(mine, other, position, where, tools), ...headers]
  if (mine.size === other.size) return headers
  const body = mine.size > 0 ? { ours: describeMedia(mine) } : { theirs: describeMedia(other) }
  return [difference(position, where, 'body', body), ...headers]
}

function compareHeaders(
  ours: SpecResponse,
  theirs: SpecResponse,
  position: Position,
  where: string,
  tools: OperationTools,
): readonly Difference[] {
  const named = (response: SpecResponse, name: string) =>
    response.headers.find((header) => header.name.toLowerCase() === name.toLowerCase())
  const found = theirs.headers.flatMap((header): readonly Difference[] => {
    const place = `${where} header ${header.name}`
    const mine = named(ours, header.name)
    if (mine === undefined)
      return [difference(position, place, 'header', { theirs: describeHeader(header, tools.theirs) })]
    if (mine.schema === undefined || header.schema === undefined) return []
    return at(place, tools.compareSchemas(mine.schema, header.schema, position))
  })
  const lost = ours.headers
    .filter((header) => named(theirs, header.name) === undefined)
    .map((header) =>
      difference(position, `${where} header ${header.name}`, 'header', { ours: describeHeader(header, tools.ours) }),
    )
  return [...found, ...lost]
}

function describeHeader({ schema }: SpecHeader, reader: ShapeReader): string {
  return schema === undefined ? 'without a schema' : describeShape(reader.shape(schema))
}

function describeMedia(media: MediaSchemas): string {
  return media.size === 0 ? 'no body' : [...media.keys()].join(', ')
}

/** Places inside a schema, written after the place of the schema. */
function at(where: string, differences: readonly Difference[]): readonly Difference[] {
  return within(where, within(' ', differences)).map((found) => ({ ...found, where: found.where.trimEnd() }))
}
