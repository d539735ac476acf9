import { createRunnerMock } from 'opik-runner-kit'
import { serve } from 'opik-runner-kit/node'

/** The server to check: yours, when OPIK_URL_OVERRIDE names it, else a mock. */
export async function startTarget() {
  const url = process.env.OPIK_URL_OVERRIDE
  if (url) return { url, close: async () => {} }
  return serve(createRunnerMock(), { port: 0 })
}
