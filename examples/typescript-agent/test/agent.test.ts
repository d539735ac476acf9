// The agent in a process of its own, against a mock that the test holds in its hands.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRunnerMock } from 'opik-runner-kit'
import { serve } from 'opik-runner-kit/node'
import { expect, onTestFinished, test } from 'vitest'

test('the agent does a job of the web page', async () => {
  const mock = createRunnerMock()
  const server = await serve(mock, { port: 0 })
  const { id: projectId } = await mock.given.project({ name: 'My agents' })
  const runner = await mock.given.connectedRunner({ projectId })

  // The SDK can't pair; it is told which runner it is.
  const agent = spawn(process.execPath, ['dist/agent.js'], {
    env: {
      ...process.env,
      OPIK_URL_OVERRIDE: server.url,
      OPIK_PROJECT_NAME: 'My agents',
      OPIK_RUNNER_MODE: 'true',
      OPIK_RUNNER_ID: runner.id,
    },
  })
  onTestFinished(async () => {
    const gone = once(agent, 'exit')
    agent.stdin.end()
    // This answers the poll that the SDK waits for before it ends.
    await server.close()
    await gone
    await mock.close()
  })
  await happens((told) => mock.on('request', ({ operation }) => operation === 'registerAgents' && told()))

  const done = happens((told) => mock.on('job.completed', told))
  const { id } = await mock.given.job({ runner, inputs: { name: 'Ada' } })
  await done
  const read = async (path: string) => (await mock.fetch(`/api/v1/private/local-runners/jobs/${id}${path}`)).json()
  expect(await read('')).toMatchObject({ status: 'completed', result: { greeting: 'Hello, Countess Ada' } })
  // What the SDK says of itself stands there as well.
  expect(await read('/logs')).toContainEqual(expect.objectContaining({ stream: 'stdout', text: 'greeting Ada\n' }))
})

/** Resolves when a listener is told for the first time. */
async function happens(listen: (told: () => void) => () => void): Promise<void> {
  let stop = (): void => undefined
  await new Promise<void>((resolve) => {
    stop = listen(() => {
      resolve()
    })
  })
  stop()
}
