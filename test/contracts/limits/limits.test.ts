// Whatever limits a target declares, no check blames it for something else: combinations of limits, with the clock moved.
// A few here, in CI; KIT_ALL_LIMITS runs many.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { createRandom } from '../../../src/kernel/id-source.js'
import type { SettingName } from '../../../src/lifecycle/table.js'
import { startMockTarget } from '../framework/mock-target.js'

/** The smallest that leave anything to be seen, small ones, the defaults, large ones. */
const levels: Readonly<Record<SettingName, readonly number[]>> = {
  heartbeat_ttl_seconds: [5, 8, 15, 120],
  next_job_poll_timeout_seconds: [1, 4, 10, 60],
  bridge_poll_timeout_seconds: [1, 5, 30, 90],
  reaper_interval_seconds: [1, 5, 60, 300],
  dead_runner_purge_seconds: [1, 30, 86_400, 604_800],
  job_timeout_seconds: [5, 60, 1800, 86_400],
  completed_job_ttl_seconds: [5, 600, 604_800, 1_209_600],
  bridge_default_command_timeout_seconds: [1, 10, 30, 60],
  bridge_max_command_timeout_seconds: [1, 20, 120, 600],
  bridge_completed_command_ttl_seconds: [5, 120, 3600, 86_400],
  max_pending_jobs_per_runner: [1, 7, 100, 400],
  max_agents_per_runner: [1, 5, 50, 200],
  max_log_entries_per_batch: [1, 20, 1000, 3000],
  bridge_max_pending_per_runner: [1, 21, 50, 200],
  bridge_max_commands_per_minute: [1, 60, 600, 1500],
  bridge_max_write_commands_per_minute: [1, 25, 120, 900],
  bridge_max_payload_bytes: [256, 4096, 1_048_576, 2_097_152],
}

/** Nearly every pair of values of two settings meets in these many. */
const MANY = 40
/** Left out where they take long and hang on no limit. */
const AREAS = ['time', 'long-poll', 'waiting-readers', 'limits', 'agents']
const isLong = process.env['KIT_ALL_LIMITS'] !== undefined
const seeds = isLong ? Array.from({ length: MANY }, (_, at) => at) : [1, 12]

describe('verify of a target with other limits', () => {
  it.each(seeds)('blames it for nothing, seed %i', { timeout: 600_000 }, async (seed) => {
    const random = createRandom(seed)
    const drawn = Object.entries(levels).map(([name, values]) => [name, values[Math.floor(random.next() * 4)]])
    const limits = Object.fromEntries(drawn) as Partial<Record<SettingName, number>>
    const target = await startMockTarget({ clock: true, settings: limits })
    const report = await verify({ ...target, limits }, { seed: 11, runs: 3, ...(isLong ? {} : { areas: AREAS }) })
    const failed = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
    expect(failed.map(({ id, verdict }) => ({ id, verdict }))).toEqual([])
    expect(report.totals.passed).toBeGreaterThan(80)
  })
})
