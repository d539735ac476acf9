// Verdicts name requirements by their frozen ids: those of the model's rules and those of conduct, which are in one list.
import { describe, expect, it } from 'vitest'
import { allRules } from '../../src/conduct/all-rules.js'
import { decidedOperations as modelled } from '../../src/lifecycle/roles.js'
import list from '../../src/contracts/suites/requirements.json' with { type: 'json' }
import { otherRules, requirementsOfRule } from '../../src/contracts/watch/rule-requirements.js'
import { freeze } from '../../scripts/requirements/freeze.mjs'

const living = new Map(list.filter((entry) => !('withdrawn' in entry)).map(({ id, of }) => [id, of]))

describe('the requirements of a rule', () => {
  const rules = [...modelled.map((operation) => `model/${operation}`), ...otherRules]

  it.each(rules)('are on the list for %s', (rule) => {
    const named = modelled.flatMap((operation) => requirementsOfRule(rule, operation))
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((id) => !living.has(id))).toEqual([])
  })
})

describe('a rule of conduct', () => {
  it('has the id that the list gives it', () => {
    const asListed = allRules.map(({ id, requirement }) => [requirement, `conduct/${id}`])
    expect(asListed).toEqual([...living].filter(([, of]) => of.startsWith('conduct/')))
  })

  it('that says it is another requirement is found out, as one that is reworded or gone', () => {
    const rule = { of: 'conduct/gone/stop', severity: 'must', words: 'Stop.', checks: [], id: 'CON-001' }
    const { list: frozen } = freeze([rule], [])
    expect(freeze([rule], frozen).problems).toEqual([])
    expect(freeze([{ ...rule, id: 'CON-002' }], frozen).problems).toHaveLength(1)
    expect(freeze([{ ...rule, words: 'Go on.' }], frozen).problems).toHaveLength(1)
    expect(freeze([], frozen).problems).toHaveLength(1)
  })
})
