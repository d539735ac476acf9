// A mock for a test, and the mock's wait for a request that a fault holds up.
import { onTestFinished } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { START } from '../mocks/harness.js'

/** A mock with a frozen clock that is closed when the test ends. */
export function openMock(options: RunnerMockOptions = {}): RunnerMock {
  const mock = createRunnerMock({ now: START, frozen: true, checkReply, ...options })
  onTestFinished(() => mock.close())
  return mock
}

/** Resolves when a request has got as far as waiting for a fault. */
export async function heldUp(mock: RunnerMock, count = 1): Promise<void> {
  const waiting = (): number => mock.faults.list().reduce((sum, fault) => sum + fault.waiting, 0)
  while (waiting() < count) await new Promise((resolve) => setImmediate(resolve))
}
