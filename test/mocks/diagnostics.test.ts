// Diagnostics of a project: on once, what they find in its traces, and that a server of April has none of them.
import { expect, it } from 'vitest'
import { callerOf } from './harness.js'
import type { RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const DAY = '2026-07-14'

const open = (options: RunnerMockOptions = {}) => callerOf(openMock({ seed: 3, now: `${DAY}T12:00:00Z`, ...options }))

async function projectOf(send: ReturnType<typeof open>): Promise<string> {
  const { body } = await send('POST', '/projects/retrieve', { name: 'Default Project' })
  return (body as { id: string }).id
}

it('triggerAgentInsightsJob finds an issue in each kind of error that traces ended in', async () => {
  const send = open()
  const project = await projectOf(send)
  const job = `/agent-insights/jobs/${project}`
  expect((await send('POST', `${job}/trigger`)).status).toBe(404)
  expect(await send('POST', job)).toMatchObject({ status: 201, body: { status: 'enabled', project_id: project } })
  const error_info = { exception_type: 'RangeError', message: 'too far', traceback: 'at answer' }
  const trace = { name: 'answer', start_time: `${DAY}T11:00:00Z` }
  await send('POST', '/traces/batch', { traces: [trace, { ...trace, error_info }, { ...trace, error_info }] })
  expect((await send('POST', `${job}/trigger`)).status).toBe(202)
  expect((await send('GET', job)).body).toMatchObject({ last_scan_at: `${DAY}T12:00:00.000Z` })
  const list = `/agent-insights/issues?project_id=${project}`
  const found = await send('GET', list)
  const issue = { name: 'RangeError in answer', latest_count: 2, total: 3, last_seen: DAY, status: 'open' }
  expect(found.body).toMatchObject({ page: 1, size: 10, total: 1, content: [issue] })
  // Looking again on the same day counts nothing twice.
  await send('POST', `${job}/trigger`)
  expect((await send('GET', list)).body).toMatchObject({ content: [{ total_occurrences: 2, days_reported: 1 }] })
  expect((await send('GET', `${list}&from_date=2026-07-15`)).body).toMatchObject({ total: 0 })
  for (const day of ['true', '2026-02-30', `${DAY}T00:00:00Z`])
    expect((await send('GET', `${list}&from_date=${day}`)).status).toBe(404)
})

it('a server of April knows no diagnostics, and answers as for any path that it does not know', async () => {
  const send = open({ profile: 'opik@2.0' })
  const project = await projectOf(send)
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
    expect((await send(method, `/agent-insights/jobs/${project}`)).status).toBe(404)
  }
  expect((await send('GET', '/traces/exists')).status).toBe(404)
})

it('updateReportPreference stores what getReportPreference answers, which is nothing before', async () => {
  const send = open()
  const path = `/projects/${await projectOf(send)}/reports/preferences`
  expect(await send('GET', path)).toMatchObject({ status: 204, body: undefined })
  const preference = { enabled: true, schedule_time: '09:00:00' }
  expect(await send('PUT', path, preference)).toMatchObject({ status: 200, body: preference })
  expect(await send('GET', path)).toMatchObject({ status: 200, body: preference })
})

it('version is that of the profile', async () => {
  const versionOf = async (options: RunnerMockOptions) => {
    return JSON.parse((await openMock(options).handle({ method: 'GET', url: '/is-alive/ver' })).body) as unknown
  }
  expect(await versionOf({ profile: 'opik@2.0' })).toEqual({ version: '2.0.1' })
  expect(await versionOf({ profile: 'opik@2.1' })).toEqual({ version: '2.1.24' })
})
