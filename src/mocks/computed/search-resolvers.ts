/** Searches: all that fits, newest first, as lines of JSON. */
import { writeJson } from '../../kernel/json-text.js'
import type { KeptContext, KeptResolver, KeptSuccess } from '../engine/collection-code.js'
import { findFitting, toText, type BadPart, type FittingQuery } from '../collections/fitting-entries.js'
import { whereOf } from '../collections/list-page.js'
import type { Entry } from '../world/collection.js'
import { isRefused } from '../world/refused-item.js'
import { projectOfList, type Unfound } from './named-project.js'
import { sourceOf } from './sources.js'

export const searchTraces: KeptResolver<'searchTraces'> = ({ body }, context) => search('traces', body, context)

export const searchSpans: KeptResolver<'searchSpans'> = ({ body }, context) => search('spans', body, context)

/** What may be asked for. */
interface Search {
  readonly project_id?: string
  readonly project_name?: string
  readonly trace_id?: string
  readonly type?: string
  readonly filters?: readonly object[]
  readonly limit?: number
  readonly last_retrieved_id?: string
  readonly truncate?: boolean
  readonly exclude?: readonly string[]
  readonly from_time?: string
  readonly to_time?: string
}

function search(
  name: 'traces' | 'spans',
  asked: Search,
  context: KeptContext,
): KeptSuccess | Unfound | BadPart<Required<FittingQuery>> {
  const { filters, exclude, limit = 500, truncate = true, last_retrieved_id: last, trace_id: trace, ...plain } = asked
  const project = projectOfList(plain, context)
  if (isRefused(project)) return project
  const { from_time, to_time, type } = plain
  const where = whereOf(name, { type, trace_id: trace?.toLowerCase() }, project)
  const query = { from_time, to_time, truncate, filters: toText(filters), exclude: toText(exclude) }
  const found = findFitting(sourceOf(name, context), query, where)
  if (isRefused(found)) return found
  const left = last === undefined ? found.entries : found.entries.filter(({ id }) => String(id) < last.toLowerCase())
  return stream(left.slice(0, limit).map(found.show))
}

function stream(entries: readonly Entry[]): KeptSuccess {
  const body = entries.map((entry) => `${writeJson(entry)}\r\n`).join('')
  return { body: entries, written: { status: 200, headers: { 'content-type': 'application/octet-stream' }, body } }
}
