// Who activates a session a second time may own the runner from then on, as today's servers have it: either is right. So it
// is which of two runners is there that were activated for one slot at once; those of two slots have nothing to do with each other.
import { describe, expect, it } from 'vitest'
import {
  ACTIVATION,
  activated,
  brokenBy,
  by,
  elsewhere,
  job,
  opened,
  other,
  project,
  rival,
  runner,
  session,
  type Call,
} from './calls.js'

const agents: Call = [10, 11, `PUT local-runners/${runner}/agents`, { echo: {} }, 204]
const created: Call = [14, 15, 'POST local-runners/jobs', { agent_name: 'echo', project_id: project }, 201, job]

describe('a runner that may have a second owner', () => {
  const again: Call = [12, 13, `POST pairing/sessions/${session}/activate`, ACTIVATION, 409]
  const cancelled = (status: number): Call => [16, 17, `POST local-runners/jobs/${job}/cancel`, undefined, status]
  const begun = [opened('endpoint'), activated(2, 3), agents].map((call) => by('one', call))

  it.each([
    ['one', 204, 'other', []],
    ['one', 404, 'other', []],
    ['other', 204, 'one', []],
    // It is not lost to the first.
    ['other', 404, 'one', ['model/cancelJob']],
  ])('takes a job of %s, and answers %d to %s', (maker, status, caller, rules) => {
    expect(brokenBy(...begun, by('other', again), by(maker, created), by(caller, cancelled(status)))).toEqual(rules)
  })
})

it.each([
  ['one slot leave open which runner is there', project, []],
  ['two slots do not', elsewhere, ['model/appendJobLogs']],
])('two activations at once for %s', (_, where, rules) => {
  const logged: Call = [16, 17, `POST local-runners/jobs/${job}/logs`, [{ stream: 'stdout', text: 'hi' }], 404]
  const begun = [opened('endpoint'), opened('endpoint', [other, rival, where])]
  expect(brokenBy(...begun, activated(2, 6, other, rival), activated(5, 7), agents, created, logged)).toEqual(rules)
})
