/** Runners, jobs and commands with what calls have told of them beside their states. */
import type { RunnerType } from '../../kernel/types.js'
import type { WorkMachine } from '../../lifecycle/roles.js'
import { mayBePurged } from '../../lifecycle/tracker/runner-states.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import { findOwnRunner, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { keepingOf } from '../../lifecycle/tracker/work-states.js'
import type { ObservedCall } from './observed-call.js'
import type { CommandRates } from './rates.js'
import { kinds, TrackedResource } from './tracked-resource.js'
import type { Findings } from './verdict.js'

const idsOfWork = (): Readonly<Record<WorkMachine, Set<string>>> => ({ job: new Set(), bridgeCommand: new Set() })

export class RunnerEntry extends TrackedResource {
  readonly id: string
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

  constructor(id: string, workspace: string, { findings, rates }: { findings: Findings; rates: CommandRates }) {
    super('runner', findings)
    this.id = id
    this.workspace = workspace
    this.rates = rates
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
    return first === undefined || others.length > 0 || this.hasUnderWay(kinds.birth) ? 'open' : first
  }

  /** Whether its agents are being told. */
  get isRegistering(): boolean {
    return this.hasUnderWay(kinds.registration)
  }

  /** Whether a caller sees it in a world. */
  isThereIn(world: TrackedWorld, { call, now }: ObservedCall): boolean {
    return findOwnRunner(world, call.caller, this.id) !== undefined && this.presence(now) !== 'open'
  }

  /** Whether it is a caller's, in every state that it may have. */
  isSurelyOf(caller: string): boolean {
    return this.worlds.every((world) => findOwnRunner(world, caller, this.id) !== undefined)
  }
}

export class WorkEntry extends TrackedResource {
  readonly id: string
  readonly machine: WorkMachine
  readonly runners = new Set<string>()
  created: TimeRange | undefined
  knowsLogs = true

  constructor(id: string, machine: WorkMachine, findings: Findings) {
    super('work', findings)
    this.id = id
    this.machine = machine
  }

  /** Whether it must be there in a world. */
  isThereIn(world: TrackedWorld, { now }: Pick<ObservedCall, 'now'>): boolean {
    const work = world.work.get(this.id)
    const isLost = work === undefined || world.runners.get(work.runnerId)?.isGone !== false
    return !isLost && keepingOf(world, work, now) === 'kept'
  }

  /** Whether a poll could still get it. */
  get mayWait(): boolean {
    const isIn = ({ runners }: TrackedWorld): boolean =>
      [...runners.values()].some((runner) => runner[this.machine].queue.includes(this.id))
    return !this.isKnown || !this.isIdle || this.worlds.some(isIn)
  }
}
