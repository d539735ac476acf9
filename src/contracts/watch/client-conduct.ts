/**
 * Judges the callers in traffic by the rules of conduct. It turns exchanges into the facts that those rules read, and
 * knows each caller: a runner by its owner and its id, which for jobs comes from earlier exchanges. Where nothing was
 * observed it assumes the best.
 */
import { appRules, CREATIONS, isOfApps, rules } from '../../conduct/all-rules.js'
import { clientKeyOf, factsOfAnswer, factsOfRequest, LOST } from '../../conduct/conduct-trace.js'
import { keepNewest, renew } from '../../kernel/group-by.js'
import type { AnsweredTrace, Sleep } from '../../conduct/conduct-trace.js'
import { FollowedRunner, type Breach, type Rule } from '../../conduct/conduct-rule.js'
import { hashText } from '../../kernel/id-source.js'
import type { RunnerType } from '../../kernel/types.js'
import { memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'
import { Timeline, toStory, type ObservedCall } from '../../lifecycle/traffic/observed-call.js'
import type { ObservedExchange } from './observed-exchange.js'
import type { Finding } from './verdict.js'
import type { RecordingFacts } from '../../lifecycle/traffic/tracked-entries.js'

/** Runners and callers that are remembered; the one that was silent for longest makes room. */
const MAX_CALLERS = 2000
/** Jobs, commands and runners of which something is known. */
const MAX_KNOWN = 20_000
/** Breaches of one rule by one caller that are told one by one. */
const MAX_ALIKE = 5
const MAX_STANDSTILLS = 1000

/** Takes what breaks the rules of clients. */
export interface ClientFindings {
  verdict(finding: Finding): void
  /** One more of which enough is told. */
  untold(): void
}

export class ClientConduct {
  private readonly callers = new Map<string, FollowedRunner>()
  /** Calls that have begun, by their ends. */
  private readonly open = new Timeline<{ caller: FollowedRunner; call: AnsweredTrace }>()
  private readonly runnerOfJob = new Map<string, string>()
  private readonly types = new Map<string, RunnerType>()
  /** Runners, jobs and commands whose creation was observed. */
  private readonly born = new Map<string, true>()
  private readonly facts: Pick<RecordingFacts, 'limits' | 'startsEmpty'>
  private readonly findings: ClientFindings
  private readonly hasEnded: boolean
  /** When the machine kept all clients waiting. */
  private readonly standstills: Sleep[] = []
  private now = 0

  /** @param hasEnded whether the clients have ended with the recording */
  constructor(facts: Pick<RecordingFacts, 'limits' | 'startsEmpty'>, findings: ClientFindings, hasEnded: boolean) {
    this.facts = facts
    this.findings = findings
    this.hasEnded = hasEnded
  }

  get size(): number {
    return this.callers.size
  }

  /** @returns whether a client's rules are about the call */
  hear(observed: ObservedExchange): boolean {
    this.passTo(observed.effectFrom)
    for (const { from_ns, to_ns } of observed.exchange.standstills ?? [])
      this.standstills.push({ from: from_ns / NS_PER_MS, to: to_ns / NS_PER_MS })
    if (this.standstills.length > MAX_STANDSTILLS) this.standstills.splice(0, MAX_STANDSTILLS / 2)
    const subject = observed.call.path['jobId'] ?? observed.call.path['commandId']
    const caller = this.callerOf(observed, subject)
    if (caller !== undefined) {
      const call = toCall(observed, subject)
      caller.begin(call)
      this.open.add(call.answer.at, { caller, call })
    }
    this.learn(observed)
    return caller !== undefined
  }

  /** Whatever has ended by then, in milliseconds, has. */
  passTo(time: number): void {
    if (time !== Infinity) this.now = Math.max(this.now, time)
    for (let next = this.open.take(time); next !== undefined; next = this.open.take(time)) {
      this.now = Math.max(this.now, next.call.answer.at)
      next.caller.end(next.call)
    }
  }

  finish(): void {
    this.passTo(Infinity)
    for (const caller of this.callers.values()) caller.finish(this.now)
  }

  /** The caller of a call: a runner, or who creates and reads. */
  private callerOf({ operation, call }: ObservedCall, subject: string | undefined): FollowedRunner | undefined {
    const { caller: owner, path } = call
    const runnerId = isOfApps(operation) ? '' : (path['runnerId'] ?? this.runnerOfJob.get(subject ?? ''))
    const key = runnerId === '' ? owner : clientKeyOf({ operation, owner, runnerId }, this.callers)
    if (key === undefined || runnerId === undefined) return undefined
    const caller = renew(this.callers, key, () => this.follow(runnerId))
    caller.facts.type ??= this.types.get(runnerId)
    keepNewest(this.callers, MAX_CALLERS)?.finish(this.now)
    return caller
  }

  /** @param runnerId empty for who creates and reads */
  private follow(runnerId: string): FollowedRunner {
    const { limits, startsEmpty } = this.facts
    const isWholeOf = (id: string): boolean => startsEmpty || this.born.has(id)
    const facts = {
      ...{ runnerId, type: undefined, ttlMs: 1000 * limits.heartbeat_ttl_seconds, pollMs: {} },
      ...{ hasEnded: this.hasEnded, stopRequestedAt: Infinity, isSilenceTelling: false, sleeps: this.standstills },
      ...{ isWhole: isWholeOf(runnerId), isWholeOf },
    }
    return new FollowedRunner(runnerId === '' ? appRules : rules, facts, this.teller())
  }

  private teller(): (rule: Rule, breach: Breach) => void {
    const counts = new Map<string, number>()
    return ({ id: rule, severity, requirement }, { call, note, expected = '', because = [] }) => {
      const count = (counts.get(rule) ?? 0) + 1
      counts.set(rule, count)
      const { exchange: at = 0 } = call
      if (count > MAX_ALIKE) {
        this.findings.untold()
        return
      }
      const calls = [...new Set([...because, call])].toSorted((one, other) => one.order - other.order)
      const story = calls.map(({ exchange: id = at, operation, answer }) => {
        const { status = LOST } = answer ?? {}
        return toStory({ id, operation, answer: { status }, isAborted: status === LOST })
      })
      const finding = { rule, requirements: [requirement], severity, side: 'client', at: [at] } as const
      this.findings.verdict({ ...finding, expected, actual: note, story })
    }
  }

  private learn({ operation, call, answer, isAborted }: ObservedCall): void {
    if (isAborted || answer.status >= 300) return
    const { body, createdId = '' } = answer
    const made = operation === 'createPairingSession' ? textAt(body, 'runner_id') : createdId
    if (CREATIONS.has(operation) || operation === 'createPairingSession') remember(this.born, made, true)
    this.learnType(made, memberOf(call.body, 'type'))
    for (const shown of [body, ...objectsAt(body, 'content')]) {
      remember(this.runnerOfJob, textAt(shown, 'id'), textAt(shown, 'runner_id') || undefined)
      this.learnType(textAt(shown, 'id'), memberOf(shown, 'type'))
    }
  }

  private learnType(runnerId: string, type: unknown): void {
    if (type === 'connect' || type === 'endpoint') remember(this.types, runnerId, type)
  }
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (key === '' || value === undefined) return
  map.set(key, value)
  keepNewest(map, MAX_KNOWN)
}

/** The facts of an exchange; when calls and answers came decides their order. */
function toCall(observed: ObservedExchange, subject: string | undefined): AnsweredTrace {
  const { operation, call, answer, isAborted, now, exchange } = observed
  // A body that is refused for its form states nothing to judge, and no recording has the keys.
  const body = [400, 415, 422].includes(answer.status) ? undefined : call.body
  // Of a creation, its body tells whether it is the same once more; that may be long.
  const asked = CREATIONS.has(operation) ? JSON.stringify(call.body ?? null) : undefined
  const about = asked === undefined ? subject : `${call.path['runnerId'] ?? ''} ${asked.length} ${hashText(asked)}`
  const parts = {
    status: isAborted ? LOST : answer.status,
    retryAfter: exchange.response?.headers['retry-after'],
    read: () => answer.body,
  }
  return {
    ...{ operation, at: now.from, order: now.from, exchange: observed.id, subject: about },
    ...factsOfRequest(operation, body, ''),
    answer: { at: now.to, order: now.to, ...factsOfAnswer(operation, parts) },
  }
}
