/**
 * Follows the resources that the checks make through the lifecycle tables, by looking at their exchanges alone, and keeps
 * account of which decisions of the spec were exercised. What no exchange shows (a timer, an event) is inferred from the
 * next state seen, or taken from the rule that a check says it judges.
 */
import { requestBodies } from '../../generated/request-validators.js'
import { findRole, idsHandedOut, machineOf, type OperationRole } from '../../lifecycle/roles.js'
import { machineNames, type MachineName, type Rule } from '../../lifecycle/table.js'
import type { Validator } from '../../kernel/schema.js'
import { type Answer, toRecord, idAtEndOf } from '../target/answer.js'
import type { CheckRule } from './check.js'
import type { StartedCall } from '../target/client.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../../generated/kit-schema.js'
import type { OperationId } from '../../kernel/operation.js'

export type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../../generated/kit-schema.js'

/** One decision: a rule in one of its states. */
function edgeKey(machine: MachineName, rule: Rule, from: string): string {
  return [machine, rule.on, from, rule.to ?? from].join(' ')
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

/** Keeps account of one run. */
export class Coverage {
  private readonly resources = new Map<string, Resource>()
  /** Keys of the runners of a slot, and of all that belongs to a runner: a run meets thousands of them. */
  private readonly bySlot = new Map<string, Set<string>>()
  private readonly byRunner = new Map<string, Set<string>>()
  private readonly seenStates = new Set<string>()
  private readonly seenEdges = new Set<string>()
  private readonly failedEdges = new Set<string>()

  /** Takes note of a call and its answer. `hasTime`: the check lets time pass, so that timers may have fired. */
  observe(call: StartedCall, answer: Answer, hasTime: boolean): void {
    if (call.operation === null || !fitsSchema(call)) return
    for (const state of readObservedStates(call.operation, call, answer)) {
      const known = this.meet(state, call.identity)
      if (state.seen !== undefined) this.infer(known, state.seen, hasTime)
      this.decide(known, state, call, answer.status)
      this.seenStates.add(`${known.machine} ${known.state}`)
    }
  }

  /** Takes note of the rule that a finished check has judged. */
  claim(rule: CheckRule, hasFailed: boolean): void {
    const { machine, on } = rule
    if (machine === undefined || on === undefined) return
    for (const each of machineOf(machine).rules) {
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
    const rule = machineOf(resource.machine).rules.find(
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
      this.keep(key, { machine: 'runner', state: 'none', ...given('slot', slot) })
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
      resource && machineOf(resource.machine).rules.find((each) => each.on === on && each.from.includes(resource.state))
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
  return { ...given('slot', slot), ...given('runner', runner) }
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

/** Shortest way by timers, else by events alone; empty without one. */
function findWay(machine: MachineName, from: string, to: string, hasTime: boolean): Step[] {
  const silent = machineOf(machine).rules.filter(({ answer, to: end }) => answer === null && end !== null)
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

/** What was seen, by the keys of states (`machine state`) and edges (`machine on from to`). */
interface SeenLifecycle {
  states: ReadonlySet<string>
  edges: ReadonlySet<string>
  failed: ReadonlySet<string>
}

/** Adds it all up. */
function totalsOf(seen: SeenLifecycle): LifecycleCoverage {
  const covered = machineNames.map((machine) => coverageOf(machine, seen))
  const edges = covered.flatMap((each) => each.edges.map((edge) => ({ ...edge, machine: each.machine })))
  const states = covered.flatMap((each) => each.states)
  return {
    machines: covered,
    states: { seen: states.filter((each) => each.isSeen).length, total: states.length },
    transitions: shareOf(edges.filter(({ from, to }) => from !== to)),
    timers: shareOf(edges.filter(({ kind }) => kind === 'timer')),
    pairs: shareOfPairs(edges),
  }
}

function coverageOf(machine: MachineName, seen: SeenLifecycle): MachineCoverage {
  const { rules, states } = machineOf(machine)
  const edges = new Map<string, EdgeCoverage>()
  for (const rule of rules) {
    for (const from of rule.from) {
      const to = rule.to ?? from
      const key = edgeKey(machine, rule, from)
      const outcome = seen.failed.has(key) ? 'failed' : seen.edges.has(key) ? 'passed' : 'not-seen'
      edges.set(key, { on: rule.on, from, to, kind: kindOf(rule), outcome })
    }
  }
  return {
    machine,
    states: Object.entries(states).map(([name, { terminal }]) => ({
      name,
      isSeen: seen.states.has(`${machine} ${name}`),
      isTerminal: terminal,
    })),
    edges: [...edges.values()],
  }
}

function kindOf(rule: Rule): EdgeCoverage['kind'] {
  if (rule.answer !== null) return 'operation'
  return rule.on.startsWith('timer.') ? 'timer' : 'event'
}

function shareOf(edges: readonly EdgeCoverage[]): Share {
  return { seen: edges.filter(({ outcome }) => outcome !== 'not-seen').length, total: edges.length }
}

function shareOfPairs(edges: readonly (EdgeCoverage & { machine: string })[]): Share {
  const operations = edges.filter(({ kind }) => kind === 'operation')
  const pair = ({ machine, on, from }: EdgeCoverage & { machine: string }): string => `${machine} ${on} ${from}`
  const tried = operations.filter(({ outcome }) => outcome !== 'not-seen')
  return { seen: new Set(tried.map(pair)).size, total: new Set(operations.map(pair)).size }
}

/** A resource met in an exchange. */
interface ObservedState {
  machine: MachineName
  id: string
  /** The state it had before the operation, as far as the answer shows it. */
  seen?: string
  /** What is known of the request, by condition. */
  facts: Readonly<Record<string, string>>
  /** The runner that it belongs to; for a session, the one it will make. */
  runner?: string
  slot?: string
}

/** The states that one exchange shows: of resources that the path names, that the operation has made, or hands out. */
function readObservedStates(operation: OperationId, call: StartedCall, answer: Answer): ObservedState[] {
  const role = findRole(operation)
  if (role === undefined) return []
  const { creates, handsOut } = role
  const runner = given('runner', call.path['runnerId'])
  const states = machineNames.flatMap((machine) => readSubject(machine, role, call, answer))
  if (answer.status === 201 && creates === 'pairingSession') {
    const slot = [call.identity, readText(call.requestBody, 'project_id'), readText(call.requestBody, 'type')].join(' ')
    const made = given('runner', readText(answer.body, 'runner_id'))
    states.push(...decided(creates, readText(answer.body, 'session_id'), { slot, ...made }))
  } else if (answer.status === 201 && creates !== undefined)
    states.push(...decided(creates, idAtEndOf(answer.headers['location']), runner))
  if (answer.status !== 200 || handsOut === undefined) return states
  // What a poll hands out was pending.
  const ids = idsHandedOut(operation, answer.body)
  return [...states, ...ids.flatMap((id) => decided(handsOut, id, { seen: 'pending', ...runner }))]
}

/** The resource that the path names. */
function readSubject(machine: MachineName, role: OperationRole, call: StartedCall, answer: Answer): ObservedState[] {
  const { parameter, operations, field } = machineOf(machine)
  const id = call.path[parameter]?.toLowerCase()
  if (id === undefined || !operations.includes(role.operation)) return []
  const isShown = answer.status === 200 && role.isRead && role.lists === undefined && role.machine === machine
  // A session that is over answers as one that never was.
  const absence = machine === 'pairingSession' ? 'expired' : 'none'
  const seen = answer.status === 404 ? absence : isShown && field !== null ? readText(answer.body, field) : undefined
  const runner = machine === 'bridgeCommand' ? call.path['runnerId'] : undefined
  return decided(machine, id, { facts: factsOf(call), ...given('seen', seen), ...given('runner', runner) })
}

/** A resource that the operation decided about, unless it goes without an id. */
function decided(machine: MachineName, id: string | undefined, more: Partial<ObservedState> = {}): ObservedState[] {
  return id === undefined ? [] : [{ machine, id, facts: {}, ...more }]
}

function factsOf(call: StartedCall): Record<string, string> {
  const status = readText(call.requestBody, 'status')
  return status === undefined ? {} : { status }
}

function readText(from: unknown, name: string): string | undefined {
  const value = toRecord(from)[name]
  return typeof value === 'string' ? value : undefined
}

function given<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  const part: Partial<Record<Name, string>> = {}
  if (value !== undefined) part[name] = value
  return part
}
