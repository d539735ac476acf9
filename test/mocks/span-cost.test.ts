// What spans and their traces cost.
import { describe, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock } from '../../src/index.js'

const NOW = '2026-07-13T10:05:00Z'
const idAt = (end: number): string => `019f5ae1-95e0-7000-8000-0000000000${end}`

describe('the cost of a span', () => {
  it('is computed from model, provider and usage where it is not given and a price is known', async () => {
    const other = createRunnerMock({ now: NOW, frozen: true, checkReply })
    const usage = { prompt_tokens: 1_000_000, completion_tokens: 100_000, total_tokens: 1_100_000 }
    const named = (name: string, fields: object) => ({
      name,
      model: 'gpt-4o-mini',
      provider: 'openai',
      usage,
      ...fields,
    })
    const sent = [
      named('priced', {}),
      named('dated', { model: 'gpt-4o-mini-2024-07-18' }),
      named('told', { total_estimated_cost: 7 }),
      named('unknown', { model: 'our-own' }),
      named('unused', { usage: undefined }),
    ].map((each, at) => ({ id: idAt(31 + at), trace_id: idAt(40), start_time: NOW, ...each }))
    const call = async (method: string, path: string, body?: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' }
      const url = `/v1/private${path}`
      const reply = await other.handle({ method, url, headers, body: body && JSON.stringify(body) })
      return reply.body === '' ? reply.status : JSON.parse(reply.body)
    }
    expect(await call('POST', '/spans/batch', { spans: sent })).toBe(204)
    expect(await call('POST', '/traces', { id: idAt(40), start_time: NOW })).toBe(201)
    const order = `sorting=${encodeURIComponent('[{"field":"total_estimated_cost","direction":"DESC"}]')}`
    const list = await call('GET', `/spans?project_name=Default%20Project&${order}`)
    const { content } = list as { content: { name: string; total_estimated_cost?: number }[] }
    expect(content.map(({ name, total_estimated_cost }) => [name, total_estimated_cost])).toEqual([
      ['told', 7],
      ['dated', 0.21],
      ['priced', 0.21],
      ['unused', undefined],
      ['unknown', undefined],
    ])
    expect(await call('GET', `/traces/${idAt(40)}`)).toMatchObject({ total_estimated_cost: 7.42 })
    await other.close()
  })
})
