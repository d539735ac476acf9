/** `given.job` and `given.command`: a job or a bridge command in any of its five states. */
import { sharedPart } from '../../kernel/shared-fields.js'
import type { BridgeCommand, LocalRunnerJob } from '../../kernel/types.js'
import type * as kit from '../../generated/kit-schema.js'
import { expectSuccess } from '../agents/call-api.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { CommandRecord, JobRecord } from '../world/records.js'
import { backdate, readShown, withId, type GivenRunner, type GivenContext } from './given-runner.js'

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
  const { createdId: jobId } = await withId(stage.host, 'job', id, () => call('createJob', { body }))
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
  amendJob(stage, jobId, request)
  return readShown(call, 'getJob', path, 'agent_name')
}

/** What no client can say of a job. */
function amendJob({ host: { world, journal } }: GivenContext, jobId: string, request: JobRequest): void {
  const job = world.jobs.get(jobId)
  if (job === undefined || (!amendPast(job, request, world.now()) && request.timeout === undefined)) return
  job.wire.timeout = request.timeout ?? job.wire.timeout
  job.runner.jobs.view = undefined
  journal.turn()
  world.changes++
}

/** Lines that appendJobLogs takes at once, if no setting says otherwise. */
const MAX_BATCH = 1000

/** How its runner reports it; undefined for one that it does not. */
function reportOf({ status = 'pending', result, error }: JobRequest) {
  const isSaid = result !== undefined || error !== undefined
  const isReported = status === 'completed' || status === 'failed'
  if (!isReported && !isSaid) return undefined
  const usual = status === 'completed' ? { result: {} } : { error: 'Error: given' }
  return { status: isReported ? status : ('running' as const), ...(isSaid ? omitUndefined({ result, error }) : usual) }
}

/** Which command to make. Any field of createBridgeCommand that the command will show may stand here as well. */
export interface CommandRequest extends Omit<kit.CommandRequest, 'runner'> {
  /** Default: a new connected connect runner on the default project. */
  readonly runner?: GivenRunner | undefined
}

export async function createCommand(stage: GivenContext, request: CommandRequest): Promise<BridgeCommand> {
  const { status = 'pending', type = 'ReadFile', args = { path: 'README.md' }, id, handed_out = true } = request
  const { result, error, durationMs: duration_ms } = request
  const runner = request.runner ?? (await stage.connect({ type: 'connect' }))
  const call = expectSuccess(stage.callAs(runner.as))
  const body = {
    ...{ type, args, ...omitUndefined({ timeout_seconds: request.timeoutSeconds }) },
    ...sharedPart('BridgeCommandSubmitRequest', request),
  }
  const created = await withId(stage.host, 'command', id, () =>
    call('createBridgeCommand', { path: { runnerId: runner.id }, body }),
  )
  const path = { runnerId: runner.id, commandId: created.createdId }
  const { world, journal } = stage.host
  const { commands } = world
  // Out of turn: commands that were pending before stay pending.
  const isReported = status === 'completed' || status === 'failed'
  if (status !== 'pending' && (handed_out || !isReported)) commands.start(path.commandId)
  const command = commands.get(path.commandId)
  if (status === 'timed_out' && command !== undefined) commands.timeOut(command)
  if (status !== 'pending') journal.turn()
  if (isReported) {
    const usual = status === 'completed' ? { result: {} } : { error: { code: 'internal', message: 'given' } }
    const outcome = result === undefined && error === undefined ? usual : omitUndefined({ result, error })
    await call('reportBridgeResult', { path, body: { status, ...outcome, ...omitUndefined({ duration_ms }) } })
  }
  if (command !== undefined && amendPast(command, request, world.now())) journal.turn()
  return readShown(call, 'getBridgeCommand', path, 'command_id')
}

/** Writes what no client can say: when it was made, handed out and ended; false where its maker says nothing of the past. */
function amendPast(work: JobRecord | CommandRecord, { ago_ms, waited_ms, for_ms }: kit.WorkPast, now: number): boolean {
  if (ago_ms === undefined && waited_ms === undefined && for_ms === undefined) return false
  const [waited, took] = [waited_ms ?? 0, for_ms ?? 0]
  const created = now - (ago_ms ?? waited + took)
  const [handedOut, completed_at] = [Math.min(created + waited, now), Math.min(created + waited + took, now)]
  const begin = { created_at: created, submitted_at: created, started_at: handedOut, picked_up_at: handedOut }
  backdate(work.wire, { ...begin, completed_at })
  if ('started_at' in work.wire || 'picked_up_at' in work.wire) work.startedAt = handedOut
  return true
}
