/** The command `mcp`: the MCP server over stdio, with a mock of its own that clients under test can call. */
import { Option, type Command } from 'commander'
import { serve } from '../mocks/adapters/node.js'
import type { McpHost } from '../mocks/adapters/node-mcp.js'
import { profileNames, type ProfileName } from '../mocks/base/settings.js'
import { createRunnerMock } from '../mocks/mock/runner-mock.js'
import type { Scenario } from '../mocks/scenarios/scenario.js'
import { messageOf } from '../kernel/errors.js'
import { printableLines } from '../kernel/printable.js'
import { readScenario } from './files/serve-files.js'
import { createMcpServer } from './mcp/create-server.js'
import { loadSdk } from './mcp/load-sdk.js'
import { createSession } from './mcp/session.js'
import { toCount, toPort } from './option-values.js'

interface McpFlags {
  readonly port: number
  readonly scenario: string
  readonly seed: number
  readonly profile: ProfileName
}

/** Adds `mcp` to a program. It ends when the client closes its end, or by a signal. */
export function addMcpCommand(program: Command): void {
  program
    .command('mcp')
    .summary('give the kit to a coding agent, as an MCP server over stdio')
    .description(
      'Speaks MCP on stdin and stdout: tools that open worlds, move time, act as app, daemon or pairing page, inject ' +
        'faults, verify servers and explain what is wrong. It serves a mock of its own beside; `serve` has the same tools ' +
        'on /__admin/mcp. Needs @modelcontextprotocol/server in the project.',
    )
    .option('--port <number>', 'TCP port of the mock; 0 takes a free one', toPort, 0)
    .option('--scenario <name>', 'the world to start with, as for serve', 'demo')
    .option('--seed <number>', 'decides ids and dice', toCount, 1)
    .addOption(new Option('--profile <name>', 'as for serve').choices(profileNames()).default('spec'))
    .action(run)
}

async function run({ port, seed, profile, ...flags }: McpFlags): Promise<void> {
  const sdk = await loadSdk()
  const { serveStdio } = await import('@modelcontextprotocol/server/stdio')
  const { scenario: chosen, explain } = await readScenario(flags.scenario)
  const scenario = typeof chosen === 'string' ? chosen : (chosen.name ?? flags.scenario)
  const scenarios: Record<string, Scenario> = typeof chosen === 'string' ? {} : { [scenario]: chosen }
  const mock = createRunnerMock({ scenario, scenarios, seed, profile })
  const tell = (trouble: unknown): void => void process.stderr.write(printableLines(`${messageOf(trouble)}\n`))
  const hosts: McpHost[] = []
  const mcp = (host: McpHost): (() => Promise<Response>) => {
    hosts.push(host)
    return () => Promise.resolve(new Response('This mock is steered over stdio.', { status: 404 }))
  }
  const server = await serve(mock, { port, onBug: tell, mcp }).catch(async (error: unknown) => {
    await mock.close()
    throw await explain(error)
  })
  const sessions = hosts.map((host) => createSession(host, { isLocal: true }))
  const [session] = sessions
  if (session === undefined) throw new Error('The server has made no world.')
  tell(`the mock listens on ${server.url}`)
  const handle = serveStdio(() => createMcpServer(sdk, session), { onerror: tell })
  let isEnding = false
  const end = (): void => {
    if (isEnding) return
    isEnding = true
    void handle.close().then(() => server.close())
  }
  process.stdin.once('end', end)
  process.stdin.once('close', end)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
}
