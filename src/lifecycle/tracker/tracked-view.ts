/** What the conditions of the lifecycle ask of a call, answered by what is known from outside; and the rules that may decide it. */
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { isObject } from '../../kernel/json-value.js'
import { mergeChecklist } from '../checklist.js'
import { factOf, isWrite, type FactView } from '../facts.js'
import { candidatesOf, describeDecision, type Decision, type MachineName, type SettingName } from '../table.js'
import type { WorkMachine } from '../roles.js'
import { canTakeCommand } from './command-queue.js'
import { canTakeJob } from './job-queue.js'
import { Mismatch } from './mismatch.js'
import { show } from '../../kernel/printable.js'
import type { TimeRange } from './time-range.js'
import type { TrackedRunner, TrackedWorld } from './tracked-world.js'

/** Servers may write JSON a little longer or shorter than we do. */
const SPELLING = 0.2

/** Whether JSON is larger than a limit; undefined where it depends on how it is spelled, or on whether characters count. */
export function isLargerThan(value: unknown, limit: number): boolean | undefined {
  if (value === undefined) return false
  const text = JSON.stringify(value)
  if (text.length > limit * (1 + SPELLING)) return true
  if (text.length * 3 * (1 + SPELLING) < limit) return false
  const bytes = new TextEncoder().encode(text).length
  return bytes * (1 + SPELLING) < limit ? false : undefined
}

/** The view of one call. */
export class TrackedView implements FactView {
  readonly operation: string
  readonly body: unknown
  private readonly call: ApiCall
  private readonly world: TrackedWorld
  private readonly runner: TrackedRunner | undefined
  private readonly now: TimeRange

  constructor(world: TrackedWorld, call: ApiCall, now: TimeRange, runner?: TrackedRunner) {
    this.operation = call.operation
    this.body = call.body
    this.call = call
    this.world = world
    this.runner = runner
    this.now = now
  }

  limitOf(setting: SettingName): number {
    return this.world.limits[setting]
  }

  hasUsableKey(): boolean | undefined {
    return this.call.secret === undefined ? undefined : this.call.secret === 'right'
  }

  isProved(): boolean | undefined {
    return this.hasUsableKey()
  }

  knowsProject(id: string): boolean | undefined {
    return this.world.projects.get(id) === this.world.workspaces[this.call.caller]
  }

  hasAgent(name: string): boolean | undefined {
    return this.runner && Object.hasOwn(this.runner.agents, name)
  }

  hasCapability(name: string): boolean | undefined {
    return this.runner?.capabilities.includes(name)
  }

  canTake(machine: WorkMachine): boolean | undefined {
    if (this.runner === undefined) return undefined
    return machine === 'job' ? canTakeJob(this.world, this.runner) : canTakeCommand(this.world, this.runner, this.now)
  }

  /** Rates count by the minute of the clock: beyond them a command may be refused, or a new minute may have begun. */
  isWithinRate(type: string): boolean | undefined {
    const { limits } = this.world
    if (this.runner === undefined) return undefined
    const { all, writes, refusedWrites } = this.runner.accepted
    const isFast = all + refusedWrites >= limits.bridge_max_commands_per_minute
    return isFast || (isWrite(type) && writes >= limits.bridge_max_write_commands_per_minute) ? undefined : true
  }

  isOversized(value: unknown): boolean | undefined {
    return isLargerThan(value, this.world.limits.bridge_max_payload_bytes)
  }

  mergedChecklist(): unknown {
    return this.runner === undefined || !isObject(this.body)
      ? undefined
      : mergeChecklist(this.runner.checklist, this.body)
  }
}

/** The rules that may decide a call in one of the states: of each state the first that surely holds, and those before it. */
export function possibleDecisions(
  machine: MachineName,
  trigger: string,
  states: Iterable<string>,
  view: FactView,
): Decision[] {
  const byState = candidatesOf(machine, trigger)
  const found: Decision[] = []
  for (const state of states) {
    for (const candidate of byState.get(state) ?? []) {
      let isCertain = true
      let isPossible = true
      for (const [name, values] of candidate.conditions) {
        const fact = factOf(view, machine, name)
        if (fact === undefined) isCertain = false
        else if (!values.includes(fact)) isPossible = false
        if (!isPossible) break
      }
      if (!isPossible) continue
      found.push(candidate)
      if (isCertain) break
    }
  }
  return found
}

/** The decisions that the answer leaves. Refuses an answer with a status that none of them gives. */
export function expectDecision(answer: ApiAnswer, decisions: readonly Decision[]): readonly Decision[] {
  const left = decisions.filter(({ rule }) => rule.answer === answer.status)
  if (left.length > 0) return left
  const statuses = [...new Set(decisions.map(({ rule }) => rule.answer))].join(' or ')
  const why = decisions.map(describeDecision).join('; ')
  const body = answer.body === undefined ? '' : ` ${show(answer.body)}`
  throw new Mismatch(`status ${statuses} (${why})`, `${answer.status}${body}`)
}
