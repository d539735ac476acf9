/** What the conditions of the lifecycle ask of a call, answered by what is known from outside; and the rules that may decide it. */
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { isObject, objectOf } from '../../kernel/json-value.js'
import { mergeChecklist } from '../checklist.js'
import { factOf, isWrite, type FactView } from '../facts.js'
import { candidatesOf, describeDecision, type Decision, type MachineName } from '../table.js'
import { canTake } from './work-queues.js'
import { Mismatch } from './mismatch.js'
import { show } from '../../kernel/printable.js'
import type { TimeRange } from './time-range.js'
import type { TrackedRunner, TrackedWorld } from './tracked-world.js'

/** Servers may write JSON a little longer or shorter than we do: so many times a limit is surely beyond it. */
export const SURELY_LARGER = 1.2

/** Whether JSON is larger than a limit; undefined where it depends on how it is spelled, or on whether characters count. */
export function isLargerThan(value: unknown, limit: number): boolean | undefined {
  if (value === undefined) return false
  // JSON is no shorter than a text in it, and takes long to be written.
  const texts = Object.values(objectOf(value)).filter((each) => typeof each === 'string')
  if (texts.some(({ length }) => length > limit * SURELY_LARGER)) return true
  const text = JSON.stringify(value)
  if (text.length > limit * SURELY_LARGER) return true
  if (text.length * 3 * SURELY_LARGER < limit) return false
  const bytes = new TextEncoder().encode(text).length
  return bytes * SURELY_LARGER < limit ? false : undefined
}

/** What is known for the conditions of one call. Its members are written one by one: spread, they would be slow to read. */
export function viewOf(world: TrackedWorld, call: ApiCall, now: TimeRange, runner?: TrackedRunner): FactView {
  const { operation, body, secret } = call
  const { limits } = world
  const hasRightSecret = (): boolean | undefined => (secret === undefined ? undefined : secret === 'right')
  return {
    operation,
    body,
    limitOf: (setting) => limits[setting],
    hasUsableKey: hasRightSecret,
    isProved: hasRightSecret,
    knowsProject: (id) => world.projects.get(id) === world.workspaces[call.caller],
    hasAgent: (name) => runner && Object.hasOwn(runner.agents, name),
    hasCapability: (name) => runner?.capabilities.includes(name),
    canTake: (machine) => runner && canTake(world, runner, machine, now),
    // Rates count by the minute of the clock: beyond them a command may be refused, or a new minute may have begun.
    isWithinRate(type) {
      if (runner === undefined) return undefined
      const { all, writes, refusedWrites } = runner.accepted
      const isFast = all + refusedWrites >= limits.bridge_max_commands_per_minute
      return isFast || (isWrite(type) && writes >= limits.bridge_max_write_commands_per_minute) ? undefined : true
    },
    isOversized: (value) => isLargerThan(value, limits.bridge_max_payload_bytes),
    mergedChecklist: () => (runner && isObject(body) ? mergeChecklist(runner.checklist, body) : undefined),
  }
}

/** The rules that may decide a call in one of the states: of each state the first that surely holds, and those before it. */
export function possibleDecisions(machine: MachineName, states: Iterable<string>, view: FactView): Decision[] {
  const byState = candidatesOf(machine, view.operation)
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
