// Compares two documents operation by operation: pairs them, and decides which of the others matter.
import { DocumentComparison } from './compare-parts.js'
import { groupBy } from '../kernel/group-by.js'
import { differing, within, type SpecDifference, type SpecFinding } from './finding.js'
import { type SpecDocument, readOperations, type SpecOperation } from './parse-spec.js'

type DocumentTitle = Omit<SpecDocument, 'root'>

export interface OperationComparison {
  /** The operationId (ours where both have one), or method and path. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly presence: 'both' | 'added' | 'removed'
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
  readonly totals: Readonly<Record<'compared' | 'breaking' | 'notes' | 'flaws', number>>
}

/** Tags of the operations that our document describes completely. The others support them: ours has what clients need. */
const SUBJECTS = ['runners', 'pairing']

/**
 * Lists what their document has that ours lacks or decides differently, each judged as breaking a client or as a note.
 * @param options `only`: compares these operations alone: tags, or beginnings of paths with or without `/v1/private`
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
  const isExcerpt = subjects.filter((mine) => partners.has(mine)).length < subjects.length / 2
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
    ...added.filter(concerns).map((operation) => comparison(operation, 'added', moved(undefined, operation))),
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
    onlyOurs: missing.filter((operation) => !isRemoved(operation)).map(({ name }) => name),
    otherSubjects: [...others].map(([tag, { length }]) => ({ tag, operations: length })),
    totals: { compared: shared.length, breaking: count('breaking'), notes: count('note'), flaws: count('flaw') },
  }
}

/** Which operations are compared: by tag, or by the beginning of the path. */
function createChoice(only: readonly string[]): (operation: SpecOperation) => boolean {
  const wanted = only.map((entry) => entry.toLowerCase().replace(/\/$/, ''))
  const fits = (entry: string, { tags, path }: SpecOperation): boolean =>
    entry.startsWith('/')
      ? [entry, `/v1/private${entry}`].some((start) => `${path.toLowerCase()}/`.startsWith(`${start}/`))
      : tags.some((tag) => tag.toLowerCase() === entry)
  return (operation) => wanted.length === 0 || wanted.some((entry) => fits(entry, operation))
}

function comparison(
  { name, method, path }: SpecOperation,
  presence: OperationComparison['presence'],
  differences: readonly SpecDifference[],
): OperationComparison {
  const unlike = [...new Map(differences.map((found) => [JSON.stringify(found), found])).values()]
  const findings = (['breaking', 'note', 'flaw'] as const).flatMap((severity) =>
    unlike.filter((found) => found.severity === severity).map((found) => ({ operation: name, ...found })),
  )
  return { operation: name, method, path, presence, findings }
}

/** Pairs by method and path; what is left over pairs by operationId, since an operation may have moved. */
function pairOperations(ours: readonly SpecOperation[], theirs: readonly SpecOperation[]) {
  const partners = new Map<SpecOperation, SpecOperation>()
  for (const by of ['key', 'name'] as const) {
    const taken = new Set(partners.values())
    const free = new Map(theirs.filter((each) => !taken.has(each)).map((each) => [each[by], each]))
    for (const mine of ours) {
      const other = partners.has(mine) ? undefined : free.get(mine[by])
      if (other !== undefined) partners.set(mine, other)
      free.delete(mine[by])
    }
  }
  return partners
}

/** An operation that one side alone has, or that both have at another method or path. */
function moved(ours: SpecOperation | undefined, theirs: SpecOperation | undefined): readonly SpecDifference[] {
  if (ours?.key === theirs?.key) return []
  const [our, their] = [ours, theirs].map((operation) => operation && `${operation.method} ${operation.path}`)
  return within('operation', differing('request', 'operation', our, their))
}

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
  if (found.severity !== 'breaking' || !isOptional) return found
  return { ...found, severity: 'note', remark: 'a supporting operation: ours keeps what clients of runners need of it' }
}
