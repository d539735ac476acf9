// The model-based checks on targets of all kinds: none of them is blamed for what it is.
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/contracts/target/expectation.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import { resolveLimits, type Target } from '../../../src/contracts/target/target.js'
import type { Spoiler } from '../../mutants/mutant.js'
import { refusal } from '../../mutants/reply.js'
import { startBroken } from './broken-target.js'
import { callsIn } from './run-script.js'

const asItIs: Spoiler = (call) => call.proceed()

/** The verdicts that are not that a check passed. */
async function notPassed(target: Target, options: VerifyOptions = {}): Promise<readonly unknown[]> {
  const { results } = await verify(target, { areas: ['model'], seed: 3, runs: 4, ...options })
  const others = results.filter(({ verdict }) => verdict.kind !== 'passed')
  return others.map(({ id, verdict }) => [id, verdict.kind === 'failed' ? verdict.findings.map(inShort) : verdict])
}

const inShort = ({ expected, actual, script = '' }: Finding): object => ({ expected, actual, calls: callsIn(script) })

const withoutClock = ({ url }: Target): Target => ({ url })

describe('the model-based checks', () => {
  it('respect limits that are low and deadlines that are near', async () => {
    const settings = {
      ...{ max_pending_jobs_per_runner: 2, bridge_max_pending_per_runner: 2, max_agents_per_runner: 1 },
      ...{ max_log_entries_per_batch: 2, bridge_max_commands_per_minute: 4, bridge_max_write_commands_per_minute: 1 },
      ...{ heartbeat_ttl_seconds: 0.3, next_job_poll_timeout_seconds: 0.2, bridge_poll_timeout_seconds: 0.2 },
      ...{ job_timeout_seconds: 1, reaper_interval_seconds: 20, completed_job_ttl_seconds: 1 },
      ...{ dead_runner_purge_seconds: 1, bridge_completed_command_ttl_seconds: 1 },
    }
    const target = await startBroken(asItIs, { settings })
    expect(await notPassed({ ...target, limits: resolveLimits(settings) })).toEqual([])
  })

  it('make do with one project, in which the user had a runner before', async () => {
    const target = await startBroken((call) => (call.operation === 'createProject' ? refusal(403) : call.proceed()))
    // It has lapsed by now, and stands in the user's list nonetheless.
    await target.mock.given.connectedRunner({ type: 'connect' })
    await target.clock.advance(20)
    const others = [['model/callers', { kind: 'not-run', reason: expect.any(String) as unknown }]]
    expect(await notPassed({ ...target, project: 'Default Project' })).toEqual(others)
  })

  it('make do with one identity, and leave out what needs time', async () => {
    const target = await startBroken(asItIs, { auth: 'local' })
    const left = (await notPassed(withoutClock(target), { runs: 2 })) as [string, { kind: string }][]
    expect(left.map(([id, { kind }]) => [id, kind])).toEqual([
      ['model/callers', 'not-run'],
      ['model/time', 'not-run'],
    ])
  })

  it('put up with answers that come late and in another order', async () => {
    let count = 0
    const target = await startBroken(async (call) => {
      const at = count++
      await delay((at * 7) % 19)
      const reply = await call.proceed()
      await delay((at * 5) % 17)
      return reply
    })
    const only = ['model/everything', 'model/concurrent-*']
    expect(await notPassed(withoutClock(target), { areas: [], only, runs: 2 })).toEqual([])
  })

  it('are not run where pairing is limited', async () => {
    const target = await startBroken((call) =>
      call.operation === 'createPairingSession' ? refusal(429) : call.proceed(),
    )
    const reason = expect.stringContaining('429') as unknown
    expect(await notPassed(target, { areas: [], only: ['model/jobs'] })).toEqual([
      ['model/jobs', { kind: 'not-run', reason }],
    ])
  })
})
