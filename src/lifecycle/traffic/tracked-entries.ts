/**
 * Runners, jobs and commands with what calls have told of them beside their states, and the rates of a runner's commands.
 */
import type { RunnerType } from '../../kernel/types.js'
import type { WorkMachine } from '../roles.js'
import { mayBePurged } from '../tracker/tracked-states.js'
import type { TimeRange } from '../tracker/time-range.js'
import { findOwnRunner, type TrackedWorld } from '../tracker/tracked-world.js'
import type { ObservedCall } from './observed-call.js'
import { changesSlot, isRegistration, TrackedResource } from './tracked-resource.js'
import type { TrafficFindings } from './findings.js'
import { textAt } from '../../kernel/json-value.js'
import { isWrite } from '../facts.js'
import type { TimerLimits } from '../timers.js'

const idsOfWork = (): Readonly<Record<WorkMachine, Set<string>>> => ({ job: new Set(), bridgeCommand: new Set() })

/** What all calls of a recording have in common. */
export interface RecordingFacts {
  readonly limits: TimerLimits
  readonly findings: TrafficFindings
  /** Whether everything that was ever there has been seen. */
  readonly startsEmpty: boolean
  /** What the clock showed at the recording's zero, in milliseconds since 1970. */
  readonly zero: number | undefined
  /** Whether two callers that differ may be one. Default: they are not. */
  readonly mayBeSameCaller: ((one: string, other: string) => boolean) | undefined
}

export class RunnerEntry extends TrackedResource {
  readonly rates: CommandRates
  readonly work = idsOfWork()
  /** What may still be in its queues. */
  readonly waiting = idsOfWork()
  /** Jobs that were cancelled and may still have to be announced. */
  readonly announcing = new Set<string>()
  workspace: string
  /** Undefined where it was not seen being opened. */
  sessionId: string | undefined
  projectId: string | undefined
  type: RunnerType | undefined
  /** Whether what is known of it began with its session. */
  isBorn = false
  /** Whether it was registered a second time: what it had may be there again or not. */
  isRevived = false
  /** Whether it was activated at once with another one of its slot: both may be there. */
  sharesSlot = false
  /** Until when polls may have taken something out of its queues. */
  takenUntil = -Infinity
  /** Whether jobs or commands of it may be there that are not known. */
  readonly hasOthers: Record<WorkMachine, boolean> = { job: true, bridgeCommand: true }
  /** When something may have ended it, or brought it back, for the last time. */
  endedUntil = -Infinity
  /** When it had surely been taken away; undefined while it may be there. */
  goneBy: number | undefined

  constructor(id: string, workspace: string, facts: RecordingFacts) {
    super('runner', id, facts.findings)
    this.workspace = workspace
    this.rates = new CommandRates(facts)
  }

  /** Whether all that is known of it is by the rules. */
  get isPlain(): boolean {
    return this.isKnown && this.isBorn && !this.isRevived && !this.sharesSlot
  }

  /** Something may end it, or bring it back, until then. */
  noteEnd(until: number): void {
    this.endedUntil = Math.max(this.endedUntil, until)
  }

  /** Whether nothing can have ended it, or brought it back, since then. */
  isCalmSince(time: number): boolean {
    return this.endedUntil < time
  }

  /** Whether it is there, whatever is under way. */
  presence(now: TimeRange): 'there' | 'gone' | 'open' {
    const stateIn = (world: TrackedWorld): 'there' | 'gone' | 'open' => {
      const runner = world.runners.get(this.id)
      if (runner === undefined || runner.isGone) return 'gone'
      return mayBePurged(world, runner, now) ? 'open' : 'there'
    }
    const [first, ...others] = new Set(this.worlds.map(stateIn))
    return first === undefined || others.length > 0 || this.hasUnderWay(changesSlot) ? 'open' : first
  }

  /** Whether nothing is under way that brings or ends it, or says which agents it has. */
  get isSettled(): boolean {
    return !this.hasUnderWay(isRegistration) && !this.hasUnderWay(changesSlot)
  }

  /** Whether it is a caller's, in every state that it may have. */
  isSurelyOf(caller: string): boolean {
    return this.worlds.every((world) => findOwnRunner(world, caller, this.id) !== undefined)
  }
}

export class WorkEntry extends TrackedResource {
  readonly machine: WorkMachine
  readonly runners = new Set<string>()
  created: TimeRange | undefined
  knowsLogs = true

  constructor(id: string, machine: WorkMachine, findings: TrafficFindings) {
    super('work', id, findings)
    this.machine = machine
  }

  /** Whether a poll could still get it. */
  get mayWait(): boolean {
    const isIn = ({ runners }: TrackedWorld): boolean =>
      [...runners.values()].some((runner) => runner[this.machine].queue.includes(this.id))
    return !this.isKnown || !this.isIdle || this.worlds.some(isIn)
  }
}

const MINUTE_MS = 60_000
/** The server's clock and the recorder's are one within this. */
const SKEW_MS = 2000
/** Submissions that are remembered of a runner. */
const MAX_NOTED = 5000

interface Submission extends TimeRange {
  readonly id: number
  readonly isWrite: boolean
  readonly counts: 'surely' | 'perhaps' | 'by quirk'
}

/**
 * Servers count by the minute of their clock; of a recording that does not say what the clock showed, any minute may have begun
 * at any time.
 */
class CommandRates {
  private noted: Submission[] = []
  /** From when on all have been observed. */
  private since: number | undefined
  private readonly facts: RecordingFacts

  constructor(facts: RecordingFacts) {
    this.facts = facts
  }

  /** @param isBorn whether there was no submission that was not observed */
  note({ id, call, answer: { status }, isAborted, now, until }: ObservedCall, isBorn: boolean): void {
    this.since ??= isBorn ? -Infinity : now.from
    const isWritten = isWrite(textAt(call.body, 'type'))
    const isOpen = isAborted || status >= 500
    const isRefused = status === 400 || (status === 429 && isWritten)
    if (!isOpen && status !== 201 && !isRefused) return
    this.noted = this.noted.filter((each) => each.to > now.from - 2 * MINUTE_MS)
    const counts = isOpen ? 'perhaps' : isRefused ? 'by quirk' : 'surely'
    this.noted.push({ id, from: now.from, to: until, isWrite: isWritten, counts })
    if (this.noted.length > MAX_NOTED) this.since = this.noted.shift()?.to ?? now.from
  }

  /** Why a command may have been refused; undefined where no rate can be the reason. */
  reasonOf(observed: ObservedCall): 'rate' | 'refused-payload-counts' | 'unknown' | undefined {
    const { from, to: until } = observed.now
    const { zero } = this.facts
    // The earliest time at which the minute may have begun.
    const start = zero === undefined ? from - MINUTE_MS : this.minuteOf(from - SKEW_MS) - SKEW_MS
    const isOver = (byQuirk: boolean): boolean => {
      const isCounted = ({ id, from: begin, to, counts }: Submission): boolean =>
        id !== observed.id && to >= start && begin <= until && (byQuirk || counts !== 'by quirk')
      return this.rates(observed, this.noted.filter(isCounted)).some(({ most, counted }) => counted.length >= most)
    }
    if (isOver(false)) return 'rate'
    if (start < (this.since ?? Infinity)) return 'unknown'
    return isOver(true) ? 'refused-payload-counts' : undefined
  }

  /** The rate that an accepted command surely exceeds, with the submissions that count. */
  exceededBy(observed: ObservedCall): { most: number; counted: readonly Submission[] } | undefined {
    const { now } = observed
    const start = this.minuteOf(now.from)
    const isInside = ({ from, to }: TimeRange): boolean => from >= start + SKEW_MS && to <= start + MINUTE_MS - SKEW_MS
    const before = this.noted.filter((each) => each.counts === 'surely' && isInside(each) && each.to <= now.to)
    return isInside(now) ? this.rates(observed, before).find(({ most, counted }) => counted.length > most) : undefined
  }

  /** When the minute of a time began; not a number where the clock is not known. */
  private minuteOf(time: number): number {
    const { zero = Number.NaN } = this.facts
    return Math.floor((time + zero) / MINUTE_MS) * MINUTE_MS - zero
  }

  /** Each rate that a command must keep, with those submissions that it counts. */
  private rates({ call }: ObservedCall, submissions: readonly Submission[]) {
    const { bridge_max_commands_per_minute: all, bridge_max_write_commands_per_minute: writes } = this.facts.limits
    const ofAll = { most: all, counted: submissions }
    const ofWrites = { most: writes, counted: submissions.filter((each) => each.isWrite) }
    return isWrite(textAt(call.body, 'type')) ? [ofAll, ofWrites] : [ofAll]
  }
}
