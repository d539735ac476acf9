/** The command `mcp`: the MCP server over stdio, with a mock of its own that clients under test can call. */
import { McpCommand } from '../generated/kit-command.js'
import type { McpCommand as McpFlags } from '../generated/kit-schema.js'
import { messageOf } from '../kernel/errors.js'
import { printableLines } from '../kernel/printable.js'
import { serve, type McpHost } from '../mocks/adapters/node.js'
import { watchConduct } from '../mocks/conduct/watch-conduct.js'
import { createRunnerMock } from '../mocks/mock/runner-mock.js'
import { readScenario } from './files/serve-files.js'
import { createMcpServer } from './mcp/create-server.js'
import { loadSdk } from './mcp/load-sdk.js'
import { createSession, type McpSession } from './mcp/session.js'
import { defineCommand } from './define-command.js'
import { firstSignal } from './under-signals.js'

/** It ends when the client closes its end, or by a signal. */
export const addMcpCommand = defineCommand(McpCommand, run)

async function run({ port, scenario: named, ...flags }: McpFlags): Promise<void> {
  const sdk = await loadSdk()
  const { serveStdio } = await import('@modelcontextprotocol/server/stdio')
  const { scenario, explain } = await readScenario(named)
  const mock = createRunnerMock({ ...flags, scenario, conduct: watchConduct })
  const tell = (trouble: unknown): void => void process.stderr.write(printableLines(`${messageOf(trouble)}\n`))
  const sessions: McpSession[] = []
  const mcp = (host: McpHost) => {
    sessions.push(createSession(host, true))
    return () => Promise.resolve(new Response('This mock is steered over stdio.', { status: 404 }))
  }
  const server = await serve(mock, { port, onBug: tell, mcp }).catch(async (error: unknown) => {
    await mock.close()
    throw await explain(error)
  })
  tell(`the mock listens on ${server.url}`)
  const handles = sessions.map((session) => serveStdio(() => createMcpServer(sdk, session), { onerror: tell }))
  let ending: Promise<void> | undefined
  const end = (): void => void (ending ??= Promise.all(handles.map((each) => each.close())).then(() => server.close()))
  process.stdin.once('end', end).once('close', end)
  void firstSignal().then(end)
}
