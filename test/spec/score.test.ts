// How ready for use Redocly's scorer finds the documents. It counts an answer that operations share at the first of them
// alone, so its figure for examples stays low, and the floors lie below 90.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Score {
  agentReadiness: number
  subscores: { documentationQuality: number; errorClarity: number; identifierClarity: number }
}

describe.each([
  ['local-runners', 85, 1],
  ['neighbours', 81, 0.95],
])('openapi/%s.yaml', (name, readiness, documented) => {
  it(`scores ${readiness} or more, with its fields described`, () => {
    const command = [resolve('node_modules/@redocly/cli/bin/cli.js'), 'score', `openapi/${name}.yaml`, '--format=json']
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', env })
    const { agentReadiness, subscores } = JSON.parse(stdout) as Score
    expect(agentReadiness).toBeGreaterThanOrEqual(readiness)
    expect(subscores.documentationQuality).toBeGreaterThanOrEqual(documented)
    expect([subscores.errorClarity, subscores.identifierClarity]).toEqual([1, 1])
  })
})
