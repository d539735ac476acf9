// One call: what is sent, what is kept of it, what is wrong with its answer, and the part of it that checks compare.
import { execFileSync } from 'node:child_process'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it, afterEach } from 'vitest'
import { createMask, recordExchange } from '../../../src/contracts/target/recorded-exchange.js'
import { toCurl } from '../../../src/report/shown-exchange.js'
import { createTransport } from '../../../src/contracts/target/transport.js'
import { alternatives, idAtEndOf, idOfLocation, judgeAnswer, knownPart } from '../../../src/contracts/target/answer.js'
import type { OperationId } from '../../../src/kernel/operation.js'
import { dangers } from '../../kernel/hostile-text.js'
import { canRunScripts, runScript } from './run-script.js'
import { startStub } from './stub-server.js'

const frame = { number: 1, operation: null, identity: 'main', startedMs: 0, tookMs: 1 }
const request = {
  method: 'POST',
  url: 'http://host/api/x?key=top-secret',
  headers: { authorization: 'top-secret', 'content-type': 'application/json' },
  body: '{"activation_key":"QUJD\\"=","hmac" : "x/y","runner_name":"it\'s"}',
}
const answer = { kind: 'answer' as const, status: 200, headers: {}, text: '{"_hmac":"abc","echo":"top-secret"}' }

describe('recordExchange', () => {
  const recorded = recordExchange(frame, request, answer, createMask(['top-secret']))

  it('keeps no secret', () => {
    expect(JSON.stringify(recorded)).not.toMatch(/top-secret|QUJD|x\/y|abc/)
    expect(recorded.requestHeaders['authorization']).toBe('$OPIK_API_KEY')
    expect(recorded.requestBody).toBe('{"activation_key":"***","hmac" : "***","runner_name":"it\'s"}')
  })

  it.each(['{"activation_key":"QUJD', 'activation_key=QUJD&type=connect', "{activation_key: 'QUJD'}"])(
    'keeps no secret of what is no JSON: %s',
    (body) => {
      const { requestBody } = recordExchange(frame, { ...request, body }, answer, createMask([]))
      expect(requestBody).not.toContain('QUJD')
    },
  )

  it('tells the two callers apart', () => {
    const other = recordExchange({ ...frame, identity: 'colleague' }, request, answer, createMask([]))
    expect(other.requestHeaders['authorization']).toBe('$OPIK_COLLEAGUE_API_KEY')
  })

  it('shows the key of a caller who is made up, which no variable holds', () => {
    const made = { ...request, headers: { authorization: 'made-up' } }
    const mask = createMask(['top-secret'], { madeUp: 'made-up' })
    const colleague = recordExchange({ ...frame, identity: 'colleague' }, made, answer, mask)
    expect(colleague.requestHeaders['authorization']).toBe('made-up')
  })

  it('cuts long bodies', () => {
    const long = { ...answer, text: 'a'.repeat(50_000) }
    expect(recordExchange(frame, request, long, createMask([])).responseBody).toMatch(/\(50000 characters in all\)$/)
  })
})

describe('toCurl', () => {
  it('is a command that a shell reads as meant', () => {
    const curl = toCurl(recordExchange(frame, request, answer, createMask([])))
    const args = execFileSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; OPIK_API_KEY=k; ${curl}`])
      .toString()
      .split('\n')
    expect(args).toContain('authorization: k')
    expect(args).toContain('{"activation_key":"***","hmac" : "***","runner_name":"it\'s"}')
    expect(args).toContain('http://host/api/x?key=top-secret')
  })

  const json = { accept: 'application/json', 'content-type': 'application/json' }
  it.skipIf(!canRunScripts).each([
    ['a body of no type', { method: 'POST', path: '/x', headers: { accept: 'application/json' }, body: '{}' }],
    ['an empty body', { method: 'PUT', path: '/x', headers: json, body: '' }],
    ['a header without a value', { method: 'GET', path: '/x', headers: { ...json, 'x-empty': '' }, body: undefined }],
    ['bytes', { method: 'POST', path: '/x', headers: json, body: new TextEncoder().encode('\u0000\u{1f600}"') }],
    ['HEAD', { method: 'HEAD', path: '/x?a=1', headers: json, body: undefined }],
    ['what curl takes for a pattern', { method: 'GET', path: '/{a,b}/[1-2]', headers: json, body: undefined }],
    ['dots in a path', { method: 'DELETE', path: '/a/../b/./c', headers: json, body: undefined }],
    ['an ampersand and quotes', { method: 'POST', path: '/x?a=\'&b="$HOME', headers: json, body: `@it's\n"$(x)"` }],
    [
      'what acts on a terminal or commands a CI job',
      { method: 'POST', path: '/x', headers: { ...json, 'x-name': '$(evil)' }, body: "it's \\ \u001B\n::x" },
    ],
  ])('sends what was sent: %s', async (_, { method, path, headers, body }) => {
    const stub = await startStub(
      (_request, response) => void response.writeHead(200, { 'content-length': 5 }).end('right'),
    )
    const curl = toCurl(
      recordExchange(frame, { method, url: `${stub.url}${path}`, headers, body }, answer, createMask([])),
    )
    expect(dangers(curl)).toEqual([])
    const { code } = await runScript(`${curl} --silent --max-time 20`)
    const [sent] = stub.received
    expect(code).toBe(0)
    expect(sent).toMatchObject({ method, url: path, body: Buffer.from(body ?? '').toString(), headers })
    expect(sent?.headers['content-type']).toBe(Reflect.get(headers, 'content-type'))
  })
})

const transport = createTransport()
afterEach(() => transport.close())

const send = (url: string, more: object = {}, timeoutMs = 2000) =>
  transport.send({ method: 'POST', url, headers: {}, ...more }, timeoutMs)

describe('createTransport', () => {
  it('sends method, path, headers and body as they are', async () => {
    const stub = await startStub((_, response) => void response.end())
    const headers = { 'content-type': 'application/json', 'x-own': 'yes' }
    await send(`${stub.url}/a%20b/../c/?q=%2F&q=2`, { method: 'PATCH', headers, body: '{"broken": ' }).outcome
    expect(stub.received[0]).toMatchObject({
      method: 'PATCH',
      url: '/a%20b/../c/?q=%2F&q=2',
      headers: { 'content-type': 'application/json', 'x-own': 'yes' },
      body: '{"broken": ',
    })
  })

  it('adds no content type to a body that has none', async () => {
    const stub = await startStub((_, response) => void response.end())
    await send(stub.url, { body: 'text' }).outcome
    await send(stub.url, {}).outcome
    expect(stub.received.map(({ headers }) => headers['content-type'])).toEqual([undefined, undefined])
  })

  it('sends bytes unchanged', async () => {
    const bytes = gzipSync('{}')
    const stub = await startStub((request, response) => void response.end(String(request.headers['content-length'])))
    const outcome = await send(stub.url, { body: bytes, headers: { 'content-type': 'application/json' } }).outcome
    expect(outcome).toMatchObject({ kind: 'answer', text: String(bytes.length) })
  })

  it('takes any status for an answer, follows no redirect and keeps text that is not JSON', async () => {
    const stub = await startStub((_, response) => {
      response.writeHead(302, { location: '/elsewhere', 'content-type': 'application/json' })
      response.end('{not json')
    })
    const outcome = await send(stub.url).outcome
    expect(outcome).toMatchObject({ kind: 'answer', status: 302, text: '{not json' })
    expect(stub.received).toHaveLength(1)
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('unpacks answers in %s, asked for or not', async (encoding, pack) => {
    const headers = { 'content-encoding': encoding, 'transfer-encoding': 'chunked' }
    const stub = await startStub((_, response) => void response.writeHead(200, headers).end(pack('{"a":1}')))
    expect(await send(stub.url).outcome).toMatchObject({ kind: 'answer', text: '{"a":1}' })
  })

  it('tells a server that is not there from one that hangs and one that drops the connection', async () => {
    const stub = await startStub((request, response) => {
      if (request.url === '/drop') response.destroy()
    })
    const outcomes = await Promise.all([
      send('http://127.0.0.1:1/').outcome,
      send(`${stub.url}/hang`, {}, 100).outcome,
      send(`${stub.url}/drop`).outcome,
    ])
    expect(outcomes.map((each) => each.kind === 'failure' && each.reason)).toEqual(['refused', 'timeout', 'dropped'])
  })

  it('hangs up when told to, and the server notices', async () => {
    let noticed: () => void = () => undefined
    const closed = new Promise<void>((resolve) => (noticed = resolve))
    const arrived = new Promise<void>((resolve) => {
      void startStub((_, response) => {
        response.on('close', noticed)
        resolve()
      }).then((stub) => {
        const pending = send(stub.url)
        void arrived.then(() => pending.hangUp())
        outcome = pending.outcome
      })
    })
    let outcome: Promise<unknown> = Promise.resolve()
    await closed
    expect(await outcome).toMatchObject({ kind: 'failure', reason: 'hung-up' })
  })
})

const ID = '019f5fa5-d430-7d25-8f73-4c49a1dd4d8f'
const JSON_TYPE = { 'content-type': 'application/json' }
const job = {
  ...{ id: ID, runner_id: ID, project_id: ID, agent_name: 'echo', status: 'pending', timeout: 0 },
  created_at: '2026-07-01T10:00:00.123456789Z',
}

function judge(id: OperationId, status: number, body: unknown, headers: Record<string, string> = JSON_TYPE) {
  const text = body === undefined ? '' : JSON.stringify(body)
  return judgeAnswer(id, { status, headers, text, body })
}

describe('judgeAnswer', () => {
  it('finds nothing wrong with what the spec describes', () => {
    expect(judge('getJob', 200, job)).toEqual([])
    expect(judge('getJob', 200, job, { 'content-type': 'application/json;charset=utf-8' })).toEqual([])
    expect(judge('nextJob', 200, null)).toEqual([])
    expect(judge('cancelJob', 204, undefined, {})).toEqual([])
    expect(judge('getJob', 404, { errors: ['x'] })).toEqual([])
    expect(judge('getJob', 404, { code: 404, message: 'x' })).toEqual([])
  })

  it('names an undeclared status, unless it is admitted', () => {
    expect(judge('cancelJob', 500, { errors: ['x'] })).toMatchObject([{ kind: 'status', actual: '500' }])
    const answer = { status: 405, headers: {}, text: '', body: undefined }
    expect(judgeAnswer('cancelJob', answer, [alternatives.wrongMethod])).toEqual([])
  })

  it('points at the schema of a body that does not fit', () => {
    const [flaw] = judge('getJob', 200, { ...job, status: 'lost' })
    expect(flaw).toMatchObject({ kind: 'body', expected: expect.stringContaining('/status must be one of') as string })
    expect(flaw?.pointer).toMatch(/^#\//)
  })

  it('objects to nulls, except where callers stored them and in what the spec does not know', () => {
    expect(judge('getJob', 200, { ...job, error: null })).toMatchObject([{ kind: 'body' }])
    expect(judge('getJob', 200, { ...job, unknown_field: null, other: { inner: [null] } })).toEqual([])
    expect(judge('getJob', 404, { errors: ['x'], unknown_field: null })).toEqual([])
    expect(judge('getJob', 404, { code: 404, message: null })).toMatchObject([{ kind: 'body' }])
    expect(judge('getJob', 200, { ...job, inputs: { a: null }, result: null })).toEqual([])
  })

  it('objects to a body where none is declared, and to its lack where one is', () => {
    expect(judge('cancelJob', 204, {})).toMatchObject([{ kind: 'body' }])
    expect(judge('getJob', 200, undefined, {})).toMatchObject([{ kind: 'body', actual: 'no body' }])
    expect(judge('getJob', 404, undefined, {})).toMatchObject([{ kind: 'body' }])
  })

  it('objects to another media type', () => {
    expect(judge('getJob', 200, job, { 'content-type': 'text/html' })).toMatchObject([{ kind: 'media' }])
  })

  it('demands an absolute Location that ends in an id', () => {
    const created = (location: string) => judge('createJob', 201, undefined, { location })
    expect(created(`http://localhost/api/v1/private/local-runners/jobs/${ID}`)).toEqual([])
    expect(created(`/v1/private/local-runners/jobs/${ID}`)).toMatchObject([{ kind: 'header' }])
    expect(created('http://localhost/jobs/')).toMatchObject([{ kind: 'header' }])
    expect(judge('createJob', 201, undefined, {})).toMatchObject([{ kind: 'header', actual: 'no Location' }])
    const answer = { status: 201, headers: { location: `/jobs/${ID}` }, text: '', body: undefined }
    expect(judgeAnswer('createJob', answer, [alternatives.preparedLocation])).toEqual([])
  })
})

it('idAtEndOf reads the last segment of any Location', () => {
  expect([`https://host/jobs/${ID}`, `/jobs/${ID}`, ID].map(idAtEndOf)).toEqual([ID, ID, ID])
  expect([undefined, '', '/jobs/', `/jobs/x${ID}`].map(idAtEndOf)).toEqual(Array(4).fill(undefined))
})

it('idOfLocation reads the last segment', () => {
  expect(idOfLocation(`https://host/api/jobs/${ID}`)).toBe(ID)
  expect(idOfLocation(`https://host/api/jobs/${ID}/`)).toBeUndefined()
})

const JOB = { id: 'j', status: 'pending', timeout: 0, created_at: '2026-07-01T10:00:00.120Z' }

describe('knownPart', () => {
  it('leaves out fields that the spec does not know, in lists as well', () => {
    expect(knownPart('getJob', 200, { ...JOB, version: 3 })).toEqual(JOB)
    const page = { page: 0, size: 25, total: 1, content: [{ ...JOB, version: 3 }] }
    expect(knownPart('listJobs', 200, { ...page, sortable_by: [] })).toEqual({ ...page, content: [JOB] })
    const agents = [{ name: 'echo', timeout: 0, seen_at: 1 }]
    expect(knownPart('getRunner', 200, { agents })).toEqual({ agents: [{ name: 'echo', timeout: 0 }] })
  })

  it('keeps what callers have stored as it is', () => {
    const stored = { anything: { created_at: '2026-07-01T10:00:00Z', version: null } }
    expect(knownPart('getJob', 200, { inputs: stored, result: stored })).toEqual({ inputs: stored, result: stored })
    expect(knownPart('getRunner', 200, { checklist: stored })).toEqual({ checklist: stored })
  })

  it('cuts times to milliseconds, and leaves what is no time', () => {
    const timeOf = (created_at: unknown): unknown =>
      Reflect.get(Object(knownPart('getJob', 200, { created_at })), 'created_at')
    expect(timeOf('2026-07-01T10:00:00Z')).toBe('2026-07-01T10:00:00.000Z')
    expect(timeOf('2026-07-01T10:00:00.12Z')).toBe('2026-07-01T10:00:00.120Z')
    expect(timeOf('2026-07-01T10:00:00.123456789Z')).toBe('2026-07-01T10:00:00.123Z')
    for (const other of ['yesterday', '2026-07-01T10:00:00+02:00', 17, null]) expect(timeOf(other)).toBe(other)
  })

  it('leaves errors, the empty poll and answers of no operation alone', () => {
    expect(knownPart('getJob', 404, { code: 404, path: '/' })).toEqual({ code: 404, path: '/' })
    expect(knownPart('nextJob', 200, null)).toBeNull()
    expect(knownPart('getJob', 200, undefined)).toBeUndefined()
    expect(knownPart(null, 200, { any: 1 })).toEqual({ any: 1 })
  })
})
