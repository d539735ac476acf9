/** The moves of a machine, one for each trigger and pair of states, as the lifecycle tables have them. */
import { machines, type MachineName, type Rule } from '../kernel/lifecycle.js'
import type { Edge } from './layout.js'

/** Every move of a machine; `none` stands for the outside. What changes no state is no move. */
export function movesOf(machine: MachineName): Edge[] {
  const rules: readonly Rule[] = machines[machine].rules
  const moves = new Map<string, Edge>()
  for (const { on, from, to } of rules) {
    for (const state of from)
      if (to !== null && to !== state) moves.set(`${state} ${on} ${to}`, { from: state, to, on })
  }
  return [...moves.values()]
}
