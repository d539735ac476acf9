import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { openMockApp } from './mock-target.js'
import { trial } from './trial-checks.js'

describe('lifecycle coverage', () => {
  it('counts the decisions that checks have judged, by their rules', async () => {
    const rules = [
      { machine: 'job', on: 'delivery.failed' },
      { machine: 'job', on: 'cancelJob', from: 'pending' },
      // Which of its rules has decided is not known.
      { machine: 'job', on: 'reportJobResult' },
      { machine: 'runner', on: 'timer.heartbeat_ttl' },
    ] as const
    const passing = rules.map((rule, at) => trial(`trial/passing-${at}`, async () => undefined, { rule }))
    const failing = trial(
      'trial/failing',
      (context) => context.expectCall(204, 'cancelJob', { path: { jobId: 'x' } }),
      {
        rule: { machine: 'job', on: 'nextJob', from: 'pending' },
      },
    )
    const { lifecycle } = await verify(openMockApp(), { checks: [...passing, failing] })
    const judged = lifecycle.machines.flatMap(({ machine, edges }) =>
      edges.flatMap(({ on, from, to, outcome }) =>
        outcome === 'not-seen' ? [] : [`${machine} ${on} ${from} ${to}: ${outcome}`],
      ),
    )
    expect(judged).toEqual([
      'runner timer.heartbeat_ttl connected disconnected: passed',
      'job nextJob pending running: failed',
      'job delivery.failed running pending: passed',
      'job cancelJob pending cancelled: passed',
    ])
    expect(lifecycle.states).toMatchObject({ seen: 5 })
    expect(lifecycle.timers).toMatchObject({ seen: 1 })
    expect(lifecycle.pairs).toMatchObject({ seen: 2 })
  })
})
