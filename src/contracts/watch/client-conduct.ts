/**
 * Judges the callers in traffic by the rules of conduct. It turns exchanges into the facts that those rules read, and
 * knows each caller: a runner by its owner and its id, which for jobs comes from earlier exchanges. Where nothing was
 * observed it assumes the best.
 */
import { decidedOperations, roleOf, workMachines } from '../../lifecycle/roles.js'
import { appRules } from '../../conduct/app-rules.js'
import { rules } from '../../conduct/all-rules.js'
import {
  keepNewest,
  LOST,
  type AnsweredTrace,
  type TracedCall,
  type Sleep,
  factsOfAnswer,
  factsOfRequest,
  isRunners,
} from '../../conduct/conduct-trace.js'
import { joinTimes, type Breach, type Rule, type Watcher } from '../../conduct/conduct-rule.js'
import { FollowedRunner } from '../../conduct/grade-runners.js'
import type { RunnerType } from '../../kernel/types.js'
import { memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'
import type { Limits } from '../target/target.js'
import type { ObservedCall, ObservedExchange } from './observed-call.js'
import type { Findings } from './verdict.js'

export interface ClientConductParts {
  readonly limits: Limits
  readonly findings: Findings
  /** Whether everything that was ever there has been observed of. */
  readonly startsEmpty: boolean
  /** Whether the clients have ended with the recording. */
  readonly hasEnded: boolean
}

/** Runners and callers that are remembered; the one that was silent for longest makes room. */
const MAX_CALLERS = 2000
/** Jobs, commands and runners of which something is known. */
const MAX_KNOWN = 20_000
/** Breaches of one rule by one caller that are told one by one. */
const MAX_ALIKE = 5
/** An answer that is followed so soon by a call, in milliseconds, has found its client awake. */
const PROMPT_MS = 2000
const MAX_STANDSTILLS = 1000
const MAX_SLEEPS = 20

const isWork = (machine: string | undefined): boolean => workMachines.some((each) => each === machine)
const CREATIONS: ReadonlySet<string> = new Set(decidedOperations.filter((id) => isWork(roleOf(id).creates)))
const OF_APPS: ReadonlySet<string> = new Set([
  ...CREATIONS,
  ...decidedOperations.filter((id) => roleOf(id).isRead && isWork(roleOf(id).machine)),
])

interface Caller {
  begin(call: TracedCall): void
  end(call: AnsweredTrace): void
  finish(now: number): void
}

export class ClientConduct {
  private readonly callers = new Map<string, Caller>()
  /** Calls that have begun, by their ends. */
  private readonly open: { caller: Caller; call: AnsweredTrace }[] = []
  /** The runner of each job, and whether everything that happened to a job or command was observed. */
  private readonly runnerOfJob = new Map<string, string>()
  private readonly made = new Map<string, true>()
  private readonly types = new Map<string, RunnerType>()
  private readonly born = new Map<string, true>()
  private readonly parts: ClientConductParts
  /** When the machine kept all clients waiting. */
  private readonly standstills: Sleep[] = []
  private now = 0

  constructor(parts: ClientConductParts) {
    this.parts = parts
  }

  get size(): number {
    return this.callers.size
  }

  hear(observed: ObservedExchange): boolean {
    this.passTo(observed.effectFrom)
    const { standstills = [] } = observed.exchange
    for (const { from_ns, to_ns } of standstills)
      this.standstills.push({ from: from_ns / NS_PER_MS, to: to_ns / NS_PER_MS })
    if (this.standstills.length > MAX_STANDSTILLS) this.standstills.splice(0, MAX_STANDSTILLS / 2)
    const subject = observed.call.path['jobId'] ?? observed.call.path['commandId']
    const caller = this.callerOf(observed, subject)
    if (caller !== undefined) {
      const call = toCall(observed, subject)
      caller.begin(call)
      let at = this.open.length
      while (at > 0 && (this.open[at - 1]?.call.answer.at ?? 0) > observed.now.to) at--
      this.open.splice(at, 0, { caller, call })
    }
    this.learn(observed)
    return caller !== undefined
  }

  /** Whatever has ended by then, in milliseconds, has. */
  passTo(time: number): void {
    if (time !== Infinity) this.now = Math.max(this.now, time)
    while ((this.open[0]?.call.answer.at ?? Infinity) <= time) {
      const { caller, call } = this.open.shift() ?? {}
      if (call === undefined) return
      this.now = Math.max(this.now, call.answer.at)
      caller?.end(call)
    }
  }

  finish(): void {
    this.passTo(Infinity)
    for (const caller of this.callers.values()) caller.finish(this.now)
  }

  private callerOf({ operation, call }: ObservedCall, subject: string | undefined): Caller | undefined {
    const { caller: identity, path } = call
    if (OF_APPS.has(operation)) return this.find(identity, (tell) => new App(tell))
    const isOwn = isRunners(operation)
    if (!isOwn && operation !== 'disconnectRunner') return undefined
    const runnerId = path['runnerId'] ?? this.runnerOfJob.get(subject ?? '')
    if (runnerId === undefined) return undefined
    const key = `${identity}\n${runnerId}`
    // Any caller may say goodbye for a runner; a goodbye alone makes no client.
    if (!isOwn && !this.callers.has(key)) return undefined
    return this.find(
      key,
      (tell) => new Runner(this.follow(runnerId, tell), this.standstills, () => this.types.get(runnerId)),
    )
  }

  private find(key: string, make: (tell: OnFinding) => Caller): Caller {
    const caller = this.callers.get(key) ?? make(this.teller())
    this.callers.delete(key)
    this.callers.set(key, caller)
    const [stalest] = this.callers
    if (this.callers.size > MAX_CALLERS && stalest !== undefined) {
      this.callers.delete(stalest[0])
      stalest[1].finish(this.now)
    }
    return caller
  }

  private follow(runnerId: string, onBreach: OnFinding): FollowedRunner {
    const { limits, startsEmpty, hasEnded } = this.parts
    const options = {
      ...{ runnerId, hasEnded, ttlMs: 1000 * limits.heartbeat_ttl_seconds, stopRequestedAt: Infinity },
      ...{ isSilenceTelling: false, isWhole: startsEmpty || this.born.has(runnerId) },
      isWholeOf: (id: string) => startsEmpty || this.made.has(id),
    }
    return new FollowedRunner(rules, options, onBreach)
  }

  private teller(): OnFinding {
    const counts = new Map<string, number>()
    return ({ id: rule, severity, requirement }, { call, note, expected = '', because = [] }) => {
      const count = (counts.get(rule) ?? 0) + 1
      counts.set(rule, count)
      const { exchange: at = 0 } = call
      if (count > MAX_ALIKE) {
        this.parts.findings.untold()
        return
      }
      const calls = [...new Set([...because, call])].toSorted((one, other) => one.order - other.order)
      const story = calls.map((each) => ({ id: each.exchange ?? at, what: inWords(each) }))
      const finding = { rule, requirements: [requirement], severity, side: 'client', at: [at] } as const
      this.parts.findings.verdict({ ...finding, expected, actual: note, story })
    }
  }

  private learn({ operation, call, answer, isAborted }: ObservedCall): void {
    if (isAborted || answer.status >= 300) return
    const { body, createdId } = answer
    if (CREATIONS.has(operation) && createdId !== undefined) remember(this.made, createdId, true)
    if (operation === 'createPairingSession') {
      const runnerId = textAt(body, 'runner_id')
      remember(this.born, runnerId, true)
      this.learnType(runnerId, memberOf(call.body, 'type'))
    }
    if (operation === 'nextJob') this.learnJob(textAt(body, 'id'), call.path['runnerId'])
    if (operation === 'getJob') this.learnJob(textAt(body, 'id'), textAt(body, 'runner_id'))
    if (operation === 'getRunner') this.learnType(textAt(body, 'id'), memberOf(body, 'type'))
    if (operation !== 'listRunners') return
    for (const each of objectsAt(body, 'content')) this.learnType(textAt(each, 'id'), each['type'])
  }

  private learnJob(id: string, runnerId: string | undefined): void {
    if (id !== '' && runnerId !== undefined && runnerId !== '') remember(this.runnerOfJob, id, runnerId)
  }

  private learnType(runnerId: string, type: unknown): void {
    if (type === 'connect' || type === 'endpoint') remember(this.types, runnerId, type)
  }
}

type OnFinding = (rule: Pick<Rule, 'id' | 'severity' | 'requirement'>, breach: Breach) => void

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value)
  keepNewest(map, MAX_KNOWN)
}

/** A runner, with the times in which its client was silent for longer than one that is awake can be. */
class Runner implements Caller {
  private readonly runner: FollowedRunner
  private readonly typeOf: () => RunnerType | undefined
  private lastBegin: number | undefined
  private lastAnswer = -Infinity
  private sleeps: Sleep[] = []
  private readonly standstills: readonly Sleep[]

  constructor(runner: FollowedRunner, standstills: readonly Sleep[], typeOf: () => RunnerType | undefined) {
    this.runner = runner
    this.standstills = standstills
    this.typeOf = typeOf
  }

  begin(call: TracedCall): void {
    const { lastBegin, lastAnswer, runner } = this
    runner.type ??= this.typeOf()
    const isSilent = lastBegin !== undefined && call.at - lastBegin > runner.ttlMs
    // The laptop sleeps, or the client calls elsewhere: a client that took an answer and went on was awake.
    if (isSilent && call.at - lastAnswer > PROMPT_MS) {
      this.sleeps = [...this.sleeps, { from: lastBegin, to: call.at }].slice(-MAX_SLEEPS)
    }
    runner.sleeps = this.standstills.length === 0 ? this.sleeps : joinTimes(this.sleeps, this.standstills)
    this.lastBegin = Math.max(lastBegin ?? call.at, call.at)
    runner.begin(call)
  }

  end(call: AnsweredTrace): void {
    this.lastAnswer = call.answer.at
    this.runner.end(call)
  }

  finish(now: number): void {
    this.runner.finish(now)
  }
}

/** A client that creates and reads. */
class App implements Caller {
  private readonly watchers: readonly Watcher[]

  constructor(onBreach: OnFinding) {
    this.watchers = appRules.map((rule) =>
      rule.watch(undefined, { exercise: () => undefined, breach: (breach) => onBreach(rule, breach) }),
    )
  }

  begin(call: TracedCall): void {
    for (const watcher of this.watchers) watcher.begin?.(call)
  }

  end(call: AnsweredTrace): void {
    for (const watcher of this.watchers) watcher.end?.(call)
  }

  finish(): void {}
}

/** Bodies that are remembered to tell one creation from another. */
const MAX_BODY_SHOWN = 500

/** The facts of an exchange; when calls and answers came decides their order. */
function toCall(observed: ObservedExchange, subject: string | undefined): AnsweredTrace {
  const { operation, call, answer, isAborted, now, exchange } = observed
  // A body that is refused for its form states nothing to judge, and no recording has the keys.
  const body = [400, 415, 422].includes(answer.status) ? undefined : call.body
  const about = CREATIONS.has(operation) ? `${call.path['runnerId'] ?? ''} ${JSON.stringify(call.body)}` : subject
  const parts = {
    status: isAborted ? LOST : answer.status,
    retryAfter: exchange.response?.headers['retry-after'],
    read: () => answer.body,
  }
  return {
    ...{ operation, at: now.from, order: now.from, exchange: observed.id, subject: about?.slice(0, MAX_BODY_SHOWN) },
    ...factsOfRequest(operation, body, ''),
    answer: { at: now.to, order: now.to, ...factsOfAnswer(operation, parts) },
  }
}

function inWords({ operation, answer }: TracedCall): string {
  return `${operation}: ${answer === undefined || answer.status === LOST ? 'hung up' : answer.status}`
}
