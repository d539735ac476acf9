// The part of answers that checks compare: what the spec knows, in one notation.
import { describe, expect, it } from 'vitest'
import { knownPart } from '../../../src/contracts/target/answer.js'

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
