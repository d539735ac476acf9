/** Diagnostics: a job per project that looks for issues, and the issues as they were reported day by day. */
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { KeptContext, KeptResolvers } from '../engine/collection-code.js'
import { pickSharedFields } from '../collections/write-entry.js'
import { readOrder, type Sortable } from '../collections/collection-query.js'
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { groupBy } from '../../kernel/group-by.js'
import { omitUndefined } from '../base/omit-undefined.js'

export const insightsJobResolvers = {
  createAgentInsightsJob({ path: { projectId } }, { caller, world }) {
    const { projects, insightsJobs } = world.collections
    if (projects.find(caller, projectId) === undefined) refuseFor('unknownProject')
    if (insightsJobs.find(caller, projectId) !== undefined) refuseFor('jobTaken')
    const body = insightsJobs.add(caller, projectId, { id: insightsJobs.newKey(), status: 'enabled' })
    return { created: projectId, body }
  },

  updateAgentInsightsJob({ path, body: { status } }, { caller, world }) {
    const { insightsJobs } = world.collections
    const job = insightsJobs.find(caller, path.projectId) ?? refuseFor('noJob')
    return { body: insightsJobs.change(caller, job, { status }) }
  },

  triggerAgentInsightsJob({ path: { projectId } }, context) {
    const { caller, world } = context
    const { insightsJobs } = world.collections
    const job = insightsJobs.find(caller, projectId) ?? refuseFor('noJob')
    const last_scan_at = new Date(world.now()).toISOString()
    keepIssues(projectId, last_scan_at.slice(0, 10), findIssues(projectId, context), context)
    insightsJobs.change(caller, job, { last_scan_at })
    return {}
  },
} satisfies Partial<KeptResolvers>

/** What is wrong with a project is up to a model, for which this stands in: each kind of error of a trace is an issue. */
function findIssues(project_id: string, { world, caller }: KeptContext): readonly Found[] {
  const { entries, total } = world.collections.traces.list(caller, { project_id })
  const userOf = ({ created_by: user }: Entry): string => String(user)
  const typeOf = ({ error_info: error }: Entry): unknown => memberOf(error, 'exception_type')
  const failed = entries.filter((trace) => typeOf(trace) !== undefined)
  const kinds = groupBy(failed, (trace) => `${String(typeOf(trace))} in ${String(trace['name'])}`)
  return Array.from(kinds, ([name, those]) => ({
    ...{ name, severity: 'high' as const, count: those.length, total_count: total },
    description: textAt(those[0]?.['error_info'], 'message'),
    users_impacted: new Set(those.map(userOf)).size,
    total_users: new Set(entries.map(userOf)).size,
    metadata: { example_trace_ids: those.slice(0, 3).map(({ id }) => id) },
  }))
}

export const reportPreferenceResolvers = {
  getReportPreference: ({ path: { id } }, { world, caller }) => ({
    body: world.collections.reportPreferences.find(caller, id),
  }),

  updateReportPreference({ path, body }, { world, caller }) {
    const { reportPreferences } = world.collections
    const written = { ...pickSharedFields(reportPreferences, body), project_id: path.id.toLowerCase() }
    return { body: reportPreferences.put(caller, written) }
  },
} satisfies Partial<KeptResolvers>

const dayOf = (day: unknown): string => textAt(day, 'report_day')

/** The days of an issue between two, in their order. */
function daysOf(issue: Entry, from = '', to = '~'): readonly unknown[] {
  const days = listOf(issue['details']).filter((day) => dayOf(day) >= from && dayOf(day) <= to)
  return days.toSorted((a, b) => (dayOf(a) < dayOf(b) ? -1 : 1))
}

/** An issue as lists show it; undefined for one that was not reported on any of the days. */
function summaryOf(issue: Entry, from: string | undefined, to: string | undefined): Entry | undefined {
  const { details: _, project_id: __, ...shown } = issue
  const days = daysOf(issue, from, to)
  const last = days.at(-1)
  if (last === undefined) return undefined
  return {
    ...shown,
    total_occurrences: days.reduce<number>((sum, day) => sum + Number(memberOf(day, 'count')), 0),
    latest_count: memberOf(last, 'count'),
    total: memberOf(last, 'total_count'),
    users_impacted: memberOf(last, 'users_impacted'),
    total_users: memberOf(last, 'total_users'),
    first_seen: memberOf(days[0], 'report_day'),
    last_seen: memberOf(last, 'report_day'),
    days_reported: days.length,
  }
}

const SORTABLE: Sortable = {
  sort: ['name', 'status', 'severity', 'total_occurrences', 'users_impacted', 'first_seen', 'last_seen'],
  ...{ filter: {}, instants: [], texts: 'bytes', last: [] },
}

function issueOf(id: string, project: string, { world, caller }: KeptContext): Entry {
  const issue = world.collections.insightsIssues.find(caller, id)
  return issue?.['project_id'] === project.toLowerCase() ? issue : refuseFor('noIssue', { id })
}

export const insightsIssueResolvers = {
  findAgentInsightsIssues({ query }, { world, caller }) {
    const { project_id, status, severity, from_date, to_date, sorting, page, size } = query
    const order = readOrder(SORTABLE, sorting)
    const { entries } = world.collections.insightsIssues.list(caller, omitUndefined({ project_id, status, severity }))
    const shown = entries.flatMap((issue): readonly Entry[] | Entry => summaryOf(issue, from_date, to_date) ?? [])
    const all = order?.arrange(shown, Infinity, shown) ?? shown
    return { body: { page, size, total: all.length, content: all.slice((page - 1) * size, page * size) } }
  },

  getAgentInsightsIssueById({ path: { issueId: id }, query }, context) {
    const { project_id: _, ...shown } = issueOf(id, query.project_id, context)
    return { body: { ...shown, details: daysOf(shown, query.from_date, query.to_date) } }
  },

  updateAgentInsightsIssue({ path: { issueId: id }, body: { project_id, status } }, context) {
    const issue = issueOf(id, project_id, context)
    context.world.collections.insightsIssues.change(context.caller, issue, { status })
    return {}
  },

  reportAgentInsightsIssues({ body }, context) {
    const { projects } = context.world.collections
    const project = body.project_id.toLowerCase()
    if (projects.find(context.caller, project) === undefined) refuseFor('noProject', { project })
    for (const { id } of body.issues) if (id !== undefined) issueOf(id, project, context)
    keepIssues(project, body.report_day, body.issues, context)
    return {}
  },
} satisfies Partial<KeptResolvers>

/** An issue of one day. */
type Found = RequestBodyOf<'reportAgentInsightsIssues'>['issues'][number]

/** Keeps what was found of a day: with the issue of its id or name, or as a new one. */
function keepIssues(project_id: string, report_day: string, found: readonly Found[], context: KeptContext): void {
  const { caller, world } = context
  const { insightsIssues } = world.collections
  for (const { id, count, total_count, users_impacted, total_users, metadata, ...told } of found) {
    const own = insightsIssues.list(caller, { project_id }).entries
    const known = own.find((each) => (id === undefined ? each['name'] === told.name : each['id'] === id.toLowerCase()))
    const day = omitUndefined({ report_day, count, total_count, users_impacted, total_users, metadata })
    const before = listOf(known?.['details']).filter((each) => dayOf(each) !== report_day)
    const written = { ...told, details: [...before, day] }
    if (known !== undefined) insightsIssues.change(caller, known, written)
    else insightsIssues.add(caller, insightsIssues.newKey(), { ...written, project_id, status: 'open' })
  }
}
