// How the agent behaves while calls are limited: `conduct` ends with 1 when it breaks a rule that is a must.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('the agent keeps the contract', { timeout: 120_000 }, () => {
  const args = ['conduct', '--preset', 'rate-limited', '--for', '10', '--', process.execPath, 'dist/agent.js']
  const { status, stdout } = spawnSync('node_modules/.bin/opik-runner-kit', args, { encoding: 'utf8' })
  expect(status, stdout).toBe(0)
})
