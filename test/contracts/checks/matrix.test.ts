// The matrix that the lifecycle checks are made from is complete. That it is true to the tables, and that its ways lead into
// the states, the checks show on the mock.
import { machineOf } from '../../../src/lifecycle/roles.js'
import { describe, expect, it } from 'vitest'
import { listCells } from '../../../src/contracts/check/matrix.js'
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
