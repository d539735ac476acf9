/**
 * `/__admin/mcp`: hands requests to what answers them, a function over Fetch objects, and sends its answers, streams among
 * them. Which tools there are is not decided here.
 */
import { errorReply, type Reply } from '../base/exchange.js'
import type { RunnerMock } from '../mock/runner-mock.js'
import type { AdminAnswer, AdminRequest, StreamReply } from './admin/admin-call.js'
import type { StreamSink } from './admin/event-stream.js'

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

/** As the server has read it. */
interface McpRequest {
  readonly method: string
  readonly rawUrl: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array | string | undefined
  readonly signal: AbortSignal
}

/** Larger bodies are refused. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

export async function mcpAnswer(endpoint: McpEndpoint, request: McpRequest): Promise<Reply | StreamReply> {
  const { method, body, signal } = request
  if (body !== undefined && body.length > MAX_BODY_BYTES)
    return errorReply(413, `Messages of more than ${MAX_BODY_BYTES} bytes are not accepted.`)
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  const content = body === undefined || body.length === 0 ? {} : { body: Buffer.from(body) }
  const url = new URL(request.rawUrl, 'http://localhost')
  const response = await endpoint(new Request(url, { method, headers, signal, ...content }))
  return toReply(response)
}

async function toReply(response: Response): Promise<Reply | StreamReply> {
  const { status, body } = response
  const headers = Object.fromEntries(response.headers)
  if (body === null || !(headers['content-type'] ?? '').startsWith('text/event-stream'))
    return { status, headers, body: await response.text() }
  const open = (sink: StreamSink): (() => void) => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    void pass(reader, sink)
    return () => void reader.cancel().catch(() => undefined)
  }
  return { status, headers, open }
}

/** Passes a stream on until it ends, breaks, or its reader is too far behind. */
async function pass(reader: ReadableStreamDefaultReader<string>, sink: StreamSink): Promise<void> {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (!sink.write(next.value)) break
    }
  } catch {
    // The stream has broken: what has left has left.
  }
  await reader.cancel().catch(() => undefined)
  sink.end()
}
