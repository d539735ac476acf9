/**
 * A resource that traffic is about: a runner, a job or command, a queue. Everything that happens to it must have an order that the
 * tracker explains; resources are judged each by itself, since a history has such an order exactly when the history of each
 * resource in it has one. What is not known of a resource is not judged, until an answer tells.
 */
import type { QuirkId } from '../../generated/quirks.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import { canEmit, findRole, rulesOf } from '../../lifecycle/roles.js'
import { renews } from '../../lifecycle/tracker/judge-runners.js'
import { LinearizabilityChecker, type Effect, type LinearFailure } from '../../lifecycle/tracker/linearizability.js'
import { quirksOf } from '../../lifecycle/tracker/mismatch.js'
import { copyWorld, type TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { inWords, type ObservedCall } from './observed-call.js'
import type { Finding, Findings } from './verdict.js'

export type ResourceKind = 'runner' | 'work' | 'queue'

export interface CallEffect {
  readonly observed: ObservedCall
  readonly effect: Effect
  /** Whether it may change the resource. */
  readonly isChange: boolean
  /** The race between it and a call that overlaps it. */
  race?: RaceId
}

/** Most states that are looked at for one answer; beyond it nothing is known. */
const MAX_STATES = 400
/** Effects that are remembered for the story of a verdict. */
const MAX_PAST = 30

export class TrackedResource {
  readonly kind: ResourceKind
  /** Calls that are mixed up with each other for good. */
  private raced: { readonly race: RaceId; readonly calls: readonly number[] } | undefined
  private order: LinearizabilityChecker | undefined
  private origin: readonly TrackedWorld[] | undefined
  private past: CallEffect[] = []
  private readonly underWay = new Set<CallEffect>()
  private reported = new Map<QuirkId, 'possible' | 'seen'>()
  private readonly findings: Findings
  /** When the last change of it had ended. */
  private changedUntil = -Infinity

  constructor(kind: ResourceKind, findings: Findings) {
    this.kind = kind
    this.findings = findings
  }

  get isKnown(): boolean {
    return this.order !== undefined
  }

  get isIdle(): boolean {
    return this.underWay.size === 0
  }

  /** What it may be, the plainest first; empty when nothing is known. */
  get worlds(): readonly TrackedWorld[] {
    return this.order?.worlds ?? []
  }

  get isChanging(): boolean {
    for (const { isChange } of this.underWay) if (isChange) return true
    return false
  }

  isUnchangedSince(time: number): boolean {
    return !this.isChanging && this.changedUntil < time
  }

  get calls(): readonly ObservedCall[] {
    return [...this.underWay].map(({ observed }) => observed)
  }

  /** From now on it is one of these; what is under way may still happen to it. */
  become(worlds: readonly TrackedWorld[]): void {
    this.order = new LinearizabilityChecker(worlds, { maxStates: MAX_STATES })
    this.origin = worlds.map(copyWorld)
    this.past = [...this.underWay]
    this.reported = new Map()
    for (const { effect } of this.underWay) this.order.begin(effect)
  }

  forget(): void {
    this.order = undefined
    this.origin = undefined
    this.past = []
  }

  begin(added: CallEffect): void {
    for (const other of this.underWay) {
      const risk = riskOf(this.kind, added.observed.operation, other.observed.operation)
      if (risk === undefined || other.observed === added.observed) continue
      added.race = risk.race
      other.race = risk.race
      if (risk.isLasting) this.raced = { race: risk.race, calls: [other.observed.id, added.observed.id] }
    }
    this.underWay.add(added)
    if (this.order === undefined) return
    this.order.begin(added.effect)
    this.past.push(added)
    if (this.past.length > MAX_PAST) {
      this.past.shift()
      this.origin = undefined
    }
  }

  /** @param isGoneByNow whether something that is not the resource's own may have taken it away */
  end(ended: CallEffect, isGoneByNow = false): 'judged' | 'unknown' {
    this.underWay.delete(ended)
    if (ended.isChange) this.changedUntil = Math.max(this.changedUntil, ended.observed.until)
    const { order } = this
    if (order === undefined) return 'unknown'
    const outcome = order.end(ended.effect)
    if (outcome === 'right') {
      this.reportQuirks(ended)
      return 'judged'
    }
    if (outcome !== 'too-large' && !isGoneByNow) this.reportFailure(ended, outcome)
    this.forget()
    return outcome === 'too-large' || isGoneByNow ? 'unknown' : 'judged'
  }

  private reportFailure(ended: CallEffect, failure: LinearFailure): void {
    const { id, operation } = ended.observed
    const raced = ended.race === undefined ? this.raced : { race: ended.race, calls: [] }
    if (raced !== undefined) {
      this.findings.quirk(raced.race, [...new Set([id, ...raced.calls])])
      return
    }
    const own = failure.problems.find(({ what }) => what === ended.effect.what) ?? failure.problems[0]
    if (own === undefined) return
    this.findings.verdict({
      ...{ rule: `model/${operation}`, severity: 'must', side: 'server', at: [id] },
      ...{ expected: own.mismatch.expected, actual: own.mismatch.actual, story: this.shortestStory(ended) },
    })
  }

  /** The fewest effects after which the last one still cannot be. */
  private shortestStory(last: CallEffect): Finding['story'] {
    let effects: readonly CallEffect[] = this.past
    const { origin } = this
    if (origin !== undefined) {
      // What was read goes first: it may be right only after what was done.
      const order = effects.toSorted((one, other) => Number(one.isChange) - Number(other.isChange))
      for (const each of order) {
        const fewer = effects.filter((other) => other !== each)
        if (each !== last && fails(origin, fewer, last)) effects = fewer
      }
    } else effects = effects.filter((each) => each === last || each.isChange).slice(-MAX_REPORTED)
    const lines = effects.map(({ observed }) => [observed.id, { id: observed.id, what: inWords(observed) }] as const)
    return [...new Map(lines).values()]
  }

  private reportQuirks({ observed }: CallEffect): void {
    const { worlds } = this
    const [plainest] = worlds
    if (plainest === undefined) return
    for (const id of quirksOf(plainest)) this.reportQuirk(id, 'seen', observed)
    for (const world of worlds.slice(1)) for (const id of quirksOf(world)) this.reportQuirk(id, 'possible', observed)
  }

  private reportQuirk(id: QuirkId, how: 'possible' | 'seen', observed: ObservedCall): void {
    const known = this.reported.get(id)
    if (known === how || known === 'seen') return
    this.reported.set(id, how)
    this.findings.quirk(id, [observed.id], how)
  }
}

const MAX_REPORTED = 8

function fails(origin: readonly TrackedWorld[], effects: readonly CallEffect[], last: CallEffect): boolean {
  const order = new LinearizabilityChecker(origin.map(copyWorld), { maxStates: MAX_STATES })
  const turns = effects.flatMap(({ observed, effect }) => [
    { at: observed.effectFrom, isBegin: true, effect },
    { at: observed.until, isBegin: false, effect },
  ])
  for (const { isBegin, effect } of turns.toSorted((a, b) => a.at - b.at || Number(b.isBegin) - Number(a.isBegin))) {
    if (isBegin) order.begin(effect)
    else {
      const outcome = order.end(effect)
      if (outcome !== 'right') return effect === last.effect && outcome !== 'too-large'
    }
  }
  return false
}

interface FoundRisk {
  readonly race: RaceId
  readonly isLasting: boolean
}

type RaceId = Extract<QuirkId, `races/${string}`>
type Kinds = (operation: RunnerOperationId) => boolean

/** Calls that today's servers mix up when they overlap, since they read and write in two steps: what comes of them is no verdict. */
type Risk = readonly [Kinds, Kinds, RaceId, 'lasting' | 'passing']

const roleAt = (operation: RunnerOperationId) => findRole(operation)
/** Ends of work: reports, cancellations and their like. */
const isEnd: Kinds = (id) =>
  roleAt(id)?.machine === 'job' && rulesOf('job').some(({ on, to }) => on === id && to !== null)
const isWorkRead: Kinds = (id) =>
  (roleAt(id)?.machine === 'job' && roleAt(id)?.isRead === true) || roleAt(id)?.lists === 'job'
const isBirth: Kinds = (id) => canEmit(id, 'pairingSession.activated') || canEmit(id, 'runner.gone')
const isCreation: Kinds = (id) => roleAt(id)?.creates !== undefined && roleAt(id)?.machine === 'runner'
const isRunnerRead: Kinds = (id) => roleAt(id)?.machine === 'runner' && (roleAt(id)?.isRead === true || isCreation(id))
const isRegistration: Kinds = (id) => id === 'registerAgents'
const isJobPoll: Kinds = (id) => roleAt(id)?.handsOut === 'job'
const isJobCreation: Kinds = (id) => roleAt(id)?.creates === 'job'

const RISKS: Readonly<Record<ResourceKind, readonly Risk[]>> = {
  runner: [
    [isBirth, isBirth, 'races/slots', 'lasting'],
    [isRegistration, isRegistration, 'races/mixed-agents', 'lasting'],
    [isRunnerRead, (id) => isBirth(id) || isRegistration(id), 'races/half-made', 'passing'],
  ],
  work: [
    [isEnd, isEnd, 'races/cancel-or-report', 'lasting'],
    [isEnd, isJobPoll, 'races/handed-out-half', 'lasting'],
    [isWorkRead, isEnd, 'races/cancel-or-report', 'passing'],
    [isWorkRead, isJobPoll, 'races/handed-out-half', 'passing'],
    [renews, renews, 'races/announced-twice', 'lasting'],
    [isBirth, isBirth, 'races/slots', 'lasting'],
  ],
  queue: [
    [isJobCreation, isJobCreation, 'races/limit', 'passing'],
    [isJobPoll, isEnd, 'races/handed-out-half', 'passing'],
  ],
}

/** Whether two calls on one resource are mixed up when they overlap: for this once, or for good. */
function riskOf(kind: ResourceKind, one: RunnerOperationId, other: RunnerOperationId): FoundRisk | undefined {
  const key = `${kind} ${one} ${other}`
  if (!risks.has(key)) risks.set(key, findRisk(kind, one, other))
  return risks.get(key)
}

const risks = new Map<string, FoundRisk | undefined>()

function findRisk(kind: ResourceKind, one: RunnerOperationId, other: RunnerOperationId): FoundRisk | undefined {
  const isBetween = ([left, right]: Risk): boolean => (left(one) && right(other)) || (left(other) && right(one))
  const found = RISKS[kind].find(isBetween)
  return found && { race: found[2], isLasting: found[3] === 'lasting' }
}
