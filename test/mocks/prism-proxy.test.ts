// An oracle that is not ours: Prism stands between client and mock and holds every exchange against the spec as it is.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/programs.mjs'
import { operations } from '../../src/kernel/all-operations.js'
import { fillPath, operationIds, type OperationId } from '../../src/kernel/operation.js'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { startProgram } from '../sdk/program.js'
import { Api, type Send, type WireRequest } from './api.js'
import { createHttpClient, type HttpClient } from './http-client.js'
import { goodInput } from './requests.js'
import { playStory } from './story.js'

/** Header in which Prism says what breaks the spec. */
const VIOLATIONS = 'sl-violations'

describe('prism proxy', () => {
  const settings = { next_job_poll_timeout_seconds: 0, bridge_poll_timeout_seconds: 0 }
  const mock = createRunnerMock({ seed: 7, frozen: true, settings })
  const handle = mock.handle.bind(mock)
  let send: Send
  let stop: () => Promise<unknown>

  beforeAll(async () => {
    const server = await serve(mock, { port: 0 })
    const proxy = await startProxy(server.url)
    send = proxy.send
    stop = () => Promise.all([proxy.stop(), server.close()])
  })
  afterAll(() => stop())
  afterEach(() => {
    mock.handle = handle
  })

  it('finds no violation in the exchanges of any operation', async () => {
    const succeeded = new Set<string | undefined>()
    mock.on('request', ({ operation, status }) => {
      if (status < 300) succeeded.add(operation)
    })
    await playStory(new Api(send))
    // A redirect is followed by Prism itself, to what is none of the spec's.
    expect(operationIds.filter((id) => !succeeded.has(id))).toEqual(['projectsRedirect'])
  })

  it.each(operationIds)('judges the answers of %s', async (id) => {
    // 42 is the body of no answer.
    mock.handle = async () => ({ status: 404, headers: { 'content-type': 'application/json' }, body: '42' })
    await expect(send(requestOf(id))).rejects.toThrow(VIOLATIONS)
  })

  it.each(operationIds.filter((id) => operations[id].requestBody !== null))(
    'judges the bodies sent to %s',
    async (id) => {
      await expect(send({ ...requestOf(id), body: new TextEncoder().encode('42') })).rejects.toThrow(VIOLATIONS)
    },
  )
})

/** A request that Prism would let pass. */
function requestOf(id: OperationId): WireRequest {
  const { path, query, json } = goodInput(id)
  const search = new URLSearchParams(query).toString()
  return {
    method: operations[id].method,
    path: `${fillPath(operations[id], path)}${search === '' ? '' : `?${search}`}`,
    headers: { 'content-type': 'application/json' },
    body: json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(json)),
  }
}

/** A client behind a proxy of its own; it rejects whatever Prism complains about. */
async function startProxy(upstream: string): Promise<HttpClient & { stop: () => Promise<unknown> }> {
  const port = String(await freePort())
  const args = ['proxy', 'dist/openapi.yaml', upstream, '--errors', '--host', '127.0.0.1', '--port', port]
  const prism = startProgram('node_modules/@stoplight/prism-cli/dist/index.js', args)
  await prism.printed(/listening on/)
  const client = createHttpClient(`http://127.0.0.1:${port}`)
  const direct = createHttpClient(upstream)
  const send: Send = async (request) => {
    const answer = await client.send(request)
    const isComplaint = answer.headers['content-type']?.includes('problem+json') === true
    if (answer.headers[VIOLATIONS] === undefined && !isComplaint) return answer
    const complaint = answer.headers[VIOLATIONS] ?? answer.text
    // Prism takes a list that comes as a stream for a text.
    if (/\/(traces|spans)\/search$/.test(request.path) && complaint.includes('Response body must be array'))
      return direct.send(request)
    throw new Error(`${VIOLATIONS}: ${request.method} ${request.path}: ${complaint}`)
  }
  return { ...client, send, stop: () => prism.stop() }
}
