// A plain forwarder between a client and a server, which writes down each call: what a client really sent, and what it was told.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One call as it passed; `status` is undefined while the answer is awaited, and for ever when the client hung up. */
export interface RecordedCall {
  method: string
  path: string
  requestBody: string
  status?: number
}

export interface RecordingProxy {
  /** Stands in for the target's URL, base path included. */
  url: string
  /** All calls in the order in which they came. */
  calls: RecordedCall[]
  /** Ends every connection and frees the port. */
  close: () => Promise<void>
}

/** Listens on a free loopback port and forwards everything to `target`. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const calls: RecordedCall[] = []
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing, new URL(target), calls).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${new URL(target).pathname}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: URL, calls: RecordedCall[]) {
  const { method = '', url = '', headers } = incoming
  const call: RecordedCall = { method, path: url, requestBody: await text(incoming) }
  calls.push(call)
  const onward = request(new URL(url, target), { method, headers, agent: false })
  outgoing.on('close', () => onward.destroy())
  onward.on('error', () => outgoing.destroy())
  onward.on('response', (answer) => {
    call.status = answer.statusCode ?? 0
    outgoing.writeHead(call.status, answer.headers)
    answer.pipe(outgoing)
  })
  onward.end(call.requestBody)
}
