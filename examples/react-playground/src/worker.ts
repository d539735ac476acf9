import { setupWorker } from 'msw/browser'
import { createRunnerMock } from 'opik-runner-kit'
import { handlers } from 'opik-runner-kit/msw'

/** The whole backend inside the page: one living runner with four agents. */
export async function startWorker() {
  const mock = createRunnerMock({ scenario: 'demo' })
  await setupWorker(...handlers(mock)).start({ onUnhandledRequest: 'bypass', quiet: true })
}
