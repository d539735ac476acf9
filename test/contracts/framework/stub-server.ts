// A bare HTTP server for tests: each test says what it answers, and may look at what it was sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { originOf } from '../../sdk/listening.js'

export interface Received {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** Starts a server that `answer` decides about; it stops after the test. */
export async function startStub(answer: (request: Received, response: ServerResponse) => void | Promise<void>) {
  const received: Received[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
      received.push(request)
      void answer(request, response)
    })
  })
  return { url: await originOf(server), received }
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
