/**
 * What a check belongs to: its suite, and the requirement that it judges under an id that stays (`requirements.json`); and how
 * checks are chosen by these. A check
 * is a requirement by itself, in the words of its title, unless it belongs to a family that judges one rule on many values:
 * the list has the families written by hand, those here are made of tables.
 */
import { constants } from '../../lifecycle/table.js'
import { type Check, currentId, isOfBridge, subjectOf, type Severity, operationOf } from '../check/check.js'
import { KitError } from '../../kernel/errors.js'
import { describeRule } from '../../report/verify-document.js'
import { checks as allChecks } from './all-checks.js'
import entries from '../check/requirements.json' with { type: 'json' }
import { neighbourOperations, sinceOf } from '../../kernel/all-operations.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'

/** A rule of the contract, as its checks declare it. */
export interface Requirement {
  /** By what the list of ids knows it: the id of its check, or of its family. */
  readonly of: string
  /** Whether clients break without it (`must`), or get by (`should`). */
  readonly severity: Severity
  /** What it demands. */
  readonly words: string
  /** Where the spec says it. */
  readonly sources: readonly string[]
  /** The version of Opik since which it holds; undefined where it always has. */
  readonly since: string | undefined
  /** Ids of the checks that judge it. */
  readonly checks: readonly string[]
}

interface Entry {
  readonly id: string
  readonly of: string
  /** Of a family: the ids of its checks, `*` stands for any text. */
  readonly checks?: string | readonly string[]
  readonly words?: string
}

const list: readonly Entry[] = entries
const byName: ReadonlyMap<string, Entry> = new Map(list.map((entry) => [entry.of, entry]))

interface Family {
  pattern: RegExp
  /** Id of the family; `$1` is what the pattern has caught. */
  of: string
  /** In words; `name` is what the pattern has caught. */
  words?: (name: string, members: readonly Check[]) => string
}

/** Checks of one value that a schema refuses. */
const FIELDS =
  /^negative-input\/(\w+)\.(?:[\w-]+\.)*(?:wrong-type|missing|malformed-\w+|too-\w+|beyond-32-bits|unknown-value|blank|empty|no-number|no-boolean)$/
const WHOLE =
  /^negative-input\/(\w+)\.(?:accept|media|body\.(?:untyped|blank|null|missing|malformed-json|wrong-media)$)/

const families: readonly Family[] = [
  { pattern: /^lifecycle\/(\w+\.\w+\.\w+)/, of: 'lifecycle/$1', words: (_, members) => joinTitles(members) },
  {
    pattern: /^schema\/(\w+)\.\w+$/,
    of: 'schema/$1',
    words(name, members) {
      const statuses = members.flatMap(({ id }) => /\.(\d{3})$/.exec(id)?.[1] ?? [])
      const keeps = members.some(({ id }) => id.endsWith('.fields')) ? ', and keeps every field that it is sent' : ''
      return `${name} answers ${listOf(statuses, 'and')} with the headers and the body that are declared${keeps}.`
    },
  },
  {
    pattern: WHOLE,
    of: 'negative-input/$1.whole',
    words: (name, members) =>
      `A call of ${name} whose Accept, media type or body as a whole is not as declared is ${statusesIn(members)}.`,
  },
  {
    pattern: FIELDS,
    of: 'negative-input/$1.fields',
    words: (name, members) =>
      `A call of ${name} with a field or parameter that breaks its schema is ${statusesIn(members)}.`,
  },
  ...list.flatMap(({ of, checks = [] }) => [checks].flat().map((ids) => ({ pattern: toPattern(ids), of }))),
]

/** What ids match in which `*` stands for any text. */
export function toPattern(ids: string): RegExp {
  const parts = ids.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

function listOf(items: readonly string[], word: 'and' | 'or'): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${word} ${last}`
}

/** The statuses that titles name, in order. */
function statusesIn(members: readonly Check[]): string {
  const named = members.flatMap(({ title }) => title.match(/\b[2-5]\d\d\b/g) ?? [])
  return listOf([...new Set(named)].toSorted(), 'or')
}

/** Titles that begin alike as one sentence: `nextJob on a job that is running, ... ; failed, ...`. */
function joinTitles(members: readonly Check[]): string {
  const words = members.map(({ title }) => title.replace(/\.$/, '').split(' '))
  const [first = []] = words
  const differsAt = first.findIndex((word, at) => words.some((each) => each[at] !== word))
  if (differsAt < 0) return members[0]?.title ?? ''
  return `${first.slice(0, differsAt).join(' ')} ${words.map((each) => each.slice(differsAt).join(' ')).join('; ')}.`
}

/** By what the list of ids knows the rule of a check. */
function nameOf({ id, severity }: Check): string {
  const family = families.find(({ pattern }) => pattern.test(id))
  const of = family === undefined ? id : id.replace(new RegExp(`${family.pattern.source}.*$`), family.of)
  // What clients need and what they get by without are two rules.
  return severity === 'should' && byName.has(`${of}.should`) ? `${of}.should` : of
}

/** The requirements that checks judge, in the order of the checks. */
export function listRequirements(checks: readonly Check[]): readonly Requirement[] {
  const groups = new Map<string, [Check, ...Check[]]>()
  for (const check of checks) {
    const of = nameOf(check)
    const known = groups.get(of)
    if (known === undefined) groups.set(of, [check])
    else known.push(check)
  }
  return [...groups].map(([of, members]) => {
    const sources = [...new Set(members.map(({ rule }) => describeRule(rule)))]
    const since = members.map((check) => sinceOf(subjectOf(check)))
    return {
      of,
      severity: members[0].severity,
      words: wordsOf(of, members),
      sources,
      since: since.includes(undefined) ? undefined : since[0],
      checks: members.map(({ id }) => id),
    }
  })
}

/** What placeholders in words stand for: constants of the spec. */
const values: ReadonlyMap<string, unknown> = new Map(Object.entries(constants))

function wordsOf(of: string, members: readonly [Check, ...Check[]]): string {
  const stated = byName.get(of)?.words
  if (stated !== undefined) return stated.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values.get(name)))
  const { id, title } = members[0]
  const family = families.find(({ pattern }) => pattern.test(id))
  return members.length === 1 ? title : (family?.words?.(family.pattern.exec(id)?.[1] ?? '', members) ?? title)
}

/** The id of the requirement that a check judges, such as `RUN-004`; undefined for a user's own check. */
export function requirementOf(check: Check): string | undefined {
  return byName.get(nameOf(check))?.id
}

/** The ids of the requirements that checks judge, by the ids of the checks. */
export function requirementsById(checks: readonly Check[]): ReadonlyMap<string, string> {
  return new Map(
    checks.flatMap((check) => {
      const requirement = requirementOf(check)
      return requirement === undefined ? [] : [[check.id, requirement]]
    }),
  )
}

/** The suites, each resting on those before it. */
export const suiteNames = ['core', 'bridge', 'limits', 'isolation', 'time', 'neighbours'] as const

export type SuiteName = (typeof suiteNames)[number]

/** Areas that belong to a suite whatever their checks are about. */
const AREAS: Readonly<Record<string, SuiteName>> = {
  bridge: 'bridge',
  'bridge-reports': 'bridge',
  limits: 'limits',
  concurrency: 'limits',
  ordering: 'limits',
  isolation: 'isolation',
  'long-poll': 'time',
  'waiting-readers': 'time',
  time: 'time',
  projects: 'neighbours',
  ingestion: 'neighbours',
}

/** Checks of core's rules whose examples include bridge commands. */
const WITH_BRIDGE: ReadonlySet<string> = new Set([
  'wire/ids-are-uuids-of-version-7',
  'wire/times',
  'wire/errors',
  'model/runners',
  'model/everything',
])

/** Checks that count as a neighbour's, although the spec has no operation for them. */
const BESIDE_NEIGHBOURS: ReadonlySet<string> = new Set(['quirks/delete-span'])

/** The suite of a check: what it needs decides first, then its area, then the operation of its rule. */
export function suiteOf({ id, area, rule, needs }: Check): SuiteName {
  if (needs.clock !== undefined) return 'time'
  if (needs.other !== undefined) return 'isolation'
  const named = AREAS[area]
  if (named !== undefined) return named
  if (isOfBridge(rule) || WITH_BRIDGE.has(id)) return 'bridge'
  const operation = operationOf(rule)
  const isOfNeighbour = operation === undefined ? BESIDE_NEIGHBOURS.has(id) : isNeighbour(operation)
  return isOfNeighbour ? 'neighbours' : 'core'
}

/** The operation that reports that a server is alive belongs to no neighbour. */
function isNeighbour(operation: OperationId): boolean {
  return operation !== 'isAlive' && Object.hasOwn(neighbourOperations, operation)
}

/** The checks in an order in which each comes after those that it rests on: by suites, then by operations. */
export function inOrderOfNeed(checks: readonly Check[]): Check[] {
  const placed = checks.map((check) => ({ check, suite: suiteNames.indexOf(suiteOf(check)), rank: rankOf(check) }))
  return placed.toSorted((a, b) => a.suite - b.suite || a.rank - b.rank).map(({ check }) => check)
}

/** The spec's order of operations is that of building them; rules of no operation come when all of those are judged. */
function rankOf({ rule }: Check): number {
  const operation = operationOf(rule)
  if (operation === 'isAlive') return -1
  return operation === undefined ? operationIds.length : operationIds.indexOf(operation)
}

export interface Selection {
  suites?: readonly SuiteName[] | undefined
  require?: readonly SuiteName[] | undefined
  areas?: readonly string[] | undefined
  ids?: readonly string[] | undefined
}

/**
 * The chosen checks, of those given or of all suites. A server of runners need not have what lies around them, so the
 * neighbours are judged when they are asked for in any way.
 * @throws KitError `checks/unknown` for a suite, area or id that matches nothing, `checks/required` for a required suite
 *   that is not chosen, and `checks/none` where no check is in all that was chosen.
 */
export function selectChecks(given: readonly Check[] | undefined, selection: Selection): readonly Check[] {
  const { suites = [], require = [], ids = [] } = selection
  const areas = (selection.areas ?? []).map(currentId)
  const checks = given ?? allChecks
  const asked = [...suites, ...areas, ...ids]
  const left = require.find((suite) => suites.length > 0 && !suites.includes(suite))
  if (left !== undefined) {
    throw new KitError('checks/required', {
      failed: 'A required suite is not among those chosen.',
      value: `${left} of ${suites.join(', ')}`,
      fix: 'Choose it as well, or leave it out of what is required.',
    })
  }
  const ofSuite = new Set(checks.map(suiteOf))
  const ofArea = new Set(checks.map(({ area }) => area))
  const suite = [...suites, ...require].find((each) => !ofSuite.has(each))
  if (suite !== undefined) throw unknown('suite', suite, suiteNames)
  const area = areas.find((each) => !ofArea.has(each))
  if (area !== undefined) throw unknown('area', area, [...ofArea])
  const patterns = ids.map((id) => toPattern(currentId(id)))
  // Ids of checks have a slash, those of requirements have none.
  const requirements = ids.every((id) => id.includes('/')) ? new Map<string, string>() : requirementsById(checks)
  const isNamed = ({ id }: Check, pattern: RegExp): boolean =>
    pattern.test(id) || pattern.test(requirements.get(id) ?? '')
  const id = ids.find((_, at) => !checks.some((check) => isNamed(check, patterns[at] ?? /^$/)))
  if (id !== undefined) {
    const near = checks.filter((check) => check.area === id.split('/')[0])
    throw unknown(
      'check',
      id,
      near.map((check) => check.id),
    )
  }
  const isNeighbour = (check: Check): boolean => suiteOf(check) === 'neighbours'
  const chosen = checks.filter(
    (check) =>
      (given !== undefined || asked.length > 0 || !isNeighbour(check) || require.includes('neighbours')) &&
      (suites.length === 0 || suites.includes(suiteOf(check))) &&
      (areas.length === 0 || areas.includes(check.area)) &&
      (ids.length === 0 || patterns.some((pattern) => isNamed(check, pattern))),
  )
  if (chosen.length > 0 || checks.length === 0) return chosen
  throw new KitError('checks/none', {
    failed: 'No check is in all that was chosen.',
    value: asked.join(', '),
    fix: 'Choose by suites, areas or ids that have checks in common; verify --list tells them.',
  })
}

const MAX_KNOWN = 40

function unknown(kind: 'suite' | 'area' | 'check', value: string, known: readonly string[]): KitError {
  const more = known.length > MAX_KNOWN ? ` and ${known.length - MAX_KNOWN} more, see verify --list` : ''
  return new KitError('checks/unknown', {
    failed: `There is no such ${kind}.`,
    value,
    fix: known.length === 0 ? 'See verify --list.' : `Known here: ${known.slice(0, MAX_KNOWN).join(', ')}${more}.`,
  })
}
