// The matrix that the lifecycle checks are made from: complete, and with the usual way into every state. That it is true to the
// tables the checks show on the mock.
import { machineOf } from '../../../src/lifecycle/roles.js'
import { describe, expect, it } from 'vitest'
import { findRoute, listCells } from '../../../src/contracts/suites/core/lifecycle-checks.js'
import { machineNames, type Rule } from '../../../src/lifecycle/table.js'
import { isOperationId } from '../../../src/kernel/operation.js'

const cells = listCells()

describe('the cells', () => {
  it.each(machineNames)('decide every operation in every state of %s', (machine) => {
    const { states, operations, creates } = machineOf(machine)
    for (const state of Object.keys(states)) {
      for (const operation of operations) {
        if (creates.includes(operation) && state !== 'none') continue
        const own = cells.filter(
          (each) => each.machine === machine && each.state === state && each.operation === operation,
        )
        expect([state, operation, own.length > 0]).toEqual([state, operation, true])
      }
    }
  })

  it.each(machineNames)('reach every rule of an operation of %s', (machine) => {
    const reached = new Set<Rule>(cells.filter((cell) => cell.machine === machine).map(({ rule }) => rule))
    const missed = machineOf(machine).rules.filter((rule) => isOperationId(rule.on) && !reached.has(rule))
    expect(missed).toEqual([])
  })
})

describe('the ways', () => {
  const way = (machine: Parameters<typeof findRoute>[0], state: string) => findRoute(machine, state).map(({ on }) => on)

  it('lead through what usually comes before, and take a timer only where no call leads', () => {
    expect(way('job', 'failed')).toEqual(['createJob', 'nextJob', 'reportJobResult'])
    expect(way('job', 'cancelled')).toEqual(['createJob', 'nextJob', 'cancelJob'])
    const picked = ['createBridgeCommand', 'nextBridgeCommands']
    expect(way('bridgeCommand', 'timed_out')).toEqual([...picked, 'timer.command_timeout'])
  })
})
