// The form in which verify, watch and conduct hand what they found to the renderers: a verdict, cases with their details,
// and lists and tables around them. Plain data; each text in it may be shown anywhere.
import { groupBy } from '../kernel/group-by.js'
import type { CheckResult } from '../generated/kit-schema.js'
import { UUID } from '../kernel/id-source.js'
import { printableData, shorten } from '../kernel/printable.js'

/** How a case ended: `warning` is a broken rule that fails no run; `accepted` a failure that is waived or known. */
export type CaseState = 'passed' | 'failed' | 'error' | 'warning' | 'accepted' | 'skipped'

export type Tone = 'passed' | 'failed' | 'noted' | 'not-seen'

/** One line or block below a case. */
export type Detail =
  | { readonly kind: 'row'; readonly name: string; readonly text: string; readonly tone?: Tone | undefined }
  | { readonly kind: 'line'; readonly text: string }
  | ShownCall

export interface ShownCall {
  readonly kind: 'call'
  readonly command: string
  readonly outcome: string
  readonly headers: readonly string[]
  readonly body: string
}

/** One check of verify, one verdict of watch, one client rule of conduct. */
export interface ReportCase {
  readonly id: string
  readonly title: string
  /** Cases of one group stand together, such as those of an area or of a runner. */
  readonly group: string
  readonly state: CaseState
  /** The state in the command's words, such as `not exercised`. */
  readonly label: string
  readonly severity: 'must' | 'should'
  readonly requirements: readonly string[]
  /** Where the spec says it. */
  readonly rule?: string | undefined
  /** Why it was skipped or is accepted. */
  readonly reason?: string | undefined
  readonly durationMs?: number | undefined
  readonly details: readonly Detail[]
  /** What failures have in common. Default: nothing, or it is told elsewhere in the report. */
  readonly cause?: Omit<Cause, 'cases'> | undefined
}

/** What several failures share. */
export interface Cause {
  /** An operation or a rule; null where none shows it. */
  readonly subject: string | null
  readonly expected: string
  readonly actual: string
  readonly cases: readonly string[]
}

/** Texts under a title. */
export interface ReportList {
  readonly title: string
  /** Stands before everything else. */
  readonly isUrgent?: boolean | undefined
  /** As what a CI job gets each item. Default: not at all. */
  readonly annotation?: 'error' | 'warning' | 'notice' | undefined
  readonly items: readonly ListItem[]
}

export interface ListItem {
  readonly text: string
  /** Ids of cases that it is about. */
  readonly ids?: readonly string[] | undefined
  readonly more?: readonly string[] | undefined
}

export type Cell = string | { readonly text: string; readonly tone?: Tone | undefined }

/** The first column names the rows. */
export interface ReportTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

/** What a run of a command has found. */
export interface ReportDocument {
  /** The command's name for it, such as `contracts`. */
  readonly name: string
  readonly title: string
  readonly subject: string
  readonly startedAt?: string | undefined
  readonly durationMs?: number | undefined
  readonly facts: readonly string[]
  /** The last line of a run: how it ended, in a word and in figures. */
  readonly outcome: { readonly isGood: boolean; readonly word: string; readonly text: string }
  /** What to do first. Default: the subject of most failures. */
  readonly next?: string | undefined
  readonly lists: readonly ReportList[]
  /** Figures in a line each, by their names. */
  readonly figures: Readonly<Record<string, string>>
  /** Summaries of a CI job show the first one alone. */
  readonly tables: readonly ReportTable[]
  readonly cases: readonly ReportCase[]
}

type Optional = 'facts' | 'lists' | 'figures' | 'tables'

/** Makes a document fit to be shown anywhere. Lists without items are left out. */
export function reportDocument(given: Omit<ReportDocument, Optional> & Partial<ReportDocument>): ReportDocument {
  const document = { facts: [], figures: {}, tables: [], ...given }
  return printableData({ ...document, lists: (given.lists ?? []).filter(({ items }) => items.length > 0) })
}

/** Whether a check came to a bad end, known before or not. */
export function hasFailed({ verdict }: Pick<CheckResult, 'verdict'>): boolean {
  return verdict.kind === 'failed' || verdict.kind === 'error'
}

export function isFailure({ state }: Pick<ReportCase, 'state'>): boolean {
  return state === 'failed' || state === 'error'
}

/** The verdict of a run on one line. */
export function describeOutcome({ outcome: { isGood, word, text } }: ReportDocument): string {
  return `${isGood ? '✓' : '✗'} ${word}: ${text}`
}

/** An item on one line, with the first of its ids. */
export function describeItem({ text, ids = [], more = [] }: ListItem): string {
  return [text, ...more].join('; ') + (ids.length === 0 ? '' : ` (${named(ids)})`)
}

export function describeRule({ requirements, rule }: ReportCase): string {
  return [...requirements, ...(rule === undefined ? [] : [rule])].join(', ')
}

/** The details of a case, its rule before them. */
export function detailsOf(each: ReportCase): readonly Detail[] {
  const rule = describeRule(each)
  return rule === '' ? each.details : [{ kind: 'row', name: 'rule', text: rule }, ...each.details]
}

/** A case in one sentence; undefined where nothing is to be said. */
export function messageOf({ cause, reason }: ReportCase): string | undefined {
  return cause === undefined ? reason : `expected ${cause.expected}; got ${cause.actual}`
}

/** The cases with the failures before all others. */
export function failuresFirst(cases: readonly ReportCase[]): readonly ReportCase[] {
  return cases.toSorted((a, b) => Number(isFailure(b)) - Number(isFailure(a)))
}

const MAX_NAMED = 3

/** The first few ids, and how many more there are. */
export function named(ids: readonly string[]): string {
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : ''
  return `${ids.slice(0, MAX_NAMED).join(', ')}${more}`
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** The most frequent causes of several failures. */
export function findSharedCauses(cases: readonly ReportCase[]): Cause[] {
  return findCauses(cases)
    .filter((cause) => cause.cases.length >= MIN_SHARED)
    .slice(0, MAX_SHARED)
}

const MIN_SHARED = 3
const MAX_SHARED = 8

/** What failures have in common, the cause of most failures first. */
export function findCauses(cases: readonly ReportCase[]): Cause[] {
  const told = cases.filter(isFailure).flatMap(({ id, cause }) => {
    if (cause === undefined) return []
    return [{ id, subject: cause.subject, expected: generalize(cause.expected), actual: generalize(cause.actual) }]
  })
  const groups = groupBy(told, ({ subject, expected, actual }) => [subject, expected, actual].join('\n'))
  const causes = [...groups.values()].flatMap((group) =>
    group.slice(0, 1).map(({ id: _, ...cause }) => ({ ...cause, cases: group.map(({ id }) => id) })),
  )
  return causes.toSorted((a, b) => b.cases.length - a.cases.length)
}

const IDS = new RegExp(`\\b${UUID}\\b`, 'gi')
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
const MAX_CAUSE = 100

function generalize(text: string): string {
  const [line = ''] = text.replaceAll(IDS, '<id>').replaceAll(TIME, '<time>').split('\n')
  return shorten(line, MAX_CAUSE)
}

/** What to do first: what the report says, or else to fix the subject of most failures. */
export function nextOf({ next, cases }: ReportDocument): string | undefined {
  if (next !== undefined) return next
  const failures = cases.filter(isFailure)
  const bySubject = groupBy(failures, ({ cause }) => cause?.subject ?? undefined)
  bySubject.delete(undefined)
  const [worst] = [...bySubject].toSorted(([, a], [, b]) => b.length - a.length)
  if (worst === undefined) return undefined
  const [subject, { length }] = worst
  return `fix first: ${subject}${failures.length === 1 ? '' : `, the cause of ${length} of ${failures.length} failures`}`
}
