// A plain HTTP client on node:http: cheaper than fetch by far, and it hangs up by closing the socket.
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Send } from './api.js'

/** A client of the API at `base`, with connections of its own; paths are sent as they are. */
export function createHttpClient(base: string) {
  const agent = new Agent({ keepAlive: true })
  const { hostname, port, pathname } = new URL(base)
  const prefix = pathname.replace(/\/$/, '')
  const send: Send = ({ method, path, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': body.length }
      const hangingUp = signal === undefined ? {} : { signal }
      const to = { hostname, port, path: prefix + path, method, agent }
      const outgoing = request({ ...to, headers: { ...headers, ...length }, ...hangingUp }, (response) => {
        text(response).then(
          (read) => resolve({ status: response.statusCode ?? 0, headers: headersOf(response), text: read }),
          reject,
        )
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return { send, close: () => agent.destroy() }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
