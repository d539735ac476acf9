/** `given.job`: a job in any of its five states. */
import { sharedPart } from '../../kernel/shared-fields.js'
import type { LocalRunnerJob } from '../../kernel/types.js'
import type * as kit from '../../generated/kit-schema.js'
import { expectSuccess } from '../agents/call-api.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { backdate, momentsOf, readShown, withIds, type GivenRunner, type GivenContext } from './given-runner.js'

/** Which job to make. Any field of createJob that the job will show may stand here as well: `mask_id`, `metadata`, ... */
export interface JobRequest extends Omit<kit.JobRequest, 'runner'> {
  /** Default: a new connected endpoint runner on the default project. */
  readonly runner?: GivenRunner | undefined
}

export async function createJob(stage: GivenContext, request: JobRequest): Promise<LocalRunnerJob> {
  const { status = 'pending', id, handed_out = true, logs = [] } = request
  const runner = request.runner ?? (await stage.connect({}))
  const { agents } = stage.recordOf(runner)
  const [first = 'echo'] = agents.keys()
  const { agent = request.agent_name ?? first } = request
  const call = expectSuccess(stage.callAs(runner.as))
  if (!agents.has(agent)) {
    const all = { ...Object.fromEntries(agents), [agent]: {} }
    await call('registerAgents', { path: { runnerId: runner.id }, body: all })
  }
  const body = {
    ...{ agent_name: agent, project_id: runner.projectId },
    ...sharedPart('CreateLocalRunnerJobRequest', { ...request, ...omitUndefined(request.fields ?? {}) }),
  }
  if (id !== undefined && stage.host.world.jobs.get(id) !== undefined) throw new Error(`There is a job ${id} already.`)
  const { createdId: jobId } = await withIds(stage.host.ids, [id], () => call('createJob', { body }))
  const path = { jobId }
  // Out of turn: jobs that were pending before stay pending.
  if (status === 'running' || (status !== 'pending' && handed_out)) {
    stage.host.world.jobs.start(jobId)
    stage.host.journal.turn()
  }
  const { traceId: trace_id } = request
  if (trace_id !== undefined) await call('reportJobResult', { path, body: { status: 'running', trace_id } })
  for (let from = 0; from < logs.length; from += MAX_BATCH) {
    await call('appendJobLogs', { path, body: logs.slice(from, from + MAX_BATCH) })
  }
  const report = reportOf(request)
  if (report !== undefined) await call('reportJobResult', { path, body: report })
  if (status === 'cancelled') await stage.callAs(runner.as)('cancelJob', { path })
  amend(stage, jobId, request)
  return readShown(call, 'getJob', path, 'agent_name')
}

/** How its runner reports it; undefined for one that it does not. */
function reportOf({ status = 'pending', result, error }: JobRequest) {
  const isSaid = result !== undefined || error !== undefined
  const isReported = status === 'completed' || status === 'failed'
  if (!isReported && !isSaid) return undefined
  const usual = status === 'completed' ? { result: {} } : { error: 'Error: given' }
  return { status: isReported ? status : ('running' as const), ...(isSaid ? omitUndefined({ result, error }) : usual) }
}

/** What no client can say of a job. */
function amend(stage: GivenContext, jobId: string, request: JobRequest): void {
  const world = stage.host.world
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
  stage.host.journal.turn()
  world.onTouch?.('job', jobId)
}

/** Lines that appendJobLogs takes at once, if no setting says otherwise. */
const MAX_BATCH = 1000
