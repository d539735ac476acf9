// The time of one check, where the target's time moves by more than the check has asked for.
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../../src/contracts/check/check.js'
import type { Context } from '../../../src/contracts/check/context.js'
import type { RunnerHandle } from '../../../src/contracts/check/runner-handle.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { startMockTarget, type MockTarget } from './mock-target.js'
import { trial } from './trial-checks.js'

/** What comes of a check that demands of a poll to wait for 8 s, where polls wait for 10 s; `meanwhile` comes before that. */
async function verdictOn(
  meanwhile: (target: MockTarget, runner: RunnerHandle) => Promise<unknown>,
): Promise<Verdict['kind'] | undefined> {
  const target = await startMockTarget({ clock: true })
  const run = async (context: Context): Promise<void> => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = context.open('nextJob', { path: { runnerId: runner.id } })
    await context.time.settle()
    await context.time.stillOpen(poll, 8, 'the poll', { alive: [{ heartbeat: () => meanwhile(target, runner) }] })
  }
  const check = trial('trial/still-open', run, { needs: { clock: { seconds: 60 } } })
  return (await verify(target, { checks: [check] })).results[0]?.verdict.kind
}

describe('stillOpen', () => {
  it('passes while the call waits', async () => {
    expect(await verdictOn((_, runner) => runner.heartbeat())).toBe('passed')
  })

  it('fails when the call has been answered before', async () => {
    expect(await verdictOn((_, runner) => runner.createJob())).toBe('failed')
  })

  it('tells nothing when so much time has passed that the answer was due', async () => {
    expect(await verdictOn(({ mock }) => mock.clock.advance({ seconds: 11 }))).toBe('not-run')
  })
})
