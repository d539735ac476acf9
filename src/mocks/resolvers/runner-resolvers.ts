/** Runners: how they are found, and what the operations on runners themselves bring about. */
import { offendingCapability } from '../../lifecycle/facts.js'
import { constants } from '../../lifecycle/table.js'
import type { Resource, RunnerResolvers } from '../engine/resolver.js'
import { refuseFor } from '../world/collection.js'

/** How many agents a refusal names. */
const NAMED_AGENTS = 10

export const runner: Resource<'runner'> = {
  find: {
    path: ({ world, caller, path }) => world.runners.find(caller, path.runnerId),
    slot: ({ world, caller, body }) => world.runners.inSlot(caller, body.project_id.toLowerCase(), 'endpoint'),
  },
  stateOf: (record, { runners }) => runners.statusOf(record),
  details: {
    id: ({ subject }) => subject.id,
    silence: ({ world, subject }) => world.runners.silenceOf(subject),
    registered: ({ subject }) => [...subject.agents.keys()].slice(0, NAMED_AGENTS).join(', ') || 'none',
    offending: ({ body }) => offendingCapability(body) ?? '',
  },
}

export const runnerResolvers = {
  listRunners({ query }, { world, caller }) {
    const { project_id: projectId, status, page, size } = query
    if (page * size > constants.largest_page_offset) refuseFor('farPage')
    return { body: world.runners.page(caller, { projectId, status, page, size }) }
  },

  getRunner: (_, { world, subject }) => ({ body: world.runners.toWire(subject) }),

  disconnectRunner(_, { world, subject }) {
    if (subject !== undefined) world.runners.remove(subject, 'disconnectRunner')
    return {}
  },

  heartbeat({ body }, { world, subject, decision }) {
    return { body: { cancelled_job_ids: world.runners.heartbeat(subject, decision, body?.capabilities ?? []) } }
  },

  registerAgents({ body }, { world, subject }) {
    world.runners.registerAgents(subject, body)
    return {}
  },

  patchChecklist({ body }, { world, subject }) {
    world.runners.patchChecklist(subject, body)
    return {}
  },
} satisfies Partial<RunnerResolvers>
