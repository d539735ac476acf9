// Verdicts name requirements by their ids: those of the model's rules and those of conduct, which are in one list.
import { describe, expect, it } from 'vitest'
import { allRules } from '../../src/conduct/all-rules.js'
import { decidedOperations as modelled } from '../../src/lifecycle/roles.js'
import list from '../../src/contracts/check/requirements.json' with { type: 'json' }
import { otherRules, requirementsOfRule } from '../../src/contracts/watch/rule-requirements.js'

const living = new Map(list.filter((entry) => !('withdrawn' in entry)).map(({ id, of }) => [id, of]))

describe('the requirements of a rule', () => {
  const rules = [...modelled.map((operation) => `model/${operation}`), ...otherRules]

  it.each(rules)('are on the list for %s', (rule) => {
    const named = modelled.flatMap((operation) => requirementsOfRule(rule, operation))
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((id) => !living.has(id))).toEqual([])
  })
})

it('a rule of conduct has the id that the list gives it', () => {
  const asListed = allRules.map(({ id, requirement }) => [requirement, `conduct/${id}`])
  expect(asListed).toEqual([...living].filter(([, of]) => of.startsWith('conduct/')))
})
