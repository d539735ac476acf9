/** Runs one check to its verdict. What a check throws is sorted here: broken rules, missing needs, bugs. */
import { isThereIn, sinceOf, type Version } from '../../kernel/all-operations.js'
import {
  fewestSecondsOf,
  secondsOf,
  waitingOf,
  type Check,
  type CheckNeeds,
  type Verdict,
  pointerOfRule,
  subjectOf,
} from '../check/check.js'
import { absenceIn } from '../target/answer.js'
import { Unreachable, type CheckClient } from '../target/client.js'
import { createContext, type CheckEnvironment, type CheckRunOptions } from './create-context.js'
import { Blocked, NotRun, Violation, type Finding } from '../target/expectation.js'
import type { Exchange, Mask } from '../target/recorded-exchange.js'
import type { RealTime } from '../target/transport.js'
import type { SettingName } from '../../lifecycle/table.js'
import { blockedBy, type CheckRun } from './build-report.js'
import { ENDED, POLLS_HANG, presenceOf } from './inspect-target.js'
import { TOO_SLOW } from './check-time.js'
import type { Limits, IdentityName } from '../target/target.js'

/** Runs a check with a context of its own; resolves when its clean-up is done. */
export async function runCheck(check: Check, bench: CheckEnvironment, place: CheckRunOptions): Promise<CheckRun> {
  const { signal } = place
  const running = await createContext(check, bench, place)
  const started = bench.time.stopwatch()
  let thrown: unknown
  const state = { isOver: false }
  const work = (signal.aborted ? Promise.resolve() : check.run(running.context)).finally(() => (state.isOver = true))
  try {
    await inTime(work, check, bench, signal)
  } catch (error) {
    thrown = error
  }
  const durationMs = bench.time.stopwatch() - started
  const judged = signal.aborted ? INTERRUPTED : maskVerdict(toVerdict(thrown, check, running.client), bench.mask)
  const connection = presenceOf(thrown)
  const isHungUp = connection === 'silent' && bench.pollsHang.aborted
  const excuse = isHungUp ? HANGING : running.pace.isLate ? LATE_ITSELF : undefined
  const verdict = judged.kind === 'failed' && excuse !== undefined ? excuse : judged
  const missingOperation = verdict.kind === 'failed' ? lackOf(thrown) : undefined
  place.onVerdict?.({ verdict, missingOperation })
  const { requestCount, operations, exchanges } = running.client
  const run = {
    verdict,
    missingOperation,
    durationMs,
    requests: requestCount,
    operations: [...operations],
    quirks: [...running.quirks],
    exchanges: verdict.kind === 'passed' && !bench.keepExchanges ? [] : [...exchanges],
    connection: isHungUp ? 'there' : connection,
  }
  if (!state.isOver) await running.stop(work)
  await running.close()
  return run
}

const HANGING: Verdict = { kind: 'not-run', reason: POLLS_HANG }
const LATE_ITSELF: Verdict = { kind: 'not-run', reason: TOO_SLOW }
const INTERRUPTED: Verdict = { kind: 'not-run', reason: ENDED }

/** Waits for a check, unless the run is ended first. */
async function inTime(work: Promise<void>, check: Check, bench: CheckEnvironment, stop: AbortSignal): Promise<void> {
  const seconds = check.patienceSeconds(bench.runs) + Math.min(secondsOf(check, bench.limits), bench.mostWaitSeconds)
  // A signal of its own: many may wait for this one.
  const own = AbortSignal.any([stop])
  const stopped = new Promise((resolve) => own.addEventListener('abort', resolve, { once: true }))
  const end = await bench.time.within(Promise.race([work, stopped]), 1000 * seconds, LATE)
  if (end === LATE) throw new Error(`The check did not end within ${seconds} s.`)
}

const LATE = 'late'

function toVerdict(thrown: unknown, check: Check, client: CheckClient): Verdict {
  const flawed = client.flawed.flatMap(({ flaws, exchange }) =>
    flaws.map(({ kind, expected, actual, pointer }) => ({ kind, expected, actual, pointer, exchanges: [exchange] })),
  )
  if (thrown instanceof Violation) {
    const { finding } = thrown
    const pointer = finding.pointer ?? pointerOfRule(check.rule)
    // Where the check names no proof, what it saw last is what it is about.
    const exchanges = finding.exchanges.length > 0 ? finding.exchanges : client.exchanges.slice(-1)
    const shown = finding.exchanges.at(-1)
    // That a wrong status is undeclared too says nothing new.
    const others = flawed.filter(
      ({ kind, exchanges }) => kind !== 'status' || !exchanges.some((each) => each === shown),
    )
    return { kind: 'failed', findings: withoutRepeats([{ ...finding, pointer, exchanges }, ...others.map(toFinding)]) }
  }
  if (flawed.length > 0) return { kind: 'failed', findings: withoutRepeats(flawed.map(toFinding)) }
  if (thrown instanceof Blocked) return blockedBy(thrown.operation)
  if (thrown instanceof NotRun) return { kind: 'not-run', reason: thrown.message }
  if (thrown !== undefined) return { kind: 'error', message: describeError(thrown) }
  return { kind: 'passed' }
}

/** What a target answers may hold what it was sent; exchanges were masked when they were recorded. */
function maskVerdict(verdict: Verdict, mask: Mask): Verdict {
  if (verdict.kind === 'error') return { ...verdict, message: mask.text(verdict.message) }
  if (verdict.kind !== 'failed') return verdict
  const findings = verdict.findings.map(({ expected, actual, ...rest }) => {
    return { ...rest, expected: mask.text(expected), actual: mask.text(actual) }
  })
  return { ...verdict, findings }
}

function toFinding({ expected, actual, pointer, exchanges }: Finding): Finding {
  return { expected, actual, pointer, exchanges }
}

/** A flaw that ended the check is recorded twice, and the same one may show in several answers; the first is kept. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ expected }, at) => findings.findIndex((each) => each.expected === expected) === at)
}

function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const place = thrown.stack?.split('\n').find((line) => line.trimStart().startsWith('at ')) ?? ''
  return `${thrown.message}${thrown instanceof Unreachable ? '' : place.replace(/^\s*/, ' ')}`
}

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
  const { limits } = offer
  return (
    newerThan(offer.version, check) ??
    missingIdentity(needs, offer.has) ??
    missingLimit(needs, limits) ??
    missingTime(check, limits, offer.maxWaitSeconds) ??
    needs.when?.(limits) ??
    missingPlaces(waitingOf(check, limits), offer.maxWaiting)
  )
}

function newerThan(version: Version | undefined, check: Check): string | undefined {
  const subject = subjectOf(check)
  if (version === undefined || isThereIn(version, subject)) return undefined
  return `came with Opik ${String(sinceOf(subject))}, and the target is judged as ${version} (--server, server)`
}

function missingPlaces(needed: number, maxWaiting: number): string | undefined {
  return needed <= maxWaiting
    ? undefined
    : `needs ${needed} requests that wait at once; ${maxWaiting} may (--max-waiting, maxWaiting)`
}

function missingIdentity({ other }: CheckNeeds, has: (identity: IdentityName) => boolean): string | undefined {
  if (other === undefined || has(other === 'any' ? 'other' : other)) return undefined
  if (other === 'reader') return 'needs a user who may not do everything (--reader-api-key, readerApiKey)'
  if (other === 'colleague') return 'needs a second user of the same workspace (--colleague-api-key, colleagueApiKey)'
  if (other === 'stranger') return 'needs a user of another workspace (--other-workspace and --other-api-key, other)'
  return 'needs a second identity (--other-api-key or --other-workspace, other)'
}

function missingLimit({ limits: needed }: CheckNeeds, limits: Limits): string | undefined {
  for (const [name, most] of Object.entries(needed ?? {})) {
    if (isSetting(name, limits) && limits[name] > most)
      return `needs ${name} of at most ${most}; the target's is ${limits[name]}`
  }
  return undefined
}

function isSetting(name: string, limits: Limits): name is SettingName {
  return Object.hasOwn(limits, name)
}

function missingTime(check: Check, limits: Limits, maxWaitSeconds: number | null): string | undefined {
  const seconds = Math.ceil(fewestSecondsOf(check, limits))
  if (maxWaitSeconds === null || seconds <= maxWaitSeconds) return undefined
  const patience = seconds <= 3600 ? ', or to wait longer (--max-wait, maxWaitSeconds)' : ''
  return `needs ${seconds} s to pass: a clock that can be moved (--admin, clock)${patience}`
}

/** The exchange that `missingOperation` is about, from what a check has thrown. */
function lackOf(thrown: unknown): Exchange | undefined {
  const shown = thrown instanceof Violation && thrown.wasSuccessDue ? thrown.finding.exchanges.at(-1) : undefined
  return shown === undefined || shown.operation === null || absenceIn(shown) === undefined ? undefined : shown
}

export function createBail(bail: boolean | number | undefined, end: (reason: string) => void) {
  const most = bail === true ? 1 : bail === false || bail === undefined ? Infinity : bail
  const failures = new Set<string>()
  return {
    /** Counts a failure by its name, each name once. */
    count(name: string) {
      if (failures.size >= most) return
      failures.add(name)
      if (failures.size === most)
        end(most === 1 ? 'the run ends at the first failure (--bail)' : `the run ends after ${most} failures (--bail)`)
    },
    get hasEnded() {
      return failures.size >= most
    },
  }
}

/** How long a run that is interrupted may clean up, in milliseconds. */
const LAST_CLEANING_MS = 1200

/** What comes of some work; undefined when the signal aborts and the work does not end soon after. */
export async function unlessInterrupted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
  time: RealTime,
): Promise<Result | undefined> {
  if (signal === undefined) return work
  const over = new AbortController()
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal })
  })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, interrupted.then(() => time.within(work, LAST_CLEANING_MS, undefined))])
  } finally {
    over.abort()
  }
}
