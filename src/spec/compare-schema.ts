// Compares two schemas, down through alternatives, items and fields: which there are, which are required, what else is
// admitted. Single values are compare-values.ts's subject. Which difference breaks a client is decided in finding.ts.
import { compareValues, sameTypes } from './compare-values.js'
import { countBreaking, difference, within, type Difference, type Position } from './finding.js'
import { isObject, type JsonObject } from '../kernel/json-value.js'
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

type Fields = ReadonlyMap<string, JsonObject>

/** Differences between the fields of two shapes, whose types are taken to be the same. */
function compareFields(mine: Shape, written: Shape, position: Position, sides: Sides): readonly Difference[] {
  const ours = visibleFields(sides.ours, mine, position)
  const names = namesInOurs(ours, visibleFields(sides.theirs, written, position))
  const other = renameFields(written, names)
  const theirs = visibleFields(sides.theirs, other, position)
  if (isLeftOpen(other, theirs) && (ours.size > 0 || isObject(mine.additional))) {
    return [difference(position, '', 'content', { ours: describeContent(mine, ours), theirs: 'left open' })]
  }
  return [
    ...[...names].map(([their, our]) => difference(position, `/${our}`, 'field name', { ours: our, theirs: their })),
    ...compareShared(ours, theirs, position, sides),
    ...addedFields(ours, theirs, other, position, sides),
    ...removedFields(ours, theirs, position, sides),
    ...compareRequired(mine, other, { ours, theirs }, position),
    ...compareOtherFields(mine, other, position, sides),
  ]
}

/** A request does not carry what is read-only, an answer not what is write-only. */
function visibleFields(reader: ShapeReader, shape: Shape, position: Position): Fields {
  const hidden = position === 'request' ? 'readOnly' : 'writeOnly'
  return new Map([...shape.properties].filter(([, schema]) => !reader.shape(schema)[hidden]))
}

/** Fields of theirs that ours has in another spelling (`isReady`, `is_ready`), by their name to ours. */
function namesInOurs(ours: Fields, theirs: Fields): ReadonlyMap<string, string> {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase()
  const free = new Map([...ours.keys()].filter((name) => !theirs.has(name)).map((name) => [bare(name), name]))
  const pairs = [...theirs.keys()]
    .filter((name) => !ours.has(name))
    .map((name) => [name, free.get(bare(name))] as const)
  return new Map(pairs.flatMap(([their, our]) => (our === undefined ? [] : [[their, our]])))
}

function renameFields(shape: Shape, names: ReadonlyMap<string, string>): Shape {
  if (names.size === 0) return shape
  const rename = (name: string): string => names.get(name) ?? name
  const properties = new Map([...shape.properties].map(([name, schema]) => [rename(name), schema]))
  return { ...shape, properties, required: new Set([...shape.required].map(rename)) }
}

function isLeftOpen(shape: Shape, fields: Fields): boolean {
  return fields.size === 0 && shape.additional === undefined && shape.types.includes('object')
}

function describeContent(shape: Shape, fields: Fields): string {
  return shape.name ?? (fields.size > 0 ? `fields ${[...fields.keys()].join(', ')}` : 'a map of one type')
}

function compareShared(ours: Fields, theirs: Fields, position: Position, sides: Sides): readonly Difference[] {
  return [...theirs].flatMap(([name, their]) => {
    const our = ours.get(name)
    return our === undefined ? [] : within(`/${name}`, sides.whole(our, their, position))
  })
}

function addedFields(
  ours: Fields,
  theirs: Fields,
  other: Shape,
  position: Position,
  sides: Sides,
): readonly Difference[] {
  return [...theirs].flatMap(([name, their]) => {
    if (ours.has(name)) return []
    const need = other.required.has(name) ? ', required' : ''
    const text = `${describeShape(sides.theirs.shape(their))}${need}`
    return [difference(position, `/${name}`, 'field', { theirs: text })]
  })
}

function removedFields(ours: Fields, theirs: Fields, position: Position, sides: Sides): readonly Difference[] {
  return [...ours].flatMap(([name, our]) =>
    theirs.has(name) ? [] : [difference(position, `/${name}`, 'field', { ours: describeShape(sides.ours.shape(our)) })],
  )
}

/** Only what theirs requires and ours does not: a published document that requires less says nothing. */
function compareRequired(
  mine: Shape,
  other: Shape,
  fields: { ours: Fields; theirs: Fields },
  position: Position,
): readonly Difference[] {
  const isComparable = (name: string) => (fields.theirs.has(name) ? fields.ours.has(name) : !other.properties.has(name))
  return [...other.required]
    .filter((name) => !mine.required.has(name) && isComparable(name))
    .map((name) => difference(position, `/${name}`, 'required', { theirs: 'required' }))
}

function compareOtherFields(mine: Shape, other: Shape, position: Position, sides: Sides): readonly Difference[] {
  if (isObject(other.additional) && mine.additional !== false) {
    const ours = isObject(mine.additional) ? mine.additional : anySchema
    return within('/{name}', sides.whole(ours, other.additional, position))
  }
  const [ours, theirs] = [describeAdditional(mine), describeAdditional(other)]
  return ours === theirs ? [] : [difference(position, '', 'other fields', { ours, theirs })]
}

function describeAdditional({ additional }: Shape): string {
  if (additional === false) return 'refused'
  return isObject(additional) ? 'of one type' : 'admitted'
}
