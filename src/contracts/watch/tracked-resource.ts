/**
 * A resource that traffic is about: a runner, a job or command. Everything that happens to it must have an order that the
 * tracker explains; resources are judged each by itself, since a history has such an order exactly when the history of each
 * resource in it has one. What is not known of a resource is not judged, until an answer tells.
 */
import type { QuirkId } from '../../generated/quirks.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import { textAt } from '../../kernel/json-value.js'
import { canEmit, roleOf, rulesOf } from '../../lifecycle/roles.js'
import { renews } from '../../lifecycle/tracker/judge-runners.js'
import { LinearizabilityChecker, type Effect, type LinearFailure } from '../../lifecycle/tracker/linearizability.js'
import { quirksOf } from '../../lifecycle/tracker/mismatch.js'
import type { TrackedWorld } from '../../lifecycle/tracker/tracked-world.js'
import { inWords, type ObservedCall } from './observed-call.js'
import type { Finding, Findings } from './verdict.js'

type ResourceKind = 'runner' | 'work'

/** What a call does to one resource. */
export interface CallEffect extends Effect {
  readonly observed: ObservedCall
  /** The race between it and a call that overlaps it. */
  race?: RaceId
}

/** Two registrations at once; the runner has agents of both until an answer shows them. */
const MIXED_AGENTS = 'races/mixed-agents'
/** Effects that are remembered for the story of a verdict. */
const MAX_PAST = 30
/** Effects that are told where the story cannot be shortened. */
const MAX_REPORTED = 8

export class TrackedResource {
  readonly id: string
  private readonly kind: ResourceKind
  /** The last race whose outcome shows in what comes after it. */
  private raced: { readonly race: RaceId; readonly calls: readonly number[] } | undefined
  private order: LinearizabilityChecker | undefined
  private origin: readonly TrackedWorld[] | undefined
  private past: CallEffect[] = []
  private readonly underWay = new Set<CallEffect>()
  private reported = new Map<QuirkId, 'possible' | 'seen'>()
  private readonly findings: Findings
  /** When the last change of it had ended. */
  private changedUntil = -Infinity

  constructor(kind: ResourceKind, id: string, findings: Findings) {
    this.kind = kind
    this.id = id
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
    return this.hasUnderWay(() => true)
  }

  /** Whether changes by some kinds of calls are under way. */
  protected hasUnderWay(isMeant: (operation: RunnerOperationId) => boolean): boolean {
    for (const { isLook, observed } of this.underWay) if (isLook !== true && isMeant(observed.operation)) return true
    return false
  }

  isUnchangedSince(time: number): boolean {
    return !this.isChanging && this.changedUntil < time
  }

  get calls(): readonly ObservedCall[] {
    return [...this.underWay].map(({ observed }) => observed)
  }

  /** Calls on it that were under way with this one, as far as they are remembered. */
  rivalsOf(observed: ObservedCall): readonly ObservedCall[] {
    const isRival = ({ now, until }: ObservedCall): boolean => now.from < observed.now.to && observed.now.from < until
    return this.past.map((each) => each.observed).filter((each) => each !== observed && isRival(each))
  }

  /** From now on it is one of these; what is under way may still happen to it. */
  become(worlds: readonly TrackedWorld[]): void {
    this.order = new LinearizabilityChecker(worlds)
    this.origin = worlds
    this.past = [...this.underWay]
    this.reported = new Map()
    if (this.raced?.race === MIXED_AGENTS) this.raced = undefined
    for (const each of this.underWay) this.order.begin(each)
  }

  forget(): void {
    this.order = undefined
    this.origin = undefined
    this.past = []
  }

  begin(added: CallEffect): void {
    for (const other of this.underWay) {
      if (other.observed === added.observed) continue
      const [own, others] = [added, other].map(({ observed }) => raceOf(this.kind, observed.operation))
      if (own !== undefined && others !== undefined) {
        this.raced = { race: own, calls: [other.observed.id, added.observed.id] }
        if (own !== MIXED_AGENTS) added.race = other.race = own
        // Who meets what is half done may be answered oddly, and who does it may not.
      } else if (others !== undefined) added.race = toOneWhoMeets(others)
      else if (own !== undefined) other.race = toOneWhoMeets(own)
    }
    this.underWay.add(added)
    if (this.order === undefined) return
    this.order.begin(added)
    this.past.push(added)
    if (this.past.length > MAX_PAST) {
      this.past.shift()
      this.origin = undefined
    }
  }

  /** @param isGoneByNow whether something that is not the resource's own may have taken it away */
  end(ended: CallEffect, isGoneByNow = false): 'judged' | 'unknown' {
    this.underWay.delete(ended)
    if (ended.isLook !== true) this.changedUntil = Math.max(this.changedUntil, ended.observed.until)
    if (this.order === undefined) return 'unknown'
    const outcome = this.order.end(ended)
    if (outcome === 'right') {
      const isShown = textAt(ended.observed.answer.body, 'status') === 'connected'
      if (isShown && ended.race === undefined && this.raced?.race === MIXED_AGENTS) this.raced = undefined
      this.reportQuirks(ended.observed)
      return 'judged'
    }
    const isUnknown = outcome === 'too-large' || isGoneByNow
    if (!isUnknown) this.reportFailure(ended, outcome)
    this.forget()
    return isUnknown ? 'unknown' : 'judged'
  }

  private reportFailure(ended: CallEffect, { problems }: LinearFailure): void {
    const { id, operation } = ended.observed
    const { race, calls } = ended.race === undefined ? { ...this.raced } : { race: ended.race }
    // A mixture of agents shows where they do.
    const { machine, isRead, creates } = roleOf(operation)
    const showsAgents = machine === 'runner' && (isRead || creates !== undefined)
    if (race !== undefined && (race !== MIXED_AGENTS || showsAgents)) {
      this.findings.quirk(race, [...new Set([id, ...(calls ?? [])])])
      return
    }
    const own = problems.find(({ effect }) => effect === ended) ?? problems[0]
    if (own === undefined) return
    const { expected, actual } = own.mismatch
    this.findings.verdict({
      ...{ rule: `model/${operation}`, severity: 'must', side: 'server', at: [id] },
      ...{ expected, actual, story: this.shortestStory(ended) },
    })
  }

  /** The fewest effects after which the last one still cannot be. */
  private shortestStory(last: CallEffect): Finding['story'] {
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
    const lines = effects.map(({ observed }) => [observed.id, { id: observed.id, what: inWords(observed) }] as const)
    return [...new Map(lines).values()]
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
  const order = new LinearizabilityChecker(origin)
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

/** Whether a call reports or cancels a job, or the like. */
const isJobMove = (id: RunnerOperationId): boolean =>
  roleOf(id).machine === 'job' && rulesOf('job').some(({ on, to }) => on === id && to !== null)

/**
 * Changes that today's servers make in two steps. What comes of two at once on one resource, and what another call meets
 * meanwhile, is no verdict.
 */
const RACES: Readonly<Record<ResourceKind, readonly (readonly [RaceId, (id: RunnerOperationId) => boolean])[]>> = {
  runner: [
    ['races/slots', changesSlot],
    [MIXED_AGENTS, isRegistration],
  ],
  work: [
    ['races/slots', changesSlot],
    ['races/cancel-or-report', isJobMove],
    ['races/handed-out-half', (id) => roleOf(id).handsOut === 'job'],
    ['races/announced-twice', renews],
  ],
}

/** What a race is to a call that has no part in it. */
function toOneWhoMeets(race: RaceId): RaceId {
  return race === 'races/slots' || race === MIXED_AGENTS ? 'races/half-made' : race
}

const races = new Map<string, RaceId | undefined>()

function raceOf(kind: ResourceKind, operation: RunnerOperationId): RaceId | undefined {
  const key = `${kind} ${operation}`
  if (!races.has(key)) races.set(key, RACES[kind].find(([, isMeant]) => isMeant(operation))?.[0])
  return races.get(key)
}
