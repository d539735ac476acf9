// Where calls that were sent at once meet. It counts turns of the event loop and requests on their way, no milliseconds:
// on a slow machine they meet as well as on a fast one. Client and server are one process here.
import { subscribe } from 'node:diagnostics_channel'
import { IncomingMessage, type ClientRequest } from 'node:http'

/** Turns in which whoever sends at once, after some arithmetic of its own, has sent. */
const TURNS_TO_SEND = 40
/** Turns in which a body that has arrived is read. */
const TURNS_TO_READ = 20

/** The requests of this process that no server of this process has met. */
class RequestsOnTheirWay {
  private readonly arrivals = new Map<ClientRequest, Promise<void>>()

  constructor() {
    subscribe('http.client.request.start', (message) => this.follow(memberOf(message, 'request') as ClientRequest))
    subscribe('http.server.request.start', (message) => {
      const request = memberOf(message, 'request')
      if (request instanceof IncomingMessage) this.note(request)
    })
  }

  /** Settles when those that are on their way now have arrived, or are given up. */
  async arrived(): Promise<void> {
    await Promise.all(this.arrivals.values())
  }

  private follow(request: ClientRequest): void {
    const arrival = new Promise<void>((resolve) => {
      request.once('close', resolve)
      request.once(ARRIVED, resolve)
    })
    this.arrivals.set(request, arrival)
    void arrival.then(() => this.arrivals.delete(request))
  }

  private note({ socket }: IncomingMessage): void {
    for (const request of this.arrivals.keys())
      if (request.socket?.localPort === socket.remotePort) request.emit(ARRIVED)
  }
}

const ARRIVED = 'arrived at its server'

/** What is on its way is known for the process, as are its sockets. */
const onTheirWay = new RequestsOnTheirWay()

/** Waits for all that was sent at the same time as the call that waits. */
export async function meet(): Promise<void> {
  await turns(TURNS_TO_SEND)
  await onTheirWay.arrived()
  await turns(TURNS_TO_READ)
}

/** Lets everybody have so many turns, also those who wait for a thread that signs. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await crypto.subtle.digest('SHA-256', NOTHING)
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
}

const NOTHING = new Uint8Array()

function memberOf(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined
}
