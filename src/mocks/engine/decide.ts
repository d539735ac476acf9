// Decides a request by the lifecycle tables: finds its resource and its state, takes the facts in the order of the rules,
// and stops at the first rule that holds. A refusal takes its words from the tables as well.
import { words, type Decision } from '../../lifecycle/table.js'
import { factOf, type FactView } from '../../lifecycle/facts.js'
import type { EngineCall, Plan, DecisionStep } from './plan.js'

/**
 * Finds the rule that decides a call, and leaves the resource in `call.subject`. Of several machines the first refusal
 * counts, else the rule of the last one. Nothing is changed by it, and nothing is asked that the rules do not ask for.
 * @returns undefined for an operation that no machine decides by a resource
 * @throws Error when no rule holds, which the generator rules out
 */
export function decide(call: EngineCall, { steps, viewOf }: Plan): Decision | undefined {
  let decision: Decision | undefined
  for (const step of steps) {
    decision = decideStep(call, step, viewOf)
    if (isRefusing(decision)) break
  }
  return decision
}

export function isRefusing({ rule }: Decision): boolean {
  return rule.answer !== null && rule.answer >= 400
}

function decideStep(
  call: EngineCall,
  { machine, find, stateOf, candidates }: DecisionStep,
  viewOf: Plan['viewOf'],
): Decision {
  let state = 'none'
  if (find !== undefined) {
    const found = find(call)
    call.subject = found
    if (found !== undefined) state = stateOf(found, call.world)
  }
  let view: FactView | undefined
  for (const candidate of candidates.get(state) ?? []) {
    let holds = true
    for (const [name, values] of candidate.conditions) {
      view ??= viewOf?.(call)
      holds &&= view !== undefined && values.includes(factOf(view, machine, name) ?? '')
    }
    if (holds) return candidate
  }
  throw new Error(`No rule of ${machine} decides ${call.operation} in state ${state}.`)
}

/** What a refusal says: the rule's own words, or those of its machine for the status. */
export function describeRefusal(call: EngineCall, { steps }: Plan, { machine, from, rule }: Decision): string {
  const say = rule.say ?? words[machine]?.[rule.answer ?? 0] ?? OTHERWISE
  const details = steps.find((step) => step.machine === machine)?.details
  return fill(say, call, (name) => (name === 'state' ? from : details?.[name]?.(call)))
}

/** Fallback text for custom rules that define no message. */
const OTHERWISE = "The lifecycle does not allow this in state '{state}'."

/** Fills the placeholders of words: parts of the request, settings, and what `tell` knows. */
export function fill(say: string, call: EngineCall, tell?: (name: string) => string | undefined): string {
  if (!say.includes('{')) return say
  return say.replaceAll(/\{([\w.]+)\}/g, (_, name: string) => tell?.(name) ?? valueOf(name, call))
}

function valueOf(name: string, { path, body, caller, world }: EngineCall): string {
  if (name === 'workspace') return caller.workspace
  const [part, member = ''] = name.split('.', 2)
  if (part === 'path') return path[member] ?? ''
  if (part === 'body') return String(Reflect.get(Object(body), member))
  return String(Reflect.get(world.settings, name))
}
