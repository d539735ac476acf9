// The matrix that the lifecycle checks are made from: complete, true to the tables, and with a way into every state.
import { machineOf } from '../../../src/lifecycle/roles.js'
import { describe, expect, it } from 'vitest'
import { findRoute, listCells } from '../../../src/contracts/check/matrix.js'
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

  it('hold the first rule whose facts are there', () => {
    for (const { machine, state, operation, facts, rule } of cells) {
      const first = machineOf(machine).rules.find(
        ({ on, from, when }) =>
          on === operation &&
          from.includes(state) &&
          Object.entries(when).every(([name, values]) => values.includes(facts[name] ?? '')),
      )
      expect(first).toBe(rule)
    }
  })

  it('try every status that a request can report', () => {
    const reports = cells.filter(({ state, operation }) => state === 'running' && operation === 'reportJobResult')
    expect(reports.map(({ facts, rule }) => [facts['status'], rule.answer, rule.to])).toEqual([
      ['pending', 400, null],
      ['running', 204, null],
      ['completed', 204, 'completed'],
      ['failed', 204, 'failed'],
      ['cancelled', 400, null],
    ])
  })
})

describe('the ways', () => {
  const way = (machine: Parameters<typeof findRoute>[0], state: string) => findRoute(machine, state).map(({ on }) => on)

  it('lead through what usually comes before', () => {
    expect(way('job', 'completed')).toEqual(['createJob', 'nextJob', 'reportJobResult'])
    expect(way('job', 'cancelled')).toEqual(['createJob', 'nextJob', 'cancelJob'])
    expect(way('bridgeCommand', 'timed_out')).toEqual([
      'createBridgeCommand',
      'nextBridgeCommands',
      'timer.command_timeout',
    ])
  })

  it('take a timer only where no call leads', () => {
    expect(way('job', 'failed')).toEqual(['createJob', 'nextJob', 'reportJobResult'])
    expect(way('pairingSession', 'expired')).toEqual([
      'createPairingSession',
      'activatePairingSession',
      'timer.session_ttl',
    ])
  })

  it('are empty where there is nothing to be made', () => {
    expect(way('job', 'none')).toEqual([])
  })
})
