/**
 * What jobs and bridge commands have in common: how they are found, the queue of each runner, exactly-once hand-out to
 * waiting polls, work that goes back when its delivery fails, reports, and the time for which ended work is kept. An
 * operation comes with the rule that has accepted it; for everything else the lifecycle tables are asked here. What rules
 * do is in `lifecycle/rule-effects`; here records and waiting polls follow.
 */
import type { QuirkId } from '../../generated/quirks.js'
import type { StopSignal } from '../../kernel/clock.js'
import { carriedFields, copySharedFields, type Feeds } from '../../kernel/shared-fields.js'
import { effectOf, isEnd } from '../../lifecycle/rule-effects.js'
import type { WorkMachine } from '../../lifecycle/roles.js'
import { candidatesOf, type Decision, type Rule, type SettingName, type TriggerOf } from '../../lifecycle/table.js'
import { spanMs, waitSeconds } from '../../lifecycle/timers.js'
import type { BridgeCommand, LocalRunnerJob } from '../../kernel/types.js'
import type { Identity } from '../base/identity.js'
import type { EventTimer, TransitionSubject } from './events.js'
import {
  keepNumbers,
  RecordStore,
  type Delivery,
  type RunnerRecord,
  type WorkOfRunner,
  type WorkRecord,
} from './records.js'
import { isOf, placeOf, subjectOf as subjectOfRunner, type Runners } from './runners.js'
import { ExpiryQueue } from './work-queue.js'
import { announce, announceTimer, hasQuirk, move, type Parts } from './world-parts.js'

type WorkTrigger = TriggerOf<'job'> | TriggerOf<'bridgeCommand'>
type Expiry = Extract<WorkTrigger, `timer.${string}`>

/** What tells the two stores apart. */
interface WorkKind<Work extends { readonly wire: object }, Item, Report extends keyof Feeds> {
  readonly machine: WorkMachine
  /** The rule by which it is made. */
  readonly created: Rule
  readonly poll: 'nextJob' | 'nextBridgeCommands'
  readonly pollTimer: EventTimer
  /** The timer that ends what has ended. */
  readonly expiry: 'completed_job_ttl' | 'bridge_completed_command_ttl'
  /** How many may be pending. */
  readonly room: SettingName
  readonly idOf: (work: Work) => string
  lineOf(runner: RunnerRecord): WorkOfRunner<Work, Item>
  /** What the end of its runner writes into it, as far as the rule lets it. */
  readonly gone: Partial<Work['wire']>
  /** What a poll gets of it. */
  readonly itemOf: (work: Work) => Item
  /** Whether it has been in hand for too long after so many milliseconds. */
  isOverdue(work: Work, elapsed: number): boolean
  /** What it is called in events. */
  readonly nameOf: (work: Work) => string
  /** The requests whose fields it shows. */
  readonly sources: readonly (keyof Feeds)[]
  readonly report: Report
}

/**
 * @typeParam Item what a poll gets
 * @typeParam Report the request that reports how it goes
 */
export abstract class WorkStore<
  Work extends WorkRecord<LocalRunnerJob | BridgeCommand, Item>,
  Item,
  Report extends keyof Feeds,
> extends RecordStore<Work> {
  protected readonly parts: Parts
  private readonly runners: Runners
  private readonly kind: WorkKind<Work, Item, Report>
  private readonly ended: ExpiryQueue<Work>
  /** The polls of runners that are gone, where a server lets them wait until their own time is up. */
  private readonly orphans = new Set<WorkOfRunner<Work, Item>['pollers']>()

  constructor(parts: Parts, runners: Runners, kind: WorkKind<Work, Item, Report>) {
    super()
    this.parts = parts
    this.runners = runners
    this.kind = kind
    this.ended = new ExpiryQueue(
      parts.clock,
      () => spanMs(kind.expiry, parts.settings),
      (work) => this.expire(work, `timer.${kind.expiry}`),
    )
  }

  /** It was added, is gone, or a rule has written into it and queues follow next. */
  protected abstract onChange(work: Work, rule?: Rule): void

  /** Ends what is in hand, as the reaper does when its time is over. */
  abstract timeOut(work: Work): void

  /** That of one of the caller's runners. */
  find(caller: Identity, id: string): Work | undefined {
    const work = this.byId.get(id)
    return work !== undefined && isOf(work.runner, caller) ? work : undefined
  }

  /** Whether a runner may take one more. */
  hasRoomOn(runner: RunnerRecord): boolean {
    return this.kind.lineOf(runner).pending.size < this.parts.settings[this.kind.room]
  }

  /** The oldest that is pending, or a wait for some; undefined when its time has passed. */
  next(
    runner: RunnerRecord,
    signal: StopSignal | undefined,
    most = 1,
  ): Delivery<Item> | Promise<Delivery<Item> | undefined> {
    const delivery = this.handNext(runner, most)
    if (delivery !== undefined) return delivery
    const { clock, settings } = this.parts
    const onTimeout = (): void => announceTimer(this.parts, this.kind.pollTimer, () => subjectOfRunner(runner))
    const noticed = hasQuirk(this.parts, 'hung-up-poller-swallows') ? undefined : signal
    return this.kind.lineOf(runner).pollers.wait(clock, 1000 * (waitSeconds(this.kind.poll, {}, settings) ?? 0), {
      ...{ signal: noticed, onTimeout, appetite: most },
    })
  }

  /** What has ended stays as it is: of several reports the first one counts. */
  report(work: Work, { rule }: Decision, report: Feeds[Report]['from'] & object): void {
    work.delivery = undefined
    this.move(work, work.wire.status, rule, copySharedFields(this.kind.report, report, {}))
    if (rule.set !== undefined) keepNumbers(work.wire, report)
  }

  /** Hands pending work out without a poll, whichever other is waiting. */
  start(id: string): void {
    const work = this.byId.get(id)
    if (work?.wire.status === 'pending') this.handOut([work])
  }

  /** Ends what a runner has in hand for too long; part of the reaper's run. */
  timeOutOverdue(runner: RunnerRecord): void {
    const now = this.parts.clock.now()
    for (const work of [...this.kind.lineOf(runner).inHand]) {
      if (this.kind.isOverdue(work, now - work.startedAt)) this.timeOut(work)
    }
  }

  /** Ends what a runner that is gone has: later reads are 404. */
  removeOf(runner: RunnerRecord): void {
    const { unlisted, all, pollers } = this.kind.lineOf(runner)
    for (const work of [...unlisted, ...all]) {
      if (work.isExpired) continue
      this.moveBy(work, 'runner.gone', this.kind.gone)
      work.isExpired = true
      this.byId.delete(this.kind.idOf(work))
    }
    if (hasQuirk(this.parts, 'gone-runner-poll-waits')) this.orphans.add(pollers)
    else pollers.dissolve()
  }

  /** Lets what a runner had before it was gone be read again as it ended, in no list. */
  revive(runner: RunnerRecord): void {
    const line = this.kind.lineOf(runner)
    const oldest = this.parts.clock.now() - spanMs(this.kind.expiry, this.parts.settings)
    const kept = [...line.unlisted, ...line.all].filter(
      (work) => !this.expires(work) || Date.parse(work.wire.completed_at ?? '') > oldest,
    )
    line.pending.clear()
    for (const work of kept) work.isExpired = false
    this.load(kept)
    Object.assign(line, { all: [], expired: 0, everExpired: 0, unlisted: new Set(kept) })
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
      const { pending, inHand } = this.index(work)
      if (work.wire.status === 'pending') pending.set(this.kind.idOf(work), work)
      else if (!isEnd(this.kind.machine, work.wire.status)) inHand.add(work)
      if (work.wire.completed_at !== undefined) ended.push([work, Date.parse(work.wire.completed_at)])
    }
    for (const [work, endedAt] of ended.sort((a, b) => a[1] - b[1])) this.retain(work, endedAt)
  }

  /** Puts what a request has made into the queue, and hands it on if its runner polls. */
  protected add(work: Work, request: object): Work {
    const { machine, created } = this.kind
    move<Work['wire']>(this.parts, created, work.wire)
    keepNumbers(work.wire, request)
    const { pending, pollers } = this.index(work)
    pending.set(this.kind.idOf(work), work)
    announce(this.parts, machine, created, 'none', () => this.subjectOf(work))
    if (pollers.length > 0) this.wakePoller(work.runner)
    return work
  }

  protected moveBy(work: Work, trigger: WorkTrigger, values?: Partial<Work['wire']>): void {
    const from = work.wire.status
    const rule = this.ruleFor(from, trigger)
    if (rule !== undefined) this.move(work, from, rule, values)
  }

  /** Carries a rule out, and keeps queues and timers in step with the new state. */
  protected move(work: Work, from: string, rule: Rule, values?: Partial<Work['wire']>): void {
    move<Work['wire']>(this.parts, rule, work.wire, values)
    this.onChange(work, rule)
    this.parts.touch()
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
    announce(this.parts, this.kind.machine, rule, from, () => this.subjectOf(work))
  }

  /** What a runner has, in order of creation. */
  protected listOf(runner: RunnerRecord): readonly Work[] {
    const line = this.kind.lineOf(runner)
    if (line.expired > 0) Object.assign(line, { all: line.all.filter((kept) => !kept.isExpired), expired: 0 })
    return line.all
  }

  /** What a hand-out does to pending work. */
  protected take(work: Work): void {
    this.moveBy(work, this.kind.poll)
  }

  /** Whether what has ended disappears in the end. */
  protected expires(_work: Work): boolean {
    return true
  }

  /** Removes it for good. */
  protected expire(work: Work, trigger: Expiry): void {
    const from = work.wire.status
    const rule = this.ruleFor(from, trigger)
    if (rule === undefined || work.isExpired) return
    this.unindex(work)
    this.leaveQueue(work, effectOf(this.kind.machine, from, rule).staysBy)
    this.kind.lineOf(work.runner).inHand.delete(work)
    work.delivery = undefined
    announce(this.parts, this.kind.machine, rule, from, () => this.subjectOf(work))
  }

  /** Keeps what has ended for its time. */
  private retain(work: Work, endedAt: number): void {
    if (this.expires(work)) this.ended.add(work, endedAt)
  }

  private index(work: Work): WorkOfRunner<Work, Item> {
    const line = this.kind.lineOf(work.runner)
    this.byId.set(this.kind.idOf(work), work)
    line.all.push(work)
    this.onChange(work)
    return line
  }

  private unindex(work: Work): void {
    work.isExpired = true
    this.byId.delete(this.kind.idOf(work))
    const line = this.kind.lineOf(work.runner)
    if (!line.unlisted.delete(work)) {
      line.expired++
      line.everExpired++
    }
    if (line.expired * 4 > line.all.length) this.listOf(work.runner)
    this.onChange(work)
  }

  protected subjectOf(work: Work): TransitionSubject {
    const { idOf, nameOf, sources } = this.kind
    return { id: idOf(work), ...placeOf(work.runner), name: nameOf(work), ...carriedFields(sources, work.wire) }
  }

  /** A timer, an event or a hand-out asks for no facts. */
  private ruleFor(state: string, trigger: WorkTrigger): Rule | undefined {
    return candidatesOf(this.kind.machine, trigger).get(state)?.[0]?.rule
  }

  private leaveQueue(work: Work, staysBy: QuirkId | undefined): void {
    if (staysBy === undefined || !hasQuirk(this.parts, staysBy))
      this.kind.lineOf(work.runner).pending.delete(this.kind.idOf(work))
  }

  /** Gives what waits to the polls, to each as much as it takes. */
  private wakePoller(runner: RunnerRecord): void {
    const { pending, pollers } = this.kind.lineOf(runner)
    while (pending.size > 0 && pollers.length > 0) {
      const delivery = this.handNext(runner, pollers.appetite)
      if (delivery !== undefined) pollers.give(delivery)
    }
  }

  /** Takes what a poll gets out of the queue and hands it out; undefined where nothing waits. */
  private handNext(runner: RunnerRecord, most: number): Delivery<Item> | undefined {
    const { pending } = this.kind.lineOf(runner)
    if (pending.size === 0) return undefined
    const oldest: Work[] = []
    let places = 0
    for (const [id, work] of pending) {
      if (places++ >= most) break
      if (this.isOffered(work)) oldest.push(work)
      // What is in the queue without being pending takes a place and leaves with it.
      else pending.delete(id)
    }
    return this.handOut(oldest)
  }

  /** Whether what stands in the queue is handed out. */
  protected isOffered({ wire, isExpired }: Work): boolean {
    return wire.status === 'pending' && !isExpired
  }

  /** What is handed out is the work as it is now: it may end before the answer has been written. */
  private handOut(works: readonly Work[]): Delivery<Item> {
    for (const work of works) this.take(work)
    const delivery: Delivery<Item> = {
      items: works.map(this.kind.itemOf),
      // What has ended, was reported or was handed out again by now stays so.
      failed: () => this.putBack(works.filter((work) => work.delivery === delivery)),
    }
    for (const work of works) work.delivery = delivery
    return delivery
  }

  private putBack(works: readonly Work[]): void {
    const [first] = works
    if (first === undefined || hasQuirk(this.parts, 'hung-up-poller-swallows')) return
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
