// The relay of `watch` between a client and a server, which writes down each call: what a client really sent, and what it was told.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Relay } from '../../src/cli/watch/relay.js'

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
  const relay = new Relay(new URL(target), {
    wants: () => true,
    begin({ method, url, body }) {
      const call: RecordedCall = { method, path: url, requestBody: new TextDecoder().decode(body) }
      calls.push(call)
      return { answered: ({ status }) => void (call.status = status), lost: () => undefined }
    },
  })
  await once(relay.server.listen(0, '127.0.0.1'), 'listening')
  const { port } = relay.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}${new URL(target).pathname}`, calls, close: () => relay.close() }
}
