import { createRunnerMock } from 'opik-runner-kit'
import { checks, outcomeOf, startSuite } from 'opik-runner-kit/contracts'
import { serve } from 'opik-runner-kit/node'

// Checks are data: choose among them as you like, and make a test of each. Put the URL of your own server in place of
// the mock's; `npx opik-runner-kit verify URL --list` prints all checks.
const chosen = checks.filter(({ area }) => area === 'runner' || area === 'job')

let server
let suite

beforeAll(async () => {
  server = await serve(createRunnerMock(), { port: 0 })
  suite = startSuite({ url: server.url }, { checks: chosen }) // all of them at once
})
afterAll(async () => {
  await suite.end()
  await server.close()
})

describe.each([...new Set(chosen.map(({ area }) => area))])('%s', (area) => {
  test.each(chosen.filter((check) => check.area === area))('$id: $title', async (check) => {
    const outcome = outcomeOf(await suite.resultOf(check.id))
    // Jest cannot skip a test that is running, so this says why a check could not be made.
    if (outcome.kind === 'skipped') console.warn(outcome.reason)
    if (outcome.kind === 'failed') throw new Error(outcome.message)
  })
})
