// Compares what two documents say at the same place: the parts of operations, and schemas down through types, items and
// fields, which are parts too. Which difference breaks a client is decided in finding.ts.
import { isObject, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { difference, differing, flaw, within } from './finding.js'
import type { DifferenceDetails, DifferenceKind, Position, SpecDifference } from './finding.js'
import type { SpecDocument, SpecPart } from './parse-spec.js'
import { comparePatterns, createShapeReader, describeForm, describeShape, isAnyJson, REFUSED } from './schema-shape.js'
import type { SchemaFact, Form, SchemaShape, ShapeReader } from './schema-shape.js'

type Differences = readonly SpecDifference[]
type Parts = ReadonlyMap<string, SpecPart>

/** Keywords about single values that are kinds of differences; the others are limits or are not judged. */
const keywordKinds = ['enum', 'pattern', 'format', 'default', 'type', 'deprecation'] as const

const LEFT_OPEN = 'left open'

/** Levels of schemas in each other that are compared. */
const MAX_DEPTH = 100

/** The comparison of two documents. Each pair of schemas is compared once, so that recursive ones come to an end. */
export class DocumentComparison {
  private readonly readOurs: ShapeReader
  private readonly readTheirs: ShapeReader
  /** What was found of two schemas' forms, by position. */
  private readonly known: Readonly<Record<Position, Map<unknown, Map<unknown, Differences>>>> = {
    ...{ request: new Map(), success: new Map(), failure: new Map() },
  }

  private depth = 0

  constructor(our: SpecDocument, their: SpecDocument) {
    this.readOurs = createShapeReader(our)
    this.readTheirs = createShapeReader(their)
  }

  /** Differences between two parts and what they hold, in the order a reader meets them in a document. */
  compareParts(ours: SpecPart, theirs: SpecPart): Differences {
    const { position, kind } = theirs
    const said = (part: SpecPart) => (part.isDeprecated ? 'deprecated' : undefined)
    // A published document that requires less says nothing.
    const required = theirs.isRequired && !ours.isRequired ? 'required' : undefined
    const found = [
      ...compareNames(ours, theirs),
      ...differing(position, 'required', undefined, required),
      ...differing(position, 'deprecation', said(ours), said(theirs)),
      ...this.compareMedia(ours, theirs),
    ]
    return [...within(ours.where, found, kind === 'field' ? '' : ' '), ...this.compareMembers(ours.parts, theirs.parts)]
  }

  private compareMembers(ours: Parts, theirs: Parts): Differences {
    const theirKeys = keysByOurs(ours, theirs)
    return [...new Set([...theirKeys.keys(), ...ours.keys()])].flatMap((key) => {
      const [our, their] = [partAt(ours, key), partAt(theirs, theirKeys.get(key) ?? key)]
      const isRange = key === 'default' || /^\dXX$/.test(key)
      if (isRange && (our === undefined || !theirs.has(key))) return []
      if (our !== undefined && their !== undefined)
        return this.compareParts(ours.has(key) ? our : { ...our, where: their.where }, their)
      return [
        ...(our === undefined ? [] : [oneSided(our, 'ours', this.readOurs)]),
        ...(their === undefined ? [] : [oneSided(their, 'theirs', this.readTheirs)]),
      ]
    })
  }

  /** What both say at each media type; a parameter, header or field has one, `''`, and none where its schema is missing. */
  private compareMedia({ media: ours }: SpecPart, theirs: SpecPart): Differences {
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
      return one && another ? this.compareSchemas(position, one, another) : []
    })
    return [...found, ...lost.flatMap((type) => differing(position, 'media type', type, undefined))]
  }

  private compareSchemas(position: Position, ours: JsonObject, theirs: JsonObject): Differences {
    const [mine, other] = [this.readOurs(ours), this.readTheirs(theirs)]
    const flaws = [...other.flaws].map(([what, meaning]) => flaw(position, what, meaning))
    if (mine.flags.has('broken') || other.flags.has('broken')) return flaws
    const known = this.known[position]
    const byTheirs = known.get(mine.forms) ?? new Map<unknown, Differences>()
    known.set(mine.forms, byTheirs)
    const before = byTheirs.get(other.forms)
    if (before !== undefined) return before
    if (this.depth > MAX_DEPTH) return [flaw(position, 'depth', 'nests too deeply; not compared')]
    byTheirs.set(other.forms, [])
    this.depth++
    const differences = [...flaws, ...this.compareShapes(position, mine, other)]
    this.depth--
    byTheirs.set(other.forms, differences)
    return differences
  }

  private compareShapes(position: Position, mine: SchemaShape, other: SchemaShape): Differences {
    const [ours, theirs] = [describeShape(mine), describeShape(other)]
    if (isAnyJsonPair(mine, other)) {
      if (!isAnyJson(other) || isAnyJson(mine)) return []
      const name = `${other.name} (${[...other.forms.keys()].join(' or ')})`
      return differing(position, 'any JSON', ours, name, { remark: 'upstream writes any JSON that way' })
    }
    const types = [...new Set([...other.forms.keys(), ...mine.forms.keys()])]
    const isOther = mine.forms.size === 1 && other.forms.size === 1 && types.length === 2
    if (isOther || mine.forms.has('any') !== other.forms.has('any'))
      return [difference(position, 'type', { ours, theirs })]
    const nullIn = ({ flags }: SchemaShape) => (flags.has('nullable') ? 'null admitted' : undefined)
    return [
      ...differing(position, 'null', nullIn(mine), nullIn(other)),
      ...types.flatMap((type) => {
        const [our, their] = [mine.forms.get(type), other.forms.get(type)]
        return our === undefined || their === undefined
          ? differing(position, 'form', our && describeForm(type, our), their && describeForm(type, their))
          : this.compareForms([position, type, mine.name], our, their)
      }),
    ]
  }

  private compareForms(
    [position, type, name]: [Position, string, string | undefined],
    ours: Form,
    theirs: Form,
  ): Differences {
    const [mine, other] = [fieldsOf(ours, position, this.readOurs), fieldsOf(theirs, position, this.readTheirs)]
    const isDescribed = mine.size > 0 || isObject(ours.get('{}'))
    const isLeftOpen = type === 'object' && isDescribed && other.size === 0 && !theirs.has('{}')
    const content =
      mine.size > 0 ? `fields ${[...mine.values()].map((field) => field.name).join(', ')}` : 'a map of one type'
    return [
      ...(isLeftOpen ? differing(position, 'content', name ?? content, LEFT_OPEN) : this.compareMembers(mine, other)),
      ...[...new Set([...theirs.keys(), ...ours.keys()])].flatMap((keyword) => {
        if (keyword.startsWith('/') || (keyword === '{}' && isLeftOpen)) return []
        const [our, their] = [ours.get(keyword), theirs.get(keyword)]
        if (keyword === '[]' || keyword === '{}') return this.compareChildren(position, keyword, our, their)
        return compareFacts([position, type, keyword], ours, theirs)
      }),
    ]
  }

  /** The items of arrays, or the fields without names of their own. */
  private compareChildren(
    position: Position,
    step: '[]' | '{}',
    ours: SchemaFact | undefined,
    theirs: SchemaFact | undefined,
  ): Differences {
    if (isObject(theirs) && ours !== REFUSED)
      return within(step === '[]' ? step : '/{name}', this.compareSchemas(position, isObject(ours) ? ours : {}, theirs))
    if (step === '[]')
      return isObject(ours)
        ? within(step, differing(position, 'content', describeShape(this.readOurs(ours)), LEFT_OPEN))
        : []
    const wordOf = (fact: SchemaFact | undefined) =>
      isObject(fact) ? 'of one type' : fact === REFUSED ? fact : 'admitted'
    return differing(position, 'other fields', wordOf(ours), wordOf(theirs))
  }
}

function compareNames({ name: ours }: SpecPart, { name: theirs, kind, position }: SpecPart): Differences {
  if (kind === 'field') return differing(position, 'field name', ours, theirs)
  if (kind === 'operation') return differing(position, 'operation id', ours || undefined, theirs || undefined)
  const isSame = ours.toLowerCase() === theirs.toLowerCase()
  return isSame ? [] : differing(position, 'parameter name', ours, theirs)
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

/** Their keys by ours of the same; fields may be spelt otherwise (`isReady`, `is_ready`). */
function keysByOurs(ours: Parts, theirs: Parts): ReadonlyMap<string, string> {
  const bare = (key: string): string => (key.startsWith('/') ? key.replaceAll(/[-_]/g, '').toLowerCase() : key)
  const free = new Map([...ours.keys()].filter((key) => !theirs.has(key)).map((key) => [bare(key), key]))
  return new Map([...theirs.keys()].map((key) => [ours.has(key) ? key : (free.get(bare(key)) ?? key), key]))
}

/** Media types meet when they are equal or one is a range, such as `*` / `*`, that holds the other. */
function mediaMeet(left: string, right: string): boolean {
  const holds = (range: string, type: string) =>
    range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
  return left === right || holds(left, right) || holds(right, left)
}

/** The fields of a form. A request does not carry what is read-only, an answer not what is write-only. */
function fieldsOf(form: Form, position: Position, read: ShapeReader): Parts {
  const required = textsOf(form.get('required'))
  const hidden = position === 'request' ? 'readOnly' : 'writeOnly'
  const fields = [...form].flatMap(([where, schema]): [string, SpecPart][] => {
    if (!where.startsWith('/') || !isObject(schema) || read(schema).flags.has(hidden)) return []
    const field = {
      kind: 'field',
      where,
      position,
      name: where.slice(1),
      isRequired: required.includes(where),
    } as const
    return [[where, { ...field, isDeprecated: false, media: new Map([['', schema]]), parts: new Map() }]]
  })
  return new Map(fields)
}

/** What both say by one keyword about single values; the types are taken to be the same. */
function compareFacts([position, type, keyword]: [Position, string, string], ours: Form, theirs: Form): Differences {
  const [our, their] = [ours.get(keyword), theirs.get(keyword)]
  const isOfTwoNumbers = keyword === 'format' && ours.get('type') !== theirs.get('type')
  if (keyword === 'required' || isOfTwoNumbers || isSameFact(our, their)) return []
  const isLimit = typeof (our ?? their) === 'number'
  const kind = keywordKinds.find((each) => each === keyword) ?? (isLimit ? 'limit' : 'keyword')
  const [mine, other] = [our, their].map((fact) => {
    if (fact === undefined) return kind === 'type' ? 'number' : undefined
    const text = typeof fact === 'number' ? String(fact) : (textOf(fact) ?? textsOf(fact).join(', '))
    return isLimit || kind === 'keyword' ? `${keyword} ${text}` : text
  })
  const isLooseNumber = kind === 'format' && type === 'number' && our === undefined
  return differing(position, kind, mine, other, isLooseNumber ? { severity: 'note' } : judges[kind]?.(ours, theirs))
}

/** What to know of a difference in a keyword, beyond what both say. */
const judges: Readonly<Partial<Record<DifferenceKind, (ours: Form, theirs: Form) => DifferenceDetails>>> = {
  enum: (ours, theirs) => (ours.has('enum') && theirs.has('enum') ? compareValues(ours, theirs) : {}),
  pattern: (ours, theirs) => (theirs.has('pattern') ? comparePatterns(ours, theirs) : {}),
  type: () => ({ severity: 'note', remark: 'a number either way' }),
  keyword: () => ({ remark: 'not judged; compare by eye' }),
}

function compareValues(ours: Form, theirs: Form): DifferenceDetails {
  const only = (side: string, own: Form, other: Form) => {
    const values = textsOf(own.get('enum')).filter((value) => !textsOf(other.get('enum')).includes(value))
    return values.length > 0 ? [`only ${side}: ${values.join(', ')}`] : []
  }
  return { remark: [...only('theirs', theirs, ours), ...only('ours', ours, theirs)].join('; ') }
}

function isSameFact(one: SchemaFact | undefined, other: SchemaFact | undefined): boolean {
  const [first, second] = [one, other].map((fact) => (Array.isArray(fact) ? fact.toSorted().join('\n') : fact))
  return first === second
}

function isAnyJsonPair(mine: SchemaShape, other: SchemaShape): boolean {
  const isAny = (shape: SchemaShape) => isAnyJson(shape) || shape.forms.has('any')
  const object = mine.forms.size === 1 ? mine.forms.get('object') : undefined
  const isOpenObject = object !== undefined && ![...object.keys()].some((keyword) => keyword.startsWith('/'))
  return isAny(other) && (isAny(mine) || (isAnyJson(other) && isOpenObject))
}
