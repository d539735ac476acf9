// The cases once more, through MSW 3 under the Node that it needs, which npm provides.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/mocks/msw.test.ts', '--config', 'vitest.msw-3.config.ts']

describe('msw 3', () => {
  it('plays the same cases', { timeout: 120_000 }, async () => {
    const node = ['exec', '--yes', '--package=node@22', '--', 'node']
    const { stdout } = await run('npm', [...node, ...vitest, '--reporter=json'], { cwd: root, maxBuffer: 2 ** 26 })
    const report: unknown = JSON.parse(stdout.slice(stdout.indexOf('{"')))
    expect(report).toMatchObject({ success: true, numFailedTests: 0, numTotalTests: expect.any(Number) as number })
  })
})
