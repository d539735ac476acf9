// Presets of `conduct`: each is there for rules, which it exercises whatever the dice say, or says why it has not.
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { demands } from '../../src/cli/conduct/conduct-run.js'
import { conductRules, type ConductVerdict } from '../../src/mocks/conduct/watch-conduct.js'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { presetNames } from '../../src/mocks/engine/faults/faults.js'
import { runConduct, verdictOn as verdictIn } from './stage.js'

/** The verdict on a rule of a client that ran in trouble. */
async function verdictOn(rule: string, ...args: string[]): Promise<ConductVerdict | undefined> {
  return verdictIn((await runConduct(...args)).report, rule)
}

it('has a rule for each preset', () => {
  const rules = new Set(conductRules.map(({ id }) => id))
  for (const preset of [...presetNames, 'sleepy-laptop']) {
    expect(
      demands[preset]?.rules.filter((rule) => rules.has(rule)),
      preset,
    ).not.toEqual([])
  }
})

describe.concurrent('a preset', () => {
  const beats = `setInterval(() => fetch(process.env.OPIK_URL_OVERRIDE + '/v1/private/local-runners/' +
    process.env.OPIK_RUNNER_ID + '/heartbeats', { method: 'POST' }), 1000)`

  // Of the heartbeats of some seconds the dice of this preset spare all now and then.
  it.each(['1', '2', '3'])('strikes in any case, with seed %s', async (seed) => {
    const trouble = ['--preset', 'eviction-storm', '--seed', seed, '--for', '5']
    const verdict = await verdictOn('gone/stop', ...trouble, '--', process.execPath, '-e', beats)
    expect(verdict?.outcome).toMatch(/^(kept|broken)$/)
  })

  it('brings about that a result is lost', async () => {
    const sdk = [process.execPath, resolve('test/sdk/agent-program.mjs')]
    const verdict = await verdictOn('work/resent', '--preset', 'flaky-network', '--for', '35', '--', ...sdk)
    expect(verdict?.outcome).toMatch(/^(kept|broken)$/)
  })

  it('is told in the recording, so that watch blames no server for it', async () => {
    const file = join(tmpdir(), `conduct-${randomUUID()}.ndjson`)
    onTestFinished(() => rmSync(file, { force: true }))
    const sdk = [process.execPath, resolve('test/sdk/agent-program.mjs')]
    await verdictOn('work/twice', '--preset', 'lossy-polls', '--for', '8', '--recording-out', file, '--', ...sdk)
    const recording = await readRecording(readFileSync(file))
    expect(recording.exchanges.some(({ faults }) => faults !== undefined)).toBe(true)
    expect(judge(recording, { sides: ['server'] }).verdicts).toEqual([])
  })

  it('says why it has exercised nothing', async () => {
    const trouble = ['--preset', 'lossy-polls', '--for', '4']
    const verdict = await verdictOn('work/twice', ...trouble, '--', process.execPath, '-e', beats)
    expect(verdict).toMatchObject({ outcome: 'not exercised' })
    expect(verdict?.reason).toContain('lossy-polls')
  })
})
