const { setupServer } = require('msw/node')
const { createRunnerMock } = require('opik-runner-kit')
const { fixtures } = require('opik-runner-kit/fixtures')
const { handlers } = require('opik-runner-kit/msw')
const { http, HttpResponse } = require('msw')
const { startRunnerBadge } = require('./runner-badge')

const url = 'http://localhost/api'
const mock = createRunnerMock({ now: '2026-01-01T00:00:00Z', frozen: true })
const server = setupServer(...handlers(mock))
let badge

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
// The page's time. The mock has a clock of its own and holds on to the timers that it found when it was loaded, above:
// the real ones. So fake timers here, not with `fakeTimers.enableGlobally`.
beforeEach(() => jest.useFakeTimers())
afterEach(async () => {
  badge.stop()
  jest.useRealTimers()
  server.resetHandlers()
  await mock.reset()
})
afterAll(async () => {
  server.close()
  await mock.close()
})

test('the badge follows the runner', async () => {
  const runner = await mock.given.connectedRunner({ name: 'laptop' })
  badge = startRunnerBadge(document.body, { url, projectId: runner.projectId })
  await shows('laptop is connected')

  await mock.clock.advance({ seconds: 16 }) // the server's time: no heartbeat for longer than its 15 seconds
  expect(document.body.textContent).toBe('laptop is connected')
  jest.advanceTimersByTime(1000) // the page's time: it looks again
  await shows('no runner')
})

test('the badge shows a runner from a fixture', async () => {
  const runner = fixtures.runner.connect({ name: 'build-server' })
  const page = fixtures.runnerPage.build({ content: [runner] })
  server.use(http.get('*/v1/private/local-runners', () => HttpResponse.json(page)))
  badge = startRunnerBadge(document.body, { url, projectId: runner.project_id })
  await shows('build-server is connected')
})

/** Resolves when the page shows a text: answers arrive when they arrive, whatever the fake timers say. */
function shows(text) {
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (document.body.textContent !== text) return
      observer.disconnect()
      resolve()
    })
    observer.observe(document.body, { childList: true })
  })
}
