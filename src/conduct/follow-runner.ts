/** Follows one runner by all rules: hears its calls in their order, and tells each breach when it is proved. */
import type { RunnerType } from '../kernel/types.js'
import { type Call, type Sleep, isAfter, type AnsweredCall } from './conduct-trace.js'
import { GONE, type Breach, type Rule, type ObservedRunner, type Watcher } from './conduct-rule.js'
import { WorkLedger } from './work-ledger.js'

/** What is known of a runner before it is heard. */
export type FollowOptions = Pick<
  ObservedRunner,
  'runnerId' | 'ttlMs' | 'askedToEnd' | 'hasEnded' | 'isSilenceTelling' | 'isWhole'
> & {
  readonly type?: RunnerType | undefined
  readonly sleeps?: readonly Sleep[]
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
