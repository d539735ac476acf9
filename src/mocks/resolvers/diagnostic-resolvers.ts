/** Diagnostics: a job per project that looks for issues, and the issues as they were reported day by day. */
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { CollectionCode, KeptContext, KeptResolver } from '../engine/collection-code.js'
import { pickSharedFields } from '../collections/write-entry.js'
import { readOrder, type Sortable } from '../collections/sorting.js'
import { listOf, memberOf, textAt } from '../../kernel/json-value.js'
import { isRefused, refused, type Entry } from '../world/collection.js'
import { omitUndefined } from '../base/omit-undefined.js'

function jobOf(project: string, { world, caller }: KeptContext): Entry | undefined {
  return world.collections.insightsJobs.find(caller, project)
}

/** Writes fields into a job. */
function change(job: Entry, fields: Entry, { world, caller }: KeptContext): Entry {
  const { insightsJobs } = world.collections
  return insightsJobs.put(caller, { ...job, ...fields, ...insightsJobs.stamp('changed', caller) })
}

const createAgentInsightsJob: KeptResolver<'createAgentInsightsJob'> = ({ path: { projectId } }, context) => {
  const { caller, world } = context
  const { projects, insightsJobs } = world.collections
  if (projects.find(caller, projectId) === undefined) return refused('unknownProject', {})
  if (jobOf(projectId, context) !== undefined) return refused('jobTaken', {})
  const body = insightsJobs.add(caller, projectId, { id: insightsJobs.newKey(), status: 'enabled' })
  return { made: projectId, body }
}

const updateAgentInsightsJob: KeptResolver<'updateAgentInsightsJob'> = ({ path, body }, context) => {
  const job = jobOf(path.projectId, context)
  return job === undefined ? refused('noJob', {}) : { body: change(job, { status: body.status }, context) }
}

const triggerAgentInsightsJob: KeptResolver<'triggerAgentInsightsJob'> = ({ path }, context) => {
  const job = jobOf(path.projectId, context)
  if (job === undefined) return refused('noJob', {})
  const last_scan_at = new Date(context.world.now()).toISOString()
  keepIssues(path.projectId, last_scan_at.slice(0, 10), findIssues(path.projectId, context), context)
  change(job, { last_scan_at }, context)
  return {}
}

/** What is wrong with a project is up to a model, for which this stands in: each kind of error of a trace is an issue. */
function findIssues(project_id: string, { world, caller }: KeptContext): readonly Found[] {
  const { entries, total } = world.collections.traces.list(caller, { project_id })
  const userOf = ({ created_by: user }: Entry): string => String(user)
  const failed = entries.filter((trace) => memberOf(trace['error_info'], 'exception_type') !== undefined)
  const kinds = new Map<string, Entry[]>()
  for (const trace of failed) {
    const kind = `${String(memberOf(trace['error_info'], 'exception_type'))} in ${String(trace['name'])}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), trace])
  }
  return Array.from(kinds, ([name, those]) => ({
    ...{ name, severity: 'high' as const, count: those.length, total_count: total },
    description: textAt(those[0]?.['error_info'], 'message'),
    users_impacted: new Set(those.map(userOf)).size,
    total_users: new Set(entries.map(userOf)).size,
    metadata: { example_trace_ids: those.slice(0, 3).map(({ id }) => id) },
  }))
}

export const insightsJobCode: CollectionCode<'insightsJobs'> = {
  view: undefined,
  narrow: undefined,
  resolvers: { createAgentInsightsJob, updateAgentInsightsJob, triggerAgentInsightsJob },
}

const getReportPreference: KeptResolver<'getReportPreference'> = ({ path: { id } }, { world, caller }) => ({
  body: world.collections.reportPreferences.find(caller, id.toLowerCase()),
})

const updateReportPreference: KeptResolver<'updateReportPreference'> = ({ path, body }, { world, caller }) => {
  const { reportPreferences } = world.collections
  return {
    body: reportPreferences.put(caller, {
      ...pickSharedFields(reportPreferences, body),
      project_id: path.id.toLowerCase(),
    }),
  }
}

export const reportPreferenceCode: CollectionCode<'reportPreferences'> = {
  view: undefined,
  narrow: undefined,
  resolvers: { getReportPreference, updateReportPreference },
}

/** The days of an issue between two, in their order. */
function daysOf(issue: Entry, from = '', to = '~'): readonly unknown[] {
  const dayOf = (day: unknown): string => String(memberOf(day, 'report_day'))
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
  sortable: ['name', 'status', 'severity', 'total_occurrences', 'users_impacted', 'first_seen', 'last_seen'],
  filter: {},
  instants: [],
  texts: 'bytes',
  last: [],
}

const findAgentInsightsIssues: KeptResolver<'findAgentInsightsIssues'> = ({ query }, { world, caller }) => {
  const { project_id, status, severity, from_date, to_date, sorting, page, size } = query
  const order = readOrder(SORTABLE, sorting)
  if (isRefused(order)) return order
  const { entries } = world.collections.insightsIssues.list(caller, omitUndefined({ project_id, status, severity }))
  const shown = entries.flatMap((issue): readonly Entry[] | Entry => summaryOf(issue, from_date, to_date) ?? [])
  const all = order?.arrange(shown, Infinity, shown) ?? shown
  return { body: { page, size, total: all.length, content: all.slice((page - 1) * size, page * size) } }
}

function issueOf(id: string, project: string, { world, caller }: KeptContext): Entry | undefined {
  const issue = world.collections.insightsIssues.find(caller, id.toLowerCase())
  return issue?.['project_id'] === project.toLowerCase() ? issue : undefined
}

const getAgentInsightsIssueById: KeptResolver<'getAgentInsightsIssueById'> = ({ path, query }, context) => {
  const issue = issueOf(path.issueId, query.project_id, context)
  if (issue === undefined) return refused('noIssue', { id: path.issueId })
  const { project_id: _, ...shown } = issue
  return { body: { ...shown, details: daysOf(issue, query.from_date, query.to_date) } }
}

const updateAgentInsightsIssue: KeptResolver<'updateAgentInsightsIssue'> = ({ path, body }, context) => {
  const { insightsIssues } = context.world.collections
  const issue = issueOf(path.issueId, body.project_id, context)
  if (issue === undefined) return refused('noIssue', { id: path.issueId })
  insightsIssues.put(context.caller, {
    ...issue,
    status: body.status,
    ...insightsIssues.stamp('changed', context.caller),
  })
  return {}
}

const reportAgentInsightsIssues: KeptResolver<'reportAgentInsightsIssues'> = ({ body }, context) => {
  const { caller, world } = context
  const { projects } = world.collections
  const project = body.project_id.toLowerCase()
  if (projects.find(caller, project) === undefined) return refused('noProject', { project })
  const strange = body.issues.find(({ id }) => id !== undefined && issueOf(id, project, context) === undefined)
  if (strange !== undefined) return refused('noIssue', { id: String(strange.id) })
  keepIssues(project, body.report_day, body.issues, context)
  return {}
}

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
    const before = listOf(known?.['details']).filter((each) => memberOf(each, 'report_day') !== report_day)
    const written = { ...told, details: [...before, day] }
    if (known === undefined) {
      insightsIssues.add(caller, insightsIssues.newKey(), { ...written, project_id, status: 'open' })
    } else insightsIssues.put(caller, { ...known, ...written, ...insightsIssues.stamp('changed', caller) })
  }
}

export const insightsIssueCode: CollectionCode<'insightsIssues'> = {
  view: undefined,
  narrow: undefined,
  resolvers: {
    findAgentInsightsIssues,
    getAgentInsightsIssueById,
    reportAgentInsightsIssues,
    updateAgentInsightsIssue,
  },
}
