import { setupServer } from 'msw/node'
import { createRunnerMock } from 'opik-runner-kit'
import { handlers } from 'opik-runner-kit/msw'
import { afterAll, afterEach, beforeAll } from 'vitest'

/** The backend of every test: empty at the start of each, and with a time that moves by `mock.clock.advance` alone. */
export const mock = createRunnerMock({ now: '2026-01-01T00:00:00Z', frozen: true })

const server = setupServer(...handlers(mock))

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => mock.reset())
afterAll(async () => {
  server.close()
  await mock.close()
})
