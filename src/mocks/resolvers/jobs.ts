/** Resolvers of the operations on jobs. */
import { findDecision } from '../../lifecycle.js'
import { fillPath, operations } from '../../operation.js'
import { refusedReply, type OperationReply, type Resolvers } from '../engine/resolver.js'
import { isRefusal } from '../refusal.js'
import type { LocalRunnerJob } from '../../types.js'
import type { Delivery } from '../world/records.js'

type JobOperation =
  | 'createJob'
  | 'nextJob'
  | 'listJobs'
  | 'getJob'
  | 'reportJobResult'
  | 'cancelJob'
  | 'appendJobLogs'
  | 'getJobLogs'

export const jobResolvers: Pick<Resolvers, JobOperation> = {
  createJob({ body }, { world, caller, locate }) {
    const job = world.jobs.create(caller, body)
    if (isRefusal(job)) return refusedReply(job)
    return { status: 201, headers: { location: locate(fillPath(operations.getJob, { jobId: job.wire.id })) } }
  },

  nextJob({ path }, { world, caller, exchange }) {
    const next = world.jobs.next(caller, path.runnerId, exchange.signal)
    if (next instanceof Promise) return next.then(toNextJobReply)
    return isRefusal(next) ? refusedReply(next) : toNextJobReply(next)
  },

  listJobs({ path, query }, { world, caller }) {
    const { project_id: projectId, page, size } = query
    const jobs = world.jobs.page(caller, path.runnerId, { projectId, page, size })
    return isRefusal(jobs) ? refusedReply(jobs) : { status: 200, body: jobs }
  },

  getJob({ path }, { world, caller }) {
    const job = world.jobs.read(caller, path.jobId)
    return isRefusal(job) ? refusedReply(job) : { status: 200, body: job }
  },

  reportJobResult({ path, body }, { world, caller }) {
    const refusal = world.jobs.report(caller, path.jobId, body)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },

  cancelJob({ path }, { world, caller }) {
    const refusal = world.jobs.cancel(caller, path.jobId)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },

  appendJobLogs({ path, body }, { world, caller }) {
    const refusal = world.jobs.appendLogs(caller, path.jobId, body)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },

  getJobLogs({ path, query }, { world, caller }) {
    const entries = world.jobs.readLogs(caller, path.jobId, query.offset)
    return isRefusal(entries) ? refusedReply(entries) : { status: 200, body: entries }
  },
}

const HANDED_OUT = findDecision('job', 'pending', 'nextJob')

/** Nothing to do is the JSON value null. */
function toNextJobReply(delivery: Delivery<LocalRunnerJob> | undefined): OperationReply<'nextJob'> {
  if (delivery === undefined) return { status: 200, body: null }
  return { status: 200, body: delivery.item, delivery, decided: HANDED_OUT }
}
