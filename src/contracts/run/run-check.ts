/** Runs one check to its verdict. What a check throws is sorted here: broken rules, missing needs, bugs. */
import type { StopSignal } from '../../kernel/clock.js'
import { type Check, pointerOfRule, secondsOf, type Verdict } from '../check/check.js'
import { absenceIn } from '../target/answer.js'
import { type CheckClient, Unreachable } from '../target/client.js'
import { Blocked, NotRun, Violation } from '../target/expectation.js'
import type { Exchange, Mask } from '../target/recorded-exchange.js'
import { enter, ENDED, POLLS_HANG } from './check-context.js'
import type { CheckEnvironment, CheckRunOptions, CheckState } from './check-context.js'
import { TOO_SLOW } from './check-time.js'
import { presenceOf } from './inspect-target.js'
import { blockedBy, type CheckRun } from './missing-operations.js'

export function notRun(reason: string): CheckRun {
  const verdict = { kind: 'not-run' as const, reason }
  return { verdict, durationMs: 0, requests: 0, operations: [], quirks: [], exchanges: [], connection: 'there' }
}

/** Real time that a check which is given up gets to end, and any check to clean up. */
const STOPPING_MS = 3000
/** The same when the whole run ends. */
const ENDING_MS = 200
const CLEANING_MS = 15_000
/** With a clock that moves, a check that takes hours takes no longer than that. */
const CLOCKED_SECONDS = 120
/** Shorter waits are not reported. */
const SHORT_WAIT_SECONDS = 2

/** Runs a check; resolves when its clean-up is done. */
export async function runCheck(check: Check, bench: CheckEnvironment, place: CheckRunOptions): Promise<CheckRun> {
  const { signal } = place
  const { time, pollsHang } = bench
  const tellWait = (seconds: number): void => {
    if (seconds >= SHORT_WAIT_SECONDS) place.onWait?.(time.now() + 1000 * seconds)
  }
  const state: CheckState = { isStopped: false, isOver: false, tasks: [], quirks: [], times: [], participants: [] }
  const { client, context } = await enter({ check, bench, place, state, tellWait }, place.permits)
  const hangUp = (): void => void client.finish(0)
  pollsHang.addEventListener('abort', hangUp)
  const started = time.stopwatch()
  const work = (signal.aborted ? Promise.resolve() : check.run(context)).finally(() => (state.isOver = true))
  const thrown: unknown = await inTime(work, check, bench, signal).catch((error: unknown) => error)
  const durationMs = time.stopwatch() - started
  const connection = presenceOf(thrown)
  const isHungUp = connection === 'silent' && pollsHang.aborted
  const isLate = state.times.some((each) => each.isLate)
  const excuse = isHungUp ? POLLS_HANG : isLate ? TOO_SLOW : undefined
  const judged = toVerdict(thrown, check, client, bench.mask)
  const reason = signal.aborted ? ENDED : judged.kind === 'failed' ? excuse : undefined
  const verdict: Verdict = reason === undefined ? judged : { kind: 'not-run', reason }
  const missingOperation = verdict.kind === 'failed' ? missingIn(thrown) : undefined
  place.onVerdict?.({ verdict, missingOperation })
  const run = {
    ...{ verdict, missingOperation, durationMs, requests: client.requestCount },
    ...{ operations: [...client.operations], quirks: [...state.quirks] },
    exchanges: verdict.kind === 'passed' && !bench.keepExchanges ? [] : client.exchanges,
    connection: isHungUp ? 'there' : connection,
  }
  const patience = (): number => (signal.aborted ? ENDING_MS : STOPPING_MS)
  const wasOver = state.isOver
  // What is still under way, of calls made at once or of a check that was ended, makes nothing new.
  state.isStopped = true
  if (!wasOver) {
    leaveTime(state)
    await client.finish(patience())
    await time.within(
      work.catch(() => undefined),
      patience(),
      undefined,
    )
  }
  await client.settle(patience())
  // Polls end with their runner on many targets, and are hung up on all others.
  await time.within(cleanUp(state), CLEANING_MS, undefined)
  await client.close()
  pollsHang.removeEventListener('abort', hangUp)
  leaveTime(state)
  return run
}

function leaveTime({ participants }: CheckState): void {
  for (const each of participants) each.leave()
}

/** Waits for a check, unless the run is ended first. */
async function inTime(work: Promise<void>, check: Check, bench: CheckEnvironment, stop: StopSignal): Promise<void> {
  const seconds =
    check.patienceSeconds(bench.runs) +
    Math.min(secondsOf(check, bench.limits), bench.maxWaitSeconds ?? CLOCKED_SECONDS)
  let onStop = (): void => undefined
  const stopped = new Promise<void>((resolve) => (onStop = resolve))
  stop.addEventListener('abort', onStop)
  const ended = Promise.race([work, stopped]).finally(() => stop.removeEventListener('abort', onStop))
  const end = await bench.time.within(ended, 1000 * seconds, LATE)
  if (end === LATE) throw new Error(`The check did not end within ${seconds} s.`)
}

const LATE = 'late'

/** Later tasks first: runners go before their project. A target that leaves one unanswered is asked no more. */
async function cleanUp({ tasks }: CheckState): Promise<void> {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const presence = await task().then(() => 'there', presenceOf)
    if (presence !== 'there') return
  }
}

/** What a target answers may hold what it was sent; exchanges were masked when they were recorded. */
function toVerdict(thrown: unknown, check: Check, client: CheckClient, mask: Mask): Verdict {
  const broken = thrown instanceof Violation ? { ...thrown.finding } : undefined
  const last = broken?.exchanges.at(-1)
  const others = client.flawed.flatMap(({ flaws, exchange }) =>
    flaws
      // That a wrong status is undeclared too says nothing new.
      .filter(({ kind }) => kind !== 'status' || exchange !== last)
      .map(({ expected, actual, pointer }) => ({ expected, actual, pointer, exchanges: [exchange] })),
  )
  if (broken !== undefined) {
    broken.pointer ??= pointerOfRule(check.rule)
    // Where the check names no proof, what it saw last is what it is about.
    if (broken.exchanges.length === 0) broken.exchanges = client.exchanges.slice(-1)
  }
  const findings = [broken ?? [], ...others].flat().map((each) => {
    return { ...each, expected: mask.text(each.expected), actual: mask.text(each.actual) }
  })
  if (findings.length > 0) {
    // A flaw that ended the check is recorded twice, and the same one may show in several answers.
    const isFirst = ({ expected }: { expected: string }, at: number): boolean =>
      findings.findIndex((each) => each.expected === expected) === at
    return { kind: 'failed', findings: findings.filter(isFirst) }
  }
  if (thrown instanceof Blocked) return blockedBy(thrown.operation)
  if (thrown instanceof NotRun) return { kind: 'not-run', reason: thrown.message }
  return thrown === undefined ? { kind: 'passed' } : { kind: 'error', message: mask.text(describeError(thrown)) }
}

function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const place = thrown.stack?.split('\n').find((line) => line.trimStart().startsWith('at ')) ?? ''
  return `${thrown.message}${thrown instanceof Unreachable ? '' : place.replace(/^\s*/, ' ')}`
}

/** The exchange that `missingOperation` is about, from what a check has thrown. */
function missingIn(thrown: unknown): Exchange | undefined {
  const shown = thrown instanceof Violation && thrown.wasSuccessDue ? thrown.finding.exchanges.at(-1) : undefined
  return shown === undefined || shown.operation === null || absenceIn(shown) === undefined ? undefined : shown
}
