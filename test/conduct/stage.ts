// A mock that watches, and time for clients in the same process: both stand still until `pass` moves them together.
import { setImmediate as turn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { watchConduct } from '../../src/mocks/conduct/watch-conduct.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'

export interface Stage {
  mock: RunnerMock
  /** Lets seconds pass, for the mock and for everybody who sleeps. */
  pass: (seconds: number) => Promise<void>
  /** Resolves when `ms` have passed, or at once when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Milliseconds by which time moves at once. */
const STEP_MS = 50

/** Opens a stage; it is closed when the test ends. */
export function openStage(options: RunnerMockOptions = {}): Stage {
  const mock = createRunnerMock({ now: '2026-07-01T12:00:00Z', frozen: true, conduct: watchConduct, ...options })
  onTestFinished(() => mock.close())
  const sleepers = new Set<{ due: number; wake: () => void }>()
  return {
    mock,
    async pass(seconds) {
      for (let left = seconds * 1000; left > 0; left -= STEP_MS) {
        await mock.clock.advance({ milliseconds: STEP_MS })
        for (const sleeper of sleepers) if (sleeper.due <= mock.clock.now()) sleeper.wake()
        await turn()
      }
    },
    sleep(ms, signal) {
      return new Promise((resolve) => {
        const wake = (): void => {
          sleepers.delete(sleeper)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { due: mock.clock.now() + ms, wake }
        sleepers.add(sleeper)
        signal.addEventListener('abort', wake)
      })
    },
  }
}
