import { describe, expect, it } from 'vitest'
import { applyRule, decide, findRule, machines, type Rule } from '../../src/lifecycle/table.js'

describe('decide', () => {
  it('takes the first rule whose conditions hold', () => {
    const facts = { agent: 'unknown', queue: 'full' } as const
    expect(decide('runner', 'connected', 'createJob', facts).answer).toBe(400)
    expect(decide('runner', 'connected', 'createJob', { ...facts, agent: 'registered' }).answer).toBe(429)
    expect(decide('runner', 'connected', 'createJob', { agent: 'registered', queue: 'open' }).answer).toBe(201)
    expect(decide('runner', 'disconnected', 'createJob', facts).answer).toBe(409)
    expect(decide('runner', 'none', 'createJob', facts).answer).toBe(404)
  })

  it('leads a job to the state that its report names', () => {
    for (const status of ['completed', 'failed'] as const) {
      expect(decide('job', 'running', 'reportJobResult', { status })).toMatchObject({ to: status, answer: 204 })
    }
    expect(decide('job', 'running', 'reportJobResult', { status: 'running' }).to).toBeNull()
    expect(decide('job', 'completed', 'reportJobResult', { status: 'failed' })).toMatchObject({ to: null, answer: 204 })
    expect(decide('job', 'completed', 'reportJobResult', { status: 'pending' }).answer).toBe(400)
  })

  it('throws when a fact is missing that no rule can do without', () => {
    expect(() => decide('bridgeCommand', 'pending', 'reportBridgeResult')).toThrow()
  })

  it('decides every state for every operation that a machine names, whatever the facts', () => {
    for (const machine of Object.values(machines)) {
      const rules: readonly Rule[] = machine.rules
      for (const operation of machine.operations) {
        const decided = new Set(rules.filter(({ on }) => on === operation).flatMap(({ from }) => from))
        const isCreating = rules.some(({ on, from, to }) => on === operation && to !== null && from.includes('none'))
        const states = isCreating ? ['none'] : Object.keys(machine.states)
        expect(states.filter((state) => !decided.has(state))).toEqual([])
      }
    }
  })
})

describe('findRule', () => {
  it('answers nothing for a timer or event that means nothing in a state', () => {
    expect(findRule('job', 'running', 'timer.job_timeout')?.to).toBe('failed')
    expect(findRule('job', 'pending', 'timer.job_timeout')).toBeUndefined()
    expect(findRule('job', 'completed', 'runner.gone')).toBeUndefined()
    expect(findRule('bridgeCommand', 'picked_up', 'runner.gone')?.to).toBe('timed_out')
  })
})

describe('applyRule', () => {
  const rule: Rule = {
    on: 'x',
    from: ['a'],
    when: {},
    to: 'b',
    set: ['ended_at', 'result', 'error'],
    unset: ['started_at'],
    answer: 204,
    emits: [],
  }

  it('writes the state, times and the fields that the rule names, and nothing else', () => {
    const resource: Record<string, unknown> = { status: 'a', started_at: 'then', error: 'kept', other: 1 }
    applyRule(rule, resource, 'now', { result: null, other: 2, error: undefined }, 'status')
    expect(resource).toEqual({ status: 'b', ended_at: 'now', result: null, error: 'kept', other: 1 })
  })

  it('leaves the state alone without a status field or a move', () => {
    const resource = { status: 'a' }
    applyRule({ ...rule, to: null, set: [] }, resource, 'now', {}, 'status')
    applyRule({ ...rule, set: [] }, resource, 'now')
    applyRule({ ...rule, to: 'none', set: [] }, resource, 'now', {}, 'status')
    expect(resource).toEqual({ status: 'a' })
  })
})
