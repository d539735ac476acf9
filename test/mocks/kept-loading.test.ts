// What the operations on kept resources need is loaded with the first of them, and is there for all others.
import { describe, expect, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'

const url = '/v1/private/projects'

describe('the first request for a kept resource', () => {
  it('has its body judged', async () => {
    const mock = createRunnerMock({ seed: 7 })
    const headers = { 'content-type': 'application/json' }
    const reply = await mock.handle({ method: 'POST', url: '/v1/private/traces/batch', headers, body: '{"traces":1}' })
    expect(reply.status).toBe(400)
    await mock.close()
  })

  it('brings what all others need', async () => {
    const mock = createRunnerMock({ seed: 7 })
    await mock.handle({ method: 'GET', url })
    const headers = { 'content-type': 'application/json' }
    expect(mock.handle({ method: 'POST', url, headers, body: '{"name":"one"}' })).toMatchObject({ status: 201 })
    expect(mock.handle({ method: 'POST', url, headers, body: '{"name":1}' })).toMatchObject({ status: 400 })
    await mock.close()
  })
})
