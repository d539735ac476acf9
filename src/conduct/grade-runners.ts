/**
 * `gradeRecording`: holds what was recorded against the rules and words what comes out as a report. Each runner is followed
 * by all rules: its calls are heard in their order, and each breach is told when it is proved.
 */
import type {
  ConductEvidence,
  ConductRecording,
  ConductReport,
  ConductVerdict,
  RunnerConduct,
} from './conduct-types.js'
import {
  awake,
  inSeconds,
  joinTimes,
  type Breach,
  type Rule,
  GONE,
  type ObservedRunner,
  type Watcher,
  WorkLedger,
} from './conduct-rule.js'
import { type Call, type Sleep, type Trace, isAnswered, isAfter, type AnsweredCall } from './conduct-trace.js'
import { rules } from './all-rules.js'
import type { RunnerType } from '../kernel/types.js'

/** Breaches of a rule that a verdict shows. */
export const MOST_EVIDENCE = 5

/** Judges every runner of a recording by every rule. */
export function gradeRecording(recording: ConductRecording): ConductReport {
  const { at, ended: hasEnded, asked_to_end: askedToEnd = Infinity, sleeps, waits = [] } = recording
  const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = recording
  const pollMs = {
    ...(jobs !== undefined && { nextJob: jobs * 1000 }),
    ...(commands !== undefined && { nextBridgeCommands: commands * 1000 }),
  }
  const view = { ttlMs: recording.heartbeat_ttl_seconds * 1000, pollMs, hasEnded, askedToEnd }
  const standstills = joinTimes(sleeps, waits)
  const runners = recording.runners.map((trace) => {
    const seen = hear(trace, at, { ...view, sleeps })
    // Only what is wrong may be explained by a machine that was busy.
    const slowed = seen.breaches.size === 0 ? seen : hear(trace, at, { ...view, sleeps: standstills })
    const lateMs = asleep(trace, at, standstills) - asleep(trace, at, sleeps)
    return toConduct(trace, seen, slowed, lateMs)
  })
  return { at: new Date(at).toISOString(), ok: isKept(runners), runners }
}

/** Whether no rule with severity `must` is broken. */
export function isKept(runners: readonly RunnerConduct[]): boolean {
  const isBroken = ({ severity, outcome }: ConductVerdict): boolean => severity === 'must' && outcome === 'broken'
  return !runners.some(({ verdicts }) => verdicts.some(isBroken))
}

/** What came of hearing a trace. */
interface Heard {
  readonly exercised: ReadonlySet<Rule>
  readonly breaches: ReadonlyMap<Rule, readonly Breach[]>
}

function hear(
  trace: Trace,
  now: number,
  view: Pick<FollowOptions, 'ttlMs' | 'pollMs' | 'askedToEnd' | 'hasEnded' | 'sleeps'>,
): Heard {
  const breaches = new Map<Rule, Breach[]>()
  const { runnerId, type, calls } = trace
  const options = { ...view, runnerId, type, isSilenceTelling: true, isWhole: true }
  const runner = new FollowedRunner(rules, options, (rule, breach) => {
    breaches.set(rule, [...(breaches.get(rule) ?? []), breach])
  })
  const turns = calls.flatMap((call) => [
    { order: call.order, hear: () => runner.begin(call) },
    ...(isAnswered(call) ? [{ order: call.answer.order, hear: () => runner.end(call) }] : []),
  ])
  for (const turn of turns.sort((a, b) => a.order - b.order)) turn.hear()
  runner.finish(now)
  return { exercised: runner.exercised, breaches }
}

/** @param slowed the same runner, with the waits of its machine counted as sleep */
function toConduct(trace: Trace, seen: Heard, slowed: Heard, lateMs: number): RunnerConduct {
  const { runnerId, name, type, count, calls } = trace
  return {
    runner_id: runnerId,
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    calls: count,
    forgotten: count - calls.length,
    verdicts: rules.map((rule) => toVerdict(rule, seen, slowed, lateMs)),
  }
}

function toVerdict(rule: Rule, seen: Heard, slowed: Heard, lateMs: number): ConductVerdict {
  const { id, requirement, title, severity } = rule
  const isSuspect = seen.breaches.has(rule)
  const breaches = slowed.breaches.get(rule) ?? []
  const isExplained = isSuspect && breaches.length === 0
  const isExercised = seen.exercised.has(rule) && !isExplained
  const isBroken = isSuspect && breaches.length > 0
  return {
    ...{ rule: id, requirement, title, severity },
    outcome: isBroken ? 'broken' : isExercised ? 'kept' : 'not exercised',
    breaches: isBroken ? breaches.length : 0,
    evidence: isBroken ? breaches.slice(0, MOST_EVIDENCE).map(toEvidence) : [],
    ...(isExplained && { reason: `the machine was busy, and late by ${inSeconds(lateMs)}` }),
  }
}

/** Milliseconds in which the runner's processes could do nothing, from its first call on. */
function asleep({ calls }: Trace, now: number, sleeps: readonly Sleep[]): number {
  const [first]: readonly Call[] = calls
  return first === undefined ? 0 : now - first.at - awake(first.at, now, sleeps)
}

function toEvidence({ call: { at, operation, subject, answer }, note }: Breach): ConductEvidence {
  return {
    at: new Date(at).toISOString(),
    operation,
    ...(answer !== undefined && { status: answer.status }),
    ...(subject !== undefined && { subject }),
    note,
  }
}

/** What is known of a runner before it is heard. */
export type FollowOptions = Pick<
  ObservedRunner,
  'runnerId' | 'ttlMs' | 'askedToEnd' | 'hasEnded' | 'isSilenceTelling' | 'isWhole'
> & {
  readonly type?: RunnerType | undefined
  readonly sleeps?: readonly Sleep[]
  readonly pollMs?: ObservedRunner['pollMs']
  /** Whether everything that happened to a job or command was heard. */
  readonly isWholeOf?: (id: string) => boolean
}

/** Told of each breach. */
export type OnBreach = (rule: Rule, breach: Breach) => void

/** Hears one runner. */
export class FollowedRunner implements ObservedRunner {
  readonly runnerId: string
  type: RunnerType | undefined
  readonly ttlMs: number
  readonly pollMs: ObservedRunner['pollMs']
  readonly askedToEnd: number
  readonly hasEnded: boolean
  readonly isSilenceTelling: boolean
  readonly isWhole: boolean
  sleeps: readonly Sleep[]
  farewell: AnsweredCall | undefined
  goodbye: Call | undefined
  underWay = 0
  readonly work: WorkLedger
  /** Rules that something has put to the test. */
  readonly exercised = new Set<Rule>()
  private readonly watchers: readonly Watcher[]

  constructor(rules: readonly Rule[], options: FollowOptions, onBreach: OnBreach) {
    const { runnerId, type, ttlMs, askedToEnd, hasEnded, isSilenceTelling, isWhole, sleeps = [] } = options
    this.runnerId = runnerId
    this.type = type
    this.ttlMs = ttlMs
    this.pollMs = options.pollMs ?? {}
    this.askedToEnd = askedToEnd
    this.hasEnded = hasEnded
    this.isSilenceTelling = isSilenceTelling
    this.isWhole = isWhole
    this.sleeps = sleeps
    this.work = new WorkLedger(options.isWholeOf ?? (() => true))
    this.watchers = rules.map((rule) =>
      rule.watch(this, {
        exercise: () => this.exercised.add(rule),
        breach: (breach) => {
          this.exercised.add(rule)
          onBreach(rule, breach)
        },
      }),
    )
  }

  /** A call is sent. */
  begin(call: Call): void {
    this.pass(call.at)
    for (const watcher of this.watchers) watcher.begin?.(call)
    this.underWay++
    if (call.operation === 'disconnectRunner') this.goodbye ??= call
  }

  /** A call is answered, or its answer lost. */
  end(call: AnsweredCall): void {
    this.pass(call.answer.at)
    this.underWay--
    this.hearFate(call)
    this.work.note(call)
    for (const watcher of this.watchers) watcher.end?.(call)
  }

  /** Nothing more will be heard. */
  finish(now: number): void {
    this.pass(now)
    for (const watcher of this.watchers) watcher.finish?.(now)
  }

  private pass(now: number): void {
    for (const watcher of this.watchers) watcher.pass?.(now)
  }

  private hearFate(call: AnsweredCall): void {
    if (call.operation !== 'heartbeat') return
    if (call.answer.status === GONE) this.farewell ??= call
    // Today's servers may bring a runner back.
    else if (call.answer.status === 200 && this.farewell !== undefined && isAfter(call, this.farewell))
      this.farewell = undefined
  }
}
