// What of the mock's own answers is held against the spec: the status, whether there is a body, and the body's schema.
import { describe, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'

const entries = [{ stream: 'stdout', text: 'a' }]

describe('checkReply', () => {
  it('lets pass what the spec declares', () => {
    expect(() => checkReply('getJobLogs', 200, entries)).not.toThrow()
    expect(() => checkReply('cancelJob', 204, undefined)).not.toThrow()
  })

  it('refuses another status, a body where none belongs, none where one does, and one that breaks its schema', () => {
    expect(() => checkReply('getJobLogs', 299, entries)).toThrow()
    expect(() => checkReply('cancelJob', 204, entries)).toThrow()
    expect(() => checkReply('cancelJob', 204, null)).toThrow()
    expect(() => checkReply('getJobLogs', 200, null)).toThrow()
    expect(() => checkReply('getJobLogs', 200, undefined)).toThrow()
    expect(() => checkReply('getJobLogs', 200, [{ stream: 'stdout' }])).toThrow()
  })

  it('judges what is frozen as often as it is asked, each time for the operation at hand', () => {
    const [sound, broken] = [Object.freeze([...entries]), Object.freeze([{ stream: 'stdout' }])]
    for (let times = 0; times < 2; times++) {
      expect(() => checkReply('getJobLogs', 200, sound)).not.toThrow()
      expect(() => checkReply('getJob', 200, sound)).toThrow()
      expect(() => checkReply('getJobLogs', 200, broken)).toThrow()
    }
  })
})
