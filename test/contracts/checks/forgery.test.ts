// Every forged proof is wrong, has a length that a schema lets through, and so is judged by the server's cryptography.
import { describe, expect, it } from 'vitest'
import { forgedActivations, makeProof } from '../../../src/contracts/suites/core/forged-activations.js'
import { verifyActivation } from '../../../src/kernel/pairing.js'

const parts = {
  key: Uint8Array.from({ length: 32 }, (_, at) => at + 1),
  sessionId: '019f5ff6-3aba-7b5f-9bdb-8d1099ecfdc7',
  runnerId: '019f5ff6-3abb-71d7-b477-7648ab730182',
  name: 'build-box',
}

describe('forgeries', () => {
  it('start from a proof that is right', async () => {
    expect(await verifyActivation(parts.key, parts.sessionId, parts.name, makeProof(parts))).toBe(true)
  })

  it.each(Object.entries(forgedActivations))('%s is no proof, though it is as long as one', async (_, forgery) => {
    const forged = forgery.make(parts)
    expect([43, 44]).toContain(forged.length)
    expect(await verifyActivation(parts.key, parts.sessionId, parts.name, forged)).toBe(false)
  })

  it('are all different', () => {
    const all = Object.values(forgedActivations).map((forgery) => forgery.make(parts))
    expect(new Set(all).size).toBe(all.length)
  })
})
