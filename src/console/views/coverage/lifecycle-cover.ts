/** The moves and states of each machine and the operations that were exercised so far, compared with the spec. */
import type { CallCountView, CoverageView, MoveCountView } from '../../../kernel/admin-views.js'
import { diagrams } from '../../../generated/lifecycle-diagrams.js'
import { machines, type MachineName } from '../../../lifecycle/table.js'
import { operations } from '../../../kernel/all-operations.js'
import { operationIds, type OperationId } from '../../../kernel/operation.js'
import { readView, viewWith } from '../../model/admin-api.js'
import { useWatched } from '../../model/requests/watched-requests.js'

interface CountedMove {
  readonly from: string
  readonly to: string
  readonly on: string
  readonly count: number
}

export interface MachineCoverage {
  readonly machine: MachineName
  readonly moves: readonly CountedMove[]
  readonly seenStates: ReadonlySet<string>
  /** Whether one came to its end; `none`, where it is then, is also where each began. */
  readonly isEndSeen: boolean
}

export interface OperationCoverage {
  readonly operation: OperationId
  readonly method: string
  readonly path: string
  /** Status to how often it was answered. */
  readonly answers: readonly (readonly [number, number])[]
}

export interface Share {
  readonly seen: number
  readonly total: number
}

interface Coverage {
  readonly machines: readonly MachineCoverage[]
  readonly operations: readonly OperationCoverage[]
  readonly shares: readonly (readonly [string, Share])[]
}

const machineNames = Object.keys(machines).filter((name): name is MachineName => Object.hasOwn(machines, name))

/** Reads it, and again when something has happened. */
export function useCoverage(): Coverage | undefined {
  const { value } = useWatched<CoverageView>('coverage', {
    read: () => readView('/coverage', isCoverage),
    isAbout: (event) => 'machine' in event || event.type === 'request',
    patience: 250,
  })
  return value === undefined ? undefined : toCoverage(value)
}

function toCoverage({ moves, calls }: CoverageView): Coverage {
  const ofMachines = machineNames.map((machine) => toMachine(machine, moves))
  const ofOperations = operationIds.map((id) => toOperation(id, calls))
  const states = ofMachines.flatMap(({ machine, seenStates }) =>
    Object.keys(machines[machine].states).map((state) => seenStates.has(state)),
  )
  const made = ofMachines.flatMap((each) => each.moves.map(({ count }) => count > 0))
  const called = ofOperations.map(({ answers }) => answers.length > 0)
  return {
    machines: ofMachines,
    operations: ofOperations,
    shares: [
      ['states', shareOf(states)],
      ['transitions', shareOf(made)],
      ['operations', shareOf(called)],
    ],
  }
}

function toMachine(machine: MachineName, counts: readonly MoveCountView[]): MachineCoverage {
  const own = counts.filter((each) => each.machine === machine)
  const moves = diagrams[machine].moves.flatMap(({ from, to, triggers }) =>
    triggers.map((on) => {
      const found = own.find((each) => each.from === from && each.on === on && each.to === to)
      return { from, to, on, count: found?.count ?? 0 }
    }),
  )
  const seenStates = new Set(own.flatMap(({ from, to }) => [from, to]))
  return { machine, moves, seenStates, isEndSeen: own.some(({ to }) => to === 'none') }
}

function toOperation(operation: OperationId, calls: readonly CallCountView[]): OperationCoverage {
  const { method, path } = operations[operation]
  const answers = calls
    .filter((call) => call.operation === operation)
    .map(({ status, count }) => [status, count] as const)
    .toSorted(([a], [b]) => a - b)
  return { operation, method, path, answers }
}

function shareOf(seen: readonly boolean[]): Share {
  return { seen: seen.filter(Boolean).length, total: seen.length }
}

const isCoverage = viewWith<CoverageView>('moves', 'calls')
