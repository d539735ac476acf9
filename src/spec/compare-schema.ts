// Compares two schemas, down through alternatives, items and fields, and what both say about single values.
// Which difference breaks a client is decided in finding.ts.
import { canonicalJson } from '../kernel/json-value.js'
import { difference, isBreaking, oneSided, within, type SpecDifference, type Position } from './finding.js'
import { comparePatterns, refusesEmpty } from './patterns.js'
import { admitsAnything, describeShape, formsOf, isTighter } from './schema-shape.js'
import type { Schemas, SchemaShape, ShapeReader } from './schema-shape.js'

/** The comparison of two documents' schemas. Each pair is compared once; a recursive one finds in itself nothing new. */
export class SchemaComparison {
  readonly ours: ShapeReader
  readonly theirs: ShapeReader
  private readonly known = new Map<string, readonly SpecDifference[]>()

  constructor(ours: ShapeReader, theirs: ShapeReader) {
    this.ours = ours
    this.theirs = theirs
  }

  /** Differences between a schema of ours and one of theirs; places are relative to the schema. */
  compare(ours: Schemas, theirs: Schemas, position: Position): readonly SpecDifference[] {
    return this.once('whole', this.ours(ours), this.theirs(theirs), position)
  }

  private once(
    how: 'whole' | 'form',
    mine: SchemaShape,
    other: SchemaShape,
    position: Position,
  ): readonly SpecDifference[] {
    const key = `${how} ${position}: ${mine.key}, ${other.key}`
    const found = this.known.get(key)
    if (found !== undefined) return found
    this.known.set(key, [])
    if (!mine.broken && !other.broken) {
      const isWhole = how === 'whole'
      this.known.set(key, isWhole ? this.compareWhole(mine, other, position) : this.compareForm(mine, other, position))
    }
    return this.known.get(key) ?? []
  }

  private compareWhole(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
    if (isAnyJsonPair(mine, other)) return anyJsonNote(mine, other, position)
    if (admitsAnything(mine) !== admitsAnything(other)) return [typeDifference(mine, other, position)]
    const isOneForm = mine.forms.length + other.forms.length === 0 && sameTypes(mine, other)
    return [
      ...oneSided(position, 'null', 'null admitted', mine.nullable, other.nullable),
      ...(isOneForm ? this.once('form', mine, other, position) : this.compareAlternatives(mine, other, position)),
    ]
  }

  /** Pairs each alternative of theirs with the one of ours that it fits, or else with the nearest one left over. */
  private compareAlternatives(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
    const ourForms = formsOf(mine, this.ours)
    const theirForms = formsOf(other, this.theirs)
    const rows = theirForms.map((their) =>
      ourForms.map((our) => {
        const found = this.once('form', our, their, position)
        return { our, found, breaks: found.filter(isBreaking).length }
      }),
    )
    const fitting = rows.flatMap((row) => row.filter(({ breaks }) => breaks === 0).map(({ our }) => our))
    const open = new Set(ourForms.filter((our) => !fitting.includes(our)))
    const isAlone = ourForms.length === 1 && theirForms.length === 1
    const found = rows.flatMap((row, index): readonly SpecDifference[] => {
      const near = row.filter((pair) => open.has(pair.our) && (isAlone || !pair.found.some(isAboutType)))
      const nearest =
        row.find(({ breaks }) => breaks === 0) ?? near.toSorted((left, right) => left.breaks - right.breaks)[0]
      if (nearest === undefined) {
        return [difference(position, '', 'form', { theirs: describeShape(theirForms[index] ?? other) })]
      }
      open.delete(nearest.our)
      return nearest.found
    })
    return [...found, ...[...open].map((our) => difference(position, '', 'form', { ours: describeShape(our) }))]
  }

  private compareForm(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
    const isNumber = [...mine.types, ...other.types].toSorted().join() === 'integer,number'
    if (isNumber) {
      const sides = { ours: describeShape(mine), theirs: describeShape(other) }
      const types = difference(position, '', 'type', { ...sides, severity: 'note', remark: 'a number either way' })
      return [types, ...compareValues(mine, other, position).filter(({ kind }) => kind !== 'format')]
    }
    if (!sameTypes(mine, other)) return [typeDifference(mine, other, position)]
    return [
      ...compareValues(mine, other, position),
      ...this.compareFields(mine, other, position),
      ...this.compareItems(mine, other, position),
    ]
  }

  private compareItems(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
    if (!mine.types.includes('array')) return []
    if (other.items !== undefined) return within('[]', this.compare(mine.items ?? [], other.items, position))
    if (mine.items === undefined) return []
    return [difference(position, '[]', 'content', { ours: describeShape(this.ours(mine.items)), theirs: 'left open' })]
  }

  /** Differences between the fields of two shapes, whose types are taken to be the same. */
  private compareFields(mine: SchemaShape, written: SchemaShape, position: Position): readonly SpecDifference[] {
    // A request does not carry what is read-only, an answer not what is write-only.
    const hidden = position === 'request' ? 'readOnly' : 'writeOnly'
    const visible = (shape: SchemaShape, read: ShapeReader) =>
      new Map([...shape.properties].filter(([, schemas]) => !read(schemas)[hidden]))
    const ours = visible(mine, this.ours)
    const names = namesInOurs([...ours.keys()], [...visible(written, this.theirs).keys()])
    const other = renameFields(written, names)
    const theirs = visible(other, this.theirs)
    const isTheirsOpen = theirs.size === 0 && other.additional === undefined && other.types.includes('object')
    if (isTheirsOpen && (ours.size > 0 || Array.isArray(mine.additional))) {
      const content = ours.size > 0 ? `fields ${[...ours.keys()].join(', ')}` : 'a map of one type'
      return [difference(position, '', 'content', { ours: mine.name ?? content, theirs: 'left open' })]
    }
    const word = (name: string, schemas: Schemas, read: ShapeReader, { required }: SchemaShape) =>
      `${describeShape(read(schemas))}${required.has(name) ? ', required' : ''}`
    return [
      ...[...names].map(([their, our]) => difference(position, `/${our}`, 'field name', { ours: our, theirs: their })),
      ...[...theirs].flatMap(([name, their]) => {
        const our = ours.get(name)
        return our === undefined
          ? [difference(position, `/${name}`, 'field', { theirs: word(name, their, this.theirs, other) })]
          : within(`/${name}`, this.compare(our, their, position))
      }),
      ...[...ours]
        .filter(([name]) => !theirs.has(name))
        .map(([name, our]) => difference(position, `/${name}`, 'field', { ours: describeShape(this.ours(our)) })),
      // Only what theirs requires and ours does not: a published document that requires less says nothing.
      ...[...other.required]
        .filter((name) => !mine.required.has(name) && theirs.has(name) === ours.has(name))
        .filter((name) => theirs.has(name) || !other.properties.has(name))
        .map((name) => difference(position, `/${name}`, 'required', { theirs: 'required' })),
      ...this.compareOtherFields(mine, other, position),
    ]
  }

  private compareOtherFields(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
    if (isSchemas(other.additional) && mine.additional !== false) {
      return within(
        '/{name}',
        this.compare(isSchemas(mine.additional) ? mine.additional : [], other.additional, position),
      )
    }
    const [ours, theirs] = [mine, other].map(({ additional }) =>
      additional === false ? 'refused' : isSchemas(additional) ? 'of one type' : 'admitted',
    )
    return ours === theirs ? [] : [difference(position, '', 'other fields', { ours, theirs })]
  }
}

function isSchemas(additional: SchemaShape['additional']): additional is Schemas {
  return typeof additional === 'object'
}

function sameTypes(mine: SchemaShape, other: SchemaShape): boolean {
  return mine.types.join() === other.types.join()
}

function isAnyJsonPair(mine: SchemaShape, other: SchemaShape): boolean {
  const isAny = (shape: SchemaShape) => shape.anyJson || admitsAnything(shape)
  return isAny(mine) && isAny(other)
    ? true
    : other.anyJson && mine.types.join() === 'object' && mine.properties.size === 0
}

function anyJsonNote(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
  if (!other.anyJson || mine.anyJson) return []
  const ours = admitsAnything(mine) ? 'any JSON' : describeShape(mine)
  const theirs = `${other.name ?? 'JsonNode'} (${other.types.join(' or ') || 'untyped'})`
  return [difference(position, '', 'any JSON', { ours, theirs, remark: 'upstream writes any JSON that way' })]
}

function typeDifference(mine: SchemaShape, other: SchemaShape, position: Position): SpecDifference {
  return difference(position, '', 'type', { ours: describeShape(mine), theirs: describeShape(other) })
}

function isAboutType({ where, kind }: SpecDifference): boolean {
  return where === '' && kind === 'type'
}

/** Fields of theirs that ours has in another spelling (`isReady`, `is_ready`), by their name to ours. */
function namesInOurs(ours: readonly string[], theirs: readonly string[]): ReadonlyMap<string, string> {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase()
  const free = new Map(ours.filter((name) => !theirs.includes(name)).map((name) => [bare(name), name]))
  const strange = theirs.filter((name) => !ours.includes(name) && free.has(bare(name)))
  return new Map(strange.map((name) => [name, free.get(bare(name)) ?? name]))
}

function renameFields(shape: SchemaShape, names: ReadonlyMap<string, string>): SchemaShape {
  const rename = (name: string): string => names.get(name) ?? name
  const properties = new Map([...shape.properties].map(([name, schema]) => [rename(name), schema]))
  return { ...shape, properties, required: new Set([...shape.required].map(rename)) }
}

/** Differences in what single values may be; the types are taken to be the same. */
function compareValues(ours: SchemaShape, theirs: SchemaShape, position: Position): readonly SpecDifference[] {
  return [
    ...compareEnums(ours, theirs, position),
    ...compareLimits(ours, theirs, position),
    ...comparePatternRules(ours, theirs, position),
    ...oneSided(position, 'deprecation', 'deprecated', ours.deprecated, theirs.deprecated),
    ...keysOf(ours.keywords, theirs.keywords).flatMap((keyword) => {
      const [our, their] = [ours.keywords.get(keyword), theirs.keywords.get(keyword)]
      if (our === their) return []
      const isNumber = /integer|number/.test(theirs.types.join())
      if (keyword === 'format' || keyword === 'default') {
        const severity = keyword === 'format' && our === undefined && isNumber ? 'note' : undefined
        return [difference(position, '', keyword, { ours: our, theirs: their, severity })]
      }
      const text = (value: string | undefined) => (value === undefined ? undefined : `${keyword}: ${value}`)
      const remark = 'not judged; compare by eye'
      return [difference(position, '', 'keyword', { ours: text(our), theirs: text(their), remark })]
    }),
  ]
}

function keysOf(left: ReadonlyMap<string, unknown>, right: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...left.keys(), ...right.keys()])]
}

function compareEnums(ours: SchemaShape, theirs: SchemaShape, position: Position): readonly SpecDifference[] {
  const [our, their] = [ours, theirs].map(({ values }) =>
    values?.map((value) => (typeof value === 'string' ? value : canonicalJson(value))),
  )
  const added = (their ?? []).filter((value) => our?.includes(value) !== true)
  const removed = (our ?? []).filter((value) => their?.includes(value) !== true)
  if (added.length + removed.length === 0 && (our === undefined) === (their === undefined)) return []
  const remarks = [
    ...(added.length > 0 ? [`only theirs: ${added.join(', ')}`] : []),
    ...(removed.length > 0 ? [`only ours: ${removed.join(', ')}`] : []),
  ]
  const remark = our === undefined || their === undefined ? undefined : remarks.join('; ')
  return [difference(position, '', 'enum', { ours: our?.join(', '), theirs: their?.join(', '), remark })]
}

function compareLimits(ours: SchemaShape, theirs: SchemaShape, position: Position): readonly SpecDifference[] {
  const [our, their] = [effectiveLimits(ours), effectiveLimits(theirs)]
  return keysOf(our, their).flatMap((name) => {
    const [mine, other] = [our.get(name), their.get(name)]
    if (mine === other) return []
    const text = (value: number | undefined) => (value === undefined ? undefined : `${name} ${value}`)
    const isBoth = mine !== undefined && other !== undefined
    const remark = isBoth ? `${isTighter(name, other, mine) ? 'theirs' : 'ours'} is tighter` : undefined
    return [difference(position, '', 'limit', { ours: text(mine), theirs: text(other), remark })]
  })
}

/** A pattern that refuses the empty string says `minLength: 1` as well. */
function effectiveLimits(shape: SchemaShape): ReadonlyMap<string, number> {
  if (shape.limits.has('minLength') || !refusesEmpty(shape)) return shape.limits
  return new Map([...shape.limits, ['minLength', 1]])
}

function comparePatternRules(mine: SchemaShape, other: SchemaShape, position: Position): readonly SpecDifference[] {
  const [ours, theirs] = [mine, other].map(({ patterns }) =>
    patterns.length === 0 ? undefined : patterns.join(' and '),
  )
  if (ours === theirs) return []
  if (theirs === undefined) return [difference(position, '', 'pattern', { ours })]
  const { isSame, remark } = comparePatterns(mine, other)
  return [difference(position, '', 'pattern', { ours, theirs, severity: isSame ? 'note' : undefined, remark })]
}
