// The main job on real input: the published `opik` SDK, in a process of its own and in runner mode, works against the built
// `serve` command. Everything between the two is observed from outside, by a recording proxy and the web app's own calls.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiClient, createJob, createProject, endedJob, pairRunner, type ApiClient } from './api-client.js'
import { eventually } from './eventually.js'
import { startProgram, type Program } from './program.js'
import { startRecordingProxy, type RecordedCall, type RecordingProxy } from './recording-proxy.js'

/** The SDK beats every 5 s; a little more than that in silence means that it has stopped. */
const longerThanOneHeartbeat = 5_400

/** As agent-program.mjs declares them. */
const greeterParams = [
  { name: 'name', type: 'string', presence: 'required' },
  { name: 'times', type: 'integer', presence: 'required' },
  { name: 'loud', type: 'boolean', presence: 'optional' },
]

let server: Program
let url: string

beforeAll(async () => {
  server = startProgram('dist/cli/main.js', ['serve', '--scenario', 'empty', '--port', '0', '--seed', '7'])
  const [, printedUrl = ''] = await server.printed(/listening on (http:\/\/127\.0\.0\.1:\d+\/api)/)
  url = printedUrl
})

afterAll(async () => {
  expect(await server.stop()).toBe(0)
})

describe.concurrent('the opik SDK in runner mode', () => {
  test('takes a job, streams its logs and completes it with a result and a trace', async ({ expect }) => {
    await withSdkRunner('completes', async ({ api, proxy, program, projectId, runnerId }) => {
      const runner = await api.send('GET', `local-runners/${runnerId}`)
      expect(runner.body).toMatchObject({ id: runnerId, status: 'connected', type: 'endpoint' })
      expect(runner.body).toHaveProperty('agents', [
        expect.objectContaining({ name: 'greeter', language: 'typescript', timeout: 0, params: greeterParams }),
        expect.objectContaining({ name: 'breaker' }),
      ])

      const inputs = { name: 'Ada', times: '3' }
      const jobId = await createJob(api, { agent_name: 'greeter', project_id: projectId, inputs })
      const job = await endedJob(api, jobId, program.output)
      const output = { greeting: 'Hello, Countess Ada', times: 3, loud: false }
      expect(job).toMatchObject({ id: jobId, runner_id: runnerId, status: 'completed', inputs, result: output })
      expect(job).not.toHaveProperty('error')

      const logs = await api.send('GET', `local-runners/jobs/${jobId}/logs`)
      const printed = [
        { stream: 'stdout', text: 'greeting Ada\n' },
        { stream: 'stderr', text: 'Countess it is\n' },
      ]
      expect(logs.body).toEqual(printed)

      const traceId = String(job['trace_id'])
      const trace = await api.send('GET', `traces/${traceId}`)
      const kept = {
        id: traceId,
        project_id: projectId,
        name: 'greeter',
        input: { arguments: ['Ada', 3, null] },
        output,
      }
      expect(trace).toMatchObject({ status: 200, body: kept })
      expect(trace.body).toHaveProperty('end_time')
      for (const query of [`project_id=${projectId}`, 'project_name=completes']) {
        const found = await api.send('GET', `traces?${query}`)
        expect(found.body).toMatchObject({ total: 1, content: [kept] })
      }
      const spans = await api.send('GET', `spans?project_id=${projectId}&trace_id=${traceId}`)
      const [inner, outer] = spansByType(spans.body)
      expect(outer).toMatchObject({ name: 'greeter', type: 'llm', output })
      expect(inner).toMatchObject({
        name: 'look-up-title',
        parent_span_id: outer?.['id'],
        output: { title: 'Countess' },
      })

      expect(reportsOf(jobId, proxy.calls)).toEqual([
        { status: 'running', trace_id: traceId },
        printed,
        { status: 'completed', trace_id: traceId, result: output },
      ])
      expect(refused(proxy.calls)).toEqual([])
    })
  })

  test('reports a job as failed, with the error, when the agent throws', async ({ expect }) => {
    await withSdkRunner('fails', async ({ api, proxy, program, projectId }) => {
      const inputs = { reason: 'design' }
      const jobId = await createJob(api, { agent_name: 'breaker', project_id: projectId, inputs })
      const job = await endedJob(api, jobId, program.output)
      expect(job).toMatchObject({ status: 'failed', error: 'RangeError: broken by design' })
      expect(job).not.toHaveProperty('result')

      const logs = await api.send('GET', `local-runners/jobs/${jobId}/logs`)
      expect(logs.body).toContainEqual({ stream: 'stdout', text: 'about to break\n' })

      const trace = await api.send('GET', `traces/${String(job['trace_id'])}`)
      const cause = { exception_type: 'RangeError', message: 'broken by design' }
      expect(trace).toMatchObject({ status: 200, body: { name: 'breaker', error_info: cause } })
      expect(refused(proxy.calls)).toEqual([])
    })
  })

  test('stops by itself once its runner is disconnected', async ({ expect }) => {
    await withSdkRunner('stops', async ({ api, proxy, program, runnerId }) => {
      expect(await api.send('DELETE', `local-runners/${runnerId}`)).toMatchObject({ status: 204 })
      await eventually('a heartbeat answered 410', () => heartbeats(proxy.calls).find((call) => call.status === 410), {
        details: program.output,
      })
      const callsUntilThen = proxy.calls.length
      await sleep(longerThanOneHeartbeat)

      expect(proxy.calls.slice(callsUntilThen)).toEqual([])
      expect(proxy.calls.filter((call) => call.status === undefined)).toEqual([])
      expect(proxy.calls.findLast((call) => call.path.endsWith('/jobs/next'))).toMatchObject({ status: 404 })
      expect(program.isRunning()).toBe(true)
      expect(await program.closeInput()).toBe(0)
    })
  })
})

interface SdkRunner {
  api: ApiClient
  proxy: RecordingProxy
  program: Program
  projectId: string
  runnerId: string
}

/** Pairs a runner of a user of its own, starts the SDK as that runner, and calls `act` once its agents can be seen. */
async function withSdkRunner(name: string, act: (runner: SdkRunner) => Promise<void>): Promise<void> {
  const api = apiClient(url, `key-${name}`)
  const project_id = await createProject(api, name)
  const runnerId = await pairRunner(api, { project_id, type: 'endpoint' }, `${name}-runner`)
  const proxy = await startRecordingProxy(url)
  const program = startProgram('test/sdk/agent-program.mjs', [], {
    OPIK_RUNNER_MODE: 'true',
    OPIK_RUNNER_ID: runnerId,
    OPIK_URL_OVERRIDE: proxy.url,
    OPIK_API_KEY: api.apiKey,
    OPIK_WORKSPACE: 'default',
    OPIK_PROJECT_NAME: name,
    // The SDK's own notes would be among a job's logs; only its warnings may be.
    OPIK_LOG_LEVEL: 'WARN',
    // Short, so that a trace is created while its agent still works, and completed by an update.
    OPIK_BATCH_DELAY_MS: '25',
  })
  try {
    await eventually('registration of the agents', () => agentsOf(api, runnerId), { details: program.output })
    await act({ api, proxy, program, projectId: project_id, runnerId })
  } finally {
    await program.stop()
    await proxy.close()
  }
}

async function agentsOf(api: ApiClient, runnerId: string): Promise<unknown[] | undefined> {
  const { body } = await api.send('GET', `local-runners/${runnerId}`)
  const { agents } = body as { agents: unknown[] }
  return agents.length > 0 ? agents : undefined
}

/** The bodies that were posted about one job: its results and its batches of logs, in order. */
function reportsOf(jobId: string, calls: RecordedCall[]): unknown[] {
  return calls
    .filter((call) => call.path.includes(`/local-runners/jobs/${jobId}/`))
    .map((call): unknown => JSON.parse(call.requestBody))
}

/** The spans of a page with those of type `tool` first. */
function spansByType(page: unknown): Record<string, unknown>[] {
  const { content } = page as { content: Record<string, unknown>[] }
  return content.toSorted((a, b) => String(b['type']).localeCompare(String(a['type'])))
}

function heartbeats(calls: RecordedCall[]): RecordedCall[] {
  return calls.filter((call) => call.path.endsWith('/heartbeats'))
}

/** The calls that were answered with anything but success; those still waiting are not among them. */
function refused(calls: RecordedCall[]): RecordedCall[] {
  return calls.filter(({ status }) => status !== undefined && status >= 300)
}
