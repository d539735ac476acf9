// Scores and comments of traces, spans and threads, what is done to threads, and environments that traces name. Diagnostics
// of a project: on once, what they find in its traces, and that a server of April has none of them.
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'
import { Api } from './api.js'
import { sendDirectly, callerOf } from './harness.js'

const NOW = '2026-07-01T12:00:00Z'
const TRACE = '01900000-0000-7000-8000-000000000001'
const SPAN = '01900000-0000-7000-8000-000000000002'
const PROJECT = { project_name: 'Lab' }
const score = { name: 'relevance', value: 0.5, source: 'sdk' } as const

let mock: RunnerMock
let api: Api
beforeEach(async () => {
  const auth = {
    one: { user: 'ada', workspaces: ['default'] },
    two: { user: 'bob', workspaces: ['default'] },
  }
  mock = createRunnerMock({ now: NOW, frozen: true, checkReply, auth })
  onTestFinished(() => mock.close())
  api = as('one')
  const trace = { id: TRACE, start_time: NOW, thread_id: 'chat', ...PROJECT }
  await api.expect(201, 'createTrace', { body: trace })
  await api.expect(201, 'createSpan', { body: { id: SPAN, trace_id: TRACE, type: 'llm', start_time: NOW, ...PROJECT } })
})

function as(key: string): Api {
  return new Api(sendDirectly(mock), { authorization: key, 'comet-workspace': 'default' })
}

const trace = async () => (await api.expect(200, 'getTraceById', { path: { id: TRACE } })).body
const thread = async () => (await api.expect(200, 'getTraceThread', { body: { ...PROJECT, thread_id: 'chat' } })).body

describe('feedback scores', () => {
  it('show with what each author gave, and as one average', async () => {
    await api.expect(204, 'addTraceFeedbackScore', { path: { id: TRACE }, body: { ...score, value: 0.25 } })
    await api.expect(204, 'addTraceFeedbackScore', { path: { id: TRACE }, body: score })
    const body = { ...score, value: 1, reason: 'on time' }
    await as('two').expect(204, 'addTraceFeedbackScore', { path: { id: TRACE }, body })
    const { feedback_scores: scores = [] } = await trace()
    expect(scores).toMatchObject([{ name: 'relevance', value: 0.75, reason: 'on time' }])
    expect(scores[0]?.value_by_author).toMatchObject({ ada: { value: 0.5 }, bob: { value: 1 } })
    await api.expect(204, 'deleteTraceFeedbackScore', {
      path: { id: TRACE },
      body: { name: 'relevance', author: 'bob' },
    })
    expect((await trace()).feedback_scores).toMatchObject([{ value: 0.5 }])
  })

  it('of spans show with their trace, too, and outlive a batch that replaces it', async () => {
    await api.expect(204, 'scoreBatchOfSpans', { body: { scores: [{ ...score, ...PROJECT, id: SPAN }] } })
    await api.expect(204, 'createTraces', { body: { traces: [{ id: TRACE, start_time: NOW, ...PROJECT }] } })
    const by = { [`ada_${SPAN}`]: { value: 0.5, span_id: SPAN, span_type: 'llm' } }
    expect((await trace()).span_feedback_scores).toMatchObject([{ name: 'relevance', value_by_author: by }])
    const filters = JSON.stringify([{ field: 'span_feedback_scores', key: 'relevance', operator: '>', value: '0.4' }])
    expect((await api.expect(200, 'getTracesByProject', { query: { ...PROJECT, filters } })).body.total).toBe(1)
  })

  it('may come before what they are of, and count in its project alone', async () => {
    const id = '01900000-0000-7000-8000-000000000003'
    await api.expect(204, 'scoreBatchOfTraces', { body: { scores: [{ ...score, ...PROJECT, id }] } })
    await api.expect(201, 'createTrace', { body: { id, start_time: NOW, project_name: 'Elsewhere' } })
    const read = (await api.expect(200, 'getTraceById', { path: { id } })).body
    expect(read).not.toHaveProperty('feedback_scores')
  })

  it('go with their trace', async () => {
    await api.expect(204, 'addTraceFeedbackScore', { path: { id: TRACE }, body: score })
    await api.expect(204, 'deleteTraceById', { path: { id: TRACE } })
    expect((await api.expect(200, 'findTraceScoreNames')).body).toEqual({ scores: [] })
  })
})

it('comments are read, changed and deleted, and show where their trace does', async () => {
  const { createdId } = await api.expect(201, 'addTraceComment', { path: { id: TRACE }, body: { text: 'Good' } })
  const path = { id: TRACE, comment_id: createdId }
  await as('two').expect(204, 'updateTraceComment', { path, body: { text: 'Better' } })
  const comment = (await api.expect(200, 'getTraceComment', { path })).body
  expect(comment).toMatchObject({ text: 'Better', created_by: 'ada', last_updated_by: 'bob' })
  expect((await trace()).comments).toEqual([comment])
  expect(await api.status('getSpanComment', { path: { ...path, id: SPAN } })).toBe(404)
  await api.expect(204, 'deleteTraceComments', { body: { ids: [path.comment_id] } })
  expect(await trace()).not.toHaveProperty('comments')
})

describe('a thread', () => {
  it('is closed until it changes or is opened', async () => {
    await mock.clock.advance({ seconds: 1 })
    await api.expect(204, 'closeTraceThread', { body: { ...PROJECT, thread_id: 'chat' } })
    expect(await thread()).toMatchObject({ status: 'inactive', last_updated_at: '2026-07-01T12:00:01.000Z' })
    await mock.clock.advance({ seconds: 1 })
    await api.expect(204, 'updateTrace', { path: { id: TRACE }, body: { ...PROJECT, output: 'more' } })
    expect((await thread()).status).toBe('active')
    await mock.clock.advance({ hours: 1 })
    expect((await thread()).status).toBe('inactive')
    await api.expect(204, 'openTraceThread', { body: { ...PROJECT, thread_id: 'chat' } })
    expect((await thread()).status).toBe('active')
  })

  it('is scored, commented on and tagged', async () => {
    await api.expect(204, 'scoreBatchOfThreads', { body: { scores: [{ ...score, ...PROJECT, thread_id: 'chat' }] } })
    const id = (await thread()).thread_model_id ?? ''
    await api.expect(201, 'addThreadComment', { path: { id }, body: { text: 'Long' } })
    await api.expect(204, 'updateThread', { path: { id }, body: { tags: ['a', 'b'] } })
    await api.expect(204, 'batchUpdateThreads', { body: { ids: [id], update: { tags: ['c'] }, merge_tags: true } })
    expect(await thread()).toMatchObject({
      ...{ feedback_scores: [{ name: 'relevance' }], comments: [{ text: 'Long' }], tags: ['a', 'b', 'c'] },
    })
    expect((await api.expect(200, 'findThreadScoreNames')).body).toEqual({ scores: [{ name: 'relevance' }] })
    const body = { ...PROJECT, thread_id: 'chat', names: ['relevance'] }
    await api.expect(204, 'deleteThreadFeedbackScores', { body })
    expect(await thread()).not.toHaveProperty('feedback_scores')
  })

  it('goes with its traces, and is streamed while it is there', async () => {
    const found = await api.expect(200, 'searchTraceThreads', { body: PROJECT })
    expect(found.body).toMatchObject([{ id: 'chat' }])
    await api.expect(204, 'deleteTraceThreads', { body: { ...PROJECT, thread_ids: ['chat'] } })
    expect(await api.status('getTraceById', { path: { id: TRACE } })).toBe(404)
  })
})

it('what a project has is asked for without listing it', async () => {
  const exists = async (query: Record<string, string>) =>
    (await api.expect(200, 'tracesExist', { query: { ...PROJECT, ...query } })).body.exists
  expect([await exists({}), await exists({ source: 'sdk' }), await exists({ source: 'playground' })]).toEqual([
    ...[true, true, false],
  ])
  await api.expect(201, 'createTrace', { body: { start_time: NOW, project_name: 'Empty of threads' } })
  expect(await exists({ project_name: 'Empty of threads', thread_only: 'true' })).toBe(false)
  expect((await api.expect(200, 'spansExist', { query: PROJECT })).body).toEqual({ exists: true })
})

it('the environment of a trace is made where it is new, and filters and sorts', async () => {
  await api.expect(201, 'createTrace', { body: { start_time: NOW, environment: 'canary', ...PROJECT } })
  const { content } = (await api.expect(200, 'findEnvironments')).body
  expect(content.map(({ name }) => name)).toContain('canary')
  const total = async (operator: string, value = '') => {
    const filters = JSON.stringify([{ field: 'environment', operator, value }])
    return (await api.expect(200, 'getTracesByProject', { query: { ...PROJECT, filters } })).body.total
  }
  expect([await total('in', 'canary,other'), await total('is_empty'), await total('!=', 'canary')]).toEqual([1, 1, 1])
  const sorting = JSON.stringify([{ field: 'environment', direction: 'DESC' }])
  const sorted = (await api.expect(200, 'getTracesByProject', { query: { ...PROJECT, sorting } })).body.content
  expect(sorted.map(({ environment }) => environment)).toEqual(['canary', undefined])
})

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
  for (const day of ['true', '2026-02-30', `${DAY}T00:00`, `${DAY}T00:00:00Z`])
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
