/** Pairing sessions, runners, jobs and bridge commands: how they are found, and what their operations bring about. */
import { batchSize, offendingCapability } from '../../lifecycle/facts.js'
import { constants, findDecision } from '../../lifecycle/table.js'
import { waitSeconds } from '../../lifecycle/timers.js'
import type { BridgeCommandItem, LocalRunnerJob } from '../../kernel/types.js'
import type { Outcome, Resources, RunnerResolvers } from '../engine/resolver.js'
import { isEnded } from '../world/bridge-commands.js'
import { refuseFor } from '../world/collection.js'
import { keepNumbers, type Delivery } from '../world/records.js'

/** How many agents a refusal names. */
const NAMED_AGENTS = 10

export const resources: Resources = {
  pairingSession: {
    find: { path: ({ world, caller, path }) => world.sessions.find(caller, path.sessionId) },
    stateOf: (session, { sessions }) => sessions.stateOf(session),
    details: {},
  },
  runner: {
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
  },
  job: {
    find: { path: ({ world, caller, path }) => world.jobs.find(caller, path.jobId) },
    stateOf: ({ wire }) => wire.status,
    details: {},
  },
  bridgeCommand: {
    find: {
      path({ world, caller, path }) {
        const command = world.commands.find(caller, path.commandId)
        return command?.runner.id === path.runnerId ? command : undefined
      },
    },
    stateOf: ({ wire }) => wire.status,
    details: {},
  },
}

export const resolvers: RunnerResolvers = {
  createPairingSession({ body }, { world, caller, decision }) {
    const session = world.sessions.create(caller, decision, body)
    return { body: { session_id: session.id, runner_id: session.runnerId } }
  },

  activatePairingSession({ body }, { world, caller, subject, decision }) {
    world.sessions.activate(subject, decision, caller, body)
    return { created: subject.runnerId }
  },

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

  createBridgeCommand({ body }, { world, subject }) {
    const { command_id } = world.commands.create(subject, body).wire
    return { created: command_id, body: { command_id } }
  },

  nextBridgeCommands({ body }, { world, subject, exchange }) {
    const next = world.commands.next(subject, exchange.signal, batchSize(body))
    return next instanceof Promise ? next.then(toBatch) : toBatch(next)
  },

  getBridgeCommand({ query }, { world, subject, exchange }) {
    if (!query.wait || isEnded(subject)) return { body: subject.wire }
    const seconds = waitSeconds('getBridgeCommand', query, world.settings) ?? 0
    const inTime = world.hasQuirk('stale-wait') ? keepNumbers({ ...subject.wire }, subject.wire) : undefined
    const end = world.commands.awaitEnd(subject, seconds, exchange.signal)
    return end.then((news) => {
      if (news === 'gone') return { retry: true }
      return { body: (news === undefined ? inTime : undefined) ?? subject.wire }
    })
  },

  reportBridgeResult({ body }, { world, subject, decision }) {
    world.commands.report(subject, decision, body)
    return {}
  },
}

const JOB_HANDED_OUT = findDecision('job', 'pending', 'nextJob')
const COMMANDS_HANDED_OUT = findDecision('bridgeCommand', 'pending', 'nextBridgeCommands')

/** Nothing to do is the JSON value null. */
function toNextJob(delivery: Delivery<LocalRunnerJob> | undefined): Outcome<'nextJob'> {
  if (delivery === undefined) return { body: null }
  return { body: delivery.items[0] ?? null, delivery, decided: JOB_HANDED_OUT }
}

/** What a poll brings for which nothing came; whether its answer arrived still shows in the journal. */
const NOTHING: Delivery<BridgeCommandItem> = { items: [], failed: () => undefined }

function toBatch(delivery: Delivery<BridgeCommandItem> = NOTHING): Outcome<'nextBridgeCommands'> {
  const decided = delivery.items.length > 0 ? COMMANDS_HANDED_OUT : undefined
  return { body: { commands: [...delivery.items] }, delivery, decided }
}
