/** `given.job`: a job in any of its five states. */
import { sharedPart } from '../../kernel/carry.js'
import type {
  CreateLocalRunnerJobRequest,
  LocalRunnerJob,
  LocalRunnerJobStatus,
  LocalRunnerLogEntry,
} from '../../kernel/types.js'
import { unexpected, type Call } from '../agents/api-call.js'
import type { GivenRunner, GivenContext } from './given-runner.js'

/** Which job to make. Any field of createJob that the job will show may stand here as well: `mask_id`, `metadata`, ... */
export interface JobRequest extends Partial<CreateLocalRunnerJobRequest> {
  /** Default: a new connected endpoint runner on the default project. */
  runner?: GivenRunner
  /** Default `pending`. */
  status?: LocalRunnerJobStatus
  /** Registered on the runner when it is not there. Default: the runner's first agent, or `echo` when it has none. */
  agent?: string
  /** Any JSON. Default: none. */
  inputs?: unknown
  /** For `completed`. Default `{}`. */
  result?: unknown
  /** For `failed`. Default `Error: given`. */
  error?: string
  /** Reported while it runs. Default: none. */
  traceId?: string
  /** Written while it runs. Default: none. */
  logs?: readonly LocalRunnerLogEntry[]
  /** Further fields of createJob. Default: none. */
  fields?: Partial<CreateLocalRunnerJobRequest>
}

/** Makes the job. Its timeout, when it matters, comes from its agent or from the settings, as for any job. */
export async function createJob(stage: GivenContext, request: JobRequest): Promise<LocalRunnerJob> {
  const { status = 'pending' } = request
  const runner = request.runner ?? (await stage.connect({}))
  const [first = 'echo'] = stage.recordOf(runner).agents.keys()
  const { agent = request.agent_name ?? first } = request
  const call = stage.callAs(runner.as)
  await ensureAgent(stage, call, runner, agent)
  const created = await call('createJob', {
    body: {
      agent_name: agent,
      project_id: runner.projectId,
      ...sharedPart('CreateLocalRunnerJobRequest', request),
      ...request.fields,
    },
  })
  if (created.status !== 201) throw unexpected('createJob', created)
  const jobId = created.createdId
  // Out of turn: jobs that were pending before stay pending.
  if (status !== 'pending') stage.world().jobs.start(jobId)
  if (request.traceId !== undefined) await report(call, jobId, { status: 'running', trace_id: request.traceId })
  if (request.logs !== undefined) await call('appendJobLogs', { path: { jobId }, body: [...request.logs] })
  await finish(call, jobId, status, request)
  return read(call, jobId)
}

async function finish(call: Call, jobId: string, status: LocalRunnerJobStatus, request: JobRequest): Promise<void> {
  if (status === 'completed') await report(call, jobId, { status, result: request.result ?? {} })
  if (status === 'failed') await report(call, jobId, { status, error: request.error ?? 'Error: given' })
  if (status === 'cancelled') await call('cancelJob', { path: { jobId } })
}

async function report(
  call: Call,
  jobId: string,
  body: { status: 'running' | 'completed' | 'failed'; result?: unknown; error?: string; trace_id?: string },
): Promise<void> {
  const answer = await call('reportJobResult', { path: { jobId }, body })
  if (answer.status !== 204) throw unexpected('reportJobResult', answer)
}

async function ensureAgent(stage: GivenContext, call: Call, runner: GivenRunner, agent: string): Promise<void> {
  const { agents } = stage.recordOf(runner)
  if (agents.has(agent)) return
  const body = { ...Object.fromEntries(agents), [agent]: {} }
  const answer = await call('registerAgents', { path: { runnerId: runner.id }, body })
  if (answer.status !== 204) throw unexpected('registerAgents', answer)
}

async function read(call: Call, jobId: string): Promise<LocalRunnerJob> {
  const answer = await call('getJob', { path: { jobId } })
  if (isJob(answer.body)) return answer.body
  throw unexpected('getJob', answer)
}

function isJob(body: unknown): body is LocalRunnerJob {
  return typeof body === 'object' && body !== null && 'agent_name' in body
}
