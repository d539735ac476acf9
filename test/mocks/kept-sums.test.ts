// What projects, threads and lines show of traces and spans: it must follow every change of these, although it is computed once.
import { beforeEach, describe, expect, it } from 'vitest'
import { createRunnerMock, type RunnerMock } from '../../src/index.js'
import { callerOf } from './harness.js'

const TRACE = '01a0b2c3-0000-7000-8000-000000000001'
/** Younger. */
const SPAN = '01a0b2c3-0000-7000-8000-000000000002'
const start_time = '2026-07-01T10:00:00Z'

let mock: RunnerMock
beforeEach(() => {
  mock = createRunnerMock({ now: '2026-07-01T14:00:00Z', frozen: true })
})

async function send(method: string, path: string, body?: object): Promise<unknown> {
  return (await callerOf(mock)(method, path, body)).body
}

const project = () => send('POST', '/projects/retrieve', { name: 'Default Project', include_stats: true })
const trace = () => send('GET', `/traces/${TRACE}`)

describe('a project', () => {
  it('knows the newest change of its traces, as it is now', async () => {
    expect(await project()).not.toHaveProperty('last_updated_trace_at')
    await send('POST', '/traces', { id: TRACE, start_time })
    expect(await project()).toHaveProperty('last_updated_trace_at', '2026-07-01T14:00:00.000Z')
    await mock.clock.advance({ minutes: 1 })
    await send('PATCH', `/traces/${TRACE}`, { name: 'later' })
    expect(await project()).toHaveProperty('last_updated_trace_at', '2026-07-01T14:01:00.000Z')
    await send('DELETE', `/traces/${TRACE}`)
    expect(await project()).not.toHaveProperty('last_updated_trace_at')
  })

  it('knows that of another world after a restore', async () => {
    const before = mock.snapshot()
    await send('POST', '/traces', { id: TRACE, start_time })
    expect(await project()).toHaveProperty('last_updated_trace_at')
    mock.restore(before)
    expect(await project()).not.toHaveProperty('last_updated_trace_at')
  })
})

it('a trace sums its spans as they are now', async () => {
  await send('POST', '/traces', { id: TRACE, start_time })
  expect(await trace()).toMatchObject({ span_count: 0 })
  await send('POST', '/spans', { id: SPAN, trace_id: TRACE, type: 'llm', start_time, usage: { total_tokens: 1 } })
  expect(await trace()).toMatchObject({ span_count: 1, usage: { total_tokens: 1 } })
  await send('PATCH', `/spans/${SPAN}`, { trace_id: TRACE, usage: { total_tokens: 2 } })
  expect(await trace()).toMatchObject({ span_count: 1, usage: { total_tokens: 2 } })
})

describe('a thread', () => {
  it('is active as long as the workspace says', async () => {
    await send('POST', '/traces', { start_time, thread_id: 'order 17' })
    const status = async (): Promise<unknown> => {
      const thread = await send('POST', '/traces/threads/retrieve', {
        project_name: 'Default Project',
        thread_id: 'order 17',
      })
      return (thread as { status: string }).status
    }
    await mock.clock.advance({ minutes: 20 })
    expect(await status()).toBe('inactive')
    const timeouts = { PT1H: 'active', PT19M59S: 'inactive', P1DT2H: 'active', PT1200S: 'inactive', PT1201S: 'active' }
    for (const [timeout, wanted] of Object.entries(timeouts)) {
      await send('PUT', '/workspaces/configurations', { timeout_to_mark_thread_as_inactive: timeout })
      expect([timeout, await status()]).toEqual([timeout, wanted])
    }
    await send('DELETE', '/workspaces/configurations')
    expect(await status()).toBe('inactive')
  })

  it('stands first when it has changed last', async () => {
    for (const [id, thread_id] of [
      [TRACE, 'older'],
      [SPAN, 'newer'],
    ])
      await send('POST', '/traces', { id, start_time, thread_id })
    await mock.clock.advance({ minutes: 1 })
    await send('PATCH', `/traces/${TRACE}`, { output: 'late' })
    const threads = await send('GET', '/traces/threads?project_name=Default%20Project')
    expect(threads).toMatchObject({ content: [{ id: 'older' }, { id: 'newer' }] })
  })

  it('begins with the older and ends with the newer of the traces of one moment', async () => {
    const alike = [TRACE, SPAN].map((id) => ({
      id,
      start_time,
      end_time: start_time,
      thread_id: 'twins',
      input: id,
      output: id,
    }))
    await send('POST', '/traces/batch', { traces: alike })
    const threads = await send('GET', '/traces/threads?project_name=Default%20Project')
    expect(threads).toMatchObject({ content: [{ first_message: TRACE, last_message: SPAN }] })
  })
})

it('getProjectMetrics adds up what spans count under names with dots in them', async () => {
  await send('POST', '/traces', { id: TRACE, start_time })
  const usage = { total_tokens: 3, 'original_usage.total_tokens': 2 }
  const { id } = (await project()) as { id: string }
  await send('POST', '/spans', { id: SPAN, trace_id: TRACE, start_time, usage })
  const time = { interval_start: '1970-01-01T00:00:00Z', interval_end: '2200-01-01T00:00:00Z' }
  const body = { metric_type: 'SPAN_TOKEN_USAGE', interval: 'TOTAL', ...time }
  expect(await send('GET', `/projects/${id}/token-usage/names`)).toEqual({ names: Object.keys(usage).toSorted() })
  expect(await send('POST', `/projects/${id}/metrics`, body)).toMatchObject({
    results: [
      { name: 'original_usage.total_tokens', data: [{ value: 2 }] },
      { name: 'total_tokens', data: [{ value: 3 }] },
    ],
  })
})
