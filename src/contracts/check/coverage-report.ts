/** Lifecycle coverage as reports show it: each state and each decision with what became of it, and the shares. */
import { machines, type MachineName, type Rule } from '../../kernel/lifecycle.js'

/** How far the lifecycle of the spec was exercised. */
export interface LifecycleCoverage {
  machines: readonly MachineCoverage[]
  states: Share
  /** Moves from one state to another. */
  transitions: Share
  /** Timers that were seen to fire. */
  timers: Share
  /** Pairs of state and operation that were tried. */
  pairs: Share
}

/** A part of a whole. */
export interface Share {
  seen: number
  total: number
}

/** One machine. */
export interface MachineCoverage {
  machine: MachineName
  states: readonly { name: string; isSeen: boolean; isTerminal: boolean }[]
  edges: readonly EdgeCoverage[]
}

/** One decision: a trigger in a state. Several rules that lead the same way are one edge. */
export interface EdgeCoverage {
  on: string
  from: string
  to: string
  kind: 'operation' | 'timer' | 'event'
  outcome: 'passed' | 'failed' | 'not-seen'
}

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
