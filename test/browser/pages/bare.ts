// No app at all: lets a test start a mock as it likes.
import { startRunnerMock } from '../../../src/mocks/adapters/browser.js'

declare global {
  /** For tests. */
  var start: typeof startRunnerMock
}

globalThis.start = startRunnerMock
