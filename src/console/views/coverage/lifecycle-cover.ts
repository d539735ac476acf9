/** The moves and states of each machine and the operations that were exercised so far, compared with the spec. */
import type { Coverage as CoverageView } from '../../../generated/kit-schema.js'
import { diagrams, type LabelledDiagram } from '../../../generated/lifecycle-diagrams.js'
import { machines, type MachineName } from '../../../lifecycle/table.js'
import { operations } from '../../../kernel/all-operations.js'
import { operationIds } from '../../../kernel/operation.js'
import { readView } from '../../model/admin-api.js'
import { useWatched } from '../../model/requests/watched-requests.js'

type Coverage = ReturnType<typeof toCoverage>
export type MachineCoverage = Coverage['machines'][number]
export type OperationCoverage = Coverage['operations'][number]

const machineNames = Object.keys(machines).filter((name): name is MachineName => Object.hasOwn(machines, name))

export function useCoverage(): Coverage | undefined {
  const { value } = useWatched<CoverageView>('coverage', {
    read: () => readView('/coverage', 'moves', 'calls'),
    isAbout: (event) => 'machine' in event || event.type === 'request',
  })
  return value === undefined ? undefined : toCoverage(value)
}

function toCoverage({ moves: counts, calls }: CoverageView) {
  const ofMachines = machineNames.map((machine) => {
    const own = counts.filter((each) => each.machine === machine)
    const drawing: LabelledDiagram = diagrams[machine]
    const moves = drawing.moves.flatMap((move) =>
      move.triggers.map((on) => {
        const { from, to } = move
        const count = own.find((each) => each.from === from && each.on === on && each.to === to)?.count ?? 0
        return { move, from, to, on, count }
      }),
    )
    const seenStates = new Set<string>(own.flatMap(({ from, to }) => [from, to]))
    // An end is a state of its own: `none`, where it is then, is also where each began.
    return { machine, moves, seenStates, isEndSeen: own.some(({ to }) => to === 'none') }
  })
  const ofOperations = operationIds.map((operation) => {
    const { method, path } = operations[operation]
    const own = calls.filter((call) => call.operation === operation).toSorted((a, b) => a.status - b.status)
    return { operation, method, path, answers: own }
  })
  const states = ofMachines.flatMap(({ machine, seenStates }) =>
    Object.keys(machines[machine].states).map((state) => seenStates.has(state)),
  )
  const made = ofMachines.flatMap(({ moves }) => moves.map(({ count }) => count > 0))
  const called = ofOperations.map(({ answers }) => answers.length > 0)
  const shares = { states, transitions: made, operations: called }
  return { machines: ofMachines, operations: ofOperations, shares: Object.entries(shares) }
}
