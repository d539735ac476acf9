/**
 * Follows the resources that the checks make through the lifecycle tables, by looking at their exchanges alone, and keeps
 * account of which decisions of the spec were exercised. What no exchange shows (a timer, an event) is inferred from the
 * next state seen, or taken from the rule that a check says it judges.
 */
import { requestBodies } from '../../generated/request-validators.js'
import { findRole, idsHandedOut, machineOf, type OperationRole } from '../../lifecycle/roles.js'
import { machineNames, type MachineName, type Rule } from '../../lifecycle/table.js'
import type { Validator } from '../../kernel/schema.js'
import { textAt } from '../../kernel/json-value.js'
import { type Answer, idAtEndOf } from '../target/answer.js'
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
  /** Of runners: the caller, project and type, of which only one may be active. */
  slot?: string | undefined
  /** Of commands and sessions: their runner. */
  runner?: string | undefined
}

/** Keeps account of one run. */
export class Coverage {
  /** Each as one caller sees it: what is another's does not exist. */
  private readonly resources = new Map<string, Resource>()
  /** The runner in each slot. */
  private readonly holders = new Map<string, string>()
  /** What belongs to a runner. */
  private readonly byRunner = new Map<string, Set<string>>()
  private readonly seenStates = new Set<string>()
  private readonly seenEdges = new Set<string>()
  private readonly failedEdges = new Set<string>()

  /** Takes note of a call and its answer. `hasTime`: the check lets time pass, so that timers may have fired. */
  observe(call: StartedCall, answer: Answer, hasTime: boolean): void {
    if (call.operation === null || !fitsSchema(call)) return
    for (const state of readObservedStates(call.operation, call, answer)) {
      const { machine, id, seen, runner } = state
      const known = this.meet(keyOf(machine, id, call.identity), { machine, state: 'none', runner })
      if (seen !== undefined && seen !== known.state) this.infer(known, seen, hasTime)
      this.decide(known, state, call, answer.status)
      this.seenStates.add(`${machine} ${known.state}`)
    }
  }

  /** Takes note of the rule that a finished check has judged. */
  claim(rule: CheckRule, hasFailed: boolean): void {
    const { machine, on, from: claimed } = rule
    if (machine === undefined || on === undefined) return
    for (const each of machineOf(machine).rules) {
      if (each.on !== on || (rule.to !== undefined && (each.to ?? rule.to) !== rule.to)) continue
      for (const from of each.from) {
        if (claimed !== undefined && claimed !== from) continue
        if (hasFailed) this.failedEdges.add(edgeKey(machine, each, from))
        // Without a state an operation may have been decided by any of its rules.
        else if (claimed !== undefined || each.answer === null) this.see(machine, each, from)
      }
    }
  }

  report(): LifecycleCoverage {
    return totalsOf({ states: this.seenStates, edges: this.seenEdges, failed: this.failedEdges })
  }

  private meet(key: string, first: Resource): Resource {
    const known = this.resources.get(key)
    if (known !== undefined) return known
    this.resources.set(key, first)
    const { machine, runner } = first
    if (machine !== 'pairingSession' && runner !== undefined)
      this.byRunner.set(runner, (this.byRunner.get(runner) ?? new Set()).add(key))
    return first
  }

  /** The operation's rule, as far as state, request and status tell it. */
  private decide(resource: Resource, state: ObservedState, call: StartedCall, status: number): void {
    const { machine } = resource
    const rule = machineOf(machine).rules.find(
      ({ on, from, answer, when }) =>
        on === call.operation && from.includes(resource.state) && answer === status && fitsFacts(when, state.facts),
    )
    if (rule === undefined) return
    this.follow(resource, rule)
    for (const event of rule.emits ?? []) this.spread(event, resource, state, call.identity)
  }

  /** A state that no call explains came by timers, where time has passed, or events: the shortest way was taken. */
  private infer(resource: Resource, seen: string, hasTime: boolean): void {
    const way = resource.state === 'none' ? [] : findWay(resource.machine, resource.state, seen, hasTime)
    for (const rule of way) this.follow(resource, rule)
    resource.state = seen
  }

  private spread(event: string, resource: Resource, { id, runner, slot }: ObservedState, identity: string): void {
    const key = keyOf('runner', runner ?? resource.runner ?? '', identity)
    if (event === 'pairingSession.created') {
      this.move(this.meet(key, { machine: 'runner', state: 'none', slot }), event)
    }
    if (event === 'pairingSession.activated') {
      const paired = this.resources.get(key)
      const place = paired?.slot ?? ''
      const holder = this.holders.get(place) ?? key
      if (holder !== key && this.move(this.resources.get(holder), 'slot.taken'))
        this.loseWork(holder.split(' ')[1] ?? '')
      this.holders.set(place, key)
      this.move(paired, event)
    }
    if (event === 'runner.gone') this.loseWork(id)
  }

  private loseWork(runner: string): void {
    for (const key of this.byRunner.get(runner) ?? []) {
      this.move(this.resources.get(key), 'runner.gone')
      this.resources.delete(key)
    }
    this.byRunner.delete(runner)
  }

  private move(resource: Resource | undefined, on: string): boolean {
    const rule =
      resource && machineOf(resource.machine).rules.find((each) => each.on === on && each.from.includes(resource.state))
    if (resource === undefined || rule === undefined) return false
    this.follow(resource, rule)
    return true
  }

  private follow(resource: Resource, rule: Rule): void {
    this.see(resource.machine, rule, resource.state)
    resource.state = rule.to ?? resource.state
  }

  private see(machine: MachineName, rule: Rule, from: string): void {
    this.seenEdges.add(edgeKey(machine, rule, from))
    this.seenStates.add(`${machine} ${from}`)
    this.seenStates.add(`${machine} ${rule.to ?? from}`)
  }
}

function keyOf(machine: MachineName, id: string, identity: string): string {
  return `${machine} ${id} ${identity}`
}

/** Requests that the schema refuses never reach a rule. */
function fitsSchema({ operation, requestBody }: StartedCall): boolean {
  const validator = operation === null ? undefined : bodies[operation]
  // On a copy: the validator takes away nulls, and what was sent is told as it was.
  return validator === undefined || requestBody === undefined || validator(structuredClone(requestBody))
}

function fitsFacts(when: Rule['when'], facts: Readonly<Record<string, string>>): boolean {
  return Object.entries(when).every(([name, values]) => {
    const fact = facts[name]
    return fact === undefined || values.includes(fact)
  })
}

/** Shortest way by timers, else by events alone; empty without one. */
function findWay(machine: MachineName, from: string, to: string, hasTime: boolean): readonly Rule[] {
  const silent = machineOf(machine).rules.filter(({ answer, to: end }) => answer === null && end !== null)
  const timers = silent.filter(({ on }) => on.startsWith('timer.'))
  const events = silent.filter(({ on }) => !on.startsWith('timer.'))
  return (hasTime ? search(timers, from, to) : undefined) ?? search(events, from, to) ?? []
}

function search(rules: readonly Rule[], from: string, to: string): readonly Rule[] | undefined {
  const ways = new Map<string, readonly Rule[]>([[from, []]])
  for (const [state, way] of ways) {
    if (state === to) return way
    for (const rule of rules)
      if (rule.from.includes(state) && rule.to !== null && !ways.has(rule.to)) ways.set(rule.to, [...way, rule])
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
    pairs: shareOf(
      edges.filter(({ kind }) => kind === 'operation'),
      ({ machine, on, from }) => `${machine} ${on} ${from}`,
    ),
  }
}

function coverageOf(machine: MachineName, seen: SeenLifecycle): MachineCoverage {
  const { rules, states } = machineOf(machine)
  const edges = new Map<string, EdgeCoverage>()
  for (const rule of rules) {
    for (const from of rule.from) {
      const key = edgeKey(machine, rule, from)
      const outcome = seen.failed.has(key) ? 'failed' : seen.edges.has(key) ? 'passed' : 'not-seen'
      edges.set(key, { on: rule.on, from, to: rule.to ?? from, kind: kindOf(rule), outcome })
    }
  }
  return {
    machine,
    states: Object.entries(states).map(([name, { terminal }]) => ({
      ...{ name, isSeen: seen.states.has(`${machine} ${name}`), isTerminal: terminal },
    })),
    edges: [...edges.values()],
  }
}

function kindOf({ on, answer }: Rule): EdgeCoverage['kind'] {
  return answer !== null ? 'operation' : on.startsWith('timer.') ? 'timer' : 'event'
}

function shareOf<Edge extends EdgeCoverage>(edges: readonly Edge[], name = (edge: Edge) => edge as unknown): Share {
  const tried = edges.filter(({ outcome }) => outcome !== 'not-seen')
  return { seen: new Set(tried.map(name)).size, total: new Set(edges.map(name)).size }
}

/** A resource met in an exchange. */
interface ObservedState {
  machine: MachineName
  id: string
  /** The state it had before the operation, as far as the answer shows it. */
  seen?: string | undefined
  /** What is known of the request, by condition. */
  facts: Readonly<Record<string, string>>
  /** The runner that it belongs to; for a session, the one it will make. */
  runner?: string | undefined
  slot?: string
}

/** The states that one exchange shows: of resources that the path names, that the operation has made, or hands out. */
function readObservedStates(operation: OperationId, call: StartedCall, answer: Answer): ObservedState[] {
  const role = findRole(operation)
  if (role === undefined) return []
  const { creates, handsOut } = role
  const { body, status } = answer
  const { runnerId: runner } = call.path
  const states = machineNames.flatMap((machine) => readSubject(machine, role, call, answer))
  if (status === 201 && creates !== undefined) {
    const isSession = creates === 'pairingSession'
    const slot = ['project_id', 'type'].map((name) => textAt(call.requestBody, name)).join(' ')
    const id = isSession ? textAt(body, 'session_id') : idAtEndOf(answer.headers['location'])
    const links = isSession ? { slot: `${call.identity} ${slot}`, runner: textAt(body, 'runner_id') } : { runner }
    if (id) states.push({ machine: creates, id, facts: {}, ...links })
  }
  // What a poll hands out was pending.
  const ids = status === 200 && handsOut !== undefined ? idsHandedOut(operation, body) : []
  const given = ids.map((id) => ({ machine: handsOut ?? 'job', id, facts: {}, seen: 'pending', runner }))
  return [...states, ...given]
}

/** The resource that the path names. */
function readSubject(
  machine: MachineName,
  { operation, isRead, lists, machine: own }: OperationRole,
  { path, requestBody }: StartedCall,
  { status, body }: Answer,
): ObservedState[] {
  const { parameter, operations, field } = machineOf(machine)
  const id = path[parameter]?.toLowerCase()
  if (id === undefined || !operations.includes(operation)) return []
  const isShown = status === 200 && isRead && lists === undefined && own === machine
  // A session that is over answers as one that never was.
  const absence = machine === 'pairingSession' ? 'expired' : 'none'
  const seen = status === 404 ? absence : isShown ? textAt(body, field ?? '') || undefined : undefined
  const reported = textAt(requestBody, 'status')
  const runner = machine === 'bridgeCommand' ? path['runnerId'] : undefined
  return [{ machine, id, facts: reported === '' ? {} : { status: reported }, seen, runner }]
}
