// Compares two schemas, down through alternatives, items and fields, and what both say about single values.
// Which difference breaks a client is decided in finding.ts.
import { canonicalJson } from '../kernel/json-value.js'
import { difference, isBreaking, oneSided, within } from './finding.js'
import type { DifferenceDetails, DifferenceKind, Position, SpecDifference } from './finding.js'
import { comparePatterns } from './patterns.js'
import { admitsAnything, describeShape, formsOf, isTighter } from './schema-shape.js'
import type { Schemas, SchemaShape, ShapeReader } from './schema-shape.js'

type Differences = readonly SpecDifference[]

/**
 * The comparison of two documents' schemas at one position. Each pair is compared once; a recursive one finds in itself
 * nothing new.
 */
export class SchemaComparison {
  private readonly position: Position
  private readonly ours: ShapeReader
  private readonly theirs: ShapeReader
  private readonly known = new Map<string, Differences>()

  constructor(position: Position, ours: ShapeReader, theirs: ShapeReader) {
    this.position = position
    this.ours = ours
    this.theirs = theirs
  }

  /** Differences between a schema of ours and one of theirs; places are relative to the schema. */
  compare(ours: Schemas, theirs: Schemas): Differences {
    const [mine, other] = [this.ours(ours), this.theirs(theirs)]
    return this.once('whole', mine, other, () => this.compareWhole(mine, other))
  }

  private once(how: string, mine: SchemaShape, other: SchemaShape, compare: () => Differences): Differences {
    const key = `${how} ${mine.key}, ${other.key}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    this.known.set(key, [])
    const found = mine.broken || other.broken ? [] : compare()
    this.known.set(key, found)
    return found
  }

  private found(kind: DifferenceKind, details: DifferenceDetails, where = ''): SpecDifference {
    return difference(this.position, where, kind, details)
  }

  private compareWhole(mine: SchemaShape, other: SchemaShape): Differences {
    if (isAnyJsonPair(mine, other)) return this.noteAnyJson(mine, other)
    if (admitsAnything(mine) !== admitsAnything(other)) return [this.found('type', describeBoth(mine, other))]
    const isOneForm = mine.forms.length + other.forms.length === 0 && mine.types.join() === other.types.join()
    return [
      ...oneSided(this.position, 'null', 'null admitted', mine.nullable, other.nullable),
      ...(isOneForm ? this.compareForm(mine, other) : this.compareAlternatives(mine, other)),
    ]
  }

  private noteAnyJson(mine: SchemaShape, other: SchemaShape): Differences {
    if (!other.anyJson || mine.anyJson) return []
    const theirs = `${other.name ?? 'JsonNode'} (${other.types.join(' or ') || 'untyped'})`
    return [this.found('any JSON', { ours: describeShape(mine), theirs, remark: 'upstream writes any JSON that way' })]
  }

  /** Pairs each alternative of theirs with the one of ours that it fits, or else with the nearest one left over. */
  private compareAlternatives(mine: SchemaShape, other: SchemaShape): Differences {
    const ourForms = formsOf(mine, this.ours)
    const rows = formsOf(other, this.theirs).map((their) => ({
      their,
      pairs: ourForms.map((our) => {
        const found = this.compareForm(our, their)
        return { our, found, breaks: found.filter(isBreaking).length }
      }),
    }))
    const fitting = rows.flatMap(({ pairs }) => pairs.filter(({ breaks }) => breaks === 0).map(({ our }) => our))
    const open = new Set(ourForms.filter((our) => !fitting.includes(our)))
    const isAlone = ourForms.length === 1 && rows.length === 1
    const isNear = ({ our, found }: { our: SchemaShape; found: Differences }): boolean =>
      open.has(our) && (isAlone || !found.some(({ where, kind }) => where === '' && kind === 'type'))
    const found = rows.flatMap(({ their, pairs }): Differences => {
      const [least] = pairs.filter(isNear).toSorted((left, right) => left.breaks - right.breaks)
      const nearest = pairs.find(({ breaks }) => breaks === 0) ?? least
      if (nearest === undefined) return [this.found('form', { theirs: describeShape(their) })]
      open.delete(nearest.our)
      return nearest.found
    })
    return [...found, ...[...open].map((our) => this.found('form', { ours: describeShape(our) }))]
  }

  private compareForm(mine: SchemaShape, other: SchemaShape): Differences {
    return this.once('form', mine, other, () => {
      if ([...mine.types, ...other.types].toSorted().join() === 'integer,number') {
        const remark = 'a number either way'
        const types = this.found('type', { ...describeBoth(mine, other), severity: 'note', remark })
        return [types, ...this.compareValues(mine, other).filter(({ kind }) => kind !== 'format')]
      }
      if (mine.types.join() !== other.types.join()) return [this.found('type', describeBoth(mine, other))]
      return [
        ...this.compareValues(mine, other),
        ...this.compareFields(mine, other),
        ...(mine.types.includes('array') ? this.compareItems(mine, other) : []),
      ]
    })
  }

  private compareItems({ items: ours }: SchemaShape, { items: theirs }: SchemaShape): Differences {
    if (theirs !== undefined) return within('[]', this.compare(ours ?? [], theirs))
    return ours === undefined ? [] : [this.found('content', this.leftOpen(describeShape(this.ours(ours))), '[]')]
  }

  private leftOpen(ours: string): DifferenceDetails {
    return { ours, theirs: 'left open' }
  }

  /** Differences between the fields of two shapes, whose types are taken to be the same. */
  private compareFields(mine: SchemaShape, other: SchemaShape): Differences {
    // A request does not carry what is read-only, an answer not what is write-only.
    const hidden = this.position === 'request' ? 'readOnly' : 'writeOnly'
    const visible = ({ properties }: SchemaShape, read: ShapeReader) =>
      new Map([...properties].filter(([, schemas]) => !read(schemas).says(hidden)))
    const [ours, theirs] = [visible(mine, this.ours), visible(other, this.theirs)]
    const isTheirsOpen = theirs.size === 0 && other.additional === undefined && other.types.includes('object')
    if (isTheirsOpen && (ours.size > 0 || Array.isArray(mine.additional))) {
      const content = ours.size > 0 ? `fields ${[...ours.keys()].join(', ')}` : 'a map of one type'
      return [this.found('content', this.leftOpen(mine.name ?? content))]
    }
    const renamed = namesInOurs(ours, theirs)
    const isTheirs = new Set([...theirs.keys()].map((name) => renamed.get(name) ?? name))
    return [
      ...[...renamed].map(([their, our]) => this.found('field name', { ours: our, theirs: their }, `/${our}`)),
      ...[...theirs].flatMap(([name, their]): Differences => {
        const place = renamed.get(name) ?? name
        const our = ours.get(place)
        const isRequired = other.required.has(name)
        if (our === undefined) {
          const word = `${describeShape(this.theirs(their))}${isRequired ? ', required' : ''}`
          return [this.found('field', { theirs: word }, `/${place}`)]
        }
        // A published document that requires less says nothing.
        return within(`/${place}`, [
          ...this.compare(our, their),
          ...(isRequired && !mine.required.has(place) ? [this.found('required', { theirs: 'required' })] : []),
        ])
      }),
      ...[...ours].flatMap(([name, our]) =>
        isTheirs.has(name) ? [] : [this.found('field', { ours: describeShape(this.ours(our)) }, `/${name}`)],
      ),
      ...this.compareOtherFields(mine, other),
    ]
  }

  private compareOtherFields({ additional: mine }: SchemaShape, { additional: other }: SchemaShape): Differences {
    if (typeof other === 'object' && mine !== false)
      return within('/{name}', this.compare(typeof mine === 'object' ? mine : [], other))
    const [ours, theirs] = [mine, other].map((additional) =>
      additional === false ? 'refused' : typeof additional === 'object' ? 'of one type' : 'admitted',
    )
    return ours === theirs ? [] : [this.found('other fields', { ours, theirs })]
  }

  /** Differences in what single values may be; the types are taken to be the same. */
  private compareValues(mine: SchemaShape, other: SchemaShape): Differences {
    const keywords = new Set([...mine.facts.keys(), ...other.facts.keys()])
    return [
      ...this.compareEnums(mine, other),
      ...oneSided(this.position, 'deprecation', 'deprecated', mine.says('deprecated'), other.says('deprecated')),
      ...[...keywords].flatMap((keyword) => {
        const [ours, theirs] = [mine.facts.get(keyword), other.facts.get(keyword)]
        return ours === theirs ? [] : [this.compareFact(keyword, mine, other)]
      }),
    ]
  }

  private compareFact(keyword: string, mine: SchemaShape, other: SchemaShape): SpecDifference {
    const [our, their] = [mine.facts.get(keyword), other.facts.get(keyword)]
    const [ours, theirs] = [our, their].map((fact) => fact?.toString())
    if (keyword === 'default') return this.found('default', { ours, theirs })
    if (keyword === 'format') {
      const isNumber = our === undefined && /integer|number/.test(other.types.join())
      return this.found('format', { ours, theirs, severity: isNumber ? 'note' : undefined })
    }
    if (keyword === 'pattern') {
      const { isSame, remark } = their === undefined ? NOT_COMPARED : comparePatterns(mine, other)
      return this.found('pattern', { ours, theirs, remark, severity: isSame ? 'note' : undefined })
    }
    const isLimit = typeof (our ?? their) === 'number'
    const [mineSaid, otherSaid] = [ours, theirs].map((fact) => fact && `${keyword}${isLimit ? '' : ':'} ${fact}`)
    const said = { ours: mineSaid, theirs: otherSaid }
    if (!isLimit) return this.found('keyword', { ...said, remark: 'not judged; compare by eye' })
    const isBoth = our !== undefined && their !== undefined
    const remark = isBoth ? `${isTighter(keyword, their, our) ? 'theirs' : 'ours'} is tighter` : undefined
    return this.found('limit', { ...said, remark })
  }

  private compareEnums(mine: SchemaShape, other: SchemaShape): Differences {
    const [our, their] = [mine, other].map(({ values }) =>
      values?.map((value) => (typeof value === 'string' ? value : canonicalJson(value))),
    )
    const added = (their ?? []).filter((value) => our?.includes(value) !== true)
    const removed = (our ?? []).filter((value) => their?.includes(value) !== true)
    if (added.length + removed.length === 0 && (our === undefined) === (their === undefined)) return []
    const remarks = Object.entries({ theirs: added, ours: removed })
      .filter(([, values]) => values.length > 0)
      .map(([side, values]) => `only ${side}: ${values.join(', ')}`)
    const remark = our === undefined || their === undefined ? undefined : remarks.join('; ')
    return [this.found('enum', { ours: our?.join(', '), theirs: their?.join(', '), remark })]
  }
}

const NOT_COMPARED = { isSame: false, remark: undefined }

function isAnyJsonPair(mine: SchemaShape, other: SchemaShape): boolean {
  const isAny = (shape: SchemaShape) => shape.anyJson || admitsAnything(shape)
  return (
    isAny(other) && (isAny(mine) || (other.anyJson && mine.types.join() === 'object' && mine.properties.size === 0))
  )
}

function describeBoth(mine: SchemaShape, other: SchemaShape) {
  return { ours: describeShape(mine), theirs: describeShape(other) }
}

/** Fields of theirs that ours has in another spelling (`isReady`, `is_ready`), by their name to ours. */
function namesInOurs(ours: ReadonlyMap<string, unknown>, theirs: ReadonlyMap<string, unknown>) {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase()
  const free = new Map([...ours.keys()].filter((name) => !theirs.has(name)).map((name) => [bare(name), name]))
  const strange = [...theirs.keys()].filter((name) => !ours.has(name) && free.has(bare(name)))
  return new Map(strange.map((name) => [name, free.get(bare(name)) ?? name]))
}
