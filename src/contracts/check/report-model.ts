/**
 * The result of a run as data, the events of verify during the run, and the accepted failures. Reporters only listen.
 */
import type {
  CheckResult,
  Report,
  SeenQuirk,
  Totals,
  Verdict,
  Waiver,
  WaiverNotice,
  WaiversFile,
} from '../../generated/kit-schema.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import { type Check, currentId, operationOf } from './check.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { quirkIds, describeQuirk } from './seen-quirks.js'
import { expectForm } from '../../kernel/validate-options.js'
import { WaiversFile as form } from '../../generated/kit-node.js'

export type {
  CheckResult,
  MissingOperation,
  Report,
  SeenQuirk,
  Totals,
  Unmet,
  Verdict,
} from '../../generated/kit-schema.js'

export function failsRun({ verdict, isKnown }: CheckResult): boolean {
  return (verdict.kind === 'failed' || verdict.kind === 'error') && !isKnown
}
export function totalsOfResults(results: readonly CheckResult[]): Totals {
  const count = (kind: Verdict['kind']): number => results.filter(({ verdict }) => verdict.kind === kind).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    waived: count('waived'),
    notRun: count('not-run'),
    errors: count('error'),
    known: results.filter(({ isKnown }) => isKnown).length,
  }
}

export function quirksOf(results: readonly CheckResult[]): SeenQuirk[] {
  return quirkIds.flatMap((id) => {
    const states = results.flatMap(({ id: check, quirks }) =>
      quirks.filter((each) => each.id === id).map(({ operation }) => ({ check, operation })),
    )
    if (states.length === 0) return []
    const checks = [...new Set(states.map(({ check }) => check))]
    const operations = new Set(states.flatMap(({ operation }) => operation ?? []))
    return [{ id, what: describeQuirk(id), checks, operations: [...operations] }]
  })
}

export function totalsByArea(results: readonly CheckResult[]): Record<string, Totals> {
  const areas = [...new Set(results.map(({ area }) => area))]
  return Object.fromEntries(areas.map((area) => [area, totalsOfResults(results.filter((each) => each.area === area))]))
}

/** What checks call to have a place to work in. */
const SETTING_UP: ReadonlySet<OperationId> = new Set(['createProject', 'deleteProjectById', 'getProjectById'])

/** The operations that a result speaks of: the one that its rule names, else those that it called. */
export function operationsOf({ rule, operations }: CheckResult): readonly OperationId[] {
  const own = operationOf(rule)
  return own !== undefined ? [own] : operations.filter((operation) => !SETTING_UP.has(operation))
}

export function totalsByOperation(results: readonly CheckResult[]): Partial<Record<OperationId, Totals>> {
  const totals: Partial<Record<OperationId, Totals>> = {}
  const named = results.map((result) => new Set(operationsOf(result)))
  for (const operation of operationIds) {
    const own = results.filter((_, at) => named[at]?.has(operation))
    if (own.length > 0) totals[operation] = totalsOfResults(own)
  }
  return totals
}

/** A thing that happened in a run. */
export type VerifyEvent =
  | { type: 'started'; url: string; checks: number; seed: number }
  | { type: 'check-started'; check: Check }
  /** A check waits, for an answer or for time to pass, until about then (milliseconds since 1970). */
  | { type: 'waiting'; check: Check; until: number }
  /** The target lacks an operation; checks that call it are blocked from now on. */
  | { type: 'missing'; operation: OperationId; exchange: Exchange }
  | { type: 'check-finished'; result: CheckResult; finished: number; checks: number }
  | { type: 'finished'; report: Report }

/** Hears events; what it throws ends the run. */
export type VerifyListener = (event: VerifyEvent) => void

export type { Waiver, WaiverNotice } from '../../generated/kit-schema.js'

export type Waivers = ReturnType<typeof createWaivers>

/**
 * Reads waivers from parsed YAML or JSON: a list, or an object with a list `waivers`.
 * @throws KitError `waivers/form` when an entry lacks its id or reason, has an invalid date or an unknown member.
 */
export function parseWaivers(value: unknown): Waiver[] {
  const given = withDays(value)
  expectForm(form, given, 'the waivers', 'waivers/form')
  const waivers = isWaivers(given) ? ('waivers' in given ? given.waivers : given) : []
  return waivers.map((each) => ({ ...each, id: currentId(each.id) }))
}

function isWaivers(value: unknown): value is WaiversFile {
  return typeof value === 'object' && value !== null
}

/** YAML reads an unquoted day as text; other readers give a time. */
function withDays(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (Array.isArray(value)) return value.map(withDays)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDays(member)]))
}

/** Waivers of one run; remembers which were used. */
export function createWaivers(
  waivers: readonly Waiver[],
  today: string,
  requirementOf: (checkId: string) => string | undefined = () => undefined,
) {
  const covers = ({ id }: Waiver, checkId: string): boolean =>
    id === checkId || (id.endsWith('/*') && checkId.startsWith(id.slice(0, -1))) || id === requirementOf(checkId)
  const used = new Set<Waiver>()
  const isActive = ({ expires }: Waiver): boolean => expires === undefined || expires >= today
  return {
    /** The verdict with the waivers applied. */
    apply(checkId: string, verdict: Verdict): Verdict {
      if (verdict.kind !== 'failed') return verdict
      // Each that covers it is needed, whichever of them is named.
      const fitting = waivers.filter((each) => covers(each, checkId) && isActive(each))
      const [waiver] = fitting
      if (waiver === undefined) return verdict
      for (const each of fitting) used.add(each)
      return { kind: 'waived', reason: waiver.reason, findings: verdict.findings }
    },
    /** Notices, once all checks are done. `ran` are the ids of checks with a judgement, `known` all ids that there are. */
    notices(ran: ReadonlySet<string>, known: ReadonlySet<string>) {
      return waivers.flatMap((waiver) => {
        const meant = [...known].filter((id) => covers(waiver, id))
        const hasRun = meant.some((id) => ran.has(id))
        return noticeOf(waiver, {
          isKnown: meant.length > 0,
          isActive: isActive(waiver),
          isNeedless: hasRun && !used.has(waiver),
        })
      })
    },
  }
}

interface WaiverState {
  isKnown: boolean
  isActive: boolean
  isNeedless: boolean
}

function noticeOf({ id, expires }: Waiver, { isKnown, isActive, isNeedless }: WaiverState): WaiverNotice[] {
  if (!isKnown) return [{ id, kind: 'unknown', message: `There is no check ${id}.` }]
  if (!isActive) return [{ id, kind: 'expired', message: `The waiver of ${id} ended on ${expires ?? ''}.` }]
  return isNeedless ? [{ id, kind: 'needless', message: `${id} passes; its waiver can go.` }] : []
}
