// Compares two schemas, down through types, items and fields, and what both say about single values.
// Which difference breaks a client is decided in finding.ts.
import { canonicalJson, isObject, textsOf, type JsonObject } from '../kernel/json-value.js'
import { difference, differing, within } from './finding.js'
import type { DifferenceDetails, DifferenceKind, Position, SpecDifference } from './finding.js'
import { comparePatterns } from './patterns.js'
import { describeForm, describeShape, isAnyJson, isTighter } from './schema-shape.js'
import type { Form, SchemaShape, ShapeReader } from './schema-shape.js'

type Differences = readonly SpecDifference[]
type Said = string | undefined

/** What to know of a difference in a keyword, beyond what both say. */
type Judge = (mine: Form, other: Form) => Pick<DifferenceDetails, 'remark' | 'severity'>

interface Keyword {
  readonly kind: DifferenceKind
  /** What stands before its value in words. */
  readonly start?: string
  readonly between?: string
  readonly judge?: Judge
}

/** Keywords about single values. */
const keywords: Readonly<Record<string, Keyword>> = {
  enum: { kind: 'enum', between: ', ', judge: judgeEnums },
  pattern: {
    kind: 'pattern',
    between: ' and ',
    judge: ({ facts: our }, { facts: their }) => (their.has('pattern') ? comparePatterns(our, their) : {}),
  },
  format: {
    kind: 'format',
    judge: ({ facts }, theirs) => {
      const isNumber = !facts.has('format') && /^int|^float|^double/.test(String(theirs.facts.get('format')))
      return { severity: isNumber ? 'note' : undefined }
    },
  },
  default: { kind: 'default' },
  type: { kind: 'type', judge: () => ({ severity: 'note', remark: 'a number either way' }) },
  deprecated: { kind: 'deprecation' },
}

/** All others: limits, and what is not judged. */
function otherKeyword(keyword: string, isLimit: boolean): Keyword {
  if (!isLimit)
    return { kind: 'keyword', start: `${keyword}: `, judge: () => ({ remark: 'not judged; compare by eye' }) }
  return {
    kind: 'limit',
    start: `${keyword} `,
    judge: ({ facts: ours }, { facts: theirs }) => {
      const [our, their] = [ours.get(keyword), theirs.get(keyword)]
      if (our === undefined || their === undefined) return {}
      return { remark: `${isTighter(keyword, Number(their), Number(our)) ? 'theirs' : 'ours'} is tighter` }
    },
  }
}

/**
 * The comparison of two documents' schemas at one position. Each pair is compared once; a recursive one finds in itself
 * nothing new.
 */
export class SchemaComparison {
  private readonly position: Position
  private readonly ours: ShapeReader
  private readonly theirs: ShapeReader
  private readonly known = new Map<unknown, Map<unknown, Differences>>()

  constructor(position: Position, ours: ShapeReader, theirs: ShapeReader) {
    this.position = position
    this.ours = ours
    this.theirs = theirs
  }

  /** Differences between a schema of ours and one of theirs; places are relative to the schema. */
  compare(ours: JsonObject, theirs: JsonObject): Differences {
    const [mine, other] = [this.ours(ours), this.theirs(theirs)]
    if (mine.flags.has('broken') || other.flags.has('broken')) return []
    const byTheirs = this.known.get(mine.forms) ?? new Map<unknown, Differences>()
    this.known.set(mine.forms, byTheirs)
    const known = byTheirs.get(other.forms)
    if (known !== undefined) return known
    byTheirs.set(other.forms, [])
    const found = this.compareWhole(mine, other)
    byTheirs.set(other.forms, found)
    return found
  }

  private found(kind: DifferenceKind, ours: Said, theirs: Said, more = {}): Differences {
    return differing(this.position, kind, ours, theirs, more)
  }

  private compareWhole(mine: SchemaShape, other: SchemaShape): Differences {
    const [ours, theirs] = [describeShape(mine), describeShape(other)]
    if (isAnyJsonPair(mine, other)) {
      if (!isAnyJson(other) || isAnyJson(mine)) return []
      const name = `${other.name} (${[...other.forms.keys()].join(' or ')})`
      return this.found('any JSON', ours, name, { remark: 'upstream writes any JSON that way' })
    }
    const isOther =
      mine.forms.size * other.forms.size === 1 && ![...mine.forms.keys()].some((type) => other.forms.has(type))
    if (isOther || mine.forms.has('any') !== other.forms.has('any'))
      return [difference(this.position, '', 'type', { ours, theirs })]
    const nulls = [mine, other].map(({ flags }) => (flags.has('nullable') ? 'null admitted' : undefined))
    return [
      ...this.found('null', nulls[0], nulls[1]),
      ...[...new Set([...other.forms.keys(), ...mine.forms.keys()])].flatMap((type) => {
        const [our, their] = [mine.forms.get(type), other.forms.get(type)]
        return our === undefined || their === undefined
          ? this.found('form', our && describeForm(type, our), their && describeForm(type, their))
          : this.compareForms(type, our, their, mine.name)
      }),
    ]
  }

  private compareForms(type: string, mine: Form, other: Form, name: Said): Differences {
    const isOtherNumber = mine.facts.get('type') !== other.facts.get('type')
    const said = new Set([...mine.facts.keys(), ...other.facts.keys()])
    if (isOtherNumber) said.delete('format')
    return [
      ...[...said].flatMap((keyword) => this.compareFact(keyword, mine, other)),
      ...this.compareFields(type, mine, other, name),
      ...(type === 'array' ? within('[]', this.compareItems(mine, other)) : []),
    ]
  }

  private compareItems({ items: ours }: Form, { items: theirs }: Form): Differences {
    if (theirs !== undefined) return this.compare(ours ?? {}, theirs)
    return ours === undefined ? [] : this.found('content', describeShape(this.ours(ours)), LEFT_OPEN)
  }

  private compareFields(type: string, mine: Form, other: Form, ourName: Said): Differences {
    // A request does not carry what is read-only, an answer not what is write-only.
    const hidden = this.position === 'request' ? 'readOnly' : 'writeOnly'
    const visible = ({ fields }: Form, read: ShapeReader) =>
      new Map([...fields].filter(([, schema]) => !read(schema).flags.has(hidden)))
    const [ours, theirs] = [visible(mine, this.ours), visible(other, this.theirs)]
    const isTheirsOpen = theirs.size === 0 && other.otherFields === undefined && type === 'object'
    if (isTheirsOpen && (ours.size > 0 || isObject(mine.otherFields))) {
      const content = ours.size > 0 ? `fields ${[...ours.keys()].join(', ')}` : 'a map of one type'
      return this.found('content', ourName ?? content, LEFT_OPEN)
    }
    const theirNames = namesByOurs(ours, theirs)
    return [
      ...[...new Set([...theirNames.keys(), ...ours.keys()])].flatMap((place) => {
        const name = theirNames.get(place) ?? place
        const [our, their] = [ours.get(place), theirs.get(name)]
        // A published document that requires less says nothing.
        const required = other.required.has(name) && (their === undefined || !mine.required.has(place))
        const found =
          our === undefined || their === undefined
            ? this.found('field', our && describeShape(this.ours(our)), their && this.described(their, required))
            : [
                ...this.found('field name', place, name),
                ...this.compare(our, their),
                ...this.found('required', undefined, required ? 'required' : undefined),
              ]
        return within(`/${place}`, found)
      }),
      ...this.compareOtherFields(mine, other),
    ]
  }

  private described(their: JsonObject, isRequired: boolean): string {
    return `${describeShape(this.theirs(their))}${isRequired ? ', required' : ''}`
  }

  private compareOtherFields({ otherFields: mine }: Form, { otherFields: other }: Form): Differences {
    if (isObject(other) && mine !== false) return within('/{name}', this.compare(isObject(mine) ? mine : {}, other))
    const [ours, theirs] = [mine, other].map((fields) =>
      fields === false ? 'refused' : isObject(fields) ? 'of one type' : 'admitted',
    )
    return this.found('other fields', ours, theirs)
  }

  /** What both say by one keyword about single values; the types are taken to be the same. */
  private compareFact(keyword: string, mine: Form, other: Form): Differences {
    const facts = [mine, other].map((shape) => shape.facts.get(keyword))
    const isLimit = facts.some((fact) => typeof fact === 'number')
    const { kind, start = '', between = '', judge } = keywords[keyword] ?? otherKeyword(keyword, isLimit)
    const [our, their] = facts.map((fact) => canonicalJson(typeof fact === 'object' ? fact.toSorted() : fact))
    if (our === their) return []
    const [ours, theirs] = facts.map((fact) =>
      fact === undefined ? fact : `${start}${typeof fact === 'object' ? fact.join(between) : fact}`,
    )
    return this.found(kind, ours, theirs, judge?.(mine, other))
  }
}

function judgeEnums({ facts: mine }: Form, { facts: other }: Form): DifferenceDetails {
  if (!mine.has('enum') || !other.has('enum')) return {}
  const [our, their] = [textsOf(mine.get('enum')), textsOf(other.get('enum'))]
  const only = {
    theirs: their.filter((value) => !our.includes(value)),
    ours: our.filter((value) => !their.includes(value)),
  }
  const sides = Object.entries(only).filter(([, values]) => values.length > 0)
  return { remark: sides.map(([side, values]) => `only ${side}: ${values.join(', ')}`).join('; ') }
}

const LEFT_OPEN = 'left open'

function isAnyJsonPair(mine: SchemaShape, other: SchemaShape): boolean {
  const isAny = (shape: SchemaShape) => isAnyJson(shape) || shape.forms.has('any')
  const isOpenObject = mine.forms.size === 1 && mine.forms.get('object')?.fields.size === 0
  return isAny(other) && (isAny(mine) || (isAnyJson(other) && isOpenObject))
}

/** The names of their fields by ours, which may spell them differently (`isReady`, `is_ready`). */
function namesByOurs(ours: ReadonlyMap<string, unknown>, theirs: ReadonlyMap<string, unknown>) {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase()
  const free = new Map([...ours.keys()].filter((name) => !theirs.has(name)).map((name) => [bare(name), name]))
  return new Map([...theirs.keys()].map((name) => [ours.has(name) ? name : (free.get(bare(name)) ?? name), name]))
}
