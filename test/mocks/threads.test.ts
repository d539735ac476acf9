// Threads as time passes: which comes first, and when one falls asleep.
import { describe, expect, it } from 'vitest'
import { createRunnerMock } from '../../src/index.js'
import { checkReply } from '../../src/mocks/engine/check-reply.js'

const NOW = '2026-07-13T10:05:00Z'

function idAt(time: string, end: string): string {
  const hex = Date.parse(time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-0000000000${end}`
}

describe('getTraceThreads', () => {
  it('has the newest change first, and falls asleep', async () => {
    const other = createRunnerMock({ now: NOW, frozen: true, checkReply })
    const headers = { 'content-type': 'application/json' }
    const call = async (method: string, path: string, body?: object): Promise<unknown> => {
      const url = `/v1/private/traces${path}`
      const reply = await other.handle({ method, url, headers, body: body && JSON.stringify(body) })
      return reply.body === '' ? reply.status : JSON.parse(reply.body)
    }
    const two = [1, 2].map((end) => ({
      id: idAt(NOW, `0${end}`),
      start_time: NOW,
      end_time: NOW,
      thread_id: `thread ${end}`,
    }))
    await call('POST', '/batch', { traces: two })
    await other.clock.advance({ minutes: 14 })
    expect(await call('PATCH', `/${two[0]?.id ?? ''}`, { output: 'late' })).toBe(204)
    await other.clock.advance({ minutes: 2 })
    expect(await call('GET', '/threads?project_name=Default%20Project')).toMatchObject({
      content: [
        { id: 'thread 1', status: 'active', last_message: 'late' },
        { id: 'thread 2', status: 'inactive' },
      ],
    })
    await other.clock.advance({ minutes: 1 })
    const closed = { project_name: 'Default Project', thread_id: 'thread 2' }
    expect(await call('PUT', '/threads/close', closed)).toBe(204)
    expect(await call('GET', '/threads?project_name=Default%20Project')).toMatchObject({
      content: [{ id: 'thread 2', last_updated_at: '2026-07-13T10:22:00.000Z' }, { id: 'thread 1' }],
    })
    await other.close()
  })
})
