// Words that are put in the place of others' keep the form of a text; test/worlds/recorded-scenarios.test.ts shows that
// they say nothing of it.
import { describe, expect, it } from 'vitest'
import { createReplacement } from '../../src/mocks/scenarios/recorded/replace-texts.js'

const UUID = '01934f2c-7a3b-7c4d-8e5f-60718293a4b5'

describe('a replacement', () => {
  it('keeps ids, times, short words and the case of letters', () => {
    const { json: text } = createReplacement()
    expect(text(`${UUID} at 2026-07-01T12:00:00Z, no.`)).toMatch(new RegExp(`^${UUID} at 2026-07-01T12:00:00Z, no\\.$`))
    expect(text('Hello WORLD there')).toMatch(/^[A-Z][a-z]{4} [A-Z]{5} [a-z]{5}$/)
  })

  it('is the same for the same text, and different for different names', () => {
    const [one, other] = [createReplacement(), createReplacement()]
    const names = Array.from({ length: 500 }, (_, at) => `agent${String(at).padStart(4, '0')}`)
    const replaced = names.map((name) => one.name('agent', name))
    expect(new Set(replaced).size).toBe(names.length)
    expect(names.map((name) => other.name('agent', name))).toEqual(replaced)
    expect(names.map((name) => one.name('agent', name))).toEqual(replaced)
  })

  it('replaces texts and keys of JSON, but what the API and its clients say', () => {
    const { json, key } = createReplacement()
    const value = { customer: 'Miller', path: 'secret.txt', code: 'file_not_found', n: [1.5, true, null], role: 'user' }
    expect(json(value)).toEqual({
      ...{ [key('customer')]: expect.not.stringContaining('Miller') as unknown, code: 'file_not_found', role: 'user' },
      ...{ path: expect.stringMatching(/^[a-z]{6}\.txt$/) as unknown, n: [1.5, true, null] },
    })
    expect(key('customer')).not.toBe('customer')
    const hostile: unknown = JSON.parse('{"__proto__": {"constructor": "x"}}')
    expect(Object.keys(Object(json(hostile)) as object)).toHaveLength(1)
  })
})
