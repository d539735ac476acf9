/** Runners: how they are found, what their conditions are, and what the operations on runners themselves bring about. */
import { constants } from '../../kernel/lifecycle.js'
import type { Resource, RunnerResolvers } from '../engine/resolver.js'
import { mergeChecklist } from '../world/stored-json.js'
import { BRIDGE } from '../base/words.js'

const CAPABILITY = new RegExp(constants.capability_pattern)

/** Where the last page may begin. */
const LARGEST_OFFSET = 0x7fffffff

/** How many agents a refusal names. */
const NAMED_AGENTS = 10

export const runner: Resource<'runner'> = {
  find: {
    path: ({ world, caller, path }) => world.runners.find(caller, path.runnerId),
    slot: ({ world, caller, body }) => world.runners.inSlot(caller, body.project_id.toLowerCase(), 'endpoint'),
  },
  stateOf: (record, { runners }) => runners.statusOf(record),
  facts: {
    capabilities: ({ body }) => (offendingOf(body) === undefined ? 'valid' : 'invalid'),
    agents: ({ world, body }) =>
      Object.keys(body).length > world.settings.max_agents_per_runner ? 'too_many' : 'within',
    checklist: ({ world, subject, body }) =>
      world.isOversized(mergeChecklist(subject.checklist, body)) ? 'oversized' : 'within',
    agent: ({ subject, body }) => (subject.agents.has(body.agent_name) ? 'registered' : 'unknown'),
    queue: ({ operation, world, subject }) =>
      operation === 'createJob' ? world.jobs.roomOn(subject) : world.commands.roomOn(subject),
    capability: ({ subject }) => (subject.capabilities.includes(BRIDGE) ? 'bridge' : 'missing'),
    rate: ({ world, subject, body }) => world.commands.rateOf(subject, body.type),
    payload: ({ world, body }) => (world.isOversized(body.args) ? 'oversized' : 'within'),
  },
  details: {
    id: ({ subject }) => subject.id,
    silence: ({ world, subject }) => world.runners.silenceOf(subject),
    registered: ({ subject }) => [...subject.agents.keys()].slice(0, NAMED_AGENTS).join(', ') || 'none',
    offending: ({ body }) => offendingOf(body) ?? '',
  },
}

function offendingOf(body: { capabilities?: readonly string[] | undefined } | undefined): string | undefined {
  return body?.capabilities?.find((capability) => !CAPABILITY.test(capability))
}

type RunnerOperation =
  | 'listRunners'
  | 'getRunner'
  | 'disconnectRunner'
  | 'heartbeat'
  | 'registerAgents'
  | 'patchChecklist'

export const runnerResolvers: Pick<RunnerResolvers, RunnerOperation> = {
  listRunners({ query }, { world, caller }) {
    const { project_id: projectId, status, page, size } = query
    if (page * size > LARGEST_OFFSET) return { refused: 'farPage', details: {} }
    return { body: world.runners.page(caller, { projectId, status, page, size }) }
  },

  getRunner: (_, { world, subject }) => ({ body: world.runners.toWire(subject) }),

  disconnectRunner(_, { world, subject }) {
    if (subject !== undefined) world.runners.disconnect(subject)
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
}
