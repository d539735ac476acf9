import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcomeOf, startSuite } from '../../../src/contracts/suite-run.js'
import { describeContract } from '../../../src/contracts/vitest.js'
import { serve, type RunnerServer } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { startProgram } from '../../sdk/program.js'
import { startMockTarget } from './mock-target.js'
import { failing, passing, trial } from './trial-checks.js'

const mock = createRunnerMock({ scenario: 'empty' })
let server: RunnerServer

beforeAll(async () => {
  server = await serve(mock, { port: 0 })
})

afterAll(async () => {
  await server.close()
  await mock.close()
})

const missing = trial('trial/missing', () => Promise.reject(new Error('must not run')), {
  needs: { when: () => 'no such thing' },
})

describeContract(() => ({ url: server.url }), {
  title: 'describeContract',
  checks: [passing, missing, failing],
  waivers: [{ id: 'trial/fails', reason: 'meant to fail' }],
})

/** Runs the fixture's tests in a process of their own, against this file's server. */
async function runFixture(...more: string[]): Promise<{ stdout: string; stderr: string }> {
  const args = ['run', '--config', 'test/contracts/framework/fixture/vitest.config.ts', ...more]
  const program = startProgram('node_modules/vitest/vitest.mjs', args, { CONTRACT_URL: server.url })
  await program.closeInput()
  return { stdout: program.output(), stderr: program.errors() }
}

// Each starts vitest once more, for CI.
describe.skipIf(process.env['KIT_ALL_TARGETS'] === undefined)('describeContract in a file of its own', () => {
  it('fails a test with the report of its check', async () => {
    const { stdout, stderr } = await runFixture()
    expect(stdout).toMatch(/1 failed \| 1 passed/)
    expect(stderr).toContain('✗ trial/fails (must)')
    expect(stderr).toMatch(/expected the status to be 418\n/)
  })

  it('runs only the checks whose tests were chosen', async () => {
    mock.journal.clear()
    const { stdout } = await runFixture('-t', 'trial/fails')
    expect(stdout).toMatch(/1 failed \| 1 skipped/)
    expect(mock.journal.entries({ operation: 'isAlive' })).toHaveLength(2)
  })
})

describe('startSuite', () => {
  it('gives test runners the outcome of each check', async () => {
    const suite = startSuite(await startMockTarget(), { checks: [passing, failing, missing] })
    const kinds = await Promise.all(
      [passing, failing, missing].map(async ({ id }) => outcomeOf(await suite.resultOf(id)).kind),
    )
    expect(kinds).toEqual(['passed', 'failed', 'skipped'])
    await expect(suite.resultOf('trial/unknown')).rejects.toThrow('trial/unknown')
    await suite.end()
  })

  it('rejects all of them when there is no target', async () => {
    const suite = startSuite({ url: 'http://127.0.0.1:1/api' }, { checks: [passing] })
    await expect(suite.resultOf('trial/passes')).rejects.toMatchObject({ code: 'target/unreachable' })
  })
})
