/** How far the lifecycle tables were judged, by the rules that checks say they judge. */
import type { CheckResult, EdgeCoverage, LifecycleCoverage, MachineCoverage, Share } from '../generated/kit-schema.js'
import { machineOf } from './roles.js'
import { machineNames, type MachineName, type Rule } from './table.js'

type Judged = Pick<CheckResult, 'rule' | 'verdict'>

/** How many decisions of the lifecycle tables the checks of a run have judged, by the rules that they say they judge. */
export function lifecycleCoverage(results: readonly Judged[]): LifecycleCoverage {
  const covered = machineNames.map((machine) => coverageOf(machine, results))
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

function coverageOf(machine: MachineName, results: readonly Judged[]): MachineCoverage {
  const { rules, states } = machineOf(machine)
  const own = results.filter(({ rule }) => rule.machine === machine)
  const edges = new Map<string, EdgeCoverage>()
  for (const rule of rules) {
    for (const from of rule.from) {
      const key = [rule.on, from, rule.to ?? from].join(' ')
      const judged = own.filter((result) => judges(result, rule, from)).map(({ verdict }) => verdict.kind)
      const outcomes = new Set<string | undefined>([edges.get(key)?.outcome, ...judged])
      const outcome = (['failed', 'passed'] as const).find((each) => outcomes.has(each)) ?? 'not-seen'
      edges.set(key, { on: rule.on, from, to: rule.to ?? from, kind: kindOf(rule), outcome })
    }
  }
  const met = new Set([...edges.values()].flatMap(({ from, to, outcome }) => (outcome === 'passed' ? [from, to] : [])))
  return {
    machine,
    states: Object.entries(states).map(([name, { terminal }]) => ({
      ...{ name, isSeen: met.has(name), isTerminal: terminal },
    })),
    edges: [...edges.values()],
  }
}

/** Whether a check was about a decision: a rule in one of its states. */
function judges({ rule: claimed, verdict }: Judged, { on, to, answer }: Rule, from: string): boolean {
  const { from: state, to: next } = claimed
  if (claimed.on !== on || (state ?? from) !== from || (next !== undefined && to !== null && to !== next)) return false
  // Without a state an operation may have been decided by any of its rules.
  return state !== undefined || answer === null || verdict.kind === 'failed'
}

function kindOf({ on, answer }: Rule): EdgeCoverage['kind'] {
  return answer !== null ? 'operation' : on.startsWith('timer.') ? 'timer' : 'event'
}

function shareOf<Edge extends EdgeCoverage>(edges: readonly Edge[], name = (edge: Edge) => edge as unknown): Share {
  const tried = edges.filter(({ outcome }) => outcome !== 'not-seen')
  return { seen: new Set(tried.map(name)).size, total: new Set(edges.map(name)).size }
}
