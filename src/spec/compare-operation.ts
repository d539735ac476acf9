// Compares one operation of ours with its counterpart: parameters, request body, statuses with bodies and headers.
import { SchemaComparison } from './compare-schema.js'
import { difference, differing, flaw, within, type Position, type SpecDifference } from './finding.js'
import type { SpecDocument } from './parse-spec.js'
import { createShapeReader, describeShape, type ShapeReader } from './schema-shape.js'
import type { SpecPart } from './read-operations.js'

/** How the schemas of two documents are read, and compared at each position. */
export type Comparisons = ReturnType<typeof createComparisons>

export function createComparisons(our: SpecDocument, their: SpecDocument) {
  const [ours, theirs] = [createShapeReader(our), createShapeReader(their)]
  const at = (position: Position) => new SchemaComparison(position, ours, theirs)
  return { ours, theirs, request: at('request'), success: at('success'), failure: at('failure') }
}

/** Differences between two parts and what they hold, in the order a reader meets them in a document. */
export function compareParts(ours: SpecPart, theirs: SpecPart, schemas: Comparisons): readonly SpecDifference[] {
  const { position, kind } = theirs
  const isOperation = kind === 'operation'
  const isRenamed = isOperation || ours.name.toLowerCase() !== theirs.name.toLowerCase()
  const said = (part: SpecPart) => (part.isDeprecated ? 'deprecated' : undefined)
  const found = [
    ...(isRenamed
      ? differing(
          position,
          isOperation ? 'operation id' : 'parameter name',
          ours.name || undefined,
          theirs.name || undefined,
        )
      : []),
    ...differing(position, 'required', undefined, theirs.isRequired && !ours.isRequired ? 'required' : undefined),
    ...differing(position, 'deprecation', said(ours), said(theirs)),
    ...compareMedia(ours, theirs, schemas),
  ]
  return [...within(ours.where, found, ' '), ...compareMembers(ours.parts, theirs.parts, schemas)]
}

type Parts = ReadonlyMap<string, SpecPart>

function compareMembers(ours: Parts, theirs: Parts, schemas: Comparisons): readonly SpecDifference[] {
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((key) => {
    const [our, their] = [partAt(ours, key), partAt(theirs, key)]
    const isRange = key === 'default' || /^\dXX$/.test(key)
    if (isRange && (our === undefined || !theirs.has(key))) return []
    if (our !== undefined && their !== undefined)
      return compareParts(ours.has(key) ? our : { ...our, where: their.where }, their, schemas)
    return [
      ...(our === undefined ? [] : [oneSided(our, 'ours', schemas.ours)]),
      ...(their === undefined ? [] : [oneSided(their, 'theirs', schemas.theirs)]),
    ]
  })
}

/** A part by its key; the answer to a status also by its range, or by `default`. */
function partAt(parts: Parts, key: string): SpecPart | undefined {
  const isStatus = /^\d/.test(key)
  return parts.get(key) ?? (isStatus ? (parts.get(`${key.charAt(0)}XX`) ?? parts.get('default')) : undefined)
}

function oneSided({ where, kind, position, media, isRequired }: SpecPart, side: 'ours' | 'theirs', read: ShapeReader) {
  const isRemovedHeader = side === 'ours' && where.startsWith('header ')
  // A parameter of a path that lost its declaration is a flaw of the document.
  const isNote = isRemovedHeader || (side === 'ours' && where.startsWith('path '))
  const schema = media.get('')
  const type = kind === 'header' && schema === undefined ? 'without a schema' : describeShape(read(schema ?? {}))
  const isBody = kind === 'body' || kind === 'status'
  const text = isBody ? [...media.keys()].join(', ') || 'no body' : `${type}${isRequired ? ', required' : ''}`
  const severity = isNote ? 'note' : undefined
  const remark = isRemovedHeader ? 'published documents leave identity headers out' : undefined
  return { ...difference(position, kind, { [side]: text, severity, remark }), where }
}

/** What both say at each media type; a parameter or header has one, `''`, and none where its schema is missing. */
function compareMedia({ media: ours }: SpecPart, theirs: SpecPart, schemas: Comparisons): readonly SpecDifference[] {
  const { position, kind, media } = theirs
  const [mine, other] = [[...ours.keys()], [...media.keys()]]
  const [our, their] = [mine, other].map((types) => types.join(', ') || undefined)
  if (mine.length === 0 || other.length === 0) {
    if (kind === 'body' || kind === 'status') return differing(position, 'body', our, their)
    return mine.length === 0 ? [] : [flaw(position, 'no schema', 'its type is left open; not compared')]
  }
  const lost = mine.filter((type) => !other.some((name) => mediaMeet(type, name)))
  if (lost.length === mine.length) return differing(position, 'media type', our, their)
  const found = other.flatMap((type) => {
    const partner = mine.find((name) => mediaMeet(name, type))
    if (partner === undefined) return differing(position, 'media type', undefined, type)
    const [one, another] = [ours.get(partner), media.get(type)]
    return one && another ? schemas[position].compare(one, another) : []
  })
  return [...found, ...lost.flatMap((type) => differing(position, 'media type', type, undefined))]
}

/** Media types meet when they are equal or one is a range, such as `*` / `*`, that holds the other. */
function mediaMeet(left: string, right: string): boolean {
  const holds = (range: string, type: string) =>
    range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
  return left === right || holds(left, right) || holds(right, left)
}
