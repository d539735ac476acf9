/**
 * A thing that traffic is about: a runner, a job, a command, a queue. Everything that happens to it must have an order
 * that the model explains; things are judged each by itself, since a history has such an order exactly when the history
 * of each thing in it has one. What is not known of a thing is not judged, until something tells.
 */
import type { AccidentId } from '../check/seen-accidents.js'
import { accidentsOf } from '../model/rules/mismatch.js'
import type { Modelled } from '../model/rules/call.js'
import { copyWorld, type World } from '../model/rules/model-world.js'
import { type Happening, type OrderFailure, SerialOrder } from '../model/rules/serial-order.js'
import { inWords, type HeardCall } from './heard-call.js'
import type { Finding, Findings } from './verdict.js'

/** Kinds of things. */
export type ThingKind = 'runner' | 'job' | 'command' | 'queue'

/** What a call is to a thing. */
export interface Act {
  readonly heard: HeardCall
  readonly happening: Happening
  /** Whether it may change the thing. */
  readonly isChange: boolean
  /** Whether it overlaps a call with which servers mix it up. */
  isRaced?: boolean
}

/** Most states that are looked at for one answer; beyond it nobody knows. */
const MOST_STATES = 400
/** Acts that are remembered for the story of a verdict. */
const MOST_PAST = 30

/** A thing and its history. */
export class Thing {
  readonly kind: ThingKind
  /** Calls that are mixed up with each other for good. */
  private raced: readonly number[] | undefined
  private order: SerialOrder | undefined
  private origin: readonly World[] | undefined
  private past: Act[] = []
  private readonly underWay = new Set<Act>()
  private told = new Map<AccidentId, 'possible' | 'seen'>()
  private readonly findings: Findings
  /** When the last change of it had ended. */
  private changedUntil = -Infinity

  constructor(kind: ThingKind, findings: Findings) {
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
  get worlds(): readonly World[] {
    return this.order?.worlds ?? []
  }

  /** Whether something is under way that may change it. */
  get isChanging(): boolean {
    return [...this.underWay].some(({ isChange }) => isChange)
  }

  /** Whether nothing has changed it since then. */
  isUnchangedSince(time: number): boolean {
    return !this.isChanging && this.changedUntil < time
  }

  /** The calls that are under way. */
  get calls(): readonly HeardCall[] {
    return [...this.underWay].map(({ heard }) => heard)
  }

  /** From now on it is one of these; what is under way may still happen to it. */
  become(worlds: readonly World[]): void {
    this.order = new SerialOrder(worlds, { mostStates: MOST_STATES })
    this.origin = worlds.map(copyWorld)
    this.past = [...this.underWay]
    this.raced = undefined
    this.told = new Map()
    for (const { happening } of this.underWay) this.order.begin(happening)
  }

  /** From now on nobody knows what it is. */
  forget(): void {
    this.order = undefined
    this.origin = undefined
    this.past = []
  }

  begin(act: Act): void {
    for (const other of this.underWay) {
      const risk = riskOf(this.kind, act.heard.operation, other.heard.operation)
      if (risk === undefined || other.heard === act.heard) continue
      act.isRaced = true
      other.isRaced = true
      if (risk === 'lasting') this.raced = [other.heard.id, act.heard.id]
    }
    this.underWay.add(act)
    if (this.order === undefined) return
    this.order.begin(act.happening)
    this.past.push(act)
    if (this.past.length > MOST_PAST) {
      this.past.shift()
      this.origin = undefined
    }
  }

  /** @param isGoneByNow whether something that is not the thing's own may have taken it away */
  end(act: Act, isGoneByNow = false): 'judged' | 'unknown' {
    this.underWay.delete(act)
    if (act.isChange) this.changedUntil = Math.max(this.changedUntil, act.heard.until)
    const { order } = this
    if (order === undefined) return 'unknown'
    const outcome = order.end(act.happening)
    if (outcome === 'right') {
      this.tellAccidents(act)
      return 'judged'
    }
    if (outcome !== 'too-large' && !isGoneByNow) this.tellFailure(act, outcome)
    this.forget()
    return outcome === 'too-large' || isGoneByNow ? 'unknown' : 'judged'
  }

  private tellFailure(act: Act, failure: OrderFailure): void {
    const { id } = act.heard
    const raced = act.isRaced === true ? [id] : this.raced
    if (raced !== undefined) {
      this.findings.accident('races', [...new Set([id, ...raced])])
      return
    }
    const own = failure.problems.find(({ what }) => what === act.happening.what) ?? failure.problems[0]
    if (own === undefined) return
    const story = this.shortestStory(act)
    this.findings.verdict({
      ...{ rule: `model/${act.heard.operation}`, severity: 'must', side: 'server', at: [id] },
      ...{ expected: own.mismatch.expected, actual: own.mismatch.actual, story },
    })
  }

  /** The fewest acts after which the last one still cannot be. */
  private shortestStory(last: Act): Finding['story'] {
    let acts: readonly Act[] = this.past
    const { origin } = this
    if (origin !== undefined) {
      // What was read goes first: it may be right only after what was done.
      const order = acts.toSorted((one, other) => Number(one.isChange) - Number(other.isChange))
      for (const each of order) {
        const fewer = acts.filter((other) => other !== each)
        if (each !== last && fails(origin, fewer, last)) acts = fewer
      }
    } else acts = acts.filter((each) => each === last || each.isChange).slice(-MOST_TOLD)
    const lines = acts.map(({ heard }) => [heard.id, { id: heard.id, what: inWords(heard) }] as const)
    return [...new Map(lines).values()]
  }

  private tellAccidents({ heard }: Act): void {
    const [plainest, ...others] = this.worlds
    if (plainest === undefined) return
    for (const id of accidentsOf(plainest)) this.tell(id, 'seen', heard)
    for (const world of others) for (const id of accidentsOf(world)) this.tell(id, 'possible', heard)
  }

  private tell(id: AccidentId, how: 'possible' | 'seen', heard: HeardCall): void {
    const known = this.told.get(id)
    if (known === how || known === 'seen') return
    this.told.set(id, how)
    this.findings.accident(id, [heard.id], how)
  }
}

const MOST_TOLD = 8

function fails(origin: readonly World[], acts: readonly Act[], last: Act): boolean {
  const order = new SerialOrder(origin.map(copyWorld), { mostStates: MOST_STATES })
  const turns = acts.flatMap(({ heard, happening }) => [
    { at: heard.effectFrom, isBegin: true, happening },
    { at: heard.until, isBegin: false, happening },
  ])
  for (const { isBegin, happening } of turns.toSorted((a, b) => a.at - b.at || Number(b.isBegin) - Number(a.isBegin))) {
    if (isBegin) order.begin(happening)
    else {
      const outcome = order.end(happening)
      if (outcome !== 'right') return happening === last.happening && outcome !== 'too-large'
    }
  }
  return false
}

/**
 * Calls that today's servers mix up when they overlap, since they read and write in two steps (accident `races`): what comes
 * of them is no verdict.
 */
type Risk = readonly [readonly Modelled[], readonly Modelled[], 'lasting' | 'passing']

const ENDS: readonly Modelled[] = ['reportJobResult', 'cancelJob']
const BIRTHS: readonly Modelled[] = ['activatePairingSession', 'disconnectRunner']
const READS: readonly Modelled[] = ['listRunners', 'listJobs', 'getRunner', 'createJob', 'createBridgeCommand']

const RISKS: Readonly<Record<ThingKind, readonly Risk[]>> = {
  runner: [
    [BIRTHS, BIRTHS, 'lasting'],
    [['registerAgents'], ['registerAgents'], 'lasting'],
    [READS, [...BIRTHS, 'registerAgents'], 'passing'],
  ],
  job: [
    [ENDS, [...ENDS, 'nextJob'], 'lasting'],
    [['getJob', 'listJobs'], [...ENDS, 'nextJob'], 'passing'],
    [['heartbeat'], ['heartbeat'], 'lasting'],
    [BIRTHS, BIRTHS, 'lasting'],
  ],
  command: [[BIRTHS, BIRTHS, 'lasting']],
  queue: [
    [['createJob'], ['createJob'], 'passing'],
    [['nextJob'], ENDS, 'passing'],
  ],
}

/** Whether two calls on one thing are mixed up when they overlap: for this once, or for good. */
function riskOf(kind: ThingKind, one: Modelled, other: Modelled): 'lasting' | 'passing' | undefined {
  const isBetween = ([left, right]: Risk): boolean =>
    (left.includes(one) && right.includes(other)) || (left.includes(other) && right.includes(one))
  return RISKS[kind].find(isBetween)?.[2]
}
