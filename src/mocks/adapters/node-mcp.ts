// `/__admin/mcp`: hands requests to what answers them, a function over Fetch objects, and sends its answers, streams among
// them. Which tools there are is not decided here. No declaration needs the types of Node: importers may not have them.
import { headersOf, type ApiResponse } from '../base/exchange.js'
import type { RunnerMock } from '../mock/runner-mock.js'
import type { AdminAnswer, AdminRequest, StreamReply } from './admin/admin-call.js'
import type { StreamSink } from './admin/event-stream.js'
import { ADMIN_ROOT } from './node-address.js'

/** What an MCP endpoint works on: one world of a server. */
export interface McpHost {
  readonly mock: RunnerMock
  /** Where its API is, such as `http://127.0.0.1:5173/api`. */
  readonly apiUrl: string
  /** Its admin API, without the guard. */
  readonly admin: (request: AdminRequest) => AdminAnswer
}

/** Answers the requests to `/__admin/mcp`. */
export type McpEndpoint = (request: Request) => Promise<Response>

export async function mcpAnswer(endpoint: McpEndpoint, request: AdminRequest): Promise<ApiResponse | StreamReply> {
  const { method, path, query, headers, body, signal = null } = request
  const url = `http://localhost${ADMIN_ROOT}${path}?${query.toString()}`
  const init = { method, headers: headersOf(headers), body: body === '' ? null : body, signal }
  const response = await endpoint(new Request(url, init))
  const { status, body: stream } = response
  const sent = Object.fromEntries(response.headers)
  if (stream === null || !(sent['content-type'] ?? '').startsWith('text/event-stream'))
    return { status, headers: sent, body: await response.text() }
  return { status, headers: sent, open: (sink) => passOn(stream, sink) }
}

/** Passes a stream on until it ends, breaks, or its reader is gone or too far behind. */
function passOn(stream: NonNullable<Response['body']>, sink: StreamSink): () => void {
  const stop = new AbortController()
  const write = (text: string): void => {
    if (!sink.write(text)) stop.abort()
  }
  const target = new WritableStream<string>({ write })
  const passed = stream.pipeThrough(new TextDecoderStream()).pipeTo(target, { signal: stop.signal })
  void passed.catch(() => undefined).then(() => sink.end())
  return () => stop.abort()
}
