// Servers of other versions and with other limits: what each is judged to have, and that no check blames it for something else.
// A few combinations of limits here, in CI; KIT_ALL_LIMITS runs many.
import { describe, expect, it } from 'vitest'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { defineCheck } from '../../../src/contracts/check/check.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import type { ProfileName } from '../../../src/mocks/base/settings.js'
import { createRandom } from '../../../src/kernel/id-source.js'
import type { SettingName } from '../../../src/lifecycle/table.js'
import { startMockTarget } from './mock-target.js'

/** Of the field that came with version 2.1, and of what stands beside it. */
const OF_MASKS = ['job/carries-prompt-masks', 'job/carries-mask-id', 'schema/createJob.fields', 'model/jobs']

async function verdictsOf(profile: ProfileName, options: VerifyOptions): Promise<ReadonlyMap<string, string>> {
  const target = await startMockTarget({ profile })
  const { results, exitCode } = await verify(target, { only: OF_MASKS, seed: 3, runs: 2, ...options })
  const kinds = results.map(({ id, verdict }) => [id, verdict.kind] as const)
  return new Map<string, string>([...kinds, ['exit', String(exitCode)]])
}

const PASSED = new Map([...OF_MASKS.map((id) => [id, 'passed'] as const), ['exit', '0'] as const])

describe('an older server', () => {
  it.each([undefined, 'opik@2.0', 'opik@2.0.1'] as const)(
    'need not have a newer field: judged as %s',
    async (server) => {
      expect(await verdictsOf('opik@2.0', { server })).toEqual(
        new Map<string, string>([...PASSED, ['job/carries-prompt-masks', 'not-run']]),
      )
    },
  )

  it('must have it when it is judged as a newer one', async () => {
    const verdicts = await verdictsOf('opik@2.0', { server: 'opik' })
    const failed = ['job/carries-prompt-masks', 'schema/createJob.fields']
    expect(failed.map((id) => verdicts.get(id))).toEqual(['failed', 'failed'])
    expect(verdicts.get('exit')).toBe('1')
  })
})

describe('the newest server', () => {
  it.each([undefined, 'opik', 'opik@2.1'] as const)('is judged by all that there is: as %s', async (server) => {
    expect(await verdictsOf('opik', { server })).toEqual(PASSED)
  })

  it('fails for a newer field that it has in part', async () => {
    const of = checks.filter(({ id }) => id === 'job/carries-prompt-masks')
    const broken = defineCheck({
      ...{ id: 'trial/broken', title: 'Never.', rule: { operation: 'createJob', field: 'prompt_masks' } },
      run: (context) =>
        context.expectCall(200, 'getRunner', { path: { runnerId: context.random.uuid() } }).then(() => undefined),
    })
    const { results } = await verify(await startMockTarget(), { checks: [...of, broken] })
    expect(results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'failed'])
  })
})

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

it.each(seeds)(
  'verify of a target with other limits blames it for nothing, seed %i',
  { timeout: 600_000 },
  async (seed) => {
    const random = createRandom(seed)
    const drawn = Object.entries(levels).map(([name, values]) => [name, values[Math.floor(random.next() * 4)]])
    const limits = Object.fromEntries(drawn) as Partial<Record<SettingName, number>>
    const target = await startMockTarget({ clock: true, settings: limits })
    const report = await verify({ ...target, limits }, { seed: 11, runs: 3, ...(isLong ? {} : { areas: AREAS }) })
    const failed = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
    expect(failed.map(({ id, verdict }) => ({ id, verdict }))).toEqual([])
    expect(report.totals.passed).toBeGreaterThan(80)
  },
)
