// A story that uses every operation of the spec as clients do, from the first ping to the last goodbye.
import type { Api } from './api.js'
import { activation, createJob, newProject, openSession, pair, submit, takeJob } from './given.js'
import { NOBODY } from './harness.js'
import { playNeighbours } from './neighbour-story.js'

/** Plays it; throws when an answer is not the one that the story expects. */
export async function playStory(api: Api): Promise<void> {
  await api.expect(200, 'isAlive')
  const projectId = await playProjects(api)
  await playPairing(api, projectId)
  await playJobs(api, projectId)
  await playBridge(api, projectId)
  await playIngestion(api, projectId)
  await playNeighbours(api, projectId)
}

async function playProjects(api: Api): Promise<string> {
  expectStatus(404, await api.status('retrieveProject', { body: { name: 'Story' } }))
  const id = await newProject(api, 'Story')
  expectStatus(409, await api.status('createProject', { body: { name: 'Story' } }))
  const other = await newProject(api, 'Other story')
  await api.expect(200, 'retrieveProject', { body: { name: 'Story' } })
  await api.expect(200, 'getProjectById', { path: { id } })
  await api.expect(200, 'findProjects', { query: { name: 'story', page: 1, size: 5 } })
  await api.expect(204, 'deleteProjectById', { path: { id: other } })
  expectStatus(404, await api.status('getProjectById', { path: { id: other } }))
  return id
}

async function playPairing(api: Api, projectId: string): Promise<void> {
  const { sessionId, runnerId } = await openSession(api, { projectId, ttlSeconds: 600 })
  expectStatus(404, await api.status('getRunner', { path: { runnerId } }))
  const forged = { ...activation(sessionId, 'laptop').body, runner_name: 'desktop', hmac: 'A'.repeat(43) }
  expectStatus(403, await api.status('activatePairingSession', { path: { sessionId }, body: forged }))
  await api.expect(201, 'activatePairingSession', activation(sessionId, 'laptop'))
  expectStatus(409, await api.status('activatePairingSession', activation(sessionId, 'laptop')))
  await api.expect(200, 'getRunner', { path: { runnerId } })
  await api.expect(200, 'listRunners', { query: { project_id: projectId, status: 'connected', page: 0, size: 50 } })
  await api.expect(204, 'patchChecklist', { path: { runnerId }, body: { steps: { one: true, two: null } } })
  await api.expect(204, 'disconnectRunner', { path: { runnerId } })
  expectStatus(410, await api.status('heartbeat', { path: { runnerId } }))
}

async function playJobs(api: Api, projectId: string): Promise<void> {
  const runner = await pair(api, { projectId })
  const path = { runnerId: runner.id }
  const params = [{ name: 'text', type: 'string', presence: 'required' as const }]
  await api.expect(204, 'registerAgents', { path, body: { echo: { params, timeout: 60, language: 'python' } } })
  const metadata = { dataset_id: NOBODY }
  const job = {
    inputs: { text: 'hi', more: null },
    metadata,
    blueprint_name: 'print',
    prompt_masks: { [NOBODY]: NOBODY },
  }
  const jobId = await createJob(api, runner, job)
  const cancelled = await createJob(api, runner)
  expectStatus(400, await api.status('createJob', { body: { agent_name: 'nobody', project_id: projectId } }))
  await takeJob(api, runner)
  await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'running', trace_id: NOBODY } })
  await api.expect(204, 'appendJobLogs', { path: { jobId }, body: [{ stream: 'stdout', text: 'line' }] })
  await api.expect(200, 'getJobLogs', { path: { jobId }, query: { offset: 0 } })
  await api.expect(204, 'reportJobResult', { path: { jobId }, body: { status: 'completed', result: { n: [1, null] } } })
  await takeJob(api, runner)
  await api.expect(204, 'cancelJob', { path: { jobId: cancelled } })
  await api.expect(200, 'heartbeat', { path, body: { capabilities: ['jobs'] } })
  await api.expect(200, 'heartbeat', { path })
  await api.expect(200, 'nextJob', { path })
  await api.expect(200, 'getJob', { path: { jobId } })
  await api.expect(200, 'listJobs', { path, query: { project_id: projectId, page: 0, size: 2 } })
  expectStatus(404, await api.status('getJob', { path: { jobId: NOBODY } }))
}

async function playBridge(api: Api, projectId: string): Promise<void> {
  const runner = await pair(api, { projectId, type: 'connect' })
  const path = { runnerId: runner.id }
  const done = { ...path, commandId: await submit(api, runner, { type: 'Exec', args: { command: 'ls' } }) }
  const failed = { ...path, commandId: await submit(api, runner, { timeout_seconds: 5 }) }
  await api.expect(200, 'nextBridgeCommands', { path, body: { max_commands: 5 } })
  await api.expect(200, 'nextBridgeCommands', { path })
  const report = { result: { stdout: 'a', exit_code: 0 }, duration_ms: 12 }
  await api.expect(204, 'reportBridgeResult', { path: done, body: { status: 'completed', ...report } })
  const error = { code: 'file_not_found', message: 'no such file' }
  await api.expect(204, 'reportBridgeResult', { path: failed, body: { status: 'failed', error } })
  expectStatus(409, await api.status('reportBridgeResult', { path: failed, body: { status: 'failed', error } }))
  await api.expect(200, 'getBridgeCommand', { path: done, query: { wait: true, timeout: 5 } })
  await api.expect(200, 'getBridgeCommand', { path: failed })
}

async function playIngestion(api: Api, projectId: string): Promise<void> {
  const [project_name, start_time] = ['Story', '2026-07-01T12:00:00Z']
  const trace = {
    id: NOBODY,
    project_name,
    name: 'echo',
    start_time,
    input: { text: 'hi' },
    tags: ['a'],
    thread_id: 'talk',
  }
  await api.expect(204, 'createTraces', { body: { traces: [trace] } })
  await api.expect(204, 'updateTrace', {
    path: { id: NOBODY },
    body: { project_name, end_time: '2026-07-01T12:00:01Z' },
  })
  await api.expect(204, 'batchUpdateTraces', {
    body: { ids: [NOBODY], update: { project_name, tags: ['b'] }, merge_tags: true },
  })
  await api.expect(200, 'getTraceById', { path: { id: NOBODY } })
  await api.expect(200, 'getTracesByProject', { query: { project_id: projectId } })
  const span = { id: NOBODY, trace_id: NOBODY, project_name, name: 'call', type: 'llm' as const, start_time }
  await api.expect(204, 'createSpans', { body: { spans: [span] } })
  await api.expect(204, 'updateSpan', {
    path: { id: NOBODY },
    body: { project_name, trace_id: NOBODY, output: { a: 1 } },
  })
  await api.expect(204, 'batchUpdateSpans', {
    body: { ids: [NOBODY], update: { project_name, trace_id: NOBODY, tags: ['c'] } },
  })
  await api.expect(200, 'getSpansByProject', { query: { project_name, trace_id: NOBODY, page: 1, size: 10 } })
  await api.expect(200, 'getSpanById', { path: { id: NOBODY } })
  await playSums(api, projectId)
  const { createdId: traceId } = await api.expect(201, 'createTrace', { body: { project_name, start_time } })
  await api.expect(201, 'createSpan', { body: { project_name, trace_id: traceId, start_time } })
  await api.expect(204, 'deleteTraceById', { path: { id: traceId } })
  await api.expect(204, 'deleteTraces', { body: { ids: [NOBODY] } })
  await api.expect(204, 'updateProject', { path: { id: projectId }, body: { description: 'told' } })
  const { createdId: unwanted } = await api.expect(201, 'createProject', { body: { name: 'Unwanted' } })
  await api.expect(204, 'deleteProjectsBatch', { body: { ids: [unwanted] } })
}

/** What is computed of what was ingested. */
async function playSums(api: Api, project_id: string): Promise<void> {
  const [path, query, body] = [{ id: project_id }, { project_id }, { project_id }]
  const interval = { interval_start: '2026-07-01T00:00:00Z', interval_end: '2026-07-02T00:00:00Z' }
  await api.expect(200, 'getProjectStats', {})
  await api.expect(200, 'getProjectKpiCards', { path, body: { entity_type: 'traces', ...interval } })
  await api.expect(200, 'getProjectMetrics', {
    path,
    body: { metric_type: 'TRACE_COUNT', interval: 'DAILY', ...interval },
  })
  await api.expect(200, 'findTokenUsageNames', { path })
  await api.expect(200, 'getTraceStats', { query })
  await api.expect(200, 'getSpanStats', { query })
  await api.expect(200, 'getTraceThreads', { query })
  await api.expect(200, 'getTraceThread', { body: { project_id, thread_id: 'talk' } })
  await api.expect(200, 'getTraceThreadStats', { query })
  await api.expect(200, 'searchTraces', { body })
  await api.expect(200, 'searchSpans', { body })
}

function expectStatus(wanted: number, status: number): void {
  if (status !== wanted) throw new Error(`the story met ${status} instead of ${wanted}`)
}
