/**
 * A resource that traffic is about: a runner, a job or command. Everything that happens to it must have an order that the
 * tracker explains; resources are judged each by itself, since a history has such an order exactly when the history of each
 * resource in it has one. What is not known of a resource is not judged, until an answer tells.
 */
import type { QuirkId } from '../../generated/quirks.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import { textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, rulesOf } from '../roles.js'
import { renews } from '../tracker/judge-runners.js'
import { LinearizabilityChecker, type Effect } from '../tracker/linearizability.js'
import { quirksOf, type Mismatch } from '../tracker/mismatch.js'
import type { TrackedWorld } from '../tracker/tracked-world.js'
import type { TrafficFindings } from './findings.js'
import { toStory, type ObservedCall, type StoryCall } from './observed-call.js'

type ResourceKind = 'runner' | 'work'

/** What a call does to one resource. */
export interface CallEffect extends Effect {
  readonly observed: ObservedCall
  /** The race between it and a call that overlaps it. */
  race?: RaceId
}

/** Effects that are remembered for the story of a verdict. */
const MAX_PAST = 30
/** Effects that are told where the story cannot be shortened. */
const MAX_REPORTED = 8

export class TrackedResource {
  readonly id: string
  private readonly kind: ResourceKind
  /** The last race whose outcome shows in what comes after it. */
  private raced: { readonly race: RaceId; readonly lasts: Risk[3]; readonly calls: readonly number[] } | undefined
  private readonly order = new LinearizabilityChecker<CallEffect>()
  private origin: readonly TrackedWorld[] | undefined
  private past: CallEffect[] = []
  private reported = new Map<QuirkId, 'possible' | 'seen'>()
  private readonly findings: TrafficFindings
  /** When the last change of it had ended. */
  private changedUntil = -Infinity

  constructor(kind: ResourceKind, id: string, findings: TrafficFindings) {
    this.kind = kind
    this.id = id
    this.findings = findings
  }

  get isKnown(): boolean {
    return this.order.isKnown
  }

  get isIdle(): boolean {
    return this.order.underWay.size === 0
  }

  /** What it may be, the plainest first; empty when nothing is known. */
  get worlds(): readonly TrackedWorld[] {
    return this.order.worlds
  }

  get isChanging(): boolean {
    return this.hasUnderWay(() => true)
  }

  /** Whether changes by some kinds of calls are under way. */
  protected hasUnderWay(isMeant: (operation: RunnerOperationId) => boolean): boolean {
    for (const { isLook, observed } of this.order.underWay)
      if (isLook !== true && isMeant(observed.operation)) return true
    return false
  }

  isUnchangedSince(time: number): boolean {
    return !this.isChanging && this.changedUntil < time
  }

  get calls(): readonly ObservedCall[] {
    return [...this.order.underWay].map(({ observed }) => observed)
  }

  /** Calls on it that were under way with this one, as far as they are remembered. */
  rivalsOf(observed: ObservedCall): readonly ObservedCall[] {
    const isRival = ({ now, until }: ObservedCall): boolean => now.from < observed.now.to && observed.now.from < until
    return this.past.map((each) => each.observed).filter((each) => each !== observed && isRival(each))
  }

  /** From now on it is one of these; what is under way may still happen to it. */
  become(worlds: readonly TrackedWorld[]): void {
    this.order.become(worlds)
    this.origin = worlds
    this.past = [...this.order.underWay]
    this.reported = new Map()
    if (this.raced?.lasts === 'until shown') this.raced = undefined
  }

  forget(): void {
    this.order.become([])
    this.origin = undefined
    this.past = []
  }

  begin(added: CallEffect): void {
    for (const other of this.order.underWay) {
      const risk = riskOf(this.kind, added.observed.operation, other.observed.operation)
      if (risk === undefined || other.observed === added.observed) continue
      const [meeting, , race, lasts] = risk
      const calls = [other.observed.id, added.observed.id]
      if (lasts !== 'passing') this.raced = { race, lasts, calls }
      // Who meets what is half done may be answered oddly, and who does it may not.
      for (const each of lasts === 'until shown' ? [] : [added, other])
        if (lasts === 'lasting' || kinds[meeting](each.observed.operation)) each.race = race
    }
    this.order.begin(added)
    if (!this.isKnown) return
    this.past.push(added)
    if (this.past.length > MAX_PAST) {
      this.past.shift()
      this.origin = undefined
    }
  }

  /** @param isGoneByNow whether something that is not the resource's own may have taken it away */
  end(ended: CallEffect, isGoneByNow = false): 'judged' | 'unknown' {
    if (ended.isLook !== true) this.changedUntil = Math.max(this.changedUntil, ended.observed.until)
    const { isKnown } = this
    const outcome = this.order.end(ended)
    if (!isKnown) return 'unknown'
    if (outcome === 'right') {
      const isShown = textAt(ended.observed.answer.body, 'status') === 'connected'
      if (isShown && ended.race === undefined && this.raced?.lasts === 'until shown') this.raced = undefined
      this.reportQuirks(ended.observed)
      return 'judged'
    }
    const isUnknown = outcome === 'too-large' || isGoneByNow
    if (!isUnknown) this.reportFailure(ended, outcome)
    this.forget()
    return isUnknown ? 'unknown' : 'judged'
  }

  private reportFailure(ended: CallEffect, { expected, actual }: Mismatch): void {
    const { id, operation } = ended.observed
    const { race, calls = [] } = ended.race === undefined ? this.raceThatShowsIn(operation) : { race: ended.race }
    if (race !== undefined) {
      this.findings.quirk(race, [...new Set([id, ...calls])])
      return
    }
    const story = this.shortestStory(ended)
    this.findings.wrong(ended.observed, { rule: `model/${operation}`, expected, actual, story })
  }

  private raceThatShowsIn(operation: RunnerOperationId): Partial<NonNullable<TrackedResource['raced']>> {
    const { raced = {} } = this
    return !('lasts' in raced) || raced.lasts === 'lasting' || kinds.runnerRead(operation) ? raced : {}
  }

  /** The fewest effects after which the last one still cannot be. */
  private shortestStory(last: CallEffect): readonly StoryCall[] {
    const { origin } = this
    let effects = origin === undefined ? this.past.filter((each) => each === last || each.isLook !== true) : this.past
    if (origin === undefined) effects = effects.slice(-MAX_REPORTED)
    else {
      // What was read goes first: it may be right only after what was done.
      for (const each of effects.toSorted(
        (one, other) => Number(other.isLook === true) - Number(one.isLook === true),
      )) {
        const fewer = effects.filter((other) => other !== each)
        if (each !== last && fails(origin, fewer, last)) effects = fewer
      }
    }
    return [...new Set(effects.map(({ observed }) => observed))].map(toStory)
  }

  private reportQuirks({ id: at }: ObservedCall): void {
    for (const [place, world] of this.worlds.entries()) {
      const how = place === 0 ? 'seen' : 'possible'
      for (const id of quirksOf(world)) {
        const known = this.reported.get(id)
        if (known === how || known === 'seen') continue
        this.reported.set(id, how)
        this.findings.quirk(id, [at], how)
      }
    }
  }
}

function fails(origin: readonly TrackedWorld[], effects: readonly CallEffect[], last: CallEffect): boolean {
  const order = new LinearizabilityChecker<CallEffect>()
  order.become(origin)
  const turns = effects.flatMap((effect) => [
    { at: effect.observed.effectFrom, isBegin: true, effect },
    { at: effect.observed.until, isBegin: false, effect },
  ])
  for (const { isBegin, effect } of turns.toSorted((a, b) => a.at - b.at || Number(b.isBegin) - Number(a.isBegin))) {
    if (isBegin) order.begin(effect)
    else {
      const outcome = order.end(effect)
      if (outcome !== 'right') return effect === last && outcome !== 'too-large'
    }
  }
  return false
}

type RaceId = Extract<QuirkId, `races/${string}`>

/** Whether a call brings a runner, or takes it away. */
export const changesSlot = (id: RunnerOperationId): boolean =>
  canEmit(id, 'pairingSession.activated') || canEmit(id, 'runner.gone')

/** Whether a call says which agents a runner has. */
export const isRegistration = (id: RunnerOperationId): boolean => id === 'registerAgents'

/** Kinds of calls that today's servers mix up. */
const kinds = {
  // Reports, cancellations and their like.
  end: (id) => roleOf(id).machine === 'job' && rulesOf('job').some(({ on, to }) => on === id && to !== null),
  workRead: (id) => (roleOf(id).machine === 'job' && roleOf(id).isRead) || roleOf(id).lists === 'job',
  birth: changesSlot,
  runnerRead: (id) => roleOf(id).machine === 'runner' && (roleOf(id).isRead || roleOf(id).creates !== undefined),
  registration: isRegistration,
  jobPoll: (id) => roleOf(id).handsOut === 'job',
  heartbeat: renews,
  other: (id) => !changesSlot(id),
} satisfies Record<string, (operation: RunnerOperationId) => boolean>

type Kind = keyof typeof kinds

/**
 * Calls on one resource that today's servers mix up when they overlap, since they read and write in two steps: what comes of them
 * is no verdict, for this once, for good, or, as a runner with the agents of two registrations, until it is shown.
 */
type Risk = readonly [Kind, Kind, RaceId, 'lasting' | 'until shown' | 'passing']

const RISKS: Readonly<Record<ResourceKind, readonly Risk[]>> = {
  runner: [
    ['birth', 'birth', 'races/slots', 'lasting'],
    ['registration', 'registration', 'races/mixed-agents', 'until shown'],
    ['runnerRead', 'birth', 'races/half-made', 'passing'],
    ['runnerRead', 'registration', 'races/half-made', 'passing'],
  ],
  work: [
    ['end', 'end', 'races/cancel-or-report', 'lasting'],
    ['end', 'jobPoll', 'races/handed-out-half', 'lasting'],
    ['workRead', 'end', 'races/cancel-or-report', 'passing'],
    ['workRead', 'jobPoll', 'races/handed-out-half', 'passing'],
    ['heartbeat', 'heartbeat', 'races/announced-twice', 'lasting'],
    ['birth', 'birth', 'races/slots', 'lasting'],
    ['other', 'birth', 'races/half-made', 'passing'],
  ],
}

const risks = new Map<string, Risk | undefined>()

function riskOf(kind: ResourceKind, one: RunnerOperationId, other: RunnerOperationId): Risk | undefined {
  const key = `${kind} ${one} ${other}`
  const isBetween = ([left, right]: Risk): boolean =>
    (kinds[left](one) && kinds[right](other)) || (kinds[left](other) && kinds[right](one))
  if (!risks.has(key)) risks.set(key, RISKS[kind].find(isBetween))
  return risks.get(key)
}
