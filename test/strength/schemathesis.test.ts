// Schemathesis, which knows nothing of the kit but the document that the package holds, against a served mock: all its
// checks on every operation. What they cannot know of the rules stands beside this file.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { installPython, programOf } from '../../scripts/programs.mjs'
import { operationIds } from '../../src/kernel/operation.js'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { populate } from './arbitrary-requests.js'
import { length, seed } from './extent.js'

const FOLDER = resolve('.cache', 'schemathesis')
/** Another version of either makes other requests of the same seed. */
const PACKAGES = ['schemathesis==4.32.5', 'hypothesis==6.170.17']

/** Ids that lead somewhere, by the parameter of a path that takes them: made-up ones are 404. */
async function knownIn(mock: RunnerMock): Promise<Record<string, string | undefined>> {
  const { runners, jobs, commands, sessions } = await populate(mock)
  // A job that runs, and a command that waits.
  const [runnerId, bridgeRunnerId] = runners
  return { runnerId, bridgeRunnerId, jobId: jobs[1], commandId: commands[0], sessionId: sessions[0] }
}

async function tryOut(url: string, known: object): Promise<{ code: number | null; output: string }> {
  const own = resolve('test', 'strength', 'schemathesis')
  const args = [
    '--config-file',
    resolve(own, 'schemathesis.toml'),
    'run',
    resolve('dist', 'openapi.json'),
    '--url',
    url,
  ]
  args.push('--seed', `${length({ short: 1, long: seed })}`, '--max-examples', `${length({ short: 10, long: 100 })}`)
  const env = {
    PYTHONPATH: own,
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: 'hooks',
    KIT_KNOWN: JSON.stringify(known),
  }
  const child = spawn(programOf(FOLDER, 'schemathesis'), args, {
    // It keeps notes for its own `replay` where it runs.
    cwd: FOLDER,
    env: { ...process.env, ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const ended = new Promise<number | null>((end, fail) => child.on('error', fail).on('close', end))
  const output = await text(child.stdout)
  return { code: await ended, output }
}

it('Schemathesis finds no 5xx, no status that is not declared, no answer against its schema, no data judged wrongly', async () => {
  installPython(FOLDER, PACKAGES)
  const settings = {
    heartbeat_ttl_seconds: 86_400,
    next_job_poll_timeout_seconds: 0.1,
    bridge_poll_timeout_seconds: 0.1,
  }
  const mock = createRunnerMock({ seed: 9, now: '2026-07-01T12:00:00Z', checkReply, settings })
  const bugs: unknown[] = []
  const server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error) })
  onTestFinished(async () => {
    await server.close()
    await mock.close()
  })
  const { code, output } = await tryOut(server.url, await knownIn(mock))
  expect({ code, bugs }, output).toEqual({ code: 0, bugs: [] })
  // One that has tried next to nothing shows nothing.
  expect(Number(/Tested: (\d+)/.exec(output)?.[1])).toBe(operationIds.length)
  expect(Number(/(\d+) generated/.exec(output)?.[1])).toBeGreaterThan(4000)
})
