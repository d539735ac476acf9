/** `opik-runner-kit serve`: the mock as a server, until it is told to stop. */
import { readFile } from 'node:fs/promises'
import { InvalidArgumentError, Option, type Command } from 'commander'
import pc from 'picocolors'
import { parse as parseYaml } from 'yaml'
import { KitError } from '../errors.js'
import { checkReply, serve, type RunnerServer } from '../mocks/adapters/node.js'
import type { AuthMode } from '../mocks/identity.js'
import { createRunnerMock, type RunnerMock } from '../mocks/runner-mock.js'
import type { ScenarioName } from '../mocks/scenarios/scenario.js'
import { checkSettings, isSettings, type Settings } from '../mocks/settings.js'
import { describeWorld } from './seeded.js'

interface ServeFlags {
  port: number
  host: string
  basePath: string
  scenario: ScenarioName
  seed: number
  auth: AuthMode
  settings?: string
  adminToken?: string
  quiet?: true
  json?: true
}

/** Adds the command to the program. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('serve a mock of the API')
    .option('--port <number>', 'TCP port; 0 takes a free one', toPort, 5173)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--base-path <path>', "what stands before the API's paths", '/api')
    .addOption(new Option('--scenario <name>', 'the world to start with').choices(['demo', 'empty']).default('demo'))
    .option('--seed <number>', 'decides ids and dice', toWhole, 1)
    .addOption(new Option('--auth <mode>', 'how callers are identified').choices(['open', 'local']).default('open'))
    .option('--settings <file>', 'limits and time spans that differ from the defaults (YAML or JSON)')
    .addOption(
      new Option('--admin-token <token>', 'demanded of callers of the admin API').env('OPIK_RUNNER_KIT_ADMIN_TOKEN'),
    )
    .addOption(new Option('--quiet', 'print the ready line only').conflicts('json'))
    .option('--json', 'print JSON lines')
    .action(run)
}

async function run(flags: ServeFlags): Promise<void> {
  const settings = flags.settings === undefined ? {} : await readSettings(flags.settings)
  const mock = createRunnerMock({ scenario: flags.scenario, seed: flags.seed, auth: flags.auth, settings, checkReply })
  const server = await serve(mock, {
    port: flags.port,
    host: flags.host,
    basePath: flags.basePath,
    onBug: (error) => console.error(error),
    ...(flags.adminToken === undefined ? {} : { adminToken: flags.adminToken }),
  }).catch(async (error: unknown) => {
    await mock.close()
    throw error
  })
  printReady(flags, server, mock)
  stopOnSignal(server)
}

function printReady({ json, quiet }: ServeFlags, server: RunnerServer, mock: RunnerMock): void {
  if (json === true) {
    console.log(JSON.stringify({ event: 'listening', url: server.url, admin: server.adminUrl }))
    return
  }
  console.log(`listening on ${server.url}`)
  if (quiet !== true) console.log(pc.dim(`admin API on ${server.adminUrl}\n`) + describeWorld(mock.snapshot().world))
}

/** The first signal ends waiting answers and the server; the process then has nothing left to do. */
function stopOnSignal(server: RunnerServer): void {
  const stop = (): void => {
    process.removeListener('SIGINT', stop)
    process.removeListener('SIGTERM', stop)
    void server.close()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

function toWhole(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}

function toPort(text: string): number {
  const port = toWhole(text)
  if (port <= 65535) return port
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

async function readSettings(file: string): Promise<Partial<Settings>> {
  const value = parseFile(file, await readText(file))
  if (isSettings(value)) return value
  const problems = typeof value === 'object' && value !== null ? checkSettings(value) : []
  const [problem] = problems
  throw new KitError('serve/settings', {
    failed: `The settings file ${file} cannot be used.`,
    value: problem === undefined ? 'no object' : `${problem.name}: ${JSON.stringify(problem.value)}`,
    fix: `Expected ${problem?.expected ?? 'settings by name, such as heartbeat_ttl_seconds: 5'}.`,
  })
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new KitError(
      'serve/file',
      { failed: `The file ${file} cannot be read.`, value: reason, fix: 'Check its path and permissions.' },
      { cause: error },
    )
  }
}

function parseFile(file: string, text: string): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    throw new KitError(
      'serve/syntax',
      { failed: `The file ${file} is neither YAML nor JSON: ${message}`, fix: 'Mend it and start again.' },
      { cause: error },
    )
  }
}
