// A mock, served, with one of Opik's own clients at work against it, and where the tests note what works with which.
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'vitest'
import { clientsOf, type Client } from '../../scripts/daemons/clients.mjs'
import { programOf } from '../../scripts/programs.mjs'
import { startClient, type ClientProcess } from '../../src/cli/conduct/client-process.js'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { visit } from '../browser/harness/visitor.js'
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
  /** What its programs have said. */
  readonly printed: string[]
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
  return { mock, api: apiClient(server.url, ''), url: server.url, projectId, env, printed: [], onTestFinished }
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

/** Who pairs a daemon: it does so itself, or somebody who clicks on the link that it prints. */
export type Pairing = 'headless' | 'link'

/**
 * Starts the client's agents and resolves with the id of their runner once it has registered them.
 * @param pairing the SDK in TypeScript is paired by others anyway
 */
export async function startAgents(site: Site, client: Client, pairing: Pairing): Promise<string> {
  const { mock, projectId } = site
  if (client.language === 'python') {
    const command = endpointCommand(client, pairing)
    await (pairing === 'link' ? startLinked(site, command) : start(site, command))
  } else {
    const { id } = await mock.given.connectedRunner({ projectId, type: 'endpoint' })
    await start(site, nodeCommand(client), { OPIK_RUNNER_MODE: 'true', OPIK_RUNNER_ID: id })
  }
  const runnerId = (): string | undefined =>
    mock.inspect(({ runners }) => [...runners.values()].find(({ agents }) => agents.size === 4)?.id)
  const id = await eventually('a runner with agents', runnerId, { details: () => storyOf(site) })
  await endOfFirstPoll(site)
  return id
}

/**
 * Waits until a runner's first poll for jobs is over. A job in the answer to it can get lost in the SDK for Python: polls
 * begin before what runs jobs is there.
 */
export async function endOfFirstPoll(site: Site): Promise<void> {
  const hasPolled = (): boolean => site.mock.journal.entries({ operation: 'nextJob' }).length > 0
  await eventually('the end of its first poll', () => hasPolled() || undefined, { details: () => storyOf(site) })
}

/** Starts a daemon and clicks on the link that it prints, which is given back. */
export async function startLinked(site: Site, command: readonly string[]): Promise<string> {
  await start(site, command)
  const printed = (): string => site.printed.join('')
  const link = await eventually('a pairing link', () => LINK.exec(printed())?.[0], { details: printed })
  const visitor = await visit({}, site)
  // Chromium shares the machine with the daemons.
  visitor.context.setDefaultTimeout(120_000)
  const page = await visitor.open(link)
  await page.getByRole('button', { name: 'Activate' }).click()
  await page.getByRole('heading', { name: 'Runner paired' }).waitFor()
  await page.getByRole('status').filter({ hasText: 'connected' }).waitFor()
  return link
}

/** As it is printed: whole, on a line of its own. */
const LINK = /^https?:\S+#[\w-]+$/m

/** What a client has printed, and asked of late: for whoever wonders why it does not go on. */
export function storyOf({ mock, printed }: Site): string {
  const calls = mock.journal.entries().slice(-40)
  return [...printed, ...calls.map(({ at, method, path, status }) => `${at} ${method} ${path} ${status}`)].join('\n')
}

/** Starts a program, which is stopped with all that it has started when the test ends. */
export async function start(
  site: Site,
  command: readonly string[],
  more: Record<string, string> = {},
): Promise<ClientProcess> {
  const program = await startClient(command, {
    env: { ...site.env, ...more },
    cwd: site.env['HOME'],
    onOutput: (text) => site.printed.push(text),
  })
  site.onTestFinished(() => program.stop())
  return program
}

/** The agents under `opik endpoint`. */
export function endpointCommand({ folder }: Client, pairing: Pairing, project = PROJECT): string[] {
  const how = pairing === 'headless' ? ['--headless'] : []
  const agents = [programOf(folder, 'python'), resolve('test/daemons/agents.py')]
  return [programOf(folder, 'opik'), 'endpoint', ...how, '--project', project, '--', ...agents]
}

/** A daemon that takes commands. */
export function connectCommand({ folder }: Client, project = PROJECT): string[] {
  return [programOf(folder, 'opik'), 'connect', '--project', project]
}

/** The agents with the SDK in TypeScript. */
export function nodeCommand({ folder }: Client): string[] {
  return [process.execPath, join(folder, 'agents.mjs')]
}
