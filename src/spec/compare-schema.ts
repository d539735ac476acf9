// Compares two schemas, down through types, items and fields, and what both say about single values.
// Which difference breaks a client is decided in finding.ts.
import { isObject, textsOf, type JsonObject } from '../kernel/json-value.js'
import { difference, differing, within } from './finding.js'
import type { DifferenceDetails, DifferenceKind, Position, SpecDifference } from './finding.js'
import { comparePatterns } from './patterns.js'
import { describeForm, describeShape, isAnyJson } from './schema-shape.js'
import type { FormFacts, Form, SchemaShape, ShapeReader } from './schema-shape.js'

type Differences = readonly SpecDifference[]
type Said = string | undefined

/** Keywords about single values that are kinds of differences; the others are limits or are not judged. */
const keywordKinds = ['enum', 'pattern', 'format', 'default', 'type', 'deprecation'] as const

/** What to know of a difference in a keyword, beyond what both say. */
type Judge = (ours: FormFacts, theirs: FormFacts) => Pick<DifferenceDetails, 'remark' | 'severity'>

const judges: { readonly [Kind in DifferenceKind]?: Judge } = {
  enum: (ours, theirs) => {
    const [our, their] = [ours, theirs].map((facts) => textsOf(facts.get('enum')))
    if (!ours.has('enum') || !theirs.has('enum')) return {}
    const only = {
      theirs: their?.filter((value) => !our?.includes(value)),
      ours: our?.filter((value) => !their?.includes(value)),
    }
    const sides = Object.entries(only).flatMap(([side, values = []]) =>
      values.length > 0 ? [`only ${side}: ${values.join(', ')}`] : [],
    )
    return { remark: sides.join('; ') }
  },
  pattern: (ours, theirs) => (theirs.has('pattern') ? comparePatterns(ours, theirs) : {}),
  format: (ours, theirs) => (!ours.has('format') && theirs.has('type') ? { severity: 'note' } : {}),
  type: () => ({ severity: 'note', remark: 'a number either way' }),
  keyword: () => ({ remark: 'not judged; compare by eye' }),
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
    const keywords = new Set([...mine.facts.keys(), ...other.facts.keys()])
    // An integer and another number have formats of their own.
    if (mine.facts.get('type') !== other.facts.get('type')) keywords.delete('format')
    return [
      ...[...keywords].flatMap((keyword) => this.compareFact(keyword, mine.facts, other.facts)),
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
  private compareFact(keyword: string, mine: FormFacts, other: FormFacts): Differences {
    const facts = [mine.get(keyword), other.get(keyword)]
    const [our, their] = facts.map((fact) => (typeof fact === 'object' ? fact.toSorted().join('\n') : fact))
    if (our === their) return []
    const kind = keywordKinds.find((each) => each === keyword)
    const [ours, theirs] = facts.map((fact) => {
      const text = typeof fact === 'object' ? fact.join(', ') : fact?.toString()
      return text === undefined || kind !== undefined ? text : `${keyword} ${text}`
    })
    const otherKind = facts.some((fact) => typeof fact === 'number') ? 'limit' : 'keyword'
    return this.found(kind ?? otherKind, ours, theirs, judges[kind ?? otherKind]?.(mine, other))
  }
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
