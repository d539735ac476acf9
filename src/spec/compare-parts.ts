// Compares what two documents say at the same place: the parts of operations, and schemas down through fields and items,
// which are parts too. Which difference breaks a client is decided in finding.ts.
import { groupBy } from '../kernel/group-by.js'
import { differing, flaw, within, type Position, type SpecDifference } from './finding.js'
import { ANYTHING, type Schemas, type SpecDocument, type SpecPart } from './parse-spec.js'
import { createShapeReader, type SchemaShape, type ShapeReader } from './schema-shape.js'

type Differences = readonly SpecDifference[]
type Parts = ReadonlyMap<string, SpecPart>

/** Keywords that are kinds of differences; the others are limits, or are not judged one by one. */
const ownKinds = ['enum', 'pattern', 'format', 'default', 'form', 'deprecated'] as const

const MAX_DEPTH = 100
/** Differences that are listed of two schemas: a document may repeat them without measure. */
const MAX_DIFFERENCES = 1000

/** The comparison of two documents. Each pair of schemas is compared once, so that recursive ones come to an end. */
export class DocumentComparison {
  private readonly readOurs: ShapeReader
  private readonly readTheirs: ShapeReader
  private readonly known = new Map<string, Differences>()
  private depth = 0

  constructor(our: SpecDocument, their: SpecDocument) {
    this.readOurs = createShapeReader(our)
    this.readTheirs = createShapeReader(their)
  }

  /** Differences between two parts and what they hold, in the order a reader meets them in a document. */
  compareParts(ours: SpecPart, theirs: SpecPart): Differences {
    const { position, kind } = theirs
    const { where: place } = kind === 'status' ? theirs : ours
    const said = (part: SpecPart) => (part.isDeprecated ? 'true' : undefined)
    const found = [
      ...(kind === 'field' ? differing(position, 'field name', ours.name, theirs.name) : []),
      ...(kind === 'operation' ? differing(position, 'operation id', ours.name, theirs.name) : []),
      // A published document that requires less says nothing.
      ...(theirs.isRequired && !ours.isRequired ? differing(position, 'required', undefined, 'required') : []),
      ...differing(position, 'deprecated', said(ours), said(theirs)),
      ...this.compareMedia(ours, theirs),
    ]
    return [...within(place, found, kind === 'field' ? '' : ' '), ...this.compareMembers(ours.parts, theirs.parts)]
  }

  private compareMembers(ours: Parts, theirs: Parts): Differences {
    return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap((key) => {
      const their = partAt(theirs, key)
      // Items and further fields that ours says nothing of may be anything.
      const isOpen = their !== undefined && /^(\[\]|\/\{name\})$/.test(their.where)
      const our = partAt(ours, key) ?? (isOpen ? { ...their, media: new Map([['', [ANYTHING]]]) } : undefined)
      const isRange = key === 'default' || /^\dXX$/.test(key)
      if (isRange && (our === undefined || !theirs.has(key))) return []
      if (our !== undefined && their !== undefined) return this.compareParts(our, their)
      return [...oneSided(our, 'ours', this.readOurs), ...oneSided(their, 'theirs', this.readTheirs)]
    })
  }

  /** What both say at each media type; a parameter, header or field has one, `''`, and none where its schema is missing. */
  private compareMedia({ media: ours }: SpecPart, { position, kind, media: theirs }: SpecPart): Differences {
    if (ours.size === 0 || theirs.size === 0) {
      const [our, their] = [ours, theirs].map((media) => (media.size > 0 ? [...media.keys()].join(', ') : undefined))
      if (kind === 'body' || kind === 'status') return differing(position, 'body', our, their)
      return ours.size === 0 ? [] : flaw('no schema', 'its type is left open; not compared')
    }
    const partnerOf = (type: string, media: typeof ours) =>
      [...media.keys()].find((name) => name === type || name === '*/*' || type === '*/*')
    const found = [...theirs].flatMap(([type, schemas]) => {
      const partner = partnerOf(type, ours)
      if (partner === undefined) return differing(position, 'media type', undefined, type)
      const mine = ours.get(partner)
      return mine && schemas ? this.compareSchemas(position, mine, schemas) : []
    })
    const lost = [...ours.keys()].filter((type) => partnerOf(type, theirs) === undefined)
    return [...found, ...lost.flatMap((type) => differing(position, 'media type', type, undefined))]
  }

  private compareSchemas(position: Position, ours: Schemas, theirs: Schemas): Differences {
    const [mine, other] = [this.readOurs(ours), this.readTheirs(theirs)]
    const key = `${position} ${mine.id} ${other.id}`
    const before = this.known.get(key)
    if (before !== undefined) return before
    if (this.depth > MAX_DEPTH) return flaw('depth', 'nests too deeply; not compared')
    this.known.set(key, [])
    this.depth++
    const isUnknown = mine.flags.has('unknown') || other.flags.has('unknown')
    const found = [
      ...[...other.flaws].flatMap(([what, meaning]) => flaw(what, meaning)),
      ...(isUnknown ? [] : this.compareShapes(position, mine, other)),
    ]
    this.depth--
    const ranked = groupBy(found, ({ severity }) => severity === 'breaking')
    const differences = [...(ranked.get(true) ?? []), ...(ranked.get(false) ?? [])].slice(0, MAX_DIFFERENCES)
    this.known.set(key, differences)
    return differences
  }

  private compareShapes(position: Position, mine: SchemaShape, other: SchemaShape): Differences {
    const nullIn = ({ flags }: SchemaShape) => (flags.has('nullable') ? 'null admitted' : undefined)
    const [ours, theirs] = [fieldsOf(mine, position, this.readOurs), fieldsOf(other, position, this.readTheirs)]
    const isAnyJson = mine.type === 'object' && other.flags.has('anyJson') && ours.size === 0
    const either = { severity: 'note', remark: 'a number either way' } as const
    const isEither = isNumber(mine) && isNumber(other)
    return [
      ...differing(position, 'null', nullIn(mine), nullIn(other)),
      ...differing(position, isAnyJson ? 'any JSON' : 'type', mine.type, other.type, isEither ? either : {}),
      ...(ours.size > 0 && theirs.size === 0
        ? differing(position, 'content', mine.type, 'left open')
        : this.compareMembers(ours, theirs)),
      ...[...new Set([...other.facts.keys(), ...mine.facts.keys()])].flatMap((keyword) =>
        compareFacts(position, keyword, mine, other),
      ),
    ]
  }
}

/** A part by its key; the answer to a status also by its range, or by `default`. */
function partAt(parts: Parts, key: string): SpecPart | undefined {
  return parts.get(key) ?? (/^\d/.test(key) ? (parts.get(`${key.charAt(0)}XX`) ?? parts.get('default')) : undefined)
}

function oneSided(part: SpecPart | undefined, side: 'ours' | 'theirs', read: ShapeReader): Differences {
  if (part === undefined) return []
  const { where, kind, position, media, isRequired } = part
  const isBody = kind === 'body' || kind === 'status'
  const [schemas = [ANYTHING]] = media.values()
  const types = isBody ? [...media.keys()].join(', ') || 'no body' : read(schemas).type
  const text = `${types}${isRequired && !isBody ? ', required' : ''}`
  const [ours, theirs] = side === 'ours' ? [text, undefined] : [undefined, text]
  // Published documents leave identity headers out; a parameter of a path that lost its declaration is a mistake.
  const severity = side === 'ours' && /^(header|path) /.test(where) ? 'note' : undefined
  return within(where, differing(position, kind, ours, theirs, { severity }))
}

/** What is inside, by names that may be spelt otherwise (`isReady`, `is_ready`). A request does not carry what is read-only. */
function fieldsOf({ inside, facts }: SchemaShape, position: Position, read: ShapeReader): Parts {
  const hidden = position === 'request' ? 'readOnly' : 'writeOnly'
  const fields = new Map<string, SpecPart>()
  for (const [where, schemas] of inside) {
    if (read(schemas).flags.has(hidden)) continue
    const name = where.replace('/', '')
    const isRequired = facts.get('required')?.includes(name) === true
    const plain = where.replaceAll(/[-_]/g, '').toLowerCase()
    const said = { kind: 'field', where, position, name, isRequired, isDeprecated: false } as const
    fields.set(fields.has(plain) ? where : plain, { ...said, media: new Map([['', schemas]]), parts: new Map() })
  }
  return fields
}

function isNumber({ type }: SchemaShape): boolean {
  return type === 'integer' || type === 'number'
}

/** What both say by one keyword about single values. */
function compareFacts(position: Position, keyword: string, ours: SchemaShape, theirs: SchemaShape): Differences {
  const isLimit = /^(exclusive)?(min|max)|^(multipleOf|uniqueItems)$/i.test(keyword)
  const kind = ownKinds.find((each) => each === keyword) ?? (isLimit ? 'limit' : 'keyword')
  // That a field is required is told at the field, unless alternatives require different ones.
  if (keyword === 'required' && !ours.facts.has('form') && !theirs.facts.has('form')) return []
  if (kind === 'format' && ours.type !== theirs.type) return []
  const [our, their] = [ours.facts.get(keyword), theirs.facts.get(keyword)]
  const textOf = (values: readonly string[] | undefined): string | undefined =>
    values && `${kind === 'limit' || kind === 'keyword' ? `${keyword} ` : ''}${values.toSorted().join(', ')}`
  const only = (some: readonly string[], others: readonly string[]): string =>
    some.filter((value) => !others.includes(value)).join(', ') || 'none'
  return differing(position, kind, textOf(our), textOf(their), {
    // Generated documents name the size of every number.
    severity: kind === 'format' && isNumber(theirs) && our === undefined ? 'note' : undefined,
    remark:
      kind === 'enum' && our && their ? `only theirs: ${only(their, our)}; only ours: ${only(our, their)}` : undefined,
  })
}
