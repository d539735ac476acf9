/**
 * How traces and spans are written: alone, in batches and by updates that may come first; and how traces go. Each is kept
 * as it comes; what is left out is left out. An entry that only an update has made is partial, and starts in 1970.
 */
import { listOf } from '../../kernel/json-value.js'
import type { KeptContext, KeptResolvers, KeptSuccess } from '../engine/collection-code.js'
import { ensureEnvironment } from '../computed/named-environment.js'
import {
  findProject,
  makeProject,
  findNamedProject,
  projectToWrite,
  type ProjectName,
} from '../computed/named-project.js'
import { roundCost } from '../computed/prices.js'
import { EPOCH, isPartial } from '../computed/shown-fields.js'
import { isEmpty, microsecondsOf, printTime } from '../collections/field-values.js'
import { pickSharedFields, refuseId } from '../collections/write-entry.js'
import { refuseFor, type Collection, type Entry } from '../world/collection.js'
import { DEFAULT_PROJECT } from '../base/settings.js'

/** In which fields a write must agree with a span that is there. */
const BOUND = {
  traces: { create: [], update: [] },
  spans: { create: ['trace_id'], update: ['trace_id', 'parent_span_id'] },
} as const satisfies Record<string, Record<string, readonly ('trace_id' | 'parent_span_id')[]>>

type Name = keyof typeof BOUND

/** What clients send: the fields of a trace or span, and where it belongs. */
interface Write extends ProjectName {
  readonly id?: string | undefined
  readonly last_updated_at?: string | undefined
  readonly start_time?: string | undefined
  readonly end_time?: string | undefined
  readonly trace_id?: string | undefined
  readonly parent_span_id?: string | undefined
  readonly environment?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly tags_to_add?: readonly string[] | undefined
  readonly tags_to_remove?: readonly string[] | undefined
}

/**
 * Keeps a batch: each entry replaces the one with its id as a whole, unless that one was changed later. Nothing of the
 * batch is kept when one of its ids or times is impossible.
 */
function putAll(name: Name, writes: readonly Write[], context: KeptContext): KeptSuccess {
  writes.forEach(refuseImpossible)
  const { caller, world } = context
  const collection = world.collections[name]
  for (const write of writes) {
    const id = write.id?.toLowerCase() ?? collection.newKey()
    const known = collection.find(caller, id)
    const stamps = { ...collection.stamp('created', caller), ...collection.stamp('changed', caller) }
    const last_updated_at =
      write.last_updated_at === undefined ? stamps['last_updated_at'] : printTime(write.last_updated_at)
    const project_id = projectToWrite({ project_name: write.project_name }, context)
    noteEnvironment(write, context)
    // Of writes in different projects the last one counts.
    const isOlder =
      known?.['project_id'] === project_id && microsecondsOf(known['last_updated_at']) > microsecondsOf(last_updated_at)
    if (!isOlder)
      collection.put(caller, { ...createdOf(name, write, context), ...stamps, last_updated_at, id, project_id })
  }
  return {}
}

/**
 * Keeps one entry; completes a partial one, whose values win. A complete one stays as it is; a trace must be of the
 * same project then.
 */
function create(name: Name, write: Write, context: KeptContext) {
  refuseImpossible(write)
  const { caller, world } = context
  const collection = world.collections[name]
  const id = write.id?.toLowerCase() ?? collection.newKey()
  const known = collection.find(caller, id)
  const draft = createdOf(name, write, context)
  if (known === undefined) {
    noteEnvironment(write, context)
    collection.add(caller, id, { ...draft, project_id: projectToWrite({ project_name: write.project_name }, context) })
    return { created: id, isKnown: false }
  }
  // What is refused makes no project.
  const isElsewhere = known['project_id'] !== findProject(write.project_name, context)
  if (isElsewhere && (name === 'traces' || isPartial(known))) refuseFor('elsewhere', { key: id, field: 'project' })
  if (!isPartial(known)) return { created: id, isKnown: true }
  const field = BOUND[name].create.find((each) => known[each] !== draft[each])
  if (field !== undefined) refuseFor('elsewhere', { key: id, field })
  noteEnvironment(write, context)
  collection.change(caller, { ...draft, ...known }, { start_time: draft['start_time'] })
  return { created: id, isKnown: false }
}

/** Changes one entry; without one, makes a partial one. */
function update(name: Name, id: string, write: Write, context: KeptContext) {
  refuseImpossible({ ...write, id })
  const { caller, world } = context
  const collection = world.collections[name]
  const { project_id: projectId, project_name = DEFAULT_PROJECT } = write
  const named = findNamedProject({ project_id: projectId, project_name }, context)
  const known = collection.find(caller, id)
  // Only a create says when something began.
  const draft = draftOf(collection, { ...write, start_time: undefined })
  if (known !== undefined) {
    const field =
      known['project_id'] === named ? BOUND[name].update.find((each) => known[each] !== draft[each]) : 'project'
    if (field !== undefined) refuseFor('elsewhere', { key: id, field })
  }
  const project_id = named ?? makeProject(project_name, context)
  noteEnvironment(write, context)
  if (known === undefined) collection.add(caller, id, { ...draft, start_time: EPOCH, project_id })
  else
    collection.put(
      caller,
      changed(collection, known, { ...write, tags_to_add: undefined, tags_to_remove: undefined }, context),
    )
  return {}
}

/** Changes those that are there alike, or none of them; tags replace or, merged, are added. */
function updateAll(
  name: Name,
  { ids, update: write, merge_tags: isMerged = false }: { ids: readonly string[]; update: Write; merge_tags?: boolean },
  context: KeptContext,
) {
  refuseFarTime(write)
  const collection = context.world.collections[name]
  const { tags, ...rest } = write
  const isTold = rest.tags_to_add !== undefined || rest.tags_to_remove !== undefined
  const merged = isMerged && !isTold ? { ...rest, tags_to_add: tags } : write
  const entries = ids.flatMap((id) => {
    const known = collection.find(context.caller, id)
    return known === undefined ? [] : [changed(collection, known, merged, context)]
  })
  const full = entries.find((entry) => listOf(entry['tags']).length > MAX_TAGS)
  if (full !== undefined) refuseFor('manyTags', { key: String(full['id']) })
  if (entries.length > 0) noteEnvironment(write, context)
  for (const entry of entries) collection.put(context.caller, entry)
  return {}
}

/**
 * How traces go, and with them their spans and what was said of either.
 * @param project the one that they must be of; undefined for any
 */
export function removeTraces(
  ids: readonly unknown[],
  project: string | undefined,
  { caller, world }: KeptContext,
): KeptSuccess {
  const { traces, spans, scores, comments } = world.collections
  for (const each of ids) {
    const id = String(each).toLowerCase()
    const trace = traces.find(caller, id)
    if (project !== undefined && trace?.['project_id'] !== project.toLowerCase()) continue
    traces.delete(caller, id)
    scores.deleteWhere(caller, { entity_id: id })
    scores.deleteWhere(caller, { trace_id: id })
    comments.deleteWhere(caller, { entity_id: id })
    if (!world.hasQuirk('deleted-trace-leaves-spans')) spans.deleteWhere(caller, { trace_id: id })
  }
  return {}
}

export const traceResolvers = {
  createTrace({ body }, context) {
    const made = create('traces', body, context)
    return made.isKnown ? refuseFor('complete', { key: made.created }) : made
  },
  createTraces: ({ body }, context) => putAll('traces', body.traces, context),
  updateTrace: ({ path, body }, context) => update('traces', path.id, body, context),
  batchUpdateTraces: ({ body }, context) => updateAll('traces', body, context),
  deleteTraceById: ({ path }, context) => removeTraces([path.id], undefined, context),
  deleteTraces: ({ body }, context) => removeTraces(body.ids, body.project_id, context),
} satisfies Partial<KeptResolvers>

export const spanResolvers = {
  createSpan: ({ body }, context) => create('spans', body, context),
  createSpans: ({ body }, context) => putAll('spans', body.spans, context),
  updateSpan: ({ path, body }, context) => update('spans', path.id, body, context),
  batchUpdateSpans: ({ body }, context) => updateAll('spans', body, context),
} satisfies Partial<KeptResolvers>

/** Tags that an update may leave behind. */
export const MAX_TAGS = 50

/** An entry as an update leaves it, where it was. */
function changed(collection: Collection, known: Entry, write: Write, { caller }: KeptContext): Entry {
  const {
    tags_to_add: added,
    tags_to_remove: removed,
    trace_id: _,
    parent_span_id: __,
    start_time: ___,
    ...rest
  } = write
  const given = Object.entries(pickSharedFields(collection, rest)).filter(([name, value]) => isGiven(name, value))
  const listed = added === undefined && removed === undefined ? {} : { tags: changeTags(known['tags'], added, removed) }
  return tidy({ ...known, ...Object.fromEntries(given), ...listed, ...collection.stamp('changed', caller) })
}

/** Whether an update gives a value: blank text does not, unless it is JSON of the caller's own. */
function isGiven(name: string, value: unknown): boolean {
  return STORED_JSON.has(name) || (value !== null && (typeof value !== 'string' || value.trim() !== ''))
}

const STORED_JSON = new Set(['input', 'output', 'metadata'])

export function changeTags(tags: unknown, added: readonly string[] = [], removed: readonly string[] = []): unknown[] {
  return [...new Set([...listOf(tags), ...added])].filter((tag) => !removed.includes(String(tag)))
}

/** What a request may write, without empty texts and lists; ids in lower case. */
function draftOf(collection: Collection, write: Write): Entry {
  const ids = { trace_id: write.trace_id?.toLowerCase(), parent_span_id: write.parent_span_id?.toLowerCase() }
  return tidy(pickSharedFields(collection, { ...write, ...ids }))
}

/** The same as a create keeps it: a trace that began in 1970 shows by its visibility that it is not partial. */
function createdOf(name: Name, write: Write, { world }: KeptContext): Entry {
  const draft = draftOf(world.collections[name], write)
  return name === 'traces' && isPartial(draft) ? { ...draft, visibility_mode: 'default' } : draft
}

/** Without what reads as absent: empty texts, tags and counts. */
function tidy(entry: Entry): Entry {
  const fields = Object.entries(entry).flatMap(([name, value]): [string, unknown][] => {
    const kept = TIDY[name]?.(value) ?? value
    return kept === undefined || (OPTIONAL.has(name) && isBlank(kept)) ? [] : [[name, kept]]
  })
  return Object.fromEntries(fields)
}

const OPTIONAL = new Set(['name', 'thread_id', 'model', 'provider', 'environment', 'tags', 'usage'])

function isBlank(value: unknown): boolean {
  return isEmpty(typeof value === 'string' ? value.trim() : value)
}

/** How some fields are kept. */
const TIDY: Readonly<Record<string, (value: unknown) => unknown>> = {
  start_time: kept,
  end_time: kept,
  tags: (tags) => (Array.isArray(tags) ? [...new Set(tags)] : tags),
  total_estimated_cost: (cost) => (typeof cost === 'number' ? roundCost(cost) : cost),
}

function kept(time: unknown): unknown {
  return typeof time === 'string' ? printTime(time) : time
}

function refuseImpossible(write: Write): void {
  refuseId(write.id)
  refuseFarTime(write)
}

function refuseFarTime({ start_time, end_time, last_updated_at }: Write): void {
  const isFar = (time: string | undefined, end: number): boolean => {
    const moment = time === undefined ? 0 : microsecondsOf(time)
    return !(moment >= 0 && moment < end)
  }
  const far = [start_time, end_time].find((time) => isFar(time, END_OF_NANOSECONDS))
  const value = far ?? (isFar(last_updated_at, END_OF_MICROSECONDS) ? last_updated_at : undefined)
  if (value !== undefined) refuseFor('farTime', { value })
}

/** Where nanoseconds since 1970 no longer fit into 63 bits, and the last year of times in microseconds. */
const END_OF_NANOSECONDS = Date.UTC(2262, 3, 11, 23, 47, 16) * 1000
const END_OF_MICROSECONDS = Date.UTC(2300, 0) * 1000

/** An environment that is new to the workspace is made, as far as there is room. */
function noteEnvironment({ environment }: Write, context: KeptContext): void {
  if (environment !== undefined && environment.trim() !== '') ensureEnvironment(environment, context)
}
