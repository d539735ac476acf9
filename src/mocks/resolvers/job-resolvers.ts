/** Jobs: how they are found, and what their operations bring about. */
import { findDecision } from '../../lifecycle/table.js'
import type { Outcome, Resource, RunnerResolvers } from '../engine/resolver.js'
import type { LocalRunnerJob } from '../../kernel/types.js'
import type { Delivery } from '../world/records.js'

export const job: Resource<'job'> = {
  find: { path: ({ world, caller, path }) => world.jobs.find(caller, path.jobId) },
  stateOf: ({ wire }) => wire.status,
  details: {},
}

export const jobResolvers = {
  createJob: ({ body }, { world, subject }) => ({ created: world.jobs.create(subject, body).wire.id }),

  nextJob(_, { world, subject, exchange }) {
    const next = world.jobs.next(subject, exchange.signal)
    return next instanceof Promise ? next.then(toNextJob) : toNextJob(next)
  },

  listJobs({ query }, { world, subject }) {
    const { project_id: projectId, page, size } = query
    return { body: world.jobs.page(subject, { projectId, page, size }) }
  },

  getJob: (_, { subject }) => ({ body: subject.wire }),

  reportJobResult({ body }, { world, subject, decision }) {
    world.jobs.report(subject, decision, body)
    return {}
  },

  cancelJob(_, { world, subject, decision }) {
    world.jobs.cancel(subject, decision)
    return {}
  },

  appendJobLogs({ body }, { world, subject }) {
    world.jobs.appendLogs(subject, body)
    return {}
  },

  getJobLogs: ({ query }, { subject }) => ({ body: subject.logs.slice(query.offset) }),
} satisfies Partial<RunnerResolvers>

const HANDED_OUT = findDecision('job', 'pending', 'nextJob')

/** Nothing to do is the JSON value null. */
function toNextJob(delivery: Delivery<LocalRunnerJob> | undefined): Outcome<'nextJob'> {
  return delivery === undefined ? { body: null } : { body: delivery.items[0] ?? null, delivery, decided: HANDED_OUT }
}
