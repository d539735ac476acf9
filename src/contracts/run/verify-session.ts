/**
 * Runs checks against a target and returns a report. Checks that need no time run side by side; those that do run together in
 * a phase of their own, since moving a target's clock moves it for everybody on it.
 */
import type { VerifyOptions as Described } from '../../generated/kit-schema.js'
import { Stop } from '../../kernel/clock.js'
import { KitError } from '../../kernel/errors.js'
import { version } from '../../kernel/version.js'
import { hasFailed } from '../../report/report-document.js'
import {
  createWaivers,
  failsRun,
  longestWait,
  PATIENCE_SECONDS,
  reasonNotToRun,
  secondsOf,
  versionOf,
  waitingOf,
  type Check,
} from '../check/check.js'
import { buildReport, type CheckResult, type Report, type VerifyListener } from '../check/report-model.js'
import type { QuirkId } from '../check/seen-quirks.js'
import { checks as allChecks } from '../suites/all-checks.js'
import { inOrderOfNeed, requirementsById, suiteNames, suiteOf } from '../suites/requirements.js'
import { createMask } from '../target/recorded-exchange.js'
import { recordTarget, type RecordedTarget, type RecordingOutput } from '../target/record-target.js'
import type { IdentityName, ResolvedTarget } from '../target/target.js'
import { realClock } from '../../kernel/real-time.js'
import type { Transport } from '../target/transport.js'
import { PollLimiter, TOO_SLOW } from './check-time.js'
import { createPing, inspectTarget, madeUpKey } from './inspect-target.js'
import { MissingOperations, notRun, type CheckRun, type JudgedRun } from './missing-operations.js'
import { type CheckEnvironment, createRandomness, runCheck } from './run-check.js'
import { askTogether, TimeKeeper } from './time-keeper.js'

/** How to verify. */
export interface VerifyOptions extends Omit<Described, 'checks' | 'onEvent' | 'recording'> {
  /** The checks to choose from, all of which run unless others are named. Default: those of the suites. */
  readonly checks?: readonly Check[] | undefined
  /** Called with each event. Default: none. */
  readonly onEvent?: VerifyListener | undefined
  /** Takes a recording of the checks' requests and responses, line by line. Default: none. */
  readonly recording?: RecordingOutput | undefined
}

const CONCURRENCY = 12
const MAX_WAITING = 30
const RUNS = 8
/** A check that is run once more takes no longer. */
const MAX_ALONE_MS = 60_000
/** A target that needs longer for a ping is not waited for. */
const MAX_ROUND_TRIP_MS = 2000
/** How long a target that left a call unanswered may take for a ping. */
const LAST_PING_MS = 5000
/** Operations that a server may hold, and how many checks lack an answer to one when they are known to hang. */
const HELD: ReadonlySet<string> = new Set(['nextJob', 'nextBridgeCommands', 'getBridgeCommand'])
const MAX_HANGING = 4
/** Checks may overrun the waiting that they announce by what their calls take. */
const WAIT_SLACK_SECONDS = 10
/** How long a run that is interrupted may clean up. */
const LAST_CLEANING_MS = 1500

const ABORTED = {
  interrupted: 'interrupted',
  gone: 'the target went away',
  silent: 'the target stopped answering',
  stuck: 'the clock of the target cannot be moved',
} as const

interface SessionParts {
  readonly target: ResolvedTarget
  readonly checks: readonly Check[]
  readonly options: VerifyOptions
  /** The quirks that it refuses. */
  readonly refused: ReadonlySet<QuirkId>
  readonly transport: Transport
}

export class VerifySession {
  private readonly parts: SessionParts
  private readonly startedAt = realClock.now()
  private readonly started = realClock.stopwatch()
  private readonly runId = `${this.startedAt.toString(36)}${(Math.floor(this.started * 1000) % 46_656).toString(36).padStart(3, '0')}`
  private readonly seed: number
  private readonly missing: MissingOperations
  private readonly requirements: ReadonlyMap<string, string>
  private readonly waivers
  private readonly results = new Map<string, CheckResult>()
  /** Failures that count for `bail`. */
  private readonly failures = new Set<string>()
  /** Checks that other checks may have disturbed, or for which this machine was too slow; they are run once more, alone. */
  private readonly again: Check[] = []
  private hanging = 0
  private readonly pollsHang = new Stop()
  /** No check begins any more, and those under way end. */
  private readonly stop = new Stop()
  private readonly stopped = new AbortController()
  private readonly over = new Stop()
  private interrupt: () => void = () => undefined
  private readonly interrupted = new Promise<void>((resolve) => (this.interrupt = resolve))
  /** What ends after it is in no report. */
  private isOver = false
  private recorded: RecordedTarget | undefined
  private names = 0
  private aborted: string | null = null

  constructor(parts: SessionParts) {
    const { options } = parts
    this.parts = parts
    this.seed = options.seed ?? this.startedAt % 0x7fffffff
    this.missing = new MissingOperations((operation, exchange) => {
      options.onEvent?.({ type: 'missing', operation, exchange })
    }, versionOf(options.server))
    this.requirements = requirementsById(options.checks ?? allChecks)
    const today = new Date(this.startedAt).toISOString().slice(0, 10)
    this.waivers = createWaivers(options.waivers ?? [], today, (id) => this.requirements.get(id))
  }

  async run(): Promise<Report> {
    const { target, checks, transport } = this.parts
    const { signal, onEvent, recording } = this.parts.options
    const onAbort = (): void => {
      this.abort(ABORTED.interrupted)
      this.interrupt()
    }
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const bench = await this.unlessInterrupted(this.survey())
      if (bench === undefined) {
        const parts = { failed: 'The run was interrupted before it began.', fix: 'Start it again.' }
        throw new KitError('verify/interrupted', parts)
      }
      if (recording !== undefined) this.recorded = await recordTarget(target, bench, recording)
      bench.transport = this.recorded?.transport ?? transport
      onEvent?.({ type: 'started', url: target.url, checks: checks.length, seed: this.seed })
      if (bench.projects.kind === 'none') this.missing.note('createProject', bench.projects.exchange)
      await this.unlessInterrupted(this.runPhases(bench))
      const { runs, missing } = this.missing.settle(checks)
      for (const { check, run } of runs) this.finish(check, run)
      // Only an interrupted run leaves some without a result.
      for (const check of checks) if (!this.results.has(check.id)) this.finish(check, notRun(ABORTED.interrupted))
      this.isOver = true
      const report = this.report(bench, missing)
      onEvent?.({ type: 'finished', report })
      return report
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.over.abort()
      this.recorded?.close()
    }
  }

  /** What comes of some work; undefined when the user ends the run and the work does not end soon after. */
  private async unlessInterrupted<Result>(work: Promise<Result>): Promise<Result | undefined> {
    work.catch(() => undefined)
    return Promise.race([work, this.interrupted.then(() => realClock.within(work, LAST_CLEANING_MS, undefined))])
  }

  private async survey(): Promise<CheckEnvironment> {
    const { missing, seed, runId } = this
    const { target, checks, transport, options, refused } = this.parts
    const { apiKey, readerApiKey: reader, colleagueApiKey: colleague, other } = target
    const mask = createMask([apiKey], { reader, colleague, other: other?.apiKey, madeUp: madeUpKey(runId) })
    const ping = createPing(transport, target.url)
    const unknownId = createRandomness(seed, runId, this.startedAt).uuid()
    const { firstAnswerSeconds } = options
    const facts = await inspectTarget({ target, transport, runId, mask, unknownId, firstAnswerSeconds })
    return {
      ...{ ...facts, seed, transport, mask, missing, refused },
      ...{ url: target.url, limits: target.limits, version: versionOf(options.server), path: options.path },
      runs: options.runs ?? RUNS,
      keepExchanges: options.keepExchanges === true,
      ping,
      roundTrip: askTogether(async () => (await ping(MAX_ROUND_TRIP_MS)) === 'there'),
      maxWaitSeconds:
        target.clock === undefined ? (options.maxWaitSeconds ?? longestWait(checks, target.limits)) : null,
      waiting: new PollLimiter(options.maxWaiting ?? MAX_WAITING),
      ...{ pollsHang: this.pollsHang, over: this.over, stopped: this.stopped.signal },
      name: (prefix) => `contract-${prefix}-${runId}-${(this.names++).toString(36)}`,
    }
  }

  private async runPhases(bench: CheckEnvironment): Promise<void> {
    const { options, target, checks } = this.parts
    const { clock } = this.recorded ?? target
    const { limits, identities, waiting, maxWaitSeconds } = bench
    const offer = { ...bench, has: (name: IdentityName) => identities[name] !== undefined, maxWaiting: waiting.most }
    const ready = checks.filter((check) => {
      const reason = reasonNotToRun(check, offer)
      if (reason !== undefined) this.finish(check, notRun(reason))
      return reason === undefined
    })
    const isShared = bench.projects.kind === 'shared'
    const concurrency = isShared ? 1 : Math.max(1, options.concurrency ?? CONCURRENCY)
    const needed = inOrderOfNeed(ready.filter((check) => secondsOf(check, limits) === 0))
    const isLong = (check: Check): boolean => check.patienceSeconds(bench.runs) > PATIENCE_SECONDS
    // Where all others wait for them, those that make hundreds of calls in a row begin first: at the end nothing would be
    // left to do beside them. What is to end at the first failures meets those of single operations first.
    const isNeedAlone = clock === undefined || concurrency === 1 || options.bail
    const quick = isNeedAlone ? needed : needed.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)))
    // The longest first, so that no long wait starts when all others are over.
    const slow = ready
      .filter((check) => secondsOf(check, limits) > 0)
      .toSorted((a, b) => secondsOf(b, limits) - secondsOf(a, limits))
    const real = (ms: number, startingAtOnce?: number): TimeKeeper =>
      new TimeKeeper({ deadline: realClock.stopwatch() + ms, startingAtOnce })
    const waitMs = 1000 * ((maxWaitSeconds ?? 0) + WAIT_SLACK_SECONDS)
    let onAllAsked: () => void = () => undefined
    const allAsked = new Promise<void>((resolve) => (onAllAsked = resolve))
    const quickRun = this.runAll(quick, bench, real(waitMs, concurrency), concurrency, onAllAsked)
    // Where time is moved, those that wait for it prepare beside the last of the others, and none of these may have to
    // wait for one of them: all others run by then, or stand before them in line for places to wait in.
    if (isShared) await quickRun
    else if (clock !== undefined) await Promise.race([allAsked, quickRun])
    const moved = (from?: Promise<void>): TimeKeeper | undefined =>
      clock && new TimeKeeper({ clock, pace: bench.pace, from })
    const slowRun = this.runAll(slow, bench, moved(quickRun) ?? real(waitMs), isShared ? 1 : slow.length)
    await Promise.all([quickRun, slowRun])
    for (const check of this.again) {
      this.take(check, await this.runOne(check, bench, moved() ?? real(MAX_ALONE_MS, 1)))
    }
  }

  /** @param onAllAsked hears that each check has begun, or stands in line for places to wait in */
  private async runAll(
    checks: readonly Check[],
    bench: CheckEnvironment,
    keeper: TimeKeeper,
    atOnce: number,
    onAllAsked: () => void = () => undefined,
  ): Promise<void> {
    const waiting = [...checks]
    const work = async (): Promise<void> => {
      for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
        if (this.aborted === null) this.parts.options.onEvent?.({ type: 'check-started', check })
        const running = this.runOne(check, bench, keeper)
        if (waiting.length === 0) onAllAsked()
        const run = await running
        const { verdict, missingOperation } = run
        const isDisturbed = check.isShared && verdict.kind === 'failed' && missingOperation === undefined
        const isLate = verdict.kind === 'not-run' && verdict.reason === TOO_SLOW
        if (isDisturbed || isLate) this.again.push(check)
        else this.take(check, run)
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, checks.length) }, work))
  }

  /** Has begun when it returns, or stands in line. */
  private async runOne(check: Check, bench: CheckEnvironment, keeper: TimeKeeper): Promise<CheckRun> {
    const permits = await bench.waiting.reserve(waitingOf(check, bench.limits), this.stop)
    if (this.aborted !== null) {
      permits.release()
      return notRun(this.aborted)
    }
    const run = await runCheck(check, bench, {
      ...{ keeper, permits, signal: this.stop },
      onVerdict: (judged) => this.countFailure(check, judged),
      onWait: (until) => this.parts.options.onEvent?.({ type: 'waiting', check, until }),
    })
    permits.release()
    // A connection that ends or lasts is the target's fault, unless nothing else is answered either.
    const presence = run.connection === 'silent' ? await bench.ping(LAST_PING_MS) : run.connection
    const unanswered = run.exchanges.findLast(({ status }) => status === null)?.operation ?? ''
    if (run.connection === 'silent' && HELD.has(unanswered) && ++this.hanging >= MAX_HANGING) this.pollsHang.abort()
    if (presence === 'there') return run
    this.abort(ABORTED[presence])
    // How the loss was noticed stays part of the verdict.
    const noticed = run.verdict.kind === 'error' ? ` ${run.verdict.message}` : ''
    const message = `${ABORTED[presence].replace('the', 'The')}.${noticed}`
    return { ...run, verdict: { kind: 'error', message } }
  }

  private take(check: Check, run: CheckRun): void {
    if (!this.missing.hold(check, run)) this.finish(check, run)
  }

  private finish(check: Check, run: CheckRun): void {
    if (this.isOver) return
    const { options, checks } = this.parts
    const { id, area, title, rule, severity } = check
    const { requests, operations, quirks, exchanges } = run
    const verdict = this.waivers.apply(id, run.verdict)
    const result: CheckResult = {
      ...{ id, area, requirement: this.requirements.get(id) ?? null, title, rule, severity, verdict },
      isKnown: hasFailed({ verdict }) && options.baseline?.has(id) === true,
      durationMs: Math.round(run.durationMs),
      ...{ requests, operations, quirks, exchanges },
    }
    this.results.set(id, result)
    if (check.isShared && failsRun(result)) this.countForBail(id)
    options.onEvent?.({ type: 'check-finished', result, finished: this.results.size, checks: checks.length })
  }

  /** Counts a failure as soon as it is known; one that others may have brought about when it was run again. */
  private countFailure({ id, isShared }: Check, { verdict, missingOperation }: JudgedRun): void {
    const { baseline } = this.parts.options
    const missing =
      missingOperation !== undefined || verdict.kind === 'not-run'
        ? this.missing.suspectOf({ verdict, missingOperation })
        : undefined
    const isNew = baseline?.has(id) !== true && this.waivers.apply(id, verdict).kind === verdict.kind
    // Whether a missing operation is known, only the check tells that fails for it.
    const isOpen = verdict.kind === 'failed' ? isNew : baseline === undefined
    if (missing !== undefined && isOpen) this.countForBail(missing)
    else if (missing === undefined && isNew && !isShared && hasFailed({ verdict })) this.countForBail(id)
  }

  /** Counts a failure by its name, each name once. */
  private countForBail(name: string): void {
    const most = Number(this.parts.options.bail ?? false) || Infinity
    if (this.failures.add(name).size < most) return
    const when = most === 1 ? 'at the first failure' : `after ${most} failures`
    this.abort(`the run ends ${when} (--bail)`)
  }

  private abort(reason: string): void {
    this.aborted ??= reason
    this.stop.abort()
    this.stopped.abort()
  }

  private report({ identities, projects }: CheckEnvironment, missing: Report['missing']): Report {
    const { target, checks, options } = this.parts
    const suites = new Map(checks.map((check) => [check.id, suiteOf(check)]))
    return buildReport({
      ...{ kitVersion: version, seed: this.seed, startedAt: this.startedAt, missing, aborted: this.aborted },
      target: {
        ...{ url: target.url, workspace: target.workspace ?? null, hasClock: target.clock !== undefined },
        ...{
          identities: (['main', 'colleague', 'stranger'] as const).filter((name) => identities[name] !== undefined),
          projects: projects.kind,
        },
      },
      durationMs: Math.round(realClock.stopwatch() - this.started),
      results: checks.flatMap(({ id }) => this.results.get(id) ?? []),
      suites: suiteNames,
      suiteOf: (id) => suites.get(id),
      required: options.require ?? [],
      waivers: this.waivers,
      knownIds: new Set((options.checks ?? allChecks).map(({ id }) => id)),
      baseline: options.baseline,
      strict: options.strict === true,
      // What the user ends, or a clock that is not the target's own, is no verdict on the target.
      isUnfinished: this.aborted === ABORTED.interrupted || this.aborted === ABORTED.stuck,
    })
  }
}
