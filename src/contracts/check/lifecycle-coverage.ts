/**
 * Follows the resources that the checks make through the lifecycle tables, by looking at their exchanges alone, and keeps
 * account of which decisions of the spec were exercised. What no exchange shows (a timer, an event) is inferred from the
 * next state seen, or taken from the rule that a check says it judges.
 */
import { requestBodies } from '../../generated/request-validators.js'
import { machines, type MachineName, type Rule } from '../../kernel/lifecycle.js'
import type { Validator } from '../../kernel/schema.js'
import type { Answer } from '../target/answer.js'
import type { CheckRule } from './check.js'
import type { StartedCall } from '../target/client.js'
import { type LifecycleCoverage, type ObservedState, readObservedStates, totalsOf } from './coverage-report.js'

/** Keeps account of one run. */
export interface Coverage {
  /** Takes note of a call and its answer. `hasTime`: the check lets time pass, so that timers may have fired. */
  observe(call: StartedCall, answer: Answer, hasTime: boolean): void
  /** Takes note of the rule that a finished check has judged. */
  claim(rule: CheckRule, hasFailed: boolean): void
  report(): LifecycleCoverage
}

/** Creates an empty account. */
export function createCoverage(): Coverage {
  return new LifecycleAccount()
}

/** One decision: a rule in one of its states. */
export function edgeKey(machine: MachineName, rule: Rule, from: string): string {
  return [machine, rule.on, from, rule.to ?? from].join(' ')
}

/** Rules of a machine as plain data. */
export function rulesOf(machine: MachineName): readonly Rule[] {
  return machines[machine].rules
}

const bodies: Readonly<Record<string, Validator>> = requestBodies

interface Resource {
  machine: MachineName
  state: string
  /** For runners: workspace's caller, project and type, of which only one may be active. */
  slot?: string
  /** For jobs and commands: their runner. */
  runner?: string
}

class LifecycleAccount implements Coverage {
  private readonly resources = new Map<string, Resource>()
  /** Keys of the runners of a slot, and of all that belongs to a runner: a run meets thousands of them. */
  private readonly bySlot = new Map<string, Set<string>>()
  private readonly byRunner = new Map<string, Set<string>>()
  private readonly seenStates = new Set<string>()
  private readonly seenEdges = new Set<string>()
  private readonly failedEdges = new Set<string>()

  observe(call: StartedCall, answer: Answer, hasTime: boolean): void {
    if (call.operation === null || !fitsSchema(call)) return
    for (const state of readObservedStates(call.operation, call, answer)) {
      const known = this.meet(state, call.identity)
      if (state.seen !== undefined) this.infer(known, state.seen, hasTime)
      if (state.isDecision) this.decide(known, state, call, answer.status)
      this.seenStates.add(`${known.machine} ${known.state}`)
    }
  }

  claim(rule: CheckRule, hasFailed: boolean): void {
    const { machine, on } = rule
    if (machine === undefined || on === undefined) return
    for (const each of rulesOf(machine)) {
      if (each.on !== on || (rule.to !== undefined && (each.to ?? rule.to) !== rule.to)) continue
      for (const from of each.from) {
        if (rule.from !== undefined && rule.from !== from) continue
        const key = edgeKey(machine, each, from)
        if (hasFailed) this.failedEdges.add(key)
        else if (isCertain(rule, each)) this.see(machine, each, from)
      }
    }
  }

  report(): LifecycleCoverage {
    return totalsOf({ states: this.seenStates, edges: this.seenEdges, failed: this.failedEdges })
  }

  /** A resource as one caller sees it: what is another's does not exist. */
  private meet(state: ObservedState, identity: string): Resource {
    const key = keyOf(state.machine, state.id, identity)
    return this.resources.get(key) ?? this.keep(key, { machine: state.machine, state: 'none', ...linksOf(state) })
  }

  private keep(key: string, resource: Resource): Resource {
    const { machine, slot, runner } = resource
    this.resources.set(key, resource)
    if (machine === 'runner' && slot !== undefined) addTo(this.bySlot, slot, key)
    if (machine !== 'pairingSession' && runner !== undefined) addTo(this.byRunner, runner, key)
    return resource
  }

  /** The operation's rule, as far as state, request and status tell it. */
  private decide(resource: Resource, state: ObservedState, call: StartedCall, status: number): void {
    const rule = rulesOf(resource.machine).find(
      (each) =>
        each.on === call.operation &&
        each.from.includes(resource.state) &&
        each.answer === status &&
        fitsFacts(each, state.facts),
    )
    if (rule === undefined) return
    this.see(resource.machine, rule, resource.state)
    if (rule.to !== null) resource.state = rule.to
    for (const event of rule.emits ?? []) this.spread(event, state, call.identity)
  }

  /** A state that no call explains came by timers, where time has passed, or events: the shortest way was taken. */
  private infer(resource: Resource, seen: string, hasTime: boolean): void {
    if (resource.state === seen) return
    const way = resource.state === 'none' ? [] : findWay(resource.machine, resource.state, seen, hasTime)
    for (const { rule, from } of way) this.see(resource.machine, rule, from)
    resource.state = seen
  }

  private spread(event: string, { id, runner, slot }: ObservedState, identity: string): void {
    if (event === 'pairingSession.created' && runner !== undefined) {
      const key = keyOf('runner', runner, identity)
      this.keep(key, { machine: 'runner', state: 'none', ...(slot === undefined ? {} : { slot }) })
      this.move(key, event)
      this.keep(keyOf('pairingSession', id, identity), { machine: 'pairingSession', state: 'open', runner })
    }
    if (event === 'pairingSession.activated') {
      const runnerId = this.resources.get(keyOf('pairingSession', id, identity))?.runner ?? ''
      const paired = keyOf('runner', runnerId, identity)
      this.evict(paired)
      this.move(paired, event)
    }
    if (event === 'runner.gone') this.loseWork(id)
  }

  private evict(newcomer: string): void {
    const slot = this.resources.get(newcomer)?.slot ?? ''
    for (const key of this.bySlot.get(slot) ?? []) {
      if (key !== newcomer && this.move(key, 'slot.taken')) this.loseWork(key.split(' ')[1] ?? '')
    }
  }

  private loseWork(runner: string): void {
    for (const key of this.byRunner.get(runner) ?? []) {
      this.move(key, 'runner.gone')
      this.resources.delete(key)
    }
    this.byRunner.delete(runner)
  }

  private move(key: string, on: string): boolean {
    const resource = this.resources.get(key)
    const rule =
      resource && rulesOf(resource.machine).find((each) => each.on === on && each.from.includes(resource.state))
    if (resource === undefined || rule === undefined) return false
    this.see(resource.machine, rule, resource.state)
    if (rule.to !== null) resource.state = rule.to
    return true
  }

  private see(machine: MachineName, rule: Rule, from: string): void {
    this.seenEdges.add(edgeKey(machine, rule, from))
    this.seenStates.add(`${machine} ${from}`)
    if (rule.to !== null) this.seenStates.add(`${machine} ${rule.to}`)
  }
}

function addTo(index: Map<string, Set<string>>, name: string, key: string): void {
  const keys = index.get(name)
  if (keys === undefined) index.set(name, new Set([key]))
  else keys.add(key)
}

function keyOf(machine: MachineName, id: string, identity: string): string {
  return `${machine} ${id} ${identity}`
}

function linksOf({ slot, runner }: ObservedState): { slot?: string; runner?: string } {
  return { ...(slot === undefined ? {} : { slot }), ...(runner === undefined ? {} : { runner }) }
}

/** Requests that the schema refuses never reach a rule. */
function fitsSchema({ operation, requestBody }: StartedCall): boolean {
  const validator = operation === null ? undefined : bodies[operation]
  // On a copy: the validator takes away nulls, and what was sent is told as it was.
  return validator === undefined || requestBody === undefined || validator(structuredClone(requestBody))
}

function fitsFacts(rule: Rule, facts: Readonly<Record<string, string>>): boolean {
  return Object.entries(rule.when).every(([name, values]) => {
    const fact = facts[name]
    return fact === undefined || values.includes(fact)
  })
}

/** Whether a check's rule names one decision closely enough to count it as seen. */
function isCertain(claimed: CheckRule, rule: Rule): boolean {
  return claimed.from !== undefined || rule.answer === null
}

interface Step {
  rule: Rule
  from: string
}

/** Shortest way by timers, else by events alone; empty when there is none. */
function findWay(machine: MachineName, from: string, to: string, hasTime: boolean): Step[] {
  const silent = rulesOf(machine).filter(({ answer, to: end }) => answer === null && end !== null)
  const timers = silent.filter(({ on }) => on.startsWith('timer.'))
  const events = silent.filter(({ on }) => !on.startsWith('timer.'))
  return (hasTime ? search(timers, from, to) : undefined) ?? search(events, from, to) ?? []
}

function search(rules: readonly Rule[], from: string, to: string): Step[] | undefined {
  const queue: { state: string; way: Step[] }[] = [{ state: from, way: [] }]
  const visited = new Set([from])
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next.state === to) return next.way
    for (const rule of rules) {
      if (!rule.from.includes(next.state) || rule.to === null || visited.has(rule.to)) continue
      visited.add(rule.to)
      queue.push({ state: rule.to, way: [...next.way, { rule, from: next.state }] })
    }
  }
  return undefined
}
