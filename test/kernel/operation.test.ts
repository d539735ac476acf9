import { describe, expect, it } from 'vitest'
import { changeField, matchOperation, operations, pointerOfOperation } from '../../src/kernel/all-operations.js'
import { createMatch, fillPath, isOperationId, operationIds, pathParametersOf } from '../../src/kernel/operation.js'

const ID = '01900000-0000-7000-8000-000000000000'

describe('matchOperation', () => {
  it.each(operationIds)('finds %s by its own method and path, with a slash at the end or without', (id) => {
    const operation = operations[id]
    const parameters = Object.fromEntries(pathParametersOf(operation).map((name) => [name, ID]))
    const path = fillPath(operation, parameters)
    for (const variant of [path, `${path}/`]) {
      const match = matchOperation(operation.method, variant)
      expect(match.kind === 'operation' ? [match.operation.id, { ...match.path }] : match).toEqual([id, parameters])
    }
  })

  it('tells a wrong method from an unknown path', () => {
    const wrong = matchOperation('DELETE', '/v1/private/pairing/sessions')
    expect(wrong).toMatchObject({ kind: 'wrong-method', allowed: ['POST'] })
    for (const path of ['', '/', '/v1', '/v1/private/local-runner', `/v1/private/local-runners/${ID}/x`, '//']) {
      expect(matchOperation('GET', path).kind, path).toBe('unknown')
    }
  })

  it('prefers literal paths, and gives parameters as they were sent', () => {
    const next = matchOperation('POST', '/v1/private/local-runners/jobs')
    expect(next).toMatchObject({ operation: { id: 'createJob' } })
    const word = matchOperation('DELETE', '/v1/private/local-runners/jobs')
    expect(word).toMatchObject({ operation: { id: 'disconnectRunner' }, path: { runnerId: 'jobs' } })
    const odd = matchOperation('GET', '/v1/private/local-runners/%41B')
    expect(odd.kind === 'operation' && odd.path).toMatchObject({ runnerId: '%41B' })
  })
})

it.each([
  ['a', { a: 1, b: 1 }, { a: [1], b: 1 }, { b: 1 }],
  ['a', {}, { a: [undefined] }, {}],
  ['a/b', { a: { b: 1 }, b: 1 }, { a: { b: [1] }, b: 1 }, { a: {}, b: 1 }],
  ['a/b', { a: null }, { a: null }, { a: null }],
  ['a/*', { a: { x: 1 } }, { a: { x: [1] } }, { a: {} }],
  ['a/*', { a: {} }, { a: {} }, { a: {} }],
  ['a/*/b', { a: { x: { b: 1 }, z: 1 } }, { a: { x: { b: [1] }, z: 1 } }, { a: { x: {}, z: 1 } }],
  ['a/[]/b', { a: [{ b: 1 }, {}] }, { a: [{ b: [1] }, { b: [undefined] }] }, { a: [{}, {}] }],
  ['a/[]', { a: [] }, { a: [] }, { a: [] }],
])('changeField at %s of %j puts another value there, or none', (at, body, changed, without) => {
  const other = structuredClone(body)
  changeField(body, at, (value) => [value])
  expect(body).toStrictEqual(changed)
  changeField(other, at, () => undefined)
  expect(other).toStrictEqual(without)
})

describe('a match among some operations', () => {
  const { getTraceById } = operations
  const match = createMatch({ getTraceById }, () => ({ data: '/v1/private/traces/exists' }))

  it('reads a path that only others have as one with an id, where there is such', () => {
    expect(match('GET', '/v1/private/traces/exists/')).toMatchObject({
      operation: { id: 'getTraceById' },
      path: { id: 'exists' },
    })
    expect(match('DELETE', '/v1/private/traces/exists')).toEqual({ kind: 'unknown' })
  })
})

it('paths are filled with escaped parameters', () => {
  expect(fillPath(operations.getJob, { jobId: 'a/b c' })).toBe('/v1/private/local-runners/jobs/a%2Fb%20c')
  expect(pointerOfOperation('getJob')).toBe('#/paths/~1v1~1private~1local-runners~1jobs~1{jobId}/get')
  expect(isOperationId('getJob') && !isOperationId('toString')).toBe(true)
})
