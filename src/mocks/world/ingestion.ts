/**
 * Traces and spans: kept as they come, merged when they come in pieces, readable by project and by trace. Real clients
 * send them; the runner's own rules do not depend on them.
 */
import type { components } from '../../generated/schema.js'
import type { Span, Trace } from '../../types.js'
import type { Identity } from '../identity.js'
import { cutPageFromOne, type Page } from './page.js'
import { newId, type Parts } from './parts.js'
import { DEFAULT_PROJECT } from './names.js'
import type { Projects } from './projects.js'

type Schemas = components['schemas']

/** Fields that only a create or only the server may write are left out of updates by their types. */
export interface Ingested {
  trace: { wire: Trace; write: Schemas['TraceWrite']; update: Schemas['TraceUpdate'] }
  span: { wire: Span; write: Schemas['SpanWrite']; update: Schemas['SpanUpdate'] }
}

/** What a page is asked by. */
export interface IngestionQuery {
  projectId: string
  traceId?: string | undefined
  page: number
  size: number
}

/** Entries one workspace keeps of each kind; the oldest go first, so that a long-lived mock stays small. */
const MOST_KEPT = 10_000

type Kind = keyof Ingested
type Wire<K extends Kind> = Ingested[K]['wire']
type Write<K extends Kind> = Ingested[K]['write'] | Ingested[K]['update']

/** Traces, or spans, of all workspaces. */
export class IngestionBook<K extends Kind> {
  /** Oldest first; public for those who only read. */
  readonly byWorkspace = new Map<string, Map<string, Wire<K>>>()
  private readonly parts: Parts
  private readonly projects: Projects
  private readonly kind: K
  private readonly complete: (draft: Draft) => Wire<K>

  /** @param complete fills in what a create left out, once the server's own fields are there */
  constructor(parts: Parts, projects: Projects, kind: K, complete: (draft: Draft) => Wire<K>) {
    this.parts = parts
    this.projects = projects
    this.kind = kind
    this.complete = complete
  }

  /** Creates or completes entries: what comes later for the same id is merged into what came before. */
  createAll(caller: Identity, writes: readonly Ingested[K]['write'][]): void {
    for (const write of writes) this.merge(caller, write.id?.toLowerCase() ?? newId(this.parts), write)
  }

  /** Applies one update to one entry; an update that comes before its entry is kept. */
  update(caller: Identity, id: string, update: Ingested[K]['update']): void {
    this.merge(caller, id.toLowerCase(), update)
  }

  /** Applies the same update to many; with `mergeTags` its tags are added instead of replacing. */
  updateAll(caller: Identity, ids: readonly string[], update: Ingested[K]['update'], mergeTags: boolean): void {
    const { tags, ...rest } = update
    for (const id of ids) {
      const adds = mergeTags && tags !== undefined ? { ...rest, tags_to_add: tags } : update
      this.merge(caller, id.toLowerCase(), adds)
    }
  }

  find(caller: Identity, id: string): Wire<K> | undefined {
    return this.byWorkspace.get(caller.workspace)?.get(id)
  }

  /** Newest first; pages count from 1. */
  page(caller: Identity, query: IngestionQuery): Page<Wire<K>> {
    const all = [...(this.byWorkspace.get(caller.workspace)?.values() ?? [])].reverse()
    const matching = all.filter(
      (entry) =>
        entry.project_id === query.projectId &&
        (query.traceId === undefined || ('trace_id' in entry && entry.trace_id === query.traceId)),
    )
    return cutPageFromOne(matching, query.page, query.size)
  }

  save(): Record<string, Wire<K>[]> {
    return Object.fromEntries([...this.byWorkspace].map(([name, entries]) => [name, [...entries.values()]]))
  }

  load(saved: Record<string, Wire<K>[]>): void {
    this.byWorkspace.clear()
    for (const [workspace, entries] of Object.entries(saved)) {
      this.byWorkspace.set(workspace, new Map(entries.map((entry) => [entry.id, { ...entry }])))
    }
  }

  private merge(caller: Identity, id: string, write: Write<K>): void {
    const entries = this.byWorkspace.get(caller.workspace) ?? new Map<string, Wire<K>>()
    this.byWorkspace.set(caller.workspace, entries)
    const at = this.parts.clock.iso()
    const known = entries.get(id)
    const { tags_to_add, tags_to_remove, project_name, last_updated_at, ...fields } = { ...NO_TAG_CHANGES, ...write }
    const tags = changeTags(fields.tags ?? known?.tags, tags_to_add, tags_to_remove)
    const draft: Draft = {
      start_time: at,
      created_at: at,
      created_by: caller.user,
      ...known,
      ...fields,
      ...(tags === undefined ? {} : { tags }),
      id,
      project_id: known?.project_id ?? this.projectOf(caller, project_name),
      last_updated_at: last_updated_at ?? at,
      last_updated_by: caller.user,
    }
    entries.set(id, this.complete(withDuration(draft)))
    this.touch(caller, id)
    const [oldest] = entries.keys()
    if (entries.size <= MOST_KEPT || oldest === undefined) return
    entries.delete(oldest)
    this.touch(caller, oldest)
  }

  private touch({ workspace }: Identity, id: string): void {
    this.parts.touch(this.kind, id, workspace)
  }

  private projectOf(caller: Identity, name: string | undefined): string {
    return this.projects.findOrCreate(caller, name?.trim() ?? DEFAULT_PROJECT).id
  }
}

/** An entry with the server's own fields, before the kind's own required fields are ensured. */
export type Draft = Omit<Trace, 'project_id'> & { project_id: string } & { [field: string]: unknown }

/** Traces need nothing more. */
export function completeTrace(draft: Draft): Trace {
  return draft
}

/** A span that came without its trace's id is its own trace's root. */
export function completeSpan(draft: Draft): Span {
  const { trace_id, usage, ...rest } = draft
  const traceId = typeof trace_id === 'string' ? trace_id.toLowerCase() : draft.id
  return { ...rest, ...(usage === undefined ? {} : { usage }), trace_id: traceId }
}

const NO_TAG_CHANGES: {
  tags_to_add?: string[]
  tags_to_remove?: string[]
  tags?: string[]
  last_updated_at?: string
} = {}

function changeTags(
  tags: readonly string[] | undefined,
  added: readonly string[] = [],
  removed: readonly string[] = [],
): string[] | undefined {
  if (tags === undefined && added.length === 0) return undefined
  return [...new Set([...(tags ?? []), ...added])].filter((tag) => !removed.includes(tag))
}

function withDuration(draft: Draft): Draft {
  if (draft.end_time === undefined) return draft
  return { ...draft, duration: Math.max(Date.parse(draft.end_time) - Date.parse(draft.start_time), 0) }
}
