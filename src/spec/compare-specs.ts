// Compares two documents operation by operation, and finds the version of Opik that another document is of. It pairs
// operations and decides which of the others matter; what a pair disagrees on is compare-parts.ts's subject.
import { DocumentComparison } from './compare-parts.js'
import { groupBy } from '../kernel/group-by.js'
import { differing, flaw, isBreaking, within, type SpecDifference, type SpecFinding } from './finding.js'
import { type SpecDocument, readOperations, type SpecOperation, plainPath } from './parse-spec.js'
import { lacks, versions, type Version } from '../generated/versions.js'
import { operations } from '../kernel/all-operations.js'
import { isOperationId } from '../kernel/operation.js'
import { objectOf } from '../kernel/json-value.js'

type DocumentTitle = Omit<SpecDocument, 'root'>

export interface OperationComparison {
  /** The operationId (ours where both have one), or method and path. */
  readonly operation: string
  readonly method: string
  readonly path: string
  /** Whether both documents have it, or only theirs (`added`), or only ours (`removed`). */
  readonly presence: 'both' | 'added' | 'removed'
  /** Breaking ones first, flaws last. */
  readonly findings: readonly SpecFinding[]
}

export interface SpecComparison {
  readonly ours: DocumentTitle
  readonly theirs: DocumentTitle
  readonly operations: readonly OperationComparison[]
  /** Operations of ours that theirs lacks and that say nothing about it: supporting ones, or all when theirs is an excerpt. */
  readonly onlyOurs: readonly string[]
  /** Whether theirs holds so few of our operations that the others are taken to be left out, not removed. */
  readonly isExcerpt: boolean
  readonly otherSubjects: readonly { readonly tag: string; readonly operations: number }[]
  /** `compared`: operations that both documents have. */
  readonly totals: Readonly<Record<'compared' | 'breaking' | 'notes' | 'flaws', number>>
}

/**
 * Tags of the operations that our document means to describe completely. Of these a missing one counts as removed, and
 * a new one as added; the others support them, and of those ours keeps only what clients need.
 */
const SUBJECTS = ['runners', 'pairing']

/** Below this share of our subject's operations, a document is taken for an excerpt. */
const EXCERPT_SHARE = 0.5

/**
 * Lists what their document has that ours lacks or decides differently, each difference judged as breaking a client
 * or as a note. Operations are matched by method and path, parameter names aside, else by operationId.
 *
 * ```ts
 * const comparison = compareSpecs(toSpecDocument(our, 'ours.yaml'), toSpecDocument(their, 'theirs.yaml'))
 * comparison.totals.breaking // 0: nothing in theirs breaks a client of ours, nor ours one of theirs
 * ```
 *
 * @param options `only`: compares these operations alone, each a tag, in any case, or the beginning of paths, with or
 *   without `/v1/private`; default: all
 */
export function compareSpecs(
  ours: SpecDocument,
  theirs: SpecDocument,
  { only = [] }: { readonly only?: readonly string[] } = {},
): SpecComparison {
  const isChosen = createChoice(only)
  const [allOurs, allTheirs] = [readOperations(ours), readOperations(theirs)]
  const partners = pairOperations(allOurs, allTheirs)
  const taken = new Set(partners.values())
  const our = allOurs.filter(isChosen)
  const subjects = our.filter(isSubject)
  const resources = new Set(subjects.map(resourceOf))
  const concerns = (operation: SpecOperation) => isSubject(operation) || resources.has(resourceOf(operation))
  const isExcerpt = subjects.filter((mine) => partners.has(mine)).length < subjects.length * EXCERPT_SHARE
  const isRemoved = (operation: SpecOperation) => !isExcerpt && isSubject(operation)
  const [missing, shared] = [our.filter((mine) => !partners.has(mine)), our.filter((mine) => partners.has(mine))]
  const added = allTheirs.filter((operation) => !taken.has(operation) && isChosen(operation))
  const documents = new DocumentComparison(ours, theirs)
  const operations = [
    ...shared.map((mine) => {
      const [other = mine] = [partners.get(mine)]
      const found = [...moved(mine, other), ...documents.compareParts(mine, other)]
      return comparison(mine, 'both', isSubject(mine) ? found : found.map(easeSupporting))
    }),
    ...added.filter(concerns).map((operation) => {
      const isTwin = allTheirs.find(({ key }) => key === operation.key) !== operation
      const found = isTwin ? [flaw('request', operation.path, TWIN)] : moved(undefined, operation)
      return comparison(operation, 'added', found)
    }),
    ...missing.filter(isRemoved).map((operation) => comparison(operation, 'removed', moved(operation, undefined))),
  ]
  const [{ root: _ours, ...ourTitle }, { root: _theirs, ...theirTitle }] = [ours, theirs]
  const findings = operations.flatMap((entry) => entry.findings)
  const count = (which: SpecDifference['severity']) => findings.filter(({ severity }) => severity === which).length
  const others = groupBy(
    added.filter((operation) => !concerns(operation)),
    ({ tags: [first = 'untagged'] }) => first,
  )
  return {
    ...{ ours: ourTitle, theirs: theirTitle, operations, isExcerpt },
    onlyOurs: missing.filter((operation) => !isRemoved(operation)).map(nameOf),
    otherSubjects: [...others].map(([tag, { length }]) => ({ tag, operations: length })),
    totals: { compared: shared.length, breaking: count('breaking'), notes: count('note'), flaws: count('flaw') },
  }
}

const TWIN = 'differs from another path in parameter names alone; the first was compared'

/** Which operations are compared: by tag, or by the beginning of the path. */
function createChoice(only: readonly string[]): (operation: SpecOperation) => boolean {
  const wanted = only.map((entry) => entry.toLowerCase().replace(/\/$/, ''))
  const fits = (entry: string, { tags, path }: SpecOperation): boolean =>
    entry.startsWith('/')
      ? [entry, `/v1/private${entry}`].some((start) => `${path.toLowerCase()}/`.startsWith(`${start}/`))
      : tags.some((tag) => tag.toLowerCase() === entry)
  return (operation) => wanted.length === 0 || wanted.some((entry) => fits(entry, operation))
}

/** Method and path where an operation has no id. */
function nameOf({ name, method, path }: SpecOperation): string {
  return name || `${method} ${path}`
}

const severities = ['breaking', 'note', 'flaw']

function comparison(
  operation: SpecOperation,
  presence: OperationComparison['presence'],
  differences: readonly SpecDifference[],
): OperationComparison {
  const name = nameOf(operation)
  const unlike = new Map(differences.map((found) => [JSON.stringify(found), { operation: name, ...found }]))
  const findings = severities.flatMap((each) => [...unlike.values()].filter(({ severity }) => severity === each))
  return { operation: name, method: operation.method, path: operation.path, presence, findings }
}

/** Pairs by method and path; what is left over pairs by operationId, since an operation may have moved. */
function pairOperations(ours: readonly SpecOperation[], theirs: readonly SpecOperation[]) {
  const free = new Set(theirs)
  const partners = new Map<SpecOperation, SpecOperation>()
  for (const by of ['key', 'name'] as const) {
    for (const mine of ours) {
      const other = partners.has(mine) ? undefined : [...free].find((each) => mine[by] !== '' && mine[by] === each[by])
      if (other === undefined) continue
      partners.set(mine, other)
      free.delete(other)
    }
  }
  return partners
}

/** An operation that one side alone has, or that both have at another method or path. */
function moved(ours: SpecOperation | undefined, theirs: SpecOperation | undefined): readonly SpecDifference[] {
  if (ours?.key === theirs?.key) return []
  const [our, their] = [ours, theirs].map((operation) => operation && `${operation.method} ${operation.path}`)
  const remark = ours && theirs && 'the same operationId at another method or path'
  return within('operation', differing('request', 'operation', our, their, { remark }))
}

/** Whether our document means to describe an operation completely. */
function isSubject({ tags }: SpecOperation): boolean {
  return tags.some((tag) => SUBJECTS.includes(tag.toLowerCase()))
}

/** The fixed beginning of a path, three segments at most: `/v1/private/local-runners`. */
function resourceOf({ path }: SpecOperation): string {
  const [fixed = ''] = path.split('{', 1)
  return fixed.split('/').slice(0, 4).join('/').replace(/\/$/, '')
}

/** What only theirs has in a supporting operation is a note: ours keeps what clients of runners need of it. */
function easeSupporting(found: SpecDifference): SpecDifference {
  const isOptional = found.change === 'added' && !/(^|, )required$/.test(found.theirs ?? '')
  if (!isBreaking(found) || !isOptional) return found
  return { ...found, severity: 'note', remark: 'a supporting operation: ours keeps what clients of runners need of it' }
}

/** The version that fits best, the newest of several. What a document leaves out as a whole says nothing. */
export function fittingVersion({ root }: SpecDocument): Version {
  const paths = new Set(Object.keys(objectOf(root.paths)).map(plainPath))
  const subjects = new Set(Array.from(paths, subjectOf))
  const text = JSON.stringify(root)
  // Generated documents may write `isReady` for `is_ready`.
  const inCamels = (field: string) => field.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  const names = (field: string) => [field, inCamels(field)].some((name) => text.includes(`"${name}":`))
  /** For each version that lacks something, whether that is there. */
  const told = versions.flatMap((lacking) => {
    const { operations: ids = [], fields = {} } = lacks[lacking]
    const known = ids.map(pathOf).filter((path) => subjects.has(subjectOf(path)))
    const covered = Object.entries(fields).filter(([id]) => paths.has(pathOf(id)))
    const named = covered.flatMap(([, of]) => of.map(({ at }) => names(at.split('/').at(-1) ?? '')))
    return [...known.map((path) => paths.has(path)), ...named].map((isThere) => ({ lacking, isThere }))
  })
  const unlike = (version: Version) => told.filter(({ lacking, isThere }) => isThere === (lacking === version)).length
  return versions.reduce((best, version) => (unlike(version) <= unlike(best) ? version : best))
}

function pathOf(id: string): string {
  return isOperationId(id) ? plainPath(operations[id].path) : ''
}

/** What a path is about, such as `prompts`. */
function subjectOf(path: string): string {
  return path.replace('/v1/private', '').split('/')[1] ?? ''
}
