import { createServer, type IncomingMessage, type Server } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Opik } from './opik.js'
import { runAgent, type Outcome } from './run-agent.js'

export interface ServiceOptions {
  opik: Opik
  /** Name of the project whose runner writes the reports. */
  project: string
  /** Milliseconds between two looks at a job. Default 1000. */
  pollMs?: number
}

/** `POST /reports {"topic": "..."}` lets the agent `write-report` do the work and answers with what it wrote. */
export function createService({ opik, project, pollMs = 1000 }: ServiceOptions): Server {
  return createServer(async (request, response) => {
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.method !== 'POST' || request.url !== '/reports') return send(404, { error: 'not found' })
    const topic = await readTopic(request)
    if (topic === undefined) return send(422, { error: 'a topic is required' })
    // Whoever hangs up does not need the report any more.
    const hangUp = new AbortController()
    response.once('close', () => hangUp.abort())
    try {
      const call = { project, agent: 'write-report', inputs: { topic } }
      send(...answerTo(await runAgent(opik, call, { pollMs, signal: hangUp.signal })))
    } catch {
      send(502, { error: 'Opik cannot be reached' })
    }
  })
}

function answerTo(outcome: Outcome): [status: number, body: object] {
  switch (outcome.kind) {
    case 'completed':
      return [200, { report: outcome.result }]
    case 'failed':
      return [502, { error: outcome.error }]
    case 'unavailable':
      return [outcome.reason === 'busy' ? 429 : 503, { error: outcome.reason }]
  }
}

async function readTopic(request: IncomingMessage): Promise<string | undefined> {
  const body = await json(request).catch(() => undefined)
  if (typeof body !== 'object' || body === null || !('topic' in body)) return undefined
  return typeof body.topic === 'string' && body.topic !== '' ? body.topic : undefined
}
