/** `/__admin/mcp` of `serve`. The first request loads the SDK, so that a server without such requests starts fast. */
import { messageOf } from '../../kernel/errors.js'
import type { McpEndpoint, McpHost } from '../../mocks/adapters/node-exchange.js'
import { createMcpServer } from './create-server.js'
import { loadSdk } from './load-sdk.js'
import { createSession } from './session.js'

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
