// A mock, served, with one of Opik's own clients at work against it, and where the tests note what works with which.
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'vitest'
import { clientsOf, type Client } from '../../scripts/daemons/clients.mjs'
import { programOf } from '../../scripts/python.mjs'
import { startClient } from '../../src/cli/conduct/client-process.js'
import { pairClients } from '../../src/cli/conduct/pair-clients.js'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { apiClient, type ApiClient } from '../sdk/api-client.js'
import { eventually } from '../sdk/eventually.js'

export const isAll = process.env['KIT_ALL_DAEMONS'] !== undefined
export const clients = clientsOf(isAll)
export const pythons = clients.filter(({ language }) => language === 'python')

/** Says in the table of docs/daemons.md what was seen. */
export function note({ language, version }: Client, column: string, value: string | readonly string[]): void {
  const file = process.env['KIT_DAEMON_NOTES']
  if (file === undefined) return
  appendFileSync(file, `${JSON.stringify({ client: `${language} ${version}`, column, value })}\n`)
}

export interface Site {
  readonly mock: RunnerMock
  readonly api: ApiClient
  /** With the path of the API. */
  readonly url: string
  readonly projectId: string
  /** What a client needs to know of the site. Nothing of who runs the tests is read or written. */
  readonly env: Readonly<Record<string, string>>
  readonly onTestFinished: TestContext['onTestFinished']
}

/** The name of the project in which everything happens. */
export const PROJECT = 'Daemons é'

/** Serves a mock that takes whatever a local install takes; it is closed when the test ends. */
export async function openSite({ onTestFinished }: TestContext): Promise<Site> {
  const mock = createRunnerMock({ auth: 'local', checkReply })
  const bugs: unknown[] = []
  const server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error) })
  const home = mkdtempSync(join(tmpdir(), 'daemons-test-'))
  writeFileSync(join(home, 'opik.config'), '[opik]\n')
  const { id: projectId } = await mock.given.project({ name: PROJECT })
  onTestFinished(async () => {
    await server.close()
    await mock.close()
    rmSync(home, { recursive: true, force: true })
    if (bugs.length > 0) throw new Error('The mock has a bug.', { cause: bugs[0] })
  })
  const env = { ...quiet(home), OPIK_URL_OVERRIDE: server.url, OPIK_PROJECT_NAME: PROJECT, OPIK_WORKSPACE: 'default' }
  return { mock, api: apiClient(server.url, ''), url: server.url, projectId, env, onTestFinished }
}

/** Settings with which a client keeps to itself, in a folder that `opik endpoint` takes for a project with agents. */
export function quiet(home: string): Record<string, string> {
  cpSync('test/daemons/agents.py', join(home, 'agents.py'))
  return {
    HOME: home,
    OPIK_CONFIG_PATH: join(home, 'opik.config'),
    OPIK_SENTRY_ENABLE: 'false',
    OPIK_ANALYTICS_ENABLE: 'false',
    NO_COLOR: '1',
  }
}

/**
 * Starts the client's agents and resolves with the id of their runner once it has registered them.
 * @param pairing by the daemon itself, or by whoever opens its link; the SDK in TypeScript is paired by others anyway
 */
export async function startAgents(site: Site, client: Client, pairing: 'headless' | 'link'): Promise<string> {
  const { mock, projectId } = site
  const isPython = client.language === 'python'
  const given = isPython ? undefined : await mock.given.connectedRunner({ projectId, type: 'endpoint' })
  const runner = given === undefined ? {} : { OPIK_RUNNER_MODE: 'true', OPIK_RUNNER_ID: given.id }
  const help = pairing === 'link' ? pairClients(mock) : undefined
  const program = await startClient(isPython ? endpointCommand(client, pairing) : nodeCommand(client), {
    env: { ...site.env, ...runner },
    cwd: site.env['HOME'],
  })
  site.onTestFinished(async () => {
    help?.stop()
    await program.stop()
  })
  return eventually('a runner with agents', () =>
    mock.inspect(({ runners }) => [...runners.values()].find(({ agents }) => agents.size === 2)?.id),
  )
}

/** The agents under `opik endpoint`. */
export function endpointCommand({ folder }: Client, pairing: 'headless' | 'link', project = PROJECT): string[] {
  const how = pairing === 'headless' ? ['--headless'] : []
  const agents = [programOf(folder, 'python'), resolve('test/daemons/agents.py')]
  return [programOf(folder, 'opik'), 'endpoint', ...how, '--project', project, '--', ...agents]
}

/** The agents with the SDK in TypeScript. */
export function nodeCommand({ folder }: Client): string[] {
  return [process.execPath, join(folder, 'agents.mjs')]
}
