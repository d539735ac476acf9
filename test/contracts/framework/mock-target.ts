// Our own mock as a target, over HTTP, one per test.
import { afterEach } from 'vitest'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { adminClock } from '../../../src/contracts/target/target-admin.js'
import type { Target } from '../../../src/contracts/target/target.js'

const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

export interface MockTarget extends Target {
  mock: RunnerMock
  adminUrl: string
  stop(): Promise<void>
}

/** Serves an empty mock; with `clock`, its time can be moved. */
export async function startMockTarget(options: RunnerMockOptions & { clock?: boolean } = {}): Promise<MockTarget> {
  const { clock = false, ...mockOptions } = options
  const mock = createRunnerMock({ scenario: 'empty', ...mockOptions })
  const server = await serve(mock, { port: 0 })
  const stop = async () => {
    await server.close()
    await mock.close()
  }
  stops.push(stop)
  const target = { url: server.url, ...(clock ? { clock: adminClock(server.adminUrl) } : {}) }
  // A target has members of its own and no others, so what only the tests need does not count as one.
  const forTests: Omit<MockTarget, keyof Target> = { mock, stop, adminUrl: server.adminUrl }
  return Object.assign(Object.setPrototypeOf({}, forTests), target) as MockTarget
}
