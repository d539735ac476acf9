// With `fakeTimers: { enableGlobally: true }` timers are fakes before the mock is loaded, and it follows them.
import { jest } from '@jest/globals'
import { createRunnerMock } from 'opik-runner-kit'

test('Jest moves the time of the mock', async () => {
  const mock = createRunnerMock({ scenario: 'demo' })
  await mock.ready
  const runner = await mock.given.connectedRunner({ type: 'connect' })
  const before = mock.clock.now()
  const poll = mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/bridge/commands/next` })

  await jest.advanceTimersByTimeAsync(30_000)

  expect(await poll).toMatchObject({ status: 200, body: '{"commands":[]}' })
  expect(mock.clock.now() - before).toBe(30_000)
  await mock.close()
})

test('a frozen mock moves by advance', async () => {
  const mock = createRunnerMock({ frozen: true })
  await mock.given.connectedRunner()
  const lapsed = jest.fn()
  mock.on('runner.disconnected', lapsed)
  await mock.clock.advance({ seconds: 15 })
  expect(lapsed).toHaveBeenCalledTimes(1)
  await mock.close()
})
