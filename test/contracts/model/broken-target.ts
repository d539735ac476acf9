// Our mock behind a mistake, served: what a call answers is decided by a function that may ask the mock, or not.
import { afterEach } from 'vitest'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import type { Target, TargetClock } from '../../../src/contracts/target/target.js'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { putBefore } from '../../mutants/broken-mock.js'
import type { Spoiler } from '../../mutants/mutant.js'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Serves a mock that makes a mistake; it stops after the test. */
export async function startBroken(
  mistake: Spoiler,
  options: RunnerMockOptions = {},
): Promise<Target & { clock: TargetClock; mock: RunnerMock }> {
  const mock = createRunnerMock({ scenario: 'empty', ...options })
  const server = await serve(putBefore(mock, [{ touches: 'all', spoil: () => mistake }]), { port: 0 })
  stops.push(() => server.close())
  const target = { url: server.url, clock: adminClock(server.adminUrl) }
  // The mock is at hand for tests, and no field of a target.
  return Object.defineProperty(target, 'mock', { value: mock, enumerable: false }) as typeof target & {
    mock: RunnerMock
  }
}
