import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { createMask, recordExchange, toCurl } from '../../../src/contracts/target/recorded-exchange.js'
import { dangers } from '../../kernel/hostile-text.js'
import { canRunScripts, runScript } from '../model/run-script.js'
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
