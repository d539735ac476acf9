import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { addLimitsCommand } from '../../src/cli/print-limits.js'
import { settingNames, settings, settingVariables } from '../../src/lifecycle/table.js'
import { isSettings } from '../../src/mocks/base/settings.js'
import { runCommand } from './refusal.js'

const print = async (...args: string[]): Promise<string> =>
  (await runCommand(addLimitsCommand, 'limits', ...args)).stdout

describe('limits', () => {
  it('prints a file of all settings that serve and verify read', async () => {
    const printed: unknown = parse(await print('--preset', 'fast', '--set', 'reaper_interval_seconds=3'))
    expect(isSettings(printed) && Object.keys(printed)).toEqual(settingNames)
    expect(printed).toMatchObject({ reaper_interval_seconds: 3, bridge_max_payload_bytes: 1_048_576 })
  })

  it('prints the defaults as a real server writes them', async () => {
    const lines = (await print('--format', 'env')).trim().split('\n')
    expect(lines).toHaveLength(settingNames.length)
    expect(lines).toEqual(
      expect.arrayContaining([
        'OPIK_RUNNER_HEARTBEAT_TTL=15s',
        'OPIK_RUNNER_DEAD_PURGE_HOURS=24h',
        'OPIK_RUNNER_JOB_TIMEOUT=30m',
        'OPIK_RUNNER_COMPLETED_JOB_TTL=7d',
        'OPIK_RUNNER_MAX_PENDING=100',
      ]),
    )
  })

  it('prints an environment for compose with the same variables', async () => {
    const compose: unknown = parse(await print('--preset', 'fast', '--format', 'compose'))
    const lines = (await print('--preset', 'fast', '--format', 'env')).trim().split('\n')
    const environment = Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]))
    expect(compose).toEqual({ services: { backend: { environment } } })
  })

  it('has a variable of its own for each setting', () => {
    expect(new Set(Object.values(settingVariables)).size).toBe(Object.keys(settings).length)
  })

  it.each([
    ['a span with which a real server does not start', ['--format', 'env', '--set', 'heartbeat_ttl_seconds=0.5']],
    ['a purge under an hour', ['--format', 'compose', '--set', 'dead_runner_purge_seconds=60']],
    ['a setting that there is not', ['--set', 'patience=3']],
    ['a member that every object has', ['--set', '__proto__=3']],
    ['half a count', ['--set', 'max_agents_per_runner=1.5']],
    ['no number', ['--set', 'heartbeat_ttl_seconds=15s']],
    ['a preset that there is not', ['--preset', 'faster']],
  ])('refuses %s', async (_, args) => {
    await expect(print(...args)).rejects.toThrow()
  })

  it('takes any span for a server that allows it', async () => {
    expect(await print('--set', 'dead_runner_purge_seconds=20')).toContain('dead_runner_purge_seconds: 20\n')
  })
})
