// Claims about calls: which hold, which throw, and that a failed one shows what came.
import { describe, expect, it } from 'vitest'
import type { CallExpectation } from '../../src/mocks/engine/journal.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

async function withCalls(): Promise<RunnerMock> {
  const mock = openMock()
  const create = (body: object) => callerOf(mock)('POST', '/projects', body)
  await create({ name: 'first', nested: { a: 1, b: [1, 2] } })
  await create({ name: 'first' })
  await create({ name: 'last', colours: ['red'], descriptoin: 'misspelt' })
  await mock.handle({ method: 'GET', url: '/is-alive/ping' })
  return mock
}

const claims: [string, (calls: CallExpectation) => void, boolean][] = [
  ['called', (calls) => calls.toHaveBeenCalled(), true],
  ['called three times', (calls) => calls.toHaveBeenCalledTimes(3), true],
  ['called once', (calls) => calls.toHaveBeenCalledTimes(1), false],
  ['called with a part', (calls) => calls.toHaveBeenCalledWith({ nested: { a: 1 } }), true],
  ['called with a list', (calls) => calls.toHaveBeenCalledWith({ nested: { b: [1, 2] } }), true],
  ['called with a part of a list', (calls) => calls.toHaveBeenCalledWith({ nested: { b: [1] } }), false],
  ['called with another list', (calls) => calls.toHaveBeenCalledWith({ nested: { b: [1, 3] } }), false],
  ['called with half of it', (calls) => calls.toHaveBeenCalledWith({ nested: { a: 1, b: [] } }), false],
  ['called with a field that nothing has', (calls) => calls.toHaveBeenCalledWith({ weight: 5 }), false],
  ['called with a field that came by mistake', (calls) => calls.toHaveBeenCalledWith({ colours: ['red'] }), true],
  ['called with a misspelt field that came', (calls) => calls.toHaveBeenCalledWith({ descriptoin: 'misspelt' }), true],
  ['called with no object', (calls) => calls.toHaveBeenCalledWith(null), false],
  ['called with another value', (calls) => calls.toHaveBeenCalledWith({ name: 'second' }), false],
  [
    'called with a matcher',
    (calls) => calls.toHaveBeenCalledWith({ name: expect.stringMatching(/^fir/) as unknown }),
    true,
  ],
  [
    'called with a matcher that fails',
    (calls) => calls.toHaveBeenCalledWith({ name: expect.any(Number) as unknown }),
    false,
  ],
  ['called last with', (calls) => calls.toHaveBeenLastCalledWith({ name: 'last' }), true],
  ['called last with the first', (calls) => calls.toHaveBeenLastCalledWith({ name: 'first' }), false],
  ['answered 409', (calls) => calls.toHaveBeenAnswered(409), true],
  ['answered 500', (calls) => calls.toHaveBeenAnswered(500), false],
]

describe('expect', () => {
  it.each(claims)('judges %s', async (_, claim, holds) => {
    const { journal } = await withCalls()
    const calls = journal.expect('createProject')
    if (holds) {
      expect(() => claim(calls)).not.toThrow()
      expect(() => claim(calls.not)).toThrow(Error)
    } else {
      expect(() => claim(calls)).toThrow(Error)
      expect(() => claim(calls.not)).not.toThrow()
      expect(() => claim(calls.not.not)).toThrow(Error)
    }
  })

  const mistakes: [string, (calls: CallExpectation) => void][] = [
    ['a field that is misspelt', (calls) => calls.toHaveBeenCalledWith({ nmae: 'first' })],
    ['a field of the last call that is misspelt', (calls) => calls.toHaveBeenLastCalledWith({ descripton: '' })],
    ['a number of times that is none', (calls) => calls.toHaveBeenCalledTimes(-1)],
    ['a status that is none', (calls) => calls.toHaveBeenAnswered(4.5)],
  ]

  it.each(mistakes)('refuses %s, whatever is claimed of it', async (_, claim) => {
    const { journal } = await withCalls()
    const calls = journal.expect('createProject')
    for (const claimed of [calls, calls.not]) {
      expect(() => claim(claimed)).toThrow(expect.objectContaining({ code: 'options/invalid' }))
    }
  })

  it('knows what was not called', async () => {
    const { journal } = await withCalls()
    journal.expect('createJob').not.toHaveBeenCalled()
    journal.expect('createJob').toHaveBeenCalledTimes(0)
    expect(() => journal.expect('createJob').toHaveBeenCalled()).toThrow()
    expect(() => journal.expect('createJob').toHaveBeenLastCalledWith({})).toThrow()
  })

  it('prints the calls that did come', async () => {
    const { journal } = await withCalls()
    const message = messageOf(() => journal.expect('createJob').toHaveBeenCalled())
    for (const part of ['createJob', 'createProject', 'isAlive', '"first"', '201', '409', '/is-alive/ping']) {
      expect(message).toContain(part)
    }
    expect(message.split('\n').length).toBeLessThan(10)
  })

  it('stays readable after thousands of calls, and says what the journal has lost', async () => {
    const mock = openMock({ journalSize: 50 })
    for (let count = 0; count < 1234; count++) await mock.handle({ method: 'GET', url: '/is-alive/ping' })
    const message = messageOf(() => mock.journal.expect('createJob').toHaveBeenCalled())
    expect(message.split('\n').length).toBeLessThan(30)
    expect(message).toContain(String(1234 - 50))
  })

  it('starts over when the journal is cleared or the mock reset', async () => {
    const mock = await withCalls()
    mock.journal.clear()
    mock.journal.expect('createProject').not.toHaveBeenCalled()
    await mock.handle({ method: 'GET', url: '/is-alive/ping' })
    await mock.reset()
    mock.journal.expect('isAlive').not.toHaveBeenCalled()
  })
})

describe('expectInOrder', () => {
  it('takes calls in this order, others in between', async () => {
    const { journal } = await withCalls()
    journal.expectInOrder(['createProject', 'isAlive'])
    journal.expectInOrder(['createProject', 'createProject', 'isAlive'])
    journal.expectInOrder([])
  })

  it('refuses another order, one too many and one that never came', async () => {
    const { journal } = await withCalls()
    expect(() => journal.expectInOrder(['isAlive', 'createProject'])).toThrow(Error)
    expect(() => journal.expectInOrder(['isAlive', 'isAlive'])).toThrow(Error)
    expect(() => journal.expectInOrder(['createJob'])).toThrow(Error)
  })
})

function messageOf(claim: () => void): string {
  try {
    claim()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return ''
}
