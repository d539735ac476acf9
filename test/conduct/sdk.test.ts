// The command on real input: it starts the published `opik` SDK in runner mode, gives it work and grades it.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { ConductReport } from '../../src/mocks/conduct/watch-conduct.js'
import { runConduct } from './stage.js'

const COMMAND = 'dist/cli/main.js'
const SDK = ['--', process.execPath, 'test/sdk/agent-program.mjs']

function outcomes({ runners }: ConductReport): Record<string, string> {
  return Object.fromEntries(runners.flatMap(({ verdicts }) => verdicts.map(({ rule, outcome }) => [rule, outcome])))
}

function usage(...args: string[]): number | null {
  return spawnSync(process.execPath, [COMMAND, 'conduct', ...args], { encoding: 'utf8' }).status
}

describe.concurrent('conduct', () => {
  it('finds that the opik SDK keeps the contract, and leaves without goodbye', async ({ expect }) => {
    const { status, report } = await runConduct('--for', '14', ...SDK)
    expect(status).toBe(0)
    expect(report).toMatchObject({ ok: true, runners: [{ type: 'endpoint' }] })
    expect(outcomes(report)).toEqual({
      'heartbeat/interval': 'kept',
      'gone/stop': 'not exercised',
      'backoff/pause': 'not exercised',
      'backoff/retry-after': 'not exercised',
      'poll/pace': 'kept',
      'poll/time-limit': 'not exercised',
      'work/once': 'kept',
      'work/twice': 'not exercised',
      'work/reported': 'kept',
      'work/resent': 'not exercised',
      'job/cancellation': 'kept',
      'job/stops': 'kept',
      'job/logs-first': 'kept',
      'job/secrets': 'kept',
      'capabilities/fit': 'kept',
      'exit/goodbye': 'broken',
    })
  })

  it('fails a client that only beats, twenty times a second', async ({ expect }) => {
    const client = `setInterval(() => fetch(process.env.OPIK_URL_OVERRIDE + '/v1/private/local-runners/' +
      process.env.OPIK_RUNNER_ID + '/heartbeats', { method: 'POST' }), 50)`
    const { status, report } = await runConduct('--for', '2', '--', process.execPath, '-e', client)
    expect(status).toBe(1)
    expect(outcomes(report)).toMatchObject({ 'poll/pace': 'broken' })
  })

  it('fails a client that never calls, and ends with it', async ({ expect }) => {
    const { status, report } = await runConduct('--', process.execPath, '-e', '0')
    expect(status).toBe(1)
    expect(report.runners).toEqual([])
  })
})

it('conduct exits 2 for what it cannot use', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  expect(usage('--port', 'many')).toBe(2)
  expect(usage('--port', '0', '--for', '-1')).toBe(2)
  expect(usage('--port', '0', '--preset', 'rate-limited,no-such-preset')).toBe(2)
  expect(usage('--port', '0', '--type', 'bridge')).toBe(2)
  expect(usage('--replay', 'package.json')).toBe(2)
  expect(usage('--waivers', 'package.json')).toBe(2)
  expect(usage('--reporter', 'json,junit')).toBe(2)
  expect(usage('--port', '0', '--', 'no-such-program-anywhere')).toBe(2)
  expect(usage('--port', port, '--for', '1')).toBe(2)
  taken.close()
})
