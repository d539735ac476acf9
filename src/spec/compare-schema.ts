// Compares two schemas, down through alternatives and items; fields are compare-fields.ts's subject, single values
// compare-values.ts's. Which difference breaks a client is decided in finding.ts.
import { compareFields } from './compare-fields.js'
import { compareValues, sameTypes } from './compare-values.js'
import { countBreaking, difference, within, type Difference, type Position } from './finding.js'
import type { JsonObject } from './json-value.js'
import { anySchema } from './schema-parts.js'
import { admitsAnything, describeShape, type Shape, type ShapeReader } from './schema-summary.js'

/** Compares a schema of ours with one of theirs; places are relative to the schema. */
export type SchemaComparer = (ours: JsonObject, theirs: JsonObject, position: Position) => readonly Difference[]

/** What comparing a pair needs: how to read either side, and how to compare what lies inside. */
interface Sides {
  readonly ours: ShapeReader
  readonly theirs: ShapeReader
  /** Compares alternatives and null as well. */
  readonly whole: SchemaComparer
  /** Compares two schemas of one form each. */
  readonly form: SchemaComparer
}

/** A comparer for the schemas of two documents. It keeps its results, so a schema used often is compared once. */
export function createSchemaComparer(ours: ShapeReader, theirs: ShapeReader): SchemaComparer {
  const sides: Sides = {
    ours,
    theirs,
    whole: remember(ours, theirs, (...pair) => compareWhole(sides, ...pair)),
    form: remember(ours, theirs, (...pair) => compareForm(sides, ...pair)),
  }
  return sides.whole
}

/** Each pair is compared once; a recursive pair finds, inside itself, nothing new. */
function remember(ourReader: ShapeReader, theirReader: ShapeReader, compare: SchemaComparer): SchemaComparer {
  const results = new WeakMap<JsonObject, WeakMap<JsonObject, Map<Position, readonly Difference[]>>>()
  return (ours, theirs, position) => {
    const [mine, other] = [ourReader.identity(ours), theirReader.identity(theirs)]
    const row = results.get(mine) ?? new WeakMap<JsonObject, Map<Position, readonly Difference[]>>()
    const cell = row.get(other) ?? new Map<Position, readonly Difference[]>()
    results.set(mine, row)
    row.set(other, cell)
    const known = cell.get(position)
    if (known !== undefined) return known
    cell.set(position, [])
    const found = compare(ours, theirs, position)
    cell.set(position, found)
    return found
  }
}

function compareWhole(sides: Sides, ours: JsonObject, theirs: JsonObject, position: Position): readonly Difference[] {
  const [mine, other] = [sides.ours.shape(ours), sides.theirs.shape(theirs)]
  if (mine.broken || other.broken) return []
  if (isAnyJsonPair(mine, other)) return anyJsonNote(mine, other, position)
  if (admitsAnything(mine) !== admitsAnything(other)) return [typeDifference(mine, other, position)]
  const nulls = compareNulls(mine, other, position)
  if (sameTypes(mine, other)) return [...nulls, ...sides.form(ours, theirs, position)]
  return [...nulls, ...compareAlternatives(sides, ours, theirs, position)]
}

/** Either side may write any JSON as an empty schema or by the name of upstream's class for it. */
function isAnyJsonPair(mine: Shape, other: Shape): boolean {
  const isAny = (shape: Shape) => shape.anyJson || admitsAnything(shape)
  return isAny(other) && (isAny(mine) || (other.anyJson && mine.types.join() === 'object'))
}

function anyJsonNote(mine: Shape, other: Shape, position: Position): readonly Difference[] {
  if (!other.anyJson || mine.anyJson) return []
  const ours = admitsAnything(mine) ? 'any JSON' : describeShape(mine)
  const theirs = `${other.name ?? 'JsonNode'} (${other.types.join(' or ') || 'untyped'})`
  return [difference(position, '', 'any JSON', { ours, theirs, remark: 'upstream writes any JSON that way' })]
}

function compareNulls(mine: Shape, other: Shape, position: Position): readonly Difference[] {
  if (mine.nullable === other.nullable) return []
  const details = mine.nullable ? { ours: 'null admitted' } : { theirs: 'null admitted' }
  return [difference(position, '', 'null', details)]
}

/** Pairs each alternative of theirs with the one of ours that it fits, or else with the nearest one left over. */
function compareAlternatives(
  sides: Sides,
  ours: JsonObject,
  theirs: JsonObject,
  position: Position,
): readonly Difference[] {
  const ourForms = sides.ours.alternatives(ours)
  const theirForms = sides.theirs.alternatives(theirs)
  const rows = theirForms.map((their) => ourForms.map((our) => ({ our, found: sides.form(our, their, position) })))
  const isFit = ({ found }: { found: readonly Difference[] }) => countBreaking(found) === 0
  const open = new Set(
    ourForms.filter((_our, column) => !rows.some((row) => row.slice(column, column + 1).some(isFit))),
  )
  const isAlone = ourForms.length === 1 && theirForms.length === 1

  const found = rows.flatMap((row, index): readonly Difference[] => {
    const nearest =
      row.find(isFit) ??
      row
        .filter((pair) => open.has(pair.our) && (isAlone || !pair.found.some(isAboutType)))
        .sort((left, right) => countBreaking(left.found) - countBreaking(right.found))[0]
    if (nearest === undefined) {
      const form = describeShape(sides.theirs.shape(theirForms[index] ?? anySchema))
      return [difference(position, '', 'form', { theirs: form })]
    }
    open.delete(nearest.our)
    return nearest.found
  })
  const lost = [...open].map((our) => difference(position, '', 'form', { ours: describeShape(sides.ours.shape(our)) }))
  return [...found, ...lost]
}

function typeDifference(mine: Shape, other: Shape, position: Position): Difference {
  return difference(position, '', 'type', { ours: describeShape(mine), theirs: describeShape(other) })
}

function isAboutType({ where, kind }: Difference): boolean {
  return where === '' && kind === 'type'
}

function compareForm(sides: Sides, ours: JsonObject, theirs: JsonObject, position: Position): readonly Difference[] {
  const [mine, other] = [sides.ours.shape(ours), sides.theirs.shape(theirs)]
  if (mine.broken || other.broken) return []
  if (areNumbers(mine, other)) return compareNumbers(mine, other, position)
  if (!sameTypes(mine, other)) return [typeDifference(mine, other, position)]
  return [
    ...compareValues(mine, other, position),
    ...compareFields(mine, other, position, sides),
    ...compareItems(sides, mine, other, position),
  ]
}

/** Whether one says `number` where the other says `integer`: JSON tells them apart by their digits alone. */
function areNumbers(mine: Shape, other: Shape): boolean {
  return [...mine.types, ...other.types].toSorted().join() === 'integer,number'
}

function compareNumbers(mine: Shape, other: Shape, position: Position): readonly Difference[] {
  const sides = { ours: describeShape(mine), theirs: describeShape(other) }
  const types = difference(position, '', 'type', { ...sides, severity: 'note', remark: 'a number either way' })
  return [types, ...compareValues(mine, other, position).filter(({ kind }) => kind !== 'format')]
}

function compareItems(sides: Sides, mine: Shape, other: Shape, position: Position): readonly Difference[] {
  if (!mine.types.includes('array')) return []
  if (other.items !== undefined) return within('[]', sides.whole(mine.items ?? anySchema, other.items, position))
  if (mine.items === undefined) return []
  const ours = describeShape(sides.ours.shape(mine.items))
  return [difference(position, '[]', 'content', { ours, theirs: 'left open' })]
}
