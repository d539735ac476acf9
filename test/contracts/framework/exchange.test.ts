import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { createMask, recordExchange, toCurl } from '../../../src/contracts/target/recorded-exchange.js'

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

  it('tells the two callers apart', () => {
    const other = recordExchange({ ...frame, identity: 'colleague' }, request, answer, createMask([]))
    expect(other.requestHeaders['authorization']).toBe('$OPIK_COLLEAGUE_API_KEY')
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
})
