/** The figures of a time beside those of as long a time before it. */
import type { KeptResolver } from '../engine/collection-code.js'
import { timeOf } from '../collections/collection-query.js'
import { averageOf, failedOf, numbersIn, sumOf } from './figures.js'
import { readFitting } from '../collections/fitting-entries.js'
import { millisecondsOf } from '../collections/parse-instant.js'
import type { Entry } from '../world/collection.js'
import { isRefused, refused } from '../world/refused-item.js'
import { knownProject } from './named-project.js'
import { sourceOf } from './sources.js'

export const getProjectKpiCards: KeptResolver<'getProjectKpiCards'> = ({ path, body }, context) => {
  const project = knownProject(path.id, context)
  if (isRefused(project)) return project
  const start = millisecondsOf(body.interval_start)
  const end = body.interval_end === undefined ? context.world.now() : millisecondsOf(body.interval_end)
  if (!(start < end)) return refused('emptyInterval', {})
  const { entity_type: kind, filters } = body
  const find = readFitting(sourceOf(kind, context), { filters })
  if (isRefused(find)) return find
  const between = (from: number, to: number) => find(project, (key) => timeOf(key) >= from && timeOf(key) <= to).entries
  const [current, previous] = [between(start, end), between(start - (end - start), start - 1)]
  const cards = CARDS.filter(({ type }) => type !== 'errors' || kind !== 'threads')
  const stats = cards.map(({ type, figure }) => ({
    type,
    current_value: figure(current),
    previous_value: figure(previous),
  }))
  return { body: { stats } }
}

const CARDS: readonly { type: string; figure: (entries: readonly Entry[]) => number | null }[] = [
  { type: 'count', figure: (entries) => entries.length },
  { type: 'avg_duration', figure: (entries) => averageOf(numbersIn(entries, 'duration')) },
  { type: 'total_cost', figure: (entries) => sumOf(numbersIn(entries, 'total_estimated_cost')) },
  { type: 'errors', figure: (entries) => failedOf(entries).length },
]
