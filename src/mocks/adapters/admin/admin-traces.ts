/** The admin API's calls on traces, of every workspace and as they are kept: reading them leaves nothing in the journal. */
import type { TraceDetail, TraceList, TraceView } from '../../../kernel/admin-views.js'
import { createIdentity, LOCAL_USER } from '../../base/identity.js'
import type { Reply } from '../../base/exchange.js'
import { errorReply, toReply } from '../../base/reply.js'
import { perhaps } from '../../base/words.js'
import type { Entry } from '../../world/collection.js'
import type { World } from '../../world/world.js'
import type { AdminCall, AdminSite } from './admin-call.js'

const DEFAULT_LIMIT = 500

/** `GET /traces?project=&limit=` */
export function listTraces({ mock }: AdminSite, { query }: AdminCall): Reply {
  const project = query.get('project')
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT)
  const where = project === null ? {} : { project_id: project.toLowerCase() }
  return mock.inspect((world) => {
    const { traces } = world.collections
    const found = [...traces.shelves.keys()].map((workspace) => {
      const { total, entries } = traces.list(anyoneIn(workspace), where, 0, limit)
      return { total, entries, workspace }
    })
    const views = found.flatMap(({ entries, workspace }) => entries.map((trace) => viewTrace(world, workspace, trace)))
    if (found.length > 1) views.sort((a, b) => (a.id < b.id ? 1 : -1))
    const total = found.reduce((sum, each) => sum + each.total, 0)
    return toReply(200, { total, traces: views.slice(0, limit) } satisfies TraceList)
  })
}

/** `GET /traces/{id}` */
export function showTrace({ mock }: AdminSite, { id }: AdminCall): Reply {
  return mock.inspect((world) => {
    const { traces, spans } = world.collections
    for (const workspace of traces.shelves.keys()) {
      const trace = traces.find(anyoneIn(workspace), id)
      if (trace === undefined) continue
      const { entries } = spans.list(anyoneIn(workspace), { trace_id: String(trace['id']) })
      const detail: TraceDetail = { trace, spans: entries.toReversed(), workspace, ...jobOf(world, trace) }
      return toReply(200, detail)
    }
    return errorReply(404, `There is no trace '${id}'.`)
  })
}

function viewTrace({ collections }: World, workspace: string, trace: Entry): TraceView {
  const { id, name, project_id, thread_id, start_time, end_time, error_info } = trace
  return {
    ...{ id: String(id), workspace, project_id: String(project_id), start_time: String(start_time) },
    ...perhaps('name', textOf(name)),
    ...perhaps('thread_id', textOf(thread_id)),
    ...perhaps('end_time', textOf(end_time)),
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

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
