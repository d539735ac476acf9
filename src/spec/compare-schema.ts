// Compares two schemas, down through types, items and fields, and what both say about single values.
// Which difference breaks a client is decided in finding.ts.
import { isObject, textOf, textsOf, type JsonObject } from '../kernel/json-value.js'
import { difference, differing, flaw, within } from './finding.js'
import type { DifferenceDetails, DifferenceKind, Position, SpecDifference } from './finding.js'
import { comparePatterns } from './patterns.js'
import { describeForm, describeShape, hasFields, isAnyJson, REFUSED } from './schema-shape.js'
import type { SchemaFact, Form, SchemaShape, ShapeReader } from './schema-shape.js'

type Differences = readonly SpecDifference[]

/** Keywords about single values that are kinds of differences; the others are limits or are not judged. */
const keywordKinds = ['enum', 'pattern', 'format', 'default', 'type', 'deprecation'] as const

const LEFT_OPEN = 'left open'

/**
 * The comparison of two documents' schemas at one position. Each pair is compared once; a recursive one finds in itself
 * nothing new.
 */
export class SchemaComparison {
  private readonly position: Position
  private readonly readOurs: ShapeReader
  private readonly readTheirs: ShapeReader
  private readonly known = new Map<unknown, Map<unknown, Differences>>()

  constructor(position: Position, readOurs: ShapeReader, readTheirs: ShapeReader) {
    this.position = position
    this.readOurs = readOurs
    this.readTheirs = readTheirs
  }

  /** Differences between a schema of ours and one of theirs; places are relative to the schema. */
  compare(ours: JsonObject, theirs: JsonObject): Differences {
    const [mine, other] = [this.readOurs(ours), this.readTheirs(theirs)]
    const flaws = [...other.flaws].map(([what, meaning]) => flaw(this.position, what, meaning))
    if (mine.flags.has('broken') || other.flags.has('broken')) return flaws
    const byTheirs = this.known.get(mine.forms) ?? new Map<unknown, Differences>()
    this.known.set(mine.forms, byTheirs)
    const before = byTheirs.get(other.forms)
    if (before !== undefined) return before
    byTheirs.set(other.forms, [])
    const differences = [...flaws, ...this.compareShapes(mine, other)]
    byTheirs.set(other.forms, differences)
    return differences
  }

  private found(kind: DifferenceKind, ours?: string, theirs?: string, more?: DifferenceDetails): Differences {
    return differing(this.position, kind, ours, theirs, more)
  }

  private compareShapes(mine: SchemaShape, other: SchemaShape): Differences {
    const [ours, theirs] = [describeShape(mine), describeShape(other)]
    if (isAnyJsonPair(mine, other)) {
      if (!isAnyJson(other) || isAnyJson(mine)) return []
      const name = `${other.name} (${[...other.forms.keys()].join(' or ')})`
      return this.found('any JSON', ours, name, { remark: 'upstream writes any JSON that way' })
    }
    const types = [...new Set([...other.forms.keys(), ...mine.forms.keys()])]
    const isOther = mine.forms.size === 1 && other.forms.size === 1 && types.length === 2
    if (isOther || mine.forms.has('any') !== other.forms.has('any'))
      return [difference(this.position, 'type', { ours, theirs })]
    const nullIn = ({ flags }: SchemaShape) => (flags.has('nullable') ? 'null admitted' : undefined)
    return [
      ...this.found('null', nullIn(mine), nullIn(other)),
      ...types.flatMap((type) => {
        const [our, their] = [mine.forms.get(type), other.forms.get(type)]
        return our === undefined || their === undefined
          ? this.found('form', our && describeForm(type, our), their && describeForm(type, their))
          : this.compareForms(type, this.visible(our, this.readOurs), this.visible(their, this.readTheirs), mine.name)
      }),
    ]
  }

  /** A request does not carry what is read-only, an answer not what is write-only. */
  private visible(form: Form, read: ShapeReader): Form {
    const hidden = this.position === 'request' ? 'readOnly' : 'writeOnly'
    const isHidden = (fact: SchemaFact) => isObject(fact) && read(fact).flags.has(hidden)
    return new Map([...form].filter(([keyword, fact]) => !(keyword.startsWith('/') && isHidden(fact))))
  }

  private compareForms(type: string, ours: Form, theirs: Form, name: string | undefined): Differences {
    const theirNames = namesByOurs(ours, theirs)
    const isLeftOpen = type === 'object' && hasFields(ours) && !hasFields(theirs) && !theirs.has('{}')
    const fields = [...ours.keys()].flatMap((keyword) => (keyword.startsWith('/') ? [keyword.slice(1)] : []))
    const content = fields.length > 0 ? `fields ${fields.join(', ')}` : 'a map of one type'
    return [
      ...(isLeftOpen ? this.found('content', name ?? content, LEFT_OPEN) : []),
      ...[...new Set([...theirNames.keys(), ...ours.keys()])].flatMap((place) => {
        if (/^[/{]/.test(place) && isLeftOpen) return []
        if (place.startsWith('/'))
          return within(place, this.compareFields([place, theirNames.get(place) ?? place], ours, theirs))
        if (place === '[]' || place === '{}') return this.compareChildren(place, ours.get(place), theirs.get(place))
        return this.compareFacts(type, place, ours, theirs)
      }),
    ]
  }

  /** One field under both names, of which a document may lack one. */
  private compareFields([place, theirPlace]: readonly [string, string], ours: Form, theirs: Form): Differences {
    const [our, their] = [ours.get(place), theirs.get(theirPlace)]
    // A published document that requires less says nothing.
    const isRequired = isIn(theirs, theirPlace) && !isIn(ours, place)
    const required = isRequired ? 'required' : undefined
    if (!isObject(our) || !isObject(their)) {
      const described = isObject(their) ? describeShape(this.readTheirs(their)) : undefined
      const theirText = described && required ? `${described}, ${required}` : described
      return this.found('field', isObject(our) ? describeShape(this.readOurs(our)) : undefined, theirText)
    }
    return [
      ...this.found('field name', place.slice(1), theirPlace.slice(1)),
      ...this.compare(our, their),
      ...this.found('required', undefined, required),
    ]
  }

  /** The items of arrays, or the fields without names of their own. */
  private compareChildren(
    step: '[]' | '{}',
    ours: SchemaFact | undefined,
    theirs: SchemaFact | undefined,
  ): Differences {
    if (isObject(theirs) && ours !== REFUSED)
      return within(step === '[]' ? step : '/{name}', this.compare(isObject(ours) ? ours : {}, theirs))
    if (step === '[]')
      return isObject(ours) ? within(step, this.found('content', describeShape(this.readOurs(ours)), LEFT_OPEN)) : []
    const wordOf = (fact: SchemaFact | undefined) =>
      isObject(fact) ? 'of one type' : fact === REFUSED ? fact : 'admitted'
    return this.found('other fields', wordOf(ours), wordOf(theirs))
  }

  /** What both say by one keyword about single values; the types are taken to be the same. */
  private compareFacts(type: string, keyword: string, ours: Form, theirs: Form): Differences {
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
    return this.found(kind, mine, other, isLooseNumber ? { severity: 'note' } : judge(kind, ours, theirs))
  }
}

/** What to know of a difference in a keyword, beyond what both say. */
function judge(kind: DifferenceKind, ours: Form, theirs: Form): DifferenceDetails {
  switch (kind) {
    case 'enum': {
      if (!ours.has('enum') || !theirs.has('enum')) return {}
      const [our, their] = [ours, theirs].map((form) => textsOf(form.get('enum')))
      const only = (side: string, values: readonly string[] = [], others: readonly string[] = []) => {
        const own = values.filter((value) => !others.includes(value))
        return own.length > 0 ? [`only ${side}: ${own.join(', ')}`] : []
      }
      return { remark: [...only('theirs', their, our), ...only('ours', our, their)].join('; ') }
    }
    case 'pattern':
      return theirs.has('pattern') ? comparePatterns(ours, theirs) : {}
    case 'type':
      return { severity: 'note', remark: 'a number either way' }
    case 'keyword':
      return { remark: 'not judged; compare by eye' }
    default:
      return {}
  }
}

function isIn(form: Form, place: string): boolean {
  return textsOf(form.get('required')).includes(place)
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

/** What they have by our names of the same, which they may spell otherwise (`isReady`, `is_ready`). */
function namesByOurs(ours: Form, theirs: Form): ReadonlyMap<string, string> {
  const bare = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase()
  const free = new Map([...ours.keys()].filter((name) => !theirs.has(name)).map((name) => [bare(name), name]))
  return new Map([...theirs.keys()].map((name) => [ours.has(name) ? name : (free.get(bare(name)) ?? name), name]))
}
