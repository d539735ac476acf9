// Checks made up for testing the machinery that runs checks.
import { defineCheck, type Check, type CheckDefinition } from '../../../src/contracts/check/check.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { expectEqual } from '../../../src/contracts/target/expectation.js'
import type { Target } from '../../../src/contracts/target/target.js'
import { KitError } from '../../../src/kernel/errors.js'

/** A check with an id; everything else is filled in. */
export function trial(id: string, run: CheckDefinition['run'], more: Partial<CheckDefinition> = {}): Check {
  return defineCheck({ id, title: `${id} holds.`, rule: { section: 'Trials' }, run, ...more })
}

export const passing = trial('trial/passes', async (context) => {
  await context.expectCall(200, 'isAlive')
})

/** What came of it, as a reporter hears it. */
export const passed = {
  ...passing,
  requirement: null,
  verdict: { kind: 'passed' as const },
  isKnown: false,
  durationMs: 1,
  requests: 1,
  operations: [],
  quirks: [],
  exchanges: [],
}

/** Fails against every server of this API. */
export const failing = trial('trial/fails', async (context) => {
  const answer = await context.call('isAlive')
  expectEqual('the status', answer.status, 418, answer)
})

export const buggy = trial('trial/has-a-bug', () => Promise.reject(new TypeError('no such thing')))

/** With which code verify refuses a target, or ends. */
export const codeOf = (target: Target): Promise<unknown> =>
  verify(target, { checks: [passing] }).then(
    ({ exitCode }) => exitCode,
    (error: unknown) => (error instanceof KitError ? error.code : error),
  )
