import { describe, expect, it } from 'vitest'
import { alternatives, idAtEndOf, idOfLocation, judgeAnswer, knownPart } from '../../../src/contracts/target/answer.js'
import type { OperationId } from '../../../src/kernel/operation.js'

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

describe('idAtEndOf', () => {
  it('reads the last segment of any Location', () => {
    expect([`https://host/jobs/${ID}`, `/jobs/${ID}`, ID].map(idAtEndOf)).toEqual([ID, ID, ID])
    expect([undefined, '', '/jobs/', `/jobs/x${ID}`].map(idAtEndOf)).toEqual(Array(4).fill(undefined))
  })
})

describe('idOfLocation', () => {
  it('reads the last segment', () => {
    expect(idOfLocation(`https://host/api/jobs/${ID}`)).toBe(ID)
    expect(idOfLocation(`https://host/api/jobs/${ID}/`)).toBeUndefined()
  })
})

describe('knownPart', () => {
  const JOB = { id: 'j', status: 'pending', timeout: 0, created_at: '2026-07-01T10:00:00.120Z' }

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
