// The admin API's calls on what is in the world: one view for lists, and one for each resource in detail. Traces are
// told as they are kept, of every workspace, and reading them leaves nothing in the journal.
import type {
  CommandDetail,
  CommandView,
  JobDetail,
  JobView,
  RunnerDetail,
  RunnerView,
  WorldView,
  TraceDetail,
  TraceList,
  TraceView,
} from '../../../generated/kit-schema.js'
import { version } from '../../../kernel/version.js'
import { refuse } from '../../../kernel/errors.js'
import { redactJson } from '../../base/redact.js'
import type { CommandRecord, JobRecord, RunnerRecord } from '../../world/records.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { RunnerMock } from '../../mock/runner-mock.js'
import type { World } from '../../world/world.js'
import { createIdentity, LOCAL_USER } from '../../base/identity.js'
import type { Entry } from '../../world/collection.js'
import { viewClock } from './admin-controls.js'
import type { AdminResolvers } from './admin-call.js'
import { onRunner } from './admin-runners.js'
import { textOf } from '../../../kernel/json-value.js'
import { toIso } from '../../../kernel/instant.js'

export const viewResolvers = {
  readWorld({ mock, streams, apiPath }) {
    const { clock, settings, profile, faults, auth } = mock
    // The cursor is taken first and nothing runs in between, so that no event is lost or told twice.
    const head = {
      cursor: streams.cursor(),
      version,
      api_path: apiPath,
      auth,
      settings,
      profile,
      faults: faults.list(),
    }
    const living = livingIn(mock)
    return {
      ...head,
      clock: viewClock(clock),
      ...mock.inspect((world) => ({
        projects: viewProjects(world),
        sessions: viewSessions(world),
        runners: Array.from(world.runners.values(), (runner) => viewRunner(world, runner, living)),
        jobs: Array.from(world.jobs.values(), viewJob),
        commands: Array.from(world.commands.values(), viewCommand),
      })),
    } satisfies WorldView
  },

  showRunner: onRunner(({ mock }, runner) => {
    const { wire, agents, checklist, jobs, bridge } = runner
    const { name: _name, type: _type, connected_at: _at, ...fields } = wire
    return {
      ...mock.inspect((world) => viewRunner(world, runner, livingIn(mock))),
      registered: [...agents.values()],
      checklist,
      // What it has from its requests, besides what is shown of every runner.
      fields: Object.keys(fields).length === 0 ? undefined : { ...fields },
      announces: jobs.cancelled,
      polls: { jobs: jobs.pollers.length, commands: bridge.pollers.length },
    } satisfies RunnerDetail
  }),

  /** Its log from an entry on. */
  showJob({ mock }, { id, query }) {
    const from = Number(query['logs_from'] ?? 0)
    const record = mock.inspect(({ jobs }) => jobs.get(id.toLowerCase()))
    if (record === undefined) return refuse(404, `There is no job '${id}'; it may have expired, or its runner is gone.`)
    const { wire: job, runner, logs } = record
    const { workspace, user } = runner.owner
    return { job, workspace, user, logs_from: from, logs: logs.slice(from) } satisfies JobDetail
  },

  showCommand({ mock }, { id }) {
    const record = mock.inspect(({ commands }) => commands.get(id.toLowerCase()))
    if (record === undefined)
      return refuse(404, `There is no bridge command '${id}'; it may have expired, or its runner is gone.`)
    const { wire, runner } = record
    const { workspace, user } = runner.owner
    const command = { ...wire, ...omitUndefined({ args: redactJson(wire.args), result: redactJson(wire.result) }) }
    return { command, workspace, user } satisfies CommandDetail
  },

  listTraces: ({ mock }, { query }) =>
    mock.inspect((world) => {
      const { project, limit: asked = DEFAULT_LIMIT } = query
      const limit = Number(asked)
      const where = project === undefined ? {} : { project_id: project.toLowerCase() }
      const { traces } = world.collections
      const found = [...traces.shelves.keys()].map((workspace) => {
        const { total, entries } = traces.list(anyoneIn(workspace), where, 0, limit)
        return { total, views: entries.map((trace) => viewTrace(world, workspace, trace)) }
      })
      const views = found.flatMap((each) => each.views)
      if (found.length > 1) views.sort((a, b) => (a.id < b.id ? 1 : -1))
      const total = found.reduce((sum, each) => sum + each.total, 0)
      return { total, traces: views.slice(0, limit) } satisfies TraceList
    }),

  showTrace: ({ mock }, { id }) =>
    mock.inspect((world) => {
      const { traces, spans } = world.collections
      for (const workspace of traces.shelves.keys()) {
        const trace = traces.find(anyoneIn(workspace), id)
        if (trace === undefined) continue
        const { entries } = spans.list(anyoneIn(workspace), { trace_id: String(trace['id']) })
        return { trace, spans: entries.toReversed(), workspace, ...jobOf(world, trace) } satisfies TraceDetail
      }
      return refuse(404, `There is no trace '${id}'.`)
    }),
} satisfies Partial<AdminResolvers>

const DEFAULT_LIMIT = 500

function viewProjects({ collections }: World): WorldView['projects'] {
  return Object.entries(collections.projects.save()).flatMap(([workspace, list]) =>
    list.map(({ id, name }) => ({ id: String(id), name: String(name), workspace })),
  )
}

function viewSessions({ sessions }: World): WorldView['sessions'] {
  return sessions.save().map(({ id, runnerId, workspace, projectId, type, expiresAt, isActivated }) => ({
    ...{ id, runner_id: runnerId, project_id: projectId, workspace, type },
    expires_at: toIso(expiresAt),
    is_activated: isActivated,
  }))
}

function livingIn({ agents }: RunnerMock): ReadonlySet<string> {
  return new Set(agents.alive().map(({ runner }) => runner.id))
}

function viewRunner({ runners }: World, runner: RunnerRecord, living: ReadonlySet<string>): RunnerView {
  const { id, wire, owner, projectId, lastHeartbeat, agents, capabilities } = runner
  return {
    ...{ id, name: wire.name, type: wire.type, status: runners.statusOf(runner) },
    ...{ project_id: projectId, workspace: owner.workspace, user: owner.user },
    connected_at: wire.connected_at,
    last_heartbeat_at: toIso(lastHeartbeat),
    agents: [...agents.keys()],
    capabilities,
    is_simulated: living.has(id),
  }
}

function viewJob({ wire }: JobRecord): JobView {
  const { id, runner_id, agent_name, status, created_at, started_at, completed_at } = wire
  return { id, runner_id, agent_name, status, created_at, started_at, completed_at }
}

function viewCommand({ wire }: CommandRecord): CommandView {
  const { command_id: id, runner_id, type, status, submitted_at, picked_up_at, completed_at } = wire
  return { id, runner_id, type, status, submitted_at, picked_up_at, completed_at }
}

function viewTrace({ collections }: World, workspace: string, trace: Entry): TraceView {
  const { id, name, project_id, thread_id, start_time, end_time, error_info } = trace
  return {
    ...{ id: String(id), workspace, project_id: String(project_id), start_time: String(start_time) },
    ...{ name: textOf(name), thread_id: textOf(thread_id), end_time: textOf(end_time) },
    span_count: collections.spans.list(anyoneIn(workspace), { trace_id: String(id) }, 0, 1).total,
    has_error: error_info !== undefined,
  }
}

function jobOf({ jobs }: World, trace: Entry): Pick<TraceDetail, 'job_id' | 'runner_id'> {
  for (const { wire } of jobs.values()) {
    if (wire.trace_id === trace['id']) return { job_id: wire.id, runner_id: wire.runner_id }
  }
  return {}
}

/** Traces and spans belong to workspaces: every user of one sees them. */
function anyoneIn(workspace: string): ReturnType<typeof createIdentity> {
  return createIdentity(workspace, LOCAL_USER)
}
