/** How much of the lifecycle a run has seen, as data: which rules applied, read off the answers. */
import type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../../generated/kit-schema.js'
import { type MachineName, machines, type Rule } from '../../kernel/lifecycle.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Answer } from '../target/answer.js'
import type { StartedCall } from '../target/client.js'
import { idAtEndOf } from '../target/conformance.js'

export type { EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../../generated/kit-schema.js'

/** What was seen, by the keys of states (`machine state`) and edges (`machine on from to`). */
export interface SeenLifecycle {
  states: ReadonlySet<string>
  edges: ReadonlySet<string>
  failed: ReadonlySet<string>
}

const machineNames: readonly MachineName[] = ['pairingSession', 'runner', 'job', 'bridgeCommand']

/** Adds it all up. */
export function totalsOf(seen: SeenLifecycle): LifecycleCoverage {
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
  const rules: readonly Rule[] = machines[machine].rules
  const states = Object.entries<{ terminal: boolean }>(machines[machine].states)
  const edges = new Map<string, EdgeCoverage>()
  for (const rule of rules) {
    for (const from of rule.from) {
      const to = rule.to ?? from
      const key = [machine, rule.on, from, to].join(' ')
      const outcome = seen.failed.has(key) ? 'failed' : seen.edges.has(key) ? 'passed' : 'not-seen'
      edges.set(key, { on: rule.on, from, to, kind: kindOf(rule), outcome })
    }
  }
  return {
    machine,
    states: states.map(([name, { terminal }]) => ({
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
export interface ObservedState {
  machine: MachineName
  id: string
  /** Whether the operation decided about it, or only showed it. */
  isDecision: boolean
  /** The state it had before the operation, as far as the answer shows it. */
  seen?: string
  /** What is known of the request, by condition. */
  facts: Readonly<Record<string, string>>
  /** The runner that it belongs to; for a session, the one it will make. */
  runner?: string
  slot?: string
}

/** The states that one exchange shows. */
export function readObservedStates(operation: OperationId, call: StartedCall, answer: Answer): ObservedState[] {
  return [
    ...readSubjects(operation, call, answer),
    ...readMade(operation, call, answer),
    ...readHandedOut(operation, call, answer),
  ]
}

/** Resources that the path names. */
function readSubjects(operation: OperationId, call: StartedCall, answer: Answer): ObservedState[] {
  return machineNames.flatMap((machine) => {
    const { parameter } = machines[machine]
    const operations: readonly OperationId[] = machines[machine].operations
    const id = call.path[parameter]
    if (id === undefined || !operations.includes(operation)) return []
    const seen = answer.status === 404 ? absence(machine) : readState(machine, operation, answer)
    const runner = machine === 'bridgeCommand' ? call.path['runnerId'] : undefined
    const facts = factsOf(call)
    return [
      { machine, id: id.toLowerCase(), isDecision: true, facts, ...given('seen', seen), ...given('runner', runner) },
    ]
  })
}

/** A session that is over answers as one that never was. */
function absence(machine: MachineName): string {
  return machine === 'pairingSession' ? 'expired' : 'none'
}

/** Resources that the operation has made. */
function readMade(operation: OperationId, call: StartedCall, answer: Answer): ObservedState[] {
  if (answer.status !== 201) return []
  const facts = {}
  if (operation === 'createPairingSession') {
    const id = readText(answer.body, 'session_id')
    const slot = [call.identity, readText(call.requestBody, 'project_id'), readText(call.requestBody, 'type')].join(' ')
    const runner = readText(answer.body, 'runner_id')
    return id === undefined
      ? []
      : [{ machine: 'pairingSession', id, isDecision: true, facts, slot, ...given('runner', runner) }]
  }
  if (operation === 'createJob') {
    const id = idAtEndOf(answer.headers['location'])
    return id === undefined ? [] : [{ machine: 'job', id, isDecision: true, facts }]
  }
  if (operation === 'createBridgeCommand') {
    const id = readText(answer.body, 'command_id')
    return id === undefined
      ? []
      : [{ machine: 'bridgeCommand', id, isDecision: true, facts, ...given('runner', call.path['runnerId']) }]
  }
  return []
}

/** Jobs and commands that a poll hands out were pending. */
function readHandedOut(operation: OperationId, call: StartedCall, answer: Answer): ObservedState[] {
  if (answer.status !== 200) return []
  const common = { isDecision: true, facts: {}, seen: 'pending', ...given('runner', call.path['runnerId']) }
  if (operation === 'nextJob') {
    const id = readText(answer.body, 'id')
    return id === undefined ? [] : [{ machine: 'job', id, ...common }]
  }
  if (operation === 'nextBridgeCommands') {
    const ids = readList(answer.body, 'commands').map((each) => readText(each, 'command_id'))
    return ids.flatMap((id) => (id === undefined ? [] : [{ machine: 'bridgeCommand' as const, id, ...common }]))
  }
  return []
}

function factsOf(call: StartedCall): Record<string, string> {
  const status = readText(call.requestBody, 'status')
  return status === undefined ? {} : { status }
}

/** The operations whose answer is the resource itself. */
const READERS: Readonly<Partial<Record<OperationId, MachineName>>> = {
  getRunner: 'runner',
  getJob: 'job',
  getBridgeCommand: 'bridgeCommand',
}

function readState(machine: MachineName, operation: OperationId, { body, status }: Answer): string | undefined {
  const { field } = machines[machine]
  return field !== null && status === 200 && READERS[operation] === machine ? readText(body, field) : undefined
}

function readText(from: unknown, name: string): string | undefined {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined
  return typeof value === 'string' ? value : undefined
}

function readList(from: unknown, name: string): unknown[] {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined
  return Array.isArray(value) ? value : []
}

function given<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  const part: Partial<Record<Name, string>> = {}
  if (value !== undefined) part[name] = value
  return part
}
