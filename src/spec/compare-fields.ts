// Compares the fields of two object shapes: which there are, which are required, what else is admitted.
import { difference, within, type Difference, type Position } from './finding.js'
import { isObject, type JsonObject } from './json-value.js'
import { anySchema } from './schema-parts.js'
import { describeShape, type Shape, type ShapeReader } from './schema-summary.js'

/** What the comparison of fields needs of the comparison of schemas. */
export interface FieldSides {
  readonly ours: ShapeReader
  readonly theirs: ShapeReader
  readonly whole: (ours: JsonObject, theirs: JsonObject, position: Position) => readonly Difference[]
}

type Fields = ReadonlyMap<string, JsonObject>

/** Differences between the fields of two shapes, whose types are taken to be the same. */
export function compareFields(
  mine: Shape,
  written: Shape,
  position: Position,
  sides: FieldSides,
): readonly Difference[] {
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

function compareShared(ours: Fields, theirs: Fields, position: Position, sides: FieldSides): readonly Difference[] {
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
  sides: FieldSides,
): readonly Difference[] {
  return [...theirs].flatMap(([name, their]) => {
    if (ours.has(name)) return []
    const need = other.required.has(name) ? ', required' : ''
    const text = `${describeShape(sides.theirs.shape(their))}${need}`
    return [difference(position, `/${name}`, 'field', { theirs: text })]
  })
}

function removedFields(ours: Fields, theirs: Fields, position: Position, sides: FieldSides): readonly Difference[] {
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

function compareOtherFields(mine: Shape, other: Shape, position: Position, sides: FieldSides): readonly Difference[] {
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
