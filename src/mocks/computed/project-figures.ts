/**
 * Figures of projects: what their traces come to and their spans count, and several of a time beside those of as long a
 * time before it.
 */
import type { EntryList } from '../collections/entry-list.js'
import type { KeptResolver, KeptContext, ListQuery } from '../engine/collection-code.js'
import { millisecondsOf, timeOf } from '../collections/field-values.js'
import { Refused, refuseFor, type Entry } from '../world/collection.js'
import { omitUndefined } from '../base/omit-undefined.js'
import {
  averageDuration,
  averageOf,
  countThreads,
  failedOf,
  numbersIn,
  scoresByName,
  spreadOf,
  sumOf,
  totalCost,
  usageByName,
  type Point,
} from './figures.js'
import { knownProject } from './named-project.js'
import { beginOf, listOf, viewProject } from './sources.js'

export const getProjectKpiCards: KeptResolver<'getProjectKpiCards'> = ({ path, body }, context) => {
  const start = millisecondsOf(body.interval_start)
  const end = body.interval_end === undefined ? context.world.now() : millisecondsOf(body.interval_end)
  if (!(start < end)) refuseFor('emptyInterval')
  const { entity_type: kind, filters } = body
  const list = listOf(kind, { filters }, context)
  const project = { project_id: path.id.toLowerCase() }
  const between = (from: number, to: number): readonly Entry[] => {
    const isIn = (entry: Entry): boolean => beginOf(entry) >= from && beginOf(entry) <= to
    return list.find(project, isIn, (trace) => beginOf(trace) <= end).entries
  }
  const [current, previous] = [between(start, end), between(start - (end - start), start - 1)]
  const cards = CARDS.filter(({ type }) => type !== 'errors' || kind !== 'threads')
  const stats = cards.map(({ type, figure }) => ({
    type,
    current_value: figure(current),
    previous_value: figure(previous),
  }))
  return { body: { stats } }
}

const CARDS: readonly { type: string; figure: Point }[] = [
  { type: 'count', figure: (entries) => entries.length },
  { type: 'avg_duration', figure: averageDuration },
  { type: 'total_cost', figure: totalCost },
  { type: 'errors', figure: (entries) => failedOf(entries).length },
]

export const retrieveProject: KeptResolver<'retrieveProject'> = ({ body }, context) => {
  const project = context.world.collections.projects.findBy(context.caller, 'name', body.name) ?? refuseFor('unknown')
  if (body.include_stats !== true) return { body: project }
  const { entries } = listOf('traces', {}, context).find({ project_id: String(project['id']) })
  return { body: { ...viewProject(project, context, undefined), ...sumsOf(entries, context, [String(project['id'])]) } }
}

export const getProjectStats: KeptResolver<'getProjectStats'> = ({ query }, context) => {
  const { filters, from_time, to_time, ...asked } = query
  const traces = tracesBetween({ filters, from_time, to_time }, context)
  const projects = listOf('projects', asked, context)
  const shown = projects.page({}).content.map(({ id }) => String(id))
  const content = shown.map((id): Entry => {
    const project = { project_id: id }
    const { entries } = traces.find(project)
    return entries.length === 0
      ? project
      : { ...project, thread_count: countThreads(entries), ...sumsOf(entries, context, shown) }
  })
  return { body: { content } }
}

/** Times that leave nothing between them are passed over. */
function tracesBetween({ filters, ...times }: ListQuery, context: KeptContext): EntryList {
  try {
    return listOf('traces', { filters, ...times }, context)
  } catch (error) {
    if (error instanceof Refused && error.refused === 'backwards') return listOf('traces', { filters }, context)
    throw error
  }
}

export const findTokenUsageNames: KeptResolver<'findTokenUsageNames'> = ({ path }, context) => {
  const project = knownProject(path.id, context)
  const spans = context.world.collections.spans.list(context.caller, project).entries
  return { body: { names: usageByName(spans).map(([name]) => name) } }
}

/**
 * Without traces nothing.
 * @param projects those of the page
 */
function sumsOf(traces: readonly Entry[], context: KeptContext, projects: readonly string[] = []): Entry {
  if (traces.length === 0) return {}
  const costs = numbersIn(traces, 'total_estimated_cost')
  const usage = usageByName(traces).map(([name, numbers]) => [name, averageOf(numbers)] as const)
  const scored = context.world.deviations.mixesScores === true ? scoredIn(traces, projects, context) : traces
  const scores = scoresByName(scored).map(([name, values]) => ({ name, value: averageOf(values) }))
  return omitUndefined({
    feedback_scores: scores,
    trace_count: traces.length,
    duration: spreadOf(numbersIn(traces, 'duration')) ?? { p50: 0, p90: 0, p99: 0 },
    total_estimated_cost: averageOf(costs) ?? 0,
    total_estimated_cost_sum: sumOf(costs),
    usage: Object.fromEntries(usage),
    guardrails_failed_count: 0,
    error_count: errorsOf(traces, context.world.now()),
  })
}

/** Traces with the scores that they were given in any of the projects. */
function scoredIn(traces: readonly Entry[], projects: readonly string[], { world, caller }: KeptContext): Entry[] {
  return traces.map(({ id }) => {
    const { entries } = world.collections.scores.list(caller, { entity_id: String(id) })
    return { feedback_scores: entries.filter(({ project_id: project }) => projects.includes(String(project))) }
  })
}

const WEEK_MS = 7 * 86_400_000

/** How many have failed, how many of them in the last seven days, and what part of the others these are. */
function errorsOf(traces: readonly Entry[], now: number): Entry {
  const failed = failedOf(traces)
  const ages = failed.map(({ id }) => now - timeOf(String(id)))
  const recent = ages.filter((age) => age < WEEK_MS).length
  const before = failed.length - recent
  const share = before === 0 ? undefined : Math.round((100 * recent) / before)
  return omitUndefined({ count: failed.length, deviation: recent, deviation_percentage: share })
}
