/** `given.job`: a job in any of its five states. */
import { sharedPart } from '../../kernel/shared-fields.js'
import type { LocalRunnerJob, LocalRunnerJobStatus, LocalRunnerLogEntry } from '../../kernel/types.js'
import type * as kit from '../../generated/kit-schema.js'
import { expectSuccess, unexpected, type AgentCall } from '../agents/call-api.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { backdate, momentsOf, withIds, isShown, type GivenRunner, type GivenContext } from './given-runner.js'

/** Which job to make. Any field of createJob that the job will show may stand here as well: `mask_id`, `metadata`, ... */
export interface JobRequest extends Omit<kit.JobRequest, 'runner'> {
  /** Default: a new connected endpoint runner on the default project. */
  readonly runner?: GivenRunner | undefined
}

export async function createJob(stage: GivenContext, request: JobRequest): Promise<LocalRunnerJob> {
  const { status = 'pending', id, handed_out = true } = request
  const runner = request.runner ?? (await stage.connect({}))
  const [first = 'echo'] = stage.recordOf(runner).agents.keys()
  const { agent = request.agent_name ?? first } = request
  const call = stage.callAs(runner.as)
  await ensureAgent(stage, call, runner, agent)
  const body = {
    ...{ agent_name: agent, project_id: runner.projectId },
    ...sharedPart('CreateLocalRunnerJobRequest', { ...request, ...omitUndefined(request.fields ?? {}) }),
  }
  if (id !== undefined && stage.world().jobs.get(id) !== undefined) throw new Error(`There is a job ${id} already.`)
  const created = await withIds(stage.ids, [id], () => expectSuccess(call)('createJob', { body }))
  const jobId = created.createdId
  // Out of turn: jobs that were pending before stay pending.
  if (status === 'running' || (status !== 'pending' && handed_out)) {
    stage.world().jobs.start(jobId)
    stage.journal.turn()
  }
  if (request.traceId !== undefined) await report(call, jobId, { status: 'running', trace_id: request.traceId })
  if (request.logs !== undefined) await append(call, jobId, request.logs)
  await finish(call, jobId, status, request)
  amend(stage, jobId, request)
  return read(call, jobId)
}

/** What no client can say of a job. */
function amend(stage: GivenContext, jobId: string, request: JobRequest): void {
  const world = stage.world()
  const job = world.jobs.get(jobId)
  const moments = momentsOf(request, world.now())
  if (job === undefined || (moments === undefined && request.timeout === undefined)) return
  if (request.timeout !== undefined) job.wire.timeout = request.timeout
  if (moments !== undefined) {
    const { created, handedOut, ended } = moments
    backdate(job.wire, { created_at: created, started_at: handedOut, completed_at: ended })
    if (job.wire.started_at !== undefined) job.startedAt = handedOut
  }
  job.runner.jobs.view = undefined
  stage.journal.turn()
  world.onTouch?.('job', jobId)
}

async function append(call: AgentCall, jobId: string, lines: readonly LocalRunnerLogEntry[]): Promise<void> {
  for (let from = 0; from < lines.length; from += MAX_BATCH) {
    const body = lines.slice(from, from + MAX_BATCH)
    await expectSuccess(call)('appendJobLogs', { path: { jobId }, body })
  }
}

/** Lines that appendJobLogs takes at once, if no setting says otherwise. */
const MAX_BATCH = 1000

async function finish(
  call: AgentCall,
  jobId: string,
  status: LocalRunnerJobStatus,
  request: JobRequest,
): Promise<void> {
  const { result, error } = request
  const outcome = omitUndefined({ result, error })
  const isSaid = result !== undefined || error !== undefined
  if (status === 'completed') await report(call, jobId, { status, ...(isSaid ? outcome : { result: {} }) })
  else if (status === 'failed') await report(call, jobId, { status, ...(isSaid ? outcome : { error: 'Error: given' }) })
  else if (isSaid) await report(call, jobId, { status: 'running', ...outcome })
  if (status === 'cancelled') await call('cancelJob', { path: { jobId } })
}

async function report(
  call: AgentCall,
  jobId: string,
  body: { status: 'running' | 'completed' | 'failed'; result?: unknown; error?: string; trace_id?: string },
): Promise<void> {
  await expectSuccess(call)('reportJobResult', { path: { jobId }, body })
}

async function ensureAgent(stage: GivenContext, call: AgentCall, runner: GivenRunner, agent: string): Promise<void> {
  const { agents } = stage.recordOf(runner)
  if (agents.has(agent)) return
  const body = { ...Object.fromEntries(agents), [agent]: {} }
  await expectSuccess(call)('registerAgents', { path: { runnerId: runner.id }, body })
}

async function read(call: AgentCall, jobId: string): Promise<LocalRunnerJob> {
  const answer = await call('getJob', { path: { jobId } })
  if (isShown<LocalRunnerJob>(answer.body, 'agent_name')) return answer.body
  throw unexpected('getJob', answer)
}
