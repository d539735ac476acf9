/**
 * The MCP server of one world, its tools and resources: over stdio as the command `mcp`, with a mock of its own that
 * clients under test can call, and at `/__admin/mcp` of `serve`.
 */
import { McpCommand } from '../generated/kit-command.js'
import type { McpCommand as McpFlags } from '../generated/kit-schema.js'
import { messageOf, KitError } from '../kernel/errors.js'
import { serve, type McpEndpoint, type McpHost } from '../mocks/adapters/node.js'
import { watchConduct } from '../mocks/conduct/watch-conduct.js'
import { createRunnerMock } from '../mocks/mock/runner-mock.js'
import { readScenario } from './files/serve-files.js'
import { say } from './files/terminal.js'
import { createSession, type McpSession, toPage, toJsonSchema, type Tool, type ToolCall } from './mcp/tool.js'
import { defineCommand } from './define-command.js'
import { firstSignal } from './under-signals.js'
import type * as Sdk from '@modelcontextprotocol/server'
import { version } from '../kernel/version.js'
import { callOperation, pairRunner, readRequests, setFaults, look, moveTime, openWorld } from './mcp/world-tools.js'
import { explain, judgeRecording, verifyServer, REPORT_URI } from './mcp/judging-tools.js'
import { verifyDocument } from '../report/verify-document.js'
import { createPaint, renderReport } from '../report/text-report.js'
import { readPage, sectionsOf } from './mcp/package-pages.js'
import { requirementsByArea } from './mcp/requirement-list.js'

/** It ends when the client closes its end, or by a signal. */
export const addMcpCommand = defineCommand(McpCommand, run)

async function run({ port, scenario: named, ...flags }: McpFlags): Promise<void> {
  const sdk = await loadSdk()
  const { serveStdio } = await import('@modelcontextprotocol/server/stdio')
  const { scenario, explain } = await readScenario(named)
  const mock = createRunnerMock({ ...flags, scenario, conduct: watchConduct })
  const sessions: McpSession[] = []
  const mcp = (host: McpHost) => {
    sessions.push(createSession(host, true))
    return () => Promise.resolve(new Response('This mock is steered over stdio.', { status: 404 }))
  }
  const server = await serve(mock, { port, onBug: say, mcp }).catch(async (error: unknown) => {
    await mock.close()
    throw await explain(error)
  })
  say(`the mock listens on ${server.url}`)
  const handles = sessions.map((session) => serveStdio(() => createMcpServer(sdk, session), { onerror: say }))
  let ending: Promise<void> | undefined
  const end = (): void => void (ending ??= Promise.all(handles.map((each) => each.close())).then(() => server.close()))
  process.stdin.once('end', end).once('close', end)
  void firstSignal().then(end)
}

const tools: readonly Tool[] = [
  ...[openWorld, look, moveTime, pairRunner, callOperation],
  ...[setFaults, readRequests, verifyServer, explain, judgeRecording],
]

const INSTRUCTIONS = `A stateful mock and a judge of Opik's local-runner API. To build or test a client: open_world or look, pair_runner,
call_operation, move_time, set_faults, read_requests. To build a server: verify_server with its URL, explain what fails, fix, again.
Clients under test use the API at the URL that look shows. Every answer ends with the next step.`

function createMcpServer(sdk: typeof Sdk, session: McpSession): Sdk.McpServer {
  const server = new sdk.McpServer({ name: 'opik-runner-kit', version }, { instructions: INSTRUCTIONS })
  for (const tool of tools) {
    const { name, title, form, hints = {} } = tool
    const config = { title, description: form.description ?? title, inputSchema: schemaOf(tool), annotations: hints }
    server.registerTool(name, config, async (input, context) => {
      try {
        const text = toPage(await tool.run(session, input, callOf(context)))
        return { content: [{ type: 'text', text }] }
      } catch (error) {
        return { content: [{ type: 'text', text: messageOf(error) }], isError: true }
      }
    })
  }
  addResources(server, session, sdk)
  return server
}

/** Takes any input: the tool judges it, in the kit's words. */
function schemaOf({ form }: Tool): Sdk.StandardSchemaWithJSON {
  const schema = (): Record<string, unknown> => ({ ...toJsonSchema(form) })
  const jsonSchema = { input: schema, output: schema }
  return { '~standard': { version: 1, vendor: 'opik-runner-kit', validate: (value) => ({ value }), jsonSchema } }
}

function callOf({ mcpReq }: Sdk.ServerContext): ToolCall {
  const { signal, _meta: meta } = mcpReq
  const token = meta?.progressToken
  return {
    signal,
    progress(done, total, message) {
      if (token === undefined) return
      const params = { progressToken: token, progress: done, total, message }
      mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
    },
  }
}

const ROOT = 'opik-runner-kit://'
const MARKDOWN = 'text/markdown'

const pages: Readonly<Record<string, string>> = {
  requirements: 'Every rule that a server or a client must keep, by areas; explain has the whole of one.',
  lifecycle: 'What each operation does in each state, timers, settings.',
  operations: 'Every operation: method, path, parameters, body, answers.',
}

/** What agents may read: requirements, lifecycle and operations by sections, and the last report. */
function addResources(server: Sdk.McpServer, session: McpSession, sdk: typeof Sdk): void {
  for (const [page, description] of Object.entries(pages))
    server.registerResource(page, ROOT + page, { description, mimeType: MARKDOWN }, (uri) => text(uri, readHead(page)))
  const template = new sdk.ResourceTemplate(`${ROOT}{page}/{section}`, { list: undefined })
  const about = { description: `A section of ${Object.keys(pages).join(', ')}.`, mimeType: MARKDOWN }
  server.registerResource('section', template, about, (uri, { page, section }) => {
    const found = Object.hasOwn(pages, String(page)) ? sectionsIn(String(page)).get(String(section)) : undefined
    if (found === undefined) throw new sdk.ResourceNotFoundError(uri.href)
    return text(uri, found)
  })
  const report = { description: 'All that the last verify_server has found.', mimeType: 'text/plain' }
  server.registerResource('report', REPORT_URI, report, (uri) => {
    if (session.lastReport === undefined) return text(uri, 'There is none yet: verify_server makes one.', 'text/plain')
    return text(uri, renderReport(verifyDocument(session.lastReport), createPaint(false)), 'text/plain')
  })
}

function text({ href }: URL, content: string, mimeType = MARKDOWN): Sdk.ReadResourceResult {
  return { contents: [{ uri: href, mimeType, text: content }] }
}

/** What stands before the first section, and where the sections are. */
function readHead(page: string): string {
  const sections = sectionsIn(page)
  const uris = [...sections.keys()].flatMap((slug) => (slug === '' ? [] : `- ${ROOT}${page}/${slug}`))
  return [sections.get('')?.trim() ?? `# ${page}`, '', ...uris].join('\n')
}

/** The sections of a page by the ends of their addresses; '' is what stands before the first. */
function sectionsIn(page: string): ReadonlyMap<string, string> {
  const titled = page === 'requirements' ? requirementsByArea() : sectionsOf(readPage(`${page}.md`))
  const slugOf = (title: string): string => title.toLowerCase().replaceAll(/[^a-z\d]+/g, '-')
  return new Map([...titled].map(([title, text]) => [slugOf(title), text]))
}

/** An optional peer of the package, loaded when it is first needed. @throws KitError `mcp/sdk` where it is not installed */
function loadSdk(): Promise<typeof Sdk> {
  return import('@modelcontextprotocol/server').catch((cause: unknown) => {
    const failed = 'The MCP server needs the package @modelcontextprotocol/server.'
    const fix = 'Install it in the project: npm install --save-dev @modelcontextprotocol/server@2'
    throw new KitError('mcp/sdk', { failed, fix }, { cause })
  })
}

/** Makes the endpoint of a world. Without the SDK it answers 404 and says how to install it. */
export async function openEndpoint(host: McpHost): Promise<McpEndpoint> {
  const session = createSession(host, false)
  try {
    const sdk = await loadSdk()
    return sdk.createMcpHandler(() => createMcpServer(sdk, session)).fetch
  } catch (error) {
    const body = { code: 404, message: messageOf(error) }
    return () => Promise.resolve(Response.json(body, { status: 404 }))
  }
}
