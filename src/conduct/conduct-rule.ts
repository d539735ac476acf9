/**
 * The form of a rule: data, and a watcher that hears one caller, call by call, and reports a breach as soon as it is proved.
 * The same rules serve a mock that grades its clients and `watch`. The ledger of a runner's jobs and commands is here, too.
 */
import type { RunnerType } from '../kernel/types.js'
import type { ConductSeverity } from './conduct-types.js'
import { LOST, asksAgain, isAfter, type AnsweredTrace, type Sleep, type TracedCall } from './conduct-trace.js'
import { keepNewest, renew } from '../kernel/group-by.js'

/** A rule as it is named in reports and in the list of requirements; kit.yaml lists them all. */
export interface NamedRule {
  readonly id: string
  /** Its id, as in docs/requirements.md. */
  readonly requirement: string
  readonly title: string
  /** What has not happened when the rule was not exercised. */
  readonly idle?: string
  readonly severity: ConductSeverity
}

export interface Rule extends NamedRule {
  readonly watch: (caller: FollowedRunner, tell: Tell) => Watcher
}

/** Hears one caller. Calls begin and end in the order of their `order`. */
export interface Watcher {
  readonly begin?: (call: TracedCall) => void
  /** It has been answered, or its answer was lost. */
  readonly end?: (call: AnsweredTrace) => void
  /** Time has passed; told before each begin and end. */
  readonly pass?: (now: number) => void
  readonly finish?: (now: number) => void
}

export interface Tell {
  /** Something happened that could have kept or broken the rule. */
  exercise(): void
  breach(breach: Breach): void
}

export interface Breach {
  readonly call: TracedCall
  readonly note: string
  readonly expected?: string
  /** Calls before it without which it would prove nothing. */
  readonly because?: readonly TracedCall[]
}

export const GONE = 410

/**
 * What tells calls that repeat each other from calls that do not: several processes may speak for one runner, whose
 * heartbeats declare different things, and a job has several reports.
 */
export function keyOf({ operation, subject = '', reports = '', capabilities = [] }: TracedCall): string {
  return [operation, subject, reports, ...[...capabilities].sort()].join(' ')
}

/** Milliseconds between two moments in which the client could act. */
export function awake(from: number, to: number, sleeps: readonly Sleep[]): number {
  const asleep = sleeps.map((sleep) => Math.max(0, Math.min(to, sleep.to) - Math.max(from, sleep.from)))
  return to - from - asleep.reduce((sum, ms) => sum + ms, 0)
}

export function joinTimes(...lists: readonly (readonly Sleep[])[]): Sleep[] {
  let end = -Infinity
  return lists
    .flat()
    .sort((a, b) => a.from - b.from)
    .flatMap(({ from, to }): Sleep[] => {
      const begin = Math.max(from, end)
      end = Math.max(end, to)
      return begin < to ? [{ from: begin, to }] : []
    })
}

export function inSeconds(ms: number): string {
  return `${Math.round(ms / 10) / 100} s`
}

/** A job or command, as a runner has come to know it. */
export interface WorkSeen {
  readonly handOuts: AnsweredTrace[]
  /** Reports of its end that the server has taken. */
  readonly accepted: AnsweredTrace[]
  /** Reports of its end that need no other attempt. */
  readonly settled: AnsweredTrace[]
  announced: AnsweredTrace | undefined
}

const MAX_WORK = 30
const MAX_OF_EACH = 5
const ENDS: ReadonlySet<string> = new Set(['completed', 'failed'])

class WorkLedger {
  private readonly seen = new Map<string, WorkSeen>()

  /** What was heard of a job or command; undefined for nothing that matters. */
  find(id: string | undefined): WorkSeen | undefined {
    return id === undefined ? undefined : this.seen.get(id)
  }

  note(call: AnsweredTrace): void {
    for (const { id } of call.answer.handsOut) add(this.of(id).handOuts, call)
    for (const id of call.answer.announces) this.of(id).announced ??= call
    if (!isEnd(call) || call.subject === undefined || asksAgain(call)) return
    const work = this.of(call.subject)
    add(work.settled, call)
    if (call.answer.status === 204) add(work.accepted, call)
  }

  private of(id: string): WorkSeen {
    const nothing = { handOuts: [], accepted: [], settled: [], announced: undefined }
    const known = renew<WorkSeen>(this.seen, id, () => nothing)
    keepNewest(this.seen, MAX_WORK)
    return known
  }
}

function add(calls: AnsweredTrace[], call: AnsweredTrace): void {
  calls.push(call)
  if (calls.length > MAX_OF_EACH) calls.shift()
}

export function isEnd({ operation, reports }: TracedCall): boolean {
  return (operation === 'reportJobResult' || operation === 'reportBridgeResult') && ENDS.has(reports ?? '')
}

/** Whether a report may have been taken: its answer is awaited or lost, or there is nothing left to report. */
export function mayHaveCounted({ answer }: TracedCall): boolean {
  return answer === undefined || answer.status === LOST || SETTLED.has(answer.status)
}

/** Answers to a report after which there is nothing left to report: taken, or over already. */
const SETTLED: ReadonlySet<number> = new Set([204, 404, 409, 410])

/** The accepted end after which work is over for its runner: it was not handed out once more since. */
export function lastEnd(work: WorkSeen | undefined): AnsweredTrace | undefined {
  const end = work?.accepted.at(-1)
  const isDueAgain = work?.handOuts.some(({ answer }) => answer.order > (end?.answer.order ?? 0)) === true
  return isDueAgain ? undefined : end
}

/** What the listener knows of a runner and its client. */
export interface RunnerFacts {
  readonly runnerId: string
  type: RunnerType | undefined
  /** How long the server takes a silent runner for connected. */
  readonly ttlMs: number
  /** For how many milliseconds the server holds each kind of poll, where that is known. */
  readonly pollMs: Readonly<Partial<Record<string, number>>>
  /** When the client was asked to end. From then on it may be silent, but for what is left to say, at once. */
  readonly stopRequestedAt: number
  readonly hasEnded: boolean
  /** Whether silence means that the client has ended; else it may be asleep, or be heard by others. */
  readonly isSilenceTelling: boolean
  /** Whether all that the runner has declared was heard. */
  readonly isWhole: boolean
  /** Times in which the client's processes stood still, one after another; more may come. */
  readonly sleeps: readonly Sleep[]
  /** Whether everything that happened to a job or command was heard. */
  readonly isWholeOf: (id: string) => boolean
}

/** An answer that is followed so soon by a call, in milliseconds, has found its client awake. */
const PROMPT_MS = 2000
const MAX_SILENCES = 20

export class FollowedRunner {
  readonly facts: RunnerFacts
  /** When its client cannot have acted, as far as that is known. */
  sleeps: readonly Sleep[]
  /** The heartbeat that told the runner that it is gone. */
  goneResponse: AnsweredTrace | undefined
  disconnectCall: TracedCall | undefined
  underWay = 0
  readonly work = new WorkLedger()
  readonly exercised = new Set<Rule>()
  private silences: Sleep[] = []
  private lastBegin: number | undefined
  private lastAnswer = -Infinity
  private readonly watchers: readonly Watcher[]

  constructor(rules: readonly Rule[], facts: RunnerFacts, onBreach: (rule: Rule, breach: Breach) => void) {
    this.facts = facts
    this.sleeps = facts.sleeps
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

  begin(call: TracedCall): void {
    if (!this.facts.isSilenceTelling) this.noteSilence(call.at)
    this.pass(call.at)
    for (const watcher of this.watchers) watcher.begin?.(call)
    this.underWay++
    if (call.operation === 'disconnectRunner') this.disconnectCall ??= call
  }

  end(call: AnsweredTrace): void {
    const { operation, answer } = call
    this.lastAnswer = answer.at
    this.pass(answer.at)
    this.underWay--
    if (operation === 'heartbeat' && answer.status === GONE) this.goneResponse ??= call
    // Today's servers may bring a runner back.
    const isBack = operation === 'heartbeat' && answer.status === 200
    if (isBack && this.goneResponse !== undefined && isAfter(call, this.goneResponse)) this.goneResponse = undefined
    this.work.note(call)
    for (const watcher of this.watchers) watcher.end?.(call)
  }

  finish(now: number): void {
    this.pass(now)
    for (const watcher of this.watchers) watcher.finish?.(now)
  }

  /** The laptop sleeps, or the client calls elsewhere: a client that took an answer and went on was awake. */
  private noteSilence(at: number): void {
    const { facts, lastBegin = at } = this
    if (at - lastBegin > facts.ttlMs && at - this.lastAnswer > PROMPT_MS)
      this.silences = [...this.silences, { from: lastBegin, to: at }].slice(-MAX_SILENCES)
    this.sleeps = facts.sleeps.length === 0 ? this.silences : joinTimes(this.silences, facts.sleeps)
    this.lastBegin = Math.max(lastBegin, at)
  }

  private pass(now: number): void {
    for (const watcher of this.watchers) watcher.pass?.(now)
  }
}
