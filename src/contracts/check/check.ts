/**
 * What a check is: data that says which rule it judges and what it needs, and a function that judges. Where the spec holds
 * the rule is said in words, and as a JSON pointer. And which failures of checks are accepted.
 */
import type {
  CheckDefinition as Described,
  CheckResult,
  CheckRule,
  ServerName,
  Verdict,
  Waiver,
  WaiverNotice,
} from '../../generated/kit-schema.js'
import { CheckDefinition as form, WaiversFile as waiversForm } from '../../generated/kit-node.js'
import { KitError } from '../../kernel/errors.js'
import { hasFailed } from '../../report/report-document.js'
import { expectForm } from '../../kernel/validate-options.js'
import {
  type SettingName,
  machines,
  settingDefaults,
  settingNames,
  type MachineName,
  type Rule,
} from '../../lifecycle/table.js'
import type { Context } from './context.js'
import type { IdentityName, Limits } from '../target/target.js'
import {
  isThereIn,
  newestVersion,
  operations,
  pointerOfOperation,
  sinceOf,
  type RequestField,
  type Version,
} from '../../kernel/all-operations.js'
import { isOperationId, type OperationId } from '../../kernel/operation.js'

export type { Verdict, CheckRule, Waiver, WaiverNotice } from '../../generated/kit-schema.js'

/** `must`: a client breaks without it. `should`: promised, yet clients get by without. Both fail a run. */
export type Severity = CheckResult['severity']

/** What a check needs of a target besides a URL and credentials. A target that lacks it gets a `not-run`, with reason. */
export interface CheckNeeds {
  /** A second identity: a user of the same workspace, one who may not do everything there, one of another, or any. */
  other?: 'any' | 'colleague' | 'reader' | 'stranger'
  /**
   * Virtual seconds that pass while it runs; counted by `context.time`. With `fewest`, it makes do with so many where time
   * cannot be moved, and sees less: how many it has, `context.time` says.
   */
  clock?: { seconds: number | ((limits: Limits) => number); fewest?: (limits: Limits) => number }
  /**
   * Requests of its own that may wait at the target at once, those that it has hung up included; it begins when there is
   * room for all of them. A check that leaves none open and polls for what is there needs no more than one, and none here.
   */
  waiting?: number | ((limits: Limits) => number)
  /** Settings that must be known and at most so high for the check to be practicable. */
  limits?: Partial<Record<SettingName, number>>
  /** Only `not-run` with this reason for a target whose limits make the rule unobservable. */
  when?: (limits: Limits) => string | undefined
}

/** What `defineCheck` takes. */
export interface CheckDefinition extends Omit<Described, 'rule' | 'needs' | 'patienceSeconds' | 'run'> {
  /** Where the spec says it. */
  readonly rule: CheckRule
  /** What it needs of a target. Default: nothing. */
  readonly needs?: CheckNeeds
  /** Real seconds that it may take for so many random sequences, besides the time that it needs. Default: 120. */
  readonly patienceSeconds?: (runs: number) => number
  /** Returns when all is well; a failed expectation ends it. */
  run(context: Context): Promise<void>
}

type Complete<Options> = { [Name in keyof Options]-?: Exclude<Options[Name], undefined> }

/** One named judgement. */
export interface Check extends Complete<CheckDefinition> {
  /** The part of the id before the slash. */
  readonly area: string
}

/** Real seconds after which a check is given up, on top of the time that it says it needs. */
export const PATIENCE_SECONDS = 120

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\/\w+([-.]\w+)*$/

/**
 * Declares a check.
 * @throws KitError `check/id` for an id that is not `area/what` in kebab-case, `options/invalid` for a member that is
 *   misspelt or of another kind.
 */
export function defineCheck(definition: CheckDefinition): Check {
  expectForm(form, definition, 'defineCheck')
  if (!ID.test(definition.id)) {
    throw new KitError('check/id', {
      failed: 'A check needs an id of the form area/what, in kebab-case.',
      value: definition.id,
      fix: 'For example job-next/fifo.',
    })
  }
  return createCheck(definition)
}

/** A check whose definition needs no look: the compiler has seen it. */
export function createCheck(definition: CheckDefinition): Check {
  const { severity = 'must', needs = {}, race = false, isShared = false } = definition
  const { patienceSeconds = () => PATIENCE_SECONDS, ...rest } = definition
  const [area = ''] = definition.id.split('/')
  return { ...rest, severity, needs, race, isShared, patienceSeconds, area }
}

/** Needs of a check that lets so many seconds pass, and what else it needs. */
export function takes(seconds: number | ((limits: Limits) => number), others: CheckNeeds = {}): CheckNeeds {
  return { ...others, clock: { seconds } }
}

export function waitingOf({ needs }: Check, limits: Limits): number {
  const { waiting = 0 } = needs
  return typeof waiting === 'number' ? waiting : waiting(limits)
}

export function secondsOf(check: Check, limits: Limits): number {
  const seconds = check.needs.clock?.seconds ?? 0
  return typeof seconds === 'number' ? seconds : seconds(limits)
}

function fewestSecondsOf(check: Check, limits: Limits): number {
  return check.needs.clock?.fewest?.(limits) ?? secondsOf(check, limits)
}

const MAX_WAIT_SECONDS = 40
/** Longer waits need the user's consent. */
const MAX_UNASKED_SECONDS = 240

/** The longest real wait of a run, unless the user says another: more where the target has spans of its own. */
export function longestWait(checks: readonly Check[], limits: Limits): number {
  const defaults = settingDefaults()
  if (!settingNames.some((name) => name.endsWith('_seconds') && limits[name] !== defaults[name]))
    return MAX_WAIT_SECONDS
  const needs = checks.flatMap((check) => [secondsOf(check, limits), fewestSecondsOf(check, limits)])
  return Math.max(MAX_WAIT_SECONDS, ...needs.filter((seconds) => seconds <= MAX_UNASKED_SECONDS).map(Math.ceil))
}

/** The version that a server is of; undefined where none is named. */
export function versionOf(server: ServerName | undefined): Version | undefined {
  if (server === 'opik') return newestVersion
  return server && (server === 'opik@2.1' ? '2.1' : '2.0')
}

/** What a target has to offer a check. */
export interface Offer {
  limits: Limits
  has: (identity: IdentityName) => boolean
  /** Null where a clock moves time. */
  maxWaitSeconds: number | null
  maxWaiting: number
  /** The version that the target is judged as; undefined for any. */
  version: Version | undefined
}

/** Why a check cannot run on a target, with the option to give on the command line and in code; undefined when it can. */
export function reasonNotToRun(check: Check, offer: Offer): string | undefined {
  const { needs } = check
  const { limits, has, maxWaitSeconds, maxWaiting, version } = offer
  const subject = subjectOf(check)
  if (version !== undefined && !isThereIn(version, subject))
    return `came with Opik ${String(sinceOf(subject))}, and the target is judged as ${version} (--server, server)`
  const { other } = needs
  if (other !== undefined && !has(other === 'any' ? 'other' : other)) return IDENTITIES[other]
  for (const name of settingNames) {
    const most = needs.limits?.[name] ?? Infinity
    if (limits[name] > most) return `needs ${name} of at most ${most}; the target's is ${limits[name]}`
  }
  const seconds = Math.ceil(fewestSecondsOf(check, limits))
  if (maxWaitSeconds !== null && seconds > maxWaitSeconds) {
    const patience = seconds <= 3600 ? ', or to wait longer (--max-wait, maxWaitSeconds)' : ''
    return `needs ${seconds} s to pass: a clock that can be moved (--admin, clock)${patience}`
  }
  const unseen = needs.when?.(limits)
  const waiting = waitingOf(check, limits)
  if (unseen !== undefined || waiting <= maxWaiting) return unseen
  return `needs ${waiting} requests that wait at once; ${maxWaiting} may (--max-waiting, maxWaiting)`
}

const IDENTITIES = {
  any: 'needs a second identity (--other-api-key or --other-workspace, other)',
  reader: 'needs a user who may not do everything (--reader-api-key, readerApiKey)',
  colleague: 'needs a second user of the same workspace (--colleague-api-key, colleagueApiKey)',
  stranger: 'needs a user of another workspace (--other-workspace and --other-api-key, other)',
} as const

/** Points at the lifecycle rule, else at the operation, else at the introduction, where the conventions are. */
export function pointerOfRule(rule: CheckRule): string {
  if (rule.machine !== undefined) return pointerOfMachine(rule.machine, rule)
  return rule.operation === undefined ? '#/info/description' : pointerOfOperation(rule.operation)
}

function pointerOfMachine(machine: MachineName, { on, from, to }: CheckRule): string {
  const rules: readonly Rule[] = machines[machine].rules
  const index = rules.findIndex(
    (rule) =>
      rule.on === on &&
      (from === undefined || rule.from.includes(from)) &&
      (to === undefined || (rule.to ?? from) === to),
  )
  return `#/x-lifecycle/machines/${machine}${index < 0 ? '' : `/rules/${index}`}`
}

/** The operation that a rule is about, by itself or as the trigger of a decision. */
export function operationOf({ operation, on }: CheckRule): OperationId | undefined {
  return operation ?? (on !== undefined && isOperationId(on) ? on : undefined)
}

export function isOfBridge(rule: CheckRule): boolean {
  const operation = operationOf(rule)
  return (
    rule.machine === 'bridgeCommand' || (operation !== undefined && operations[operation].path.includes('/bridge/'))
  )
}

/** What a check is about: an operation and, perhaps, a field of its request. */
export function subjectOf({ rule }: Check): RequestField {
  return { operation: operationOf(rule), field: rule.field }
}

/** An id or area as it is now, where it was written before 0.2, when quirks were "accidents". Goes with 1.0. */
export function currentId(id: string): string {
  return id.replace(/^accidents(?=\/|$)/, 'quirks').replace(/^ACCIDENT-/, 'QUIRK-')
}

export function failsRun(result: CheckResult): boolean {
  return hasFailed(result) && !result.isKnown
}

export type Waivers = ReturnType<typeof createWaivers>

/**
 * Reads waivers from parsed YAML or JSON: a list, or an object with a list `waivers`.
 * @throws KitError `waivers/form` when an entry lacks its id or reason, has an invalid date or an unknown member.
 */
export function parseWaivers(value: unknown): Waiver[] {
  const given = expectForm(waiversForm, withDays(value), 'the waivers', 'waivers/form')
  const waivers = 'waivers' in given ? given.waivers : given
  return waivers.map((each) => ({ ...each, id: currentId(each.id) }))
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
  requirementOf: (checkId: string) => string | undefined,
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
      return waivers.flatMap((waiver): WaiverNotice[] => {
        const { id, expires } = waiver
        const meant = [...known].filter((each) => covers(waiver, each))
        if (meant.length === 0) return [{ id, kind: 'unknown', message: `There is no check ${id}.` }]
        if (!isActive(waiver)) {
          return [{ id, kind: 'expired', message: `The waiver of ${id} ended on ${expires ?? ''}.` }]
        }
        const isNeedless = !used.has(waiver) && meant.some((each) => ran.has(each))
        return isNeedless ? [{ id, kind: 'needless', message: `${id} passes; its waiver can go.` }] : []
      })
    },
  }
}
