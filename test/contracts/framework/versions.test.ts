// Judging servers of several versions: what a server was judged to have, and what is not there yet.
import { describe, expect, it } from 'vitest'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { defineCheck } from '../../../src/contracts/check/check.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import type { ProfileName } from '../../../src/mocks/base/settings.js'
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
