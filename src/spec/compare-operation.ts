// Compares one operation of ours with its counterpart: parameters, request body, statuses with bodies and headers.
import type { JsonObject } from '../kernel/json-value.js'
import type { SchemaComparison } from './compare-schema.js'
import { difference, oneSided, within, type SpecDifference } from './finding.js'
import { describeShape, type ShapeReader } from './schema-shape.js'
import type { SpecOperation, SpecPart } from './read-operations.js'

/** Differences between two operations, in the order a reader meets them in a document. */
export function compareOperations(
  ours: SpecOperation,
  theirs: SpecOperation,
  schemas: SchemaComparison,
): readonly SpecDifference[] {
  const ids =
    ours.id === theirs.id
      ? []
      : [difference('request', 'operationId', 'operation id', { ours: ours.id, theirs: theirs.id })]
  const statuses = new Set([...theirs.responses.keys(), ...ours.responses.keys()])
  return [
    ...ids,
    ...within('operation', oneSided('request', 'deprecation', 'deprecated', ours.deprecated, theirs.deprecated)),
    ...[...new Set([...theirs.request.keys(), ...ours.request.keys()])].flatMap((key) =>
      compareParts(ours.request.get(key), theirs.request.get(key), schemas),
    ),
    ...[...statuses].flatMap((status) => {
      const [our, their] = [answerTo(ours, status), answerTo(theirs, status)]
      if (isRange(status) && (our === undefined || !theirs.responses.has(status))) return []
      return compareParts(our && { ...our, where: `response ${status}` }, their, schemas)
    }),
  ]
}

/** The answer declared for a status: by itself, by its range, or by `default`. */
function answerTo({ responses }: SpecOperation, status: string): SpecPart | undefined {
  return responses.get(status) ?? responses.get(`${status.charAt(0)}XX`) ?? responses.get('default')
}

function isRange(status: string): boolean {
  return status === 'default' || status.endsWith('XX')
}

function compareParts(ours: SpecPart | undefined, theirs: SpecPart | undefined, schemas: SchemaComparison) {
  if (theirs === undefined) return ours === undefined ? [] : [removed(ours, schemas)]
  if (ours === undefined)
    return [difference(theirs.position, theirs.where, theirs.kind, { theirs: describePart(theirs, schemas.theirs) })]
  const { position } = theirs
  const where = theirs.kind === 'parameter' ? `${theirs.where.split(' ', 1)[0] ?? ''} ${ours.name}` : ours.where
  const found: SpecDifference[] = []
  if (ours.name.toLowerCase() !== theirs.name.toLowerCase()) {
    found.push(difference(position, '', 'parameter name', { ours: ours.name, theirs: theirs.name }))
  }
  if (theirs.required && !ours.required) found.push(difference(position, '', 'required', { theirs: 'required' }))
  found.push(...oneSided(position, 'deprecation', 'deprecated', ours.deprecated, theirs.deprecated))
  if (ours.style !== theirs.style && (isComposite(ours, schemas.ours) || isComposite(theirs, schemas.theirs))) {
    found.push(difference(position, '', 'parameter style', { ours: ours.style, theirs: theirs.style }))
  }
  const headers = [...new Set([...theirs.headers.keys(), ...ours.headers.keys()])].flatMap(
    (name): readonly SpecDifference[] => compareParts(ours.headers.get(name), theirs.headers.get(name), schemas),
  )
  return [...within(where, found), ...compareMedia(ours, theirs, where, schemas), ...headers]
}

function removed(part: SpecPart, schemas: SchemaComparison): SpecDifference {
  const isHeader = part.where.startsWith('header ')
  return difference(part.position, part.where, part.kind, {
    ours: describePart(part, schemas.ours),
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

function isComposite({ kind, media }: SpecPart, reader: ShapeReader): boolean {
  const schema = kind === 'parameter' ? media.get('') : undefined
  return schema !== undefined && reader([schema]).types.some((type) => type === 'array' || type === 'object')
}

function compareMedia(
  ours: SpecPart,
  theirs: SpecPart,
  where: string,
  schemas: SchemaComparison,
): readonly SpecDifference[] {
  const { position } = theirs
  const [mine, other] = [[...ours.media], [...theirs.media]]
  const names = (media: typeof mine) => (media.length === 0 ? undefined : media.map(([type]) => type).join(', '))
  const sides = { ours: names(mine), theirs: names(other) }
  if (ours.kind === 'parameter' || ours.kind === 'header') {
    return at(where, compareBoth(ours.media.get(''), theirs.media.get('')))
  }
  if (mine.length === 0 || other.length === 0) {
    return mine.length === other.length ? [] : [difference(position, where, 'body', sides)]
  }
  const partners = other.map(([type]) => mine.find(([name]) => mediaMeet(name, type)))
  if (partners.every((partner) => partner === undefined)) return [difference(position, where, 'media type', sides)]
  const found = other.flatMap(([type, schema], index) => {
    const partner = partners[index]
    if (partner === undefined) return [difference(position, where, 'media type', { theirs: type })]
    return at(where, compareBoth(partner[1], schema))
  })
  const lost = mine
    .filter(([type]) => !other.some(([name]) => mediaMeet(type, name)))
    .map(([type]) => difference(position, where, 'media type', { ours: type }))
  return [...found, ...lost]

  function compareBoth(our: JsonObject | undefined, their: JsonObject | undefined): readonly SpecDifference[] {
    return our === undefined || their === undefined ? [] : schemas.compare([our], [their], position)
  }
}

/** Media types meet when they are equal or one is a range, such as `*` / `*`, that holds the other. */
function mediaMeet(left: string, right: string): boolean {
  const holds = (range: string, type: string) =>
    range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
  return left === right || holds(left, right) || holds(right, left)
}

/** Places inside a schema, written after the place of the schema. */
function at(where: string, differences: readonly SpecDifference[]): readonly SpecDifference[] {
  return differences.map((found) => ({ ...found, where: `${where} ${found.where}`.trimEnd() }))
}
