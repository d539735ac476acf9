// Compares one operation of ours with its counterpart: parameters, request body, statuses with bodies and headers.
import { SchemaComparison } from './compare-schema.js'
import { difference, oneSided, within, type Position, type SpecDifference } from './finding.js'
import type { SpecDocument } from './parse-spec.js'
import { createShapeReader, describeShape, type ShapeReader } from './schema-shape.js'
import type { SpecOperation, SpecPart } from './read-operations.js'

/** How the schemas of two documents are read, and compared at each position. */
export type Comparisons = ReturnType<typeof createComparisons>

export function createComparisons(our: SpecDocument, their: SpecDocument) {
  const [ours, theirs] = [createShapeReader(our), createShapeReader(their)]
  const at = (position: Position) => new SchemaComparison(position, ours, theirs)
  return { ours, theirs, request: at('request'), success: at('success'), failure: at('failure') }
}

/** Differences between two operations, in the order a reader meets them in a document. */
export function compareOperations(
  ours: SpecOperation,
  theirs: SpecOperation,
  schemas: Comparisons,
): readonly SpecDifference[] {
  const ids =
    ours.id === theirs.id
      ? []
      : [difference('request', 'operationId', 'operation id', { ours: ours.id, theirs: theirs.id })]
  return [
    ...ids,
    ...within('operation', oneSided('request', 'deprecation', 'deprecated', ours.deprecated, theirs.deprecated)),
    ...keysOf(theirs.request, ours.request).flatMap((key) =>
      compareParts(ours.request.get(key), theirs.request.get(key), schemas),
    ),
    ...keysOf(theirs.responses, ours.responses).flatMap((status) => {
      const [our, their] = [answerTo(ours, status), answerTo(theirs, status)]
      const isRange = status === 'default' || status.endsWith('XX')
      if (isRange && (our === undefined || !theirs.responses.has(status))) return []
      return compareParts(our && { ...our, where: `response ${status}` }, their, schemas)
    }),
  ]
}

function keysOf(left: ReadonlyMap<string, unknown>, right: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...left.keys(), ...right.keys()])]
}

/** The answer declared for a status: by itself, by its range, or by `default`. */
function answerTo({ responses }: SpecOperation, status: string): SpecPart | undefined {
  return responses.get(status) ?? responses.get(`${status.charAt(0)}XX`) ?? responses.get('default')
}

function compareParts(
  ours: SpecPart | undefined,
  theirs: SpecPart | undefined,
  schemas: Comparisons,
): readonly SpecDifference[] {
  if (theirs === undefined) return ours === undefined ? [] : [removed(ours, schemas.ours)]
  const { position, kind } = theirs
  if (ours === undefined)
    return [difference(position, theirs.where, kind, { theirs: describePart(theirs, schemas.theirs) })]
  const where = kind === 'parameter' ? `${theirs.where.split(' ', 1)[0] ?? ''} ${ours.name}` : ours.where
  const isRenamed = ours.name.toLowerCase() !== theirs.name.toLowerCase()
  const found = [
    ...(isRenamed ? [difference(position, '', 'parameter name', { ours: ours.name, theirs: theirs.name })] : []),
    ...(theirs.required && !ours.required ? [difference(position, '', 'required', { theirs: 'required' })] : []),
    ...oneSided(position, 'deprecation', 'deprecated', ours.deprecated, theirs.deprecated),
    ...compareMedia(ours, theirs, schemas),
  ]
  const headers = keysOf(theirs.headers, ours.headers).flatMap((name) =>
    compareParts(ours.headers.get(name), theirs.headers.get(name), schemas),
  )
  return [...within(where, found, ' '), ...headers]
}

function removed(part: SpecPart, reader: ShapeReader): SpecDifference {
  const isHeader = part.where.startsWith('header ')
  return difference(part.position, part.where, part.kind, {
    ours: describePart(part, reader),
    // A parameter of a path that lost its declaration is a flaw of the document.
    severity: isHeader || part.where.startsWith('path ') ? 'note' : undefined,
    remark: isHeader ? 'published documents leave identity headers out' : undefined,
  })
}

function describePart({ kind, media, required }: SpecPart, reader: ShapeReader): string {
  if (kind === 'body' || kind === 'status') return media.size === 0 ? 'no body' : [...media.keys()].join(', ')
  const schema = media.get('')
  if (kind === 'header' && schema === undefined) return 'without a schema'
  const type = describeShape(reader(schema === undefined ? [] : [schema]))
  return required ? `${type}, required` : type
}

/** What both say at each media type; a parameter or header has one, `''`, and none where its schema is missing. */
function compareMedia({ media: ours }: SpecPart, theirs: SpecPart, schemas: Comparisons): readonly SpecDifference[] {
  const { position, kind, media } = theirs
  const [mine, other] = [[...ours.keys()], [...media.keys()]]
  const sides = { ours: mine.join(', ') || undefined, theirs: other.join(', ') || undefined }
  if (mine.length === 0 || other.length === 0) {
    const isBody = kind === 'body' || kind === 'status'
    return isBody && mine.length !== other.length ? [difference(position, '', 'body', sides)] : []
  }
  const lost = mine.filter((type) => !other.some((name) => mediaMeet(type, name)))
  if (lost.length === mine.length) return [difference(position, '', 'media type', sides)]
  const found = other.flatMap((type) => {
    const partner = mine.find((name) => mediaMeet(name, type))
    if (partner === undefined) return [difference(position, '', 'media type', { theirs: type })]
    const [our, their] = [ours.get(partner), media.get(type)]
    return our === undefined || their === undefined ? [] : schemas[position].compare([our], [their])
  })
  return [...found, ...lost.map((type) => difference(position, '', 'media type', { ours: type }))]
}

/** Media types meet when they are equal or one is a range, such as `*` / `*`, that holds the other. */
function mediaMeet(left: string, right: string): boolean {
  const holds = (range: string, type: string) =>
    range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
  return left === right || holds(left, right) || holds(right, left)
}
