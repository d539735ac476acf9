/**
 * What jobs and bridge commands have in common: the queue of each runner, exactly-once hand-out to waiting polls, work that goes
 * back when its delivery fails, and the time for which ended work is kept. Rules come from the lifecycle tables, and what they do
 * from `lifecycle/rule-effects`; here records and waiting polls follow.
 */
import type { StopSignal } from '../../kernel/clock.js'
import { effectOf, isEnd } from '../../lifecycle/rule-effects.js'
import type { WorkMachine } from '../../lifecycle/roles.js'
import { candidatesOf, type Rule, type TriggerOf } from '../../lifecycle/table.js'
import { spanMs, waitSeconds } from '../../lifecycle/timers.js'
import type { EventTimer, TransitionSubject } from './events.js'
import type { Delivery, RunnerRecord, WorkOfRunner, WorkRecord } from './records.js'
import { subjectOf as subjectOfRunner, type Runners } from './runners.js'
import { ExpiryQueue } from './work-queue.js'
import { announce, announceTimer, move, type Parts } from './world-parts.js'

type WorkTrigger = TriggerOf<'job'> | TriggerOf<'bridgeCommand'>
type Expiry = Extract<WorkTrigger, `timer.${string}`>

/** What tells the two stores apart. */
export interface WorkKind<Work, Item> {
  readonly machine: WorkMachine
  readonly poll: 'nextJob' | 'nextBridgeCommands'
  readonly pollTimer: EventTimer
  /** The timer that ends what has ended. */
  readonly expiry: 'completed_job_ttl' | 'bridge_completed_command_ttl'
  idOf(work: Work): string
  lineOf(runner: RunnerRecord): WorkOfRunner<Work, Item>
  subjectOf(work: Work): TransitionSubject
}

/** @typeParam Item what a poll gets */
export abstract class WorkStore<Work extends WorkRecord<Item>, Item> {
  protected readonly parts: Parts
  protected readonly runners: Runners
  private readonly kind: WorkKind<Work, Item>
  private readonly ended: ExpiryQueue<Work>
  /** The polls of runners that are gone, where a server lets them wait until their own time is up. */
  private readonly orphans = new Set<WorkOfRunner<Work, Item>['pollers']>()

  constructor(parts: Parts, runners: Runners, kind: WorkKind<Work, Item>) {
    this.parts = parts
    this.runners = runners
    this.kind = kind
    this.ended = new ExpiryQueue(
      parts.clock,
      () => spanMs(kind.expiry, parts.settings),
      (work) => this.expire(work, `timer.${kind.expiry}`),
    )
  }

  /** Takes what a poll gets out of the queue and hands it out; undefined where nothing waits. */
  protected abstract handNext(runner: RunnerRecord, most: number): Delivery<Item> | undefined
  protected abstract index(work: Work): void
  /** @returns whether it was there */
  protected abstract unindex(work: Work): boolean
  /** A rule has written into it, and queues follow next. */
  protected abstract onMove(work: Work, rule: Rule): void

  /** The oldest that is pending, or a wait for some; undefined when its time has passed. */
  next(
    runner: RunnerRecord,
    signal: StopSignal | undefined,
    most = 1,
  ): Delivery<Item> | Promise<Delivery<Item> | undefined> {
    const delivery = this.handNext(runner, most)
    if (delivery !== undefined) return delivery
    const { clock, settings, deviations } = this.parts
    const onTimeout = (): void => announceTimer(this.parts, this.kind.pollTimer, () => subjectOfRunner(runner))
    const noticed = deviations.ignoresHangUps === true ? undefined : signal
    return this.kind.lineOf(runner).pollers.wait(clock, 1000 * (waitSeconds(this.kind.poll, {}, settings) ?? 0), {
      ...{ signal: noticed, onTimeout, appetite: most },
    })
  }

  /** Sets the timer for what expires next again, after the clock was set back. */
  rearm(): void {
    this.ended.rearm()
  }

  /** Sends every waiting poll away with nothing. */
  dissolve(): void {
    for (const runner of this.runners.values()) this.kind.lineOf(runner).pollers.dissolve()
    for (const pollers of this.orphans) pollers.dissolve()
  }

  /** Puts restored work in its places, in order of creation. */
  load(works: readonly Work[]): void {
    const ended: (readonly [Work, number])[] = []
    for (const work of works) {
      this.index(work)
      const { pending, inHand } = this.kind.lineOf(work.runner)
      if (work.wire.status === 'pending') pending.set(this.kind.idOf(work), work)
      else if (!isEnd(this.kind.machine, work.wire.status)) inHand.add(work)
      if (work.wire.completed_at !== undefined) ended.push([work, Date.parse(work.wire.completed_at)])
    }
    for (const [work, endedAt] of ended.sort((a, b) => a[1] - b[1])) this.retain(work, endedAt)
  }

  /** Puts new work into the queue, and hands it on if its runner polls. */
  protected add(work: Work, rule: Rule): void {
    this.index(work)
    this.kind.lineOf(work.runner).pending.set(this.kind.idOf(work), work)
    announce(this.parts, this.kind.machine, rule, 'none', () => this.kind.subjectOf(work))
    this.wakePoller(work.runner)
  }

  protected deliver(works: readonly Work[], item: Item): Delivery<Item> {
    const delivery: Delivery<Item> = {
      item,
      // What has ended, was reported or was handed out again by now stays so.
      failed: () => this.putBack(works.filter((work) => work.delivery === delivery)),
    }
    for (const work of works) work.delivery = delivery
    return delivery
  }

  protected moveBy(work: Work, trigger: WorkTrigger, values?: Partial<Work['wire']>): void {
    const from = work.wire.status
    const rule = this.ruleFor(from, trigger)
    if (rule !== undefined) this.move(work, from, rule, values)
  }

  /** Carries a rule out, and keeps queues and timers in step with the new state. */
  protected move(work: Work, from: string, rule: Rule, values?: Partial<Work['wire']>): void {
    move<Work['wire']>(this.parts, rule, work.wire, values)
    this.onMove(work, rule)
    if (rule.to === null) return
    const { after, isTaken, staysBy } = effectOf(this.kind.machine, from, rule)
    if (isTaken) this.leaveQueue(work, staysBy)
    const { inHand } = this.kind.lineOf(work.runner)
    work.delivery = undefined
    if (after === 'working') {
      work.startedAt = this.parts.clock.now()
      inHand.add(work)
    } else inHand.delete(work)
    if (after === 'ended') this.retain(work, this.parts.clock.now())
    announce(this.parts, this.kind.machine, rule, from, () => this.kind.subjectOf(work))
  }

  /** Keeps what has ended for its time. */
  protected retain(work: Work, endedAt: number): void {
    this.ended.add(work, endedAt)
  }

  /** Removes it for good. */
  protected expire(work: Work, trigger: Expiry): void {
    const from = work.wire.status
    const rule = this.ruleFor(from, trigger)
    if (rule === undefined || !this.unindex(work)) return
    this.leaveQueue(work, effectOf(this.kind.machine, from, rule).staysBy)
    this.kind.lineOf(work.runner).inHand.delete(work)
    work.delivery = undefined
    if (!work.runner.isGone) announce(this.parts, this.kind.machine, rule, from, () => this.kind.subjectOf(work))
  }

  protected releasePolls(runner: RunnerRecord): void {
    const { pollers } = this.kind.lineOf(runner)
    if (this.parts.deviations.pollsOutliveRunners === true) this.orphans.add(pollers)
    else pollers.dissolve()
  }

  /** A timer, an event or a hand-out asks for no facts. */
  private ruleFor(state: string, trigger: WorkTrigger): Rule | undefined {
    return candidatesOf(this.kind.machine, trigger).get(state)?.[0]?.rule
  }

  private leaveQueue(work: Work, staysBy: string | undefined): void {
    const stays = staysBy !== undefined && this.parts.deviations.staysInQueue?.(staysBy) === true
    if (!stays) this.kind.lineOf(work.runner).pending.delete(this.kind.idOf(work))
  }

  /** Gives what waits to the polls, to each as much as it takes. */
  private wakePoller(runner: RunnerRecord): void {
    const { pending, pollers } = this.kind.lineOf(runner)
    while (pending.size > 0 && pollers.length > 0) {
      const delivery = this.handNext(runner, pollers.appetite)
      if (delivery !== undefined) pollers.give(delivery)
    }
  }

  private putBack(works: readonly Work[]): void {
    const [first] = works
    if (first === undefined || this.parts.deviations.ignoresHangUps === true) return
    for (const work of works) this.moveBy(work, 'delivery.failed')
    const { pending } = this.kind.lineOf(first.runner)
    const returned = works.map((work) => [this.kind.idOf(work), work] as const)
    // Each to where it stood: ids grow with age, so their order is the queue's order.
    const inOrder = [...returned, ...pending].sort(([a], [b]) => (a < b ? -1 : 1))
    pending.clear()
    for (const [id, work] of inOrder) pending.set(id, work)
    this.wakePoller(first.runner)
  }
}
