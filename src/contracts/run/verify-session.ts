/**
 * One run of checks against a target. Checks that need no time run side by side; those that do run together in a phase of
 * their own, since moving a target's clock moves it for everybody on it.
 */
import type { Version } from '../../kernel/all-operations.js'
import { type Check, fewestSecondsOf, secondsOf, waitingOf } from '../check/check.js'
import { type CheckResult, failsRun, type MissingOperation, type Report, createWaivers } from '../check/report-model.js'
import { KitError } from '../../kernel/errors.js'
import { inOrderOfNeed, requirementsById } from '../suites/requirements.js'
import { recordTarget, type RecordedTarget } from '../target/record-target.js'
import { version } from '../../kernel/version.js'
import type { QuirkId } from '../check/seen-quirks.js'
import { checks as allChecks } from '../suites/all-checks.js'
import { Coverage } from '../check/lifecycle-coverage.js'
import { type CheckEnvironment, createRandomness } from './create-context.js'
import { createMask, type Mask } from '../target/recorded-exchange.js'
import {
  ABORTED,
  createBail,
  verdictOfLoss,
  createPing,
  type Ping,
  type CheckRun,
  notRun,
  unlessInterrupted,
} from './check-run.js'
import { buildReport, type JudgedRun, MissingOperations, NewerParts, versionOf } from './build-report.js'
import type { VerifyOptions } from './select-checks.js'
import { createRealTime, type RealTime, type Transport } from '../target/transport.js'
import { TOO_SLOW } from './check-time.js'
import { reasonNotToRun, runCheck } from './run-check.js'
import { inspectTarget, madeUpKey, type TargetFacts } from './inspect-target.js'
import { declaresSpans, type ResolvedTarget } from '../target/target.js'
import { createRealKeeper, createVirtualKeeper, type TimeKeeper } from './time-keeper.js'
import { PollLimiter } from '../target/poll-limiter.js'

const CONCURRENCY = 12
const MAX_WAIT_SECONDS = 40
const MAX_WAITING = 30
/** Longer waits need the user's consent. */
const MAX_UNASKED_SECONDS = 240
/** With a clock that moves, a check that takes hours takes no longer than that. */
const CLOCKED_SECONDS = 120
const RUNS = 8
/** A check that is run once more takes no longer. */
const MAX_ALONE_MS = 60_000
/** How long a target that left a call unanswered may take for a ping. */
const LAST_PING_MS = 5000
/** Operations that a server may hold, and how many checks lack an answer to one when they are known to hang. */
const HELD: ReadonlySet<string> = new Set(['nextJob', 'nextBridgeCommands', 'getBridgeCommand'])
const MAX_HANGING = 4
/** Checks may overrun the waiting that they announce by what their calls take. */
const WAIT_SLACK_SECONDS = 10

/** The time of a phase: for all of its checks, and for one that is run again. */
interface PhaseTime {
  keeper: TimeKeeper
  alone: () => TimeKeeper
}
export interface VerificationParts {
  target: ResolvedTarget
  checks: readonly Check[]
  options: VerifyOptions
  transport: Transport
  refused: ReadonlySet<QuirkId>
}

export class VerifySession {
  private readonly target: ResolvedTarget
  private readonly checks: readonly Check[]
  private readonly options: VerifyOptions
  private readonly transport: Transport
  private readonly refused: ReadonlySet<QuirkId>
  private readonly missing: MissingOperations
  private readonly newer: NewerParts
  /** Undefined for a target of any version. */
  private readonly version: Version | undefined
  private readonly bail: ReturnType<typeof createBail>
  /** Checks that other checks may have disturbed, or for which this machine was too slow; they are run once more, alone. */
  private readonly again: { check: Check; keep: () => TimeKeeper }[] = []
  private hanging = 0
  private readonly pollsHang = new AbortController()
  private readonly ping: Ping
  private readonly time: RealTime = createRealTime()
  private readonly coverage = new Coverage()
  private readonly results = new Map<string, CheckResult>()
  private readonly stop = new AbortController()
  /** No check begins any more. */
  private readonly halt = new AbortController()
  private readonly over = new AbortController()
  /** What ends after it is in no report. */
  private isOver = false
  private readonly seed: number
  private readonly startedAt: number
  private readonly started: number
  private readonly requirements: ReadonlyMap<string, string>
  private readonly waivers
  private readonly mask: Mask
  private recorded: RecordedTarget | undefined
  private names = 0
  private aborted: string | null = null

  constructor({ target, checks, options, transport, refused }: VerificationParts) {
    this.target = target
    this.checks = checks
    this.options = options
    this.transport = transport
    this.refused = refused
    this.version = versionOf(options.server)
    this.missing = new MissingOperations((operation, exchange) => {
      options.onEvent?.({ type: 'missing', operation, exchange })
    }, this.version)
    this.newer = new NewerParts(this.version, (operation) => this.missing.hasSucceeded(operation))
    this.ping = createPing(transport, target.url)
    this.startedAt = this.time.now()
    this.started = this.time.stopwatch()
    this.seed = options.seed ?? this.startedAt % 0x7fffffff
    const today = new Date(this.startedAt).toISOString().slice(0, 10)
    this.requirements = requirementsById(options.checks ?? allChecks)
    this.waivers = createWaivers(options.waivers ?? [], today, (id) => this.requirements.get(id))
    this.bail = createBail(options.bail, (reason) => this.abort(reason))
    const { apiKey, readerApiKey: reader, colleagueApiKey: colleague, other: { apiKey: other } = {} } = target
    const secrets = [apiKey, reader, colleague, other].filter((key) => key !== undefined)
    this.mask = createMask(secrets, { reader, colleague, other, madeUp: madeUpKey(this.runId) })
  }

  async run(): Promise<Report> {
    const { target, transport, time } = this
    const { signal, onEvent, recording } = this.options
    const onAbort = (): void => this.abort(ABORTED.interrupted)
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const survey = await unlessInterrupted(this.survey(), signal, time)
      if (survey === undefined) {
        const [failed, fix] = ['The run was interrupted before it began.', 'Start it again.']
        throw new KitError('verify/interrupted', { failed, fix })
      }
      const parts = { target, transport, time, identities: survey.identities }
      if (recording !== undefined) this.recorded = await recordTarget(parts, recording)
      onEvent?.({ type: 'started', url: this.target.url, checks: this.checks.length, seed: this.seed })
      const bench = this.bench(survey)
      if (survey.projects.kind === 'none') this.missing.note('createProject', survey.projects.exchange)
      await unlessInterrupted(this.runAllChecks(bench), signal, time)
      const { runs, missing } = this.missing.settle(this.checks)
      for (const { check, run } of [...runs, ...this.newer.settle()]) this.finish(check, run)
      // Only an interrupted run leaves some without a result.
      for (const check of this.checks) if (!this.results.has(check.id)) this.finish(check, notRun(ABORTED.interrupted))
      this.isOver = true
      const report = this.report(survey, missing)
      onEvent?.({ type: 'finished', report })
      return report
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.over.abort()
      this.recorded?.close()
    }
  }

  private async runAllChecks(bench: CheckEnvironment): Promise<void> {
    await this.runPhases(bench)
    for (const { check, keep } of this.again) {
      const run = await this.runOne(check, bench, keep())
      if (!this.newer.hold(check, run) && !this.missing.hold(check, run)) this.finish(check, run)
    }
  }

  private get runId(): string {
    const moment = Math.floor(this.started * 1000) % 46_656
    return `${this.startedAt.toString(36)}${moment.toString(36).padStart(3, '0')}`
  }

  private survey(): Promise<TargetFacts> {
    const { target, transport, time, runId, mask } = this
    const unknownId = createRandomness(this.seed, runId, this.startedAt).uuid()
    const { firstAnswerSeconds } = this.options
    return inspectTarget({ target, transport, time, runId, mask, unknownId, firstAnswerSeconds })
  }

  private bench(survey: TargetFacts): CheckEnvironment {
    const { target, ping, time, coverage, missing, mask, seed } = this
    const { transport } = this.recorded ?? { transport: this.transport }
    return {
      ...survey,
      url: target.url,
      limits: target.limits,
      version: this.version,
      seed,
      runs: this.options.runs ?? RUNS,
      path: this.options.path,
      keepExchanges: this.options.keepExchanges === true,
      transport,
      ping,
      mask,
      time,
      coverage,
      missing,
      refused: this.refused,
      mostWaitSeconds: this.maxWait ?? CLOCKED_SECONDS,
      waiting: new PollLimiter(this.options.maxWaiting ?? MAX_WAITING),
      pollsHang: this.pollsHang.signal,
      over: this.over.signal,
      name: (prefix) => `contract-${prefix}-${this.runId}-${(this.names++).toString(36)}`,
    }
  }

  /** Longest real waiting in seconds; null where a clock can be moved. */
  private get maxWait(): number | null {
    const { clock, limits } = this.target
    if (clock !== undefined) return null
    if (this.options.maxWaitSeconds !== undefined) return this.options.maxWaitSeconds
    const needs = this.checks.flatMap((check) => [secondsOf(check, limits), fewestSecondsOf(check, limits)])
    const longest = Math.max(...needs.filter((seconds) => seconds <= MAX_UNASKED_SECONDS))
    return declaresSpans(limits) ? Math.max(Math.ceil(longest), MAX_WAIT_SECONDS) : MAX_WAIT_SECONDS
  }

  private async runPhases(bench: CheckEnvironment): Promise<void> {
    const { limits } = this.target
    const { clock } = this.recorded ?? this.target
    const { maxWait } = this
    const has = bench.identities.has.bind(bench.identities)
    const offer = { limits, has, maxWaitSeconds: maxWait, maxWaiting: bench.waiting.most, version: this.version }
    const ready = this.checks.filter((check) => {
      const reason = reasonNotToRun(check, offer)
      if (reason !== undefined) this.finish(check, notRun(reason))
      return reason === undefined
    })
    const quick = inOrderOfNeed(ready.filter((check) => secondsOf(check, limits) === 0))
    // The longest first, so that no long wait starts when all others are over.
    const slow = ready
      .filter((check) => secondsOf(check, limits) > 0)
      .toSorted((a, b) => secondsOf(b, limits) - secondsOf(a, limits))
    const isShared = bench.projects.kind === 'shared'
    const concurrency = isShared ? 1 : Math.max(1, this.options.concurrency ?? CONCURRENCY)
    const together = isShared ? 1 : slow.length
    const real = (most?: number): TimeKeeper => {
      const deadline = this.time.stopwatch() + 1000 * ((maxWait ?? 0) + WAIT_SLACK_SECONDS)
      return createRealKeeper(this.time, deadline, most)
    }
    const alone = (): TimeKeeper => createRealKeeper(this.time, this.time.stopwatch() + MAX_ALONE_MS, 1)
    let onAllAsked: () => void = () => undefined
    const allAsked = new Promise<void>((resolve) => (onAllAsked = resolve))
    const quickRun = this.runAll(quick, bench, { keeper: real(concurrency), alone }, concurrency, onAllAsked)
    // Where time is moved, those that wait for it prepare beside the last of the others, and none of these may have to
    // wait for one of them: all others run by then, or stand before them in line for places to wait in.
    if (isShared) await quickRun
    else if (clock !== undefined) await Promise.race([allAsked, quickRun])
    const keeperOf = (from?: Promise<void>): TimeKeeper =>
      clock === undefined ? real() : createVirtualKeeper(clock, this.time, from)
    const again = clock === undefined ? alone : (): TimeKeeper => keeperOf()
    const slowRun = this.runAll(slow, bench, { keeper: keeperOf(quickRun), alone: again }, together)
    await Promise.all([quickRun, slowRun])
  }

  private async runAll(
    checks: readonly Check[],
    bench: CheckEnvironment,
    time: PhaseTime,
    atOnce: number,
    onAllAsked: () => void = () => undefined,
  ): Promise<void> {
    const waiting = [...checks]
    let toAsk = checks.length
    const onAsked = (): void => {
      toAsk--
      if (toAsk === 0) onAllAsked()
    }
    if (toAsk === 0) onAllAsked()
    const work = async (): Promise<void> => {
      for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
        if (this.aborted === null) this.options.onEvent?.({ type: 'check-started', check })
        const run = await this.runOne(check, bench, time.keeper, onAsked)
        const { verdict, missingOperation } = run
        const isDisturbed = check.isShared && verdict.kind === 'failed' && missingOperation === undefined
        const isLate = verdict.kind === 'not-run' && verdict.reason === TOO_SLOW
        if (isDisturbed || isLate) this.again.push({ check, keep: time.alone })
        else if (!this.newer.hold(check, run) && !this.missing.hold(check, run)) this.finish(check, run)
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, checks.length) }, work))
  }

  private async runOne(
    check: Check,
    bench: CheckEnvironment,
    keeper: TimeKeeper,
    onAsked: () => void = () => undefined,
  ): Promise<CheckRun> {
    const reserving = bench.waiting.reserve(waitingOf(check, bench.limits), this.halt.signal)
    onAsked()
    const permits = await reserving
    if (this.aborted !== null) {
      permits.release()
      return notRun(this.aborted)
    }
    const run = await runCheck(check, bench, {
      keeper,
      permits,
      signal: this.stop.signal,
      onVerdict: (judged) => this.countFailure(check, judged),
      onWait: (until) => this.options.onEvent?.({ type: 'waiting', check, until }),
    })
    permits.release()
    // A connection that ends or lasts is the target's fault, unless nothing else is answered either.
    const presence = run.connection === 'silent' ? await this.ping(LAST_PING_MS) : run.connection
    const unanswered = run.exchanges.findLast(({ status }) => status === null)?.operation ?? ''
    if (run.connection === 'silent' && HELD.has(unanswered) && ++this.hanging >= MAX_HANGING) this.pollsHang.abort()
    if (presence === 'there') return run
    this.abort(ABORTED[presence])
    return { ...run, verdict: verdictOfLoss(presence, run.verdict) }
  }

  private finish(check: Check, run: CheckRun): void {
    if (this.isOver) return
    const { id, area, title, rule, severity } = check
    const requirement = this.requirements.get(id) ?? null
    const verdict = this.waivers.apply(id, run.verdict)
    const hasFailed = verdict.kind === 'failed' || verdict.kind === 'error'
    const result: CheckResult = {
      ...{ id, area, requirement, title, rule, severity, verdict },
      isKnown: hasFailed && this.options.baseline?.has(id) === true,
      durationMs: Math.round(run.durationMs),
      requests: run.requests,
      operations: run.operations,
      quirks: run.quirks,
      exchanges: run.exchanges,
    }
    this.results.set(id, result)
    if (verdict.kind === 'passed' || verdict.kind === 'failed') this.coverage.claim(rule, verdict.kind === 'failed')
    if (check.isShared && failsRun(result)) this.bail.count(id)
    this.options.onEvent?.({ type: 'check-finished', result, finished: this.results.size, checks: this.checks.length })
  }

  /** Counts a failure as soon as it is known; one that others may have brought about when it was run again. */
  private countFailure({ id, isShared }: Check, { verdict, missingOperation }: JudgedRun): void {
    const missing =
      missingOperation !== undefined || verdict.kind === 'not-run'
        ? this.missing.suspectOf({ verdict, missingOperation })
        : undefined
    const isNew = this.options.baseline?.has(id) !== true && this.waivers.apply(id, verdict).kind === verdict.kind
    // Whether a missing operation is known, only the check tells that fails for it.
    const isOpen = verdict.kind === 'failed' ? isNew : this.options.baseline === undefined
    if (missing !== undefined && isOpen) this.bail.count(missing)
    else if (missing === undefined && isNew && !isShared && (verdict.kind === 'failed' || verdict.kind === 'error'))
      this.bail.count(id)
  }

  private abort(reason: string): void {
    if (this.aborted !== null) return
    this.aborted = reason
    this.halt.abort()
    this.stop.abort()
  }

  private report(survey: TargetFacts, missing: readonly MissingOperation[]): Report {
    return buildReport({
      target: this.target,
      survey,
      seed: this.seed,
      kitVersion: version,
      startedAt: this.startedAt,
      checks: this.checks,
      durationMs: Math.round(this.time.stopwatch() - this.started),
      results: this.checks.flatMap(({ id }) => this.results.get(id) ?? []),
      missing,
      required: this.options.require ?? [],
      lifecycle: this.coverage.report(),
      waivers: this.waivers,
      knownIds: new Set((this.options.checks ?? allChecks).map(({ id }) => id)),
      baseline: this.options.baseline,
      strict: this.options.strict === true,
      aborted: this.aborted,
    })
  }
}
