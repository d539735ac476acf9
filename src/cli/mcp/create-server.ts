/** The MCP server of one world: its tools and resources, in the terms of the SDK. */
import type { McpServer, ServerContext, StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { messageOf } from '../../kernel/errors.js'
import { version } from '../../kernel/version.js'
import { callOperation, pairRunner, readRequests, setFaults } from './acting-tools.js'
import { explain, judgeRecording, verifyServer } from './judging-tools.js'
import type { Sdk } from './load-sdk.js'
import { toPage } from './paging.js'
import { addResources } from './resources.js'
import type { McpSession } from './session.js'
import { toJsonSchema, type Tool, type ToolCall } from './tool.js'
import { look, moveTime, openWorld } from './world-tools.js'

const tools: readonly Tool[] = [
  ...[openWorld, look, moveTime, pairRunner, callOperation],
  ...[setFaults, readRequests, verifyServer, explain, judgeRecording],
]

const INSTRUCTIONS = `A stateful mock and a judge of Opik's local-runner API. To build or test a client: open_world or look, pair_runner,
call_operation, move_time, set_faults, read_requests. To build a server: verify_server with its URL, explain what fails, fix, again.
Clients under test use the API at the URL that look shows. Every answer ends with the next step.`

/** Creates the server of a session; what it holds is the session's. */
export function createMcpServer(sdk: Sdk, session: McpSession): McpServer {
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
function schemaOf({ form }: Tool): StandardSchemaWithJSON {
  const schema = (): Record<string, unknown> => ({ ...toJsonSchema(form) })
  const jsonSchema = { input: schema, output: schema }
  return { '~standard': { version: 1, vendor: 'opik-runner-kit', validate: (value) => ({ value }), jsonSchema } }
}

function callOf({ mcpReq }: ServerContext): ToolCall {
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
