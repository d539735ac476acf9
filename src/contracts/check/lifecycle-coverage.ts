/**
 * Follows the resources that the checks make through the lifecycle tables, by looking at their exchanges alone, and keeps
 * account of which decisions of the spec were exercised. What no exchange shows (a timer, an event) is inferred from the
 * next state seen, or taken from the rule that a check says it judges.
 */
import { requestBodies } from '../../generated/request-validators.js'
import { findRole, idsHandedOut, machineOf } from '../../lifecycle/roles.js'
import { machineNames, type MachineName, type Rule } from '../../lifecycle/table.js'
import type { Validator } from '../../kernel/schema.js'
import { textAt } from '../../kernel/json-value.js'
import { type Answer, idAtEndOf } from '../target/answer.js'
import type { CheckRule } from './check.js'
import type { StartedCall } from '../target/client.js'
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../../generated/kit-schema.js'

export type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../../generated/kit-schema.js'

/** One decision: a rule in one of its states. */
function edgeKey(machine: MachineName, rule: Rule, from: string): string {
  return [machine, rule.on, from, rule.to ?? from].join(' ')
}

const bodies: Readonly<Record<string, Validator>> = requestBodies

interface Resource {
  readonly machine: MachineName
  state: string
  /** The key of its runner, empty where it is not known; of a session, the one that it will make. */
  readonly runner: string
  /** Of a runner: the caller, project and type, of which only one may be active. */
  readonly slot: string
}

/** A resource that an exchange is about, by its key. */
interface Met extends Pick<Resource, 'machine'> {
  id: string
  runner?: string | undefined
  slot?: string
  /** The state that it had before the operation, as far as the answer shows it. */
  seen?: string | undefined
}

/** Keeps account of one run. */
export class Coverage {
  /** Each as one caller sees it: what is another's does not exist. */
  private readonly resources = new Map<string, Resource>()
  /** The keys of a runner and all that belongs to it. */
  private readonly groups = new Map<string, Set<string>>()
  /** The runner in each slot. */
  private readonly holders = new Map<string, string>()
  private readonly seenStates = new Set<string>()
  private readonly seenEdges = new Set<string>()
  private readonly failedEdges = new Set<string>()

  /** Takes note of a call and its answer. `hasTime`: the check lets time pass, so that timers may have fired. */
  observe(call: StartedCall, answer: Answer, hasTime: boolean): void {
    for (const { id, seen, ...met } of readResources(call, answer)) {
      const runner = met.runner === undefined ? '' : `runner ${met.runner} ${call.identity}`
      const known = this.meet(`${met.machine} ${id} ${call.identity}`, { state: 'none', slot: '', ...met, runner })
      if (seen !== undefined && seen !== known.state) this.infer(known, seen, hasTime)
      const reported = textAt(call.requestBody, 'status')
      const decided = machineOf(met.machine).rules.find(
        ({ on, from, answer: status, when }) =>
          on === call.operation &&
          from.includes(known.state) &&
          status === answer.status &&
          (reported === '' || when['status']?.includes(reported) !== false),
      )
      if (decided !== undefined) this.follow(known, decided)
      this.seenStates.add(`${met.machine} ${known.state}`)
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
    if (first.runner !== '') this.groups.set(first.runner, (this.groups.get(first.runner) ?? new Set()).add(key))
    return first
  }

  /** A state that no call explains came by timers, where time has passed, or events: the shortest way was taken. */
  private infer(resource: Resource, seen: string, hasTime: boolean): void {
    const way = resource.state === 'none' ? [] : findWay(resource.machine, resource.state, seen, hasTime)
    for (const rule of way) this.follow(resource, rule)
    resource.state = seen
  }

  /** Moves a resource, and what the events of its move concern: all that belongs to its runner. */
  private follow(resource: Resource, rule: Rule): void {
    const { machine, runner, slot } = resource
    this.see(machine, rule, resource.state)
    resource.state = rule.to ?? resource.state
    for (const event of rule.emits ?? []) {
      if (event === 'pairingSession.created') this.meet(runner, { machine: 'runner', state: 'none', runner, slot })
      if (event === 'pairingSession.activated') {
        const holder = this.holders.get(slot)
        if (holder !== runner) this.move(holder, 'slot.taken')
        this.holders.set(slot, runner)
      }
      for (const key of this.groups.get(runner) ?? []) {
        this.move(key, event)
        if (event === 'runner.gone' && key !== runner) this.resources.delete(key)
      }
    }
  }

  private move(key: string | undefined, on: string): void {
    const resource = this.resources.get(key ?? '')
    const rules = resource === undefined ? [] : machineOf(resource.machine).rules
    const rule = rules.find((each) => each.on === on && each.from.includes(resource?.state ?? ''))
    if (resource !== undefined && rule !== undefined) this.follow(resource, rule)
  }

  private see(machine: MachineName, rule: Rule, from: string): void {
    this.seenEdges.add(edgeKey(machine, rule, from))
    this.seenStates.add(`${machine} ${from}`)
    this.seenStates.add(`${machine} ${rule.to ?? from}`)
  }
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

/** The resources of an exchange: those that the path names, that the operation has made, or hands out. */
function readResources(
  { operation, path, requestBody, identity }: StartedCall,
  { status, body, headers }: Answer,
): Met[] {
  const role = findRole(operation ?? '')
  if (role === undefined || operation === null) return []
  // Requests that the schema refuses never reach a rule. On a copy: the validator takes away nulls.
  if (status === 400 && requestBody !== undefined && bodies[operation]?.(structuredClone(requestBody)) === false)
    return []
  const { creates, handsOut, isRead, lists } = role
  const { runnerId } = path
  const met = machineNames.flatMap((machine): Met[] => {
    const { parameter, operations, field } = machineOf(machine)
    const id = path[parameter]?.toLowerCase()
    if (id === undefined || !operations.includes(operation)) return []
    const isShown = status === 200 && isRead && lists === undefined && role.machine === machine
    // A session that is over answers as one that never was.
    const absence = machine === 'pairingSession' ? 'expired' : 'none'
    const seen = status === 404 ? absence : isShown ? textAt(body, field ?? '') || undefined : undefined
    return [{ machine, id, seen, runner: machine === 'runner' ? id : runnerId?.toLowerCase() }]
  })
  if (status === 201 && creates !== undefined) {
    const isSession = creates === 'pairingSession'
    const slot = [identity, ...['project_id', 'type'].map((name) => textAt(requestBody, name))].join(' ')
    const id = isSession ? textAt(body, 'session_id') : idAtEndOf(headers['location'])
    if (id) met.push({ machine: creates, id, slot, runner: isSession ? textAt(body, 'runner_id') : runnerId })
  }
  // What a poll hands out was pending.
  const ids = status === 200 && handsOut !== undefined ? idsHandedOut(operation, body) : []
  return [...met, ...ids.map((id) => ({ machine: handsOut ?? 'job', id, seen: 'pending', runner: runnerId }))]
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
