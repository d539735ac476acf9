import { describe, expect, it } from 'vitest'
import { applyRule, decide, type Rule } from '../../src/lifecycle/table.js'

it('decide throws when a fact is missing that no rule can do without', () => {
  expect(() => decide('bridgeCommand', 'pending', 'reportBridgeResult')).toThrow()
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
