// Compares what two shapes of the same type say about single values: format, enum, default, limits, patterns,
// and the keywords nobody judges.
import { canonicalJson } from '../kernel/json-value.js'
import { difference, type Difference, type Position } from './finding.js'
import { comparePatterns, refusesEmpty } from './patterns.js'
import { isTighter, type Limits, type Shape } from './schema-summary.js'

/** Differences in what single values may be; the types are taken to be the same. */
export function compareValues(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  return [
    ...compareFormats(ours, theirs, position),
    ...compareEnums(ours, theirs, position),
    ...compareDefaults(ours, theirs, position),
    ...compareLimits(ours, theirs, position),
    ...comparePatternRules(ours, theirs, position),
    ...compareDeprecations(ours, theirs, position),
    ...compareUnjudged(ours, theirs, position),
  ]
}

/** Whether two shapes admit the same types, `null` aside. */
export function sameTypes(ours: Shape, theirs: Shape): boolean {
  if (ours.alternatives.length > 0 || theirs.alternatives.length > 0) return false
  return canonicalJson([...ours.types].sort()) === canonicalJson([...theirs.types].sort())
}

function compareFormats(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  if (ours.format === theirs.format) return []
  const isNumber = theirs.types.some((type) => type === 'integer' || type === 'number')
  const severity = ours.format === undefined && isNumber ? 'note' : undefined
  return [difference(position, '', 'format', { ours: ours.format, theirs: theirs.format, severity })]
}

function compareEnums(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  const [our, their] = [valueTexts(ours), valueTexts(theirs)]
  if (our === undefined || their === undefined) {
    return our === their ? [] : [difference(position, '', 'enum', { ours: our?.join(', '), theirs: their?.join(', ') })]
  }
  const added = their.filter((value) => !our.includes(value))
  const removed = our.filter((value) => !their.includes(value))
  if (added.length + removed.length === 0) return []
  const remark = [
    ...(added.length > 0 ? [`only theirs: ${added.join(', ')}`] : []),
    ...(removed.length > 0 ? [`only ours: ${removed.join(', ')}`] : []),
  ].join('; ')
  return [difference(position, '', 'enum', { ours: our.join(', '), theirs: their.join(', '), remark })]
}

function valueTexts(shape: Shape): readonly string[] | undefined {
  return shape.values?.map((value) => (typeof value === 'string' ? value : canonicalJson(value)))
}

function compareDefaults(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  if (ours.defaultJson === theirs.defaultJson) return []
  return [difference(position, '', 'default', { ours: ours.defaultJson, theirs: theirs.defaultJson })]
}

function compareLimits(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  const [our, their] = [effectiveLimits(ours), effectiveLimits(theirs)]
  return [...new Set([...our.keys(), ...their.keys()])].flatMap((name) => {
    const [mine, other] = [our.get(name), their.get(name)]
    if (mine === other) return []
    const remark =
      mine === undefined || other === undefined
        ? undefined
        : isTighter(name, other, mine)
          ? 'theirs is tighter'
          : 'ours is tighter'
    const text = (value: number | undefined) => (value === undefined ? undefined : `${name} ${value}`)
    return [difference(position, '', 'limit', { ours: text(mine), theirs: text(other), remark })]
  })
}

/** A pattern that refuses the empty string says `minLength: 1` as well. */
function effectiveLimits(shape: Shape): Limits {
  if (shape.limits.has('minLength') || !refusesEmpty(shape)) return shape.limits
  return new Map([...shape.limits, ['minLength', 1]])
}

function comparePatternRules(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  const [our, their] = [patternText(ours), patternText(theirs)]
  if (our === their) return []
  if (their === undefined) return [difference(position, '', 'pattern', { ours: our })]
  const verdict = comparePatterns(ours, theirs)
  const severity = verdict.outcome === 'same' ? 'note' : undefined
  return [difference(position, '', 'pattern', { ours: our, theirs: their, severity, remark: explain(verdict) })]
}

function explain(verdict: ReturnType<typeof comparePatterns>): string {
  if (verdict.outcome === 'same') return 'spelled differently; the samples tried are accepted and refused alike'
  if (verdict.outcome === 'unknown') return verdict.reason
  return `${verdict.acceptedBy} alone accepts ${JSON.stringify(verdict.witness)}`
}

function patternText({ patterns }: Shape): string | undefined {
  return patterns.length === 0 ? undefined : patterns.join(' and ')
}

function compareDeprecations(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  if (ours.deprecated === theirs.deprecated) return []
  return [difference(position, '', 'deprecation', ours.deprecated ? { ours: 'deprecated' } : { theirs: 'deprecated' })]
}

function compareUnjudged(ours: Shape, theirs: Shape, position: Position): readonly Difference[] {
  return [...new Set([...ours.unjudged.keys(), ...theirs.unjudged.keys()])].flatMap((keyword) => {
    const [our, their] = [ours.unjudged.get(keyword), theirs.unjudged.get(keyword)]
    if (our === their) return []
    const text = (value: string | undefined) => (value === undefined ? undefined : `${keyword}: ${value}`)
    return [
      difference(position, '', 'keyword', {
        ours: text(our),
        theirs: text(their),
        remark: 'not judged; compare by eye',
      }),
    ]
  })
}
